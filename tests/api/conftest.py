"""The tiny city of two neighbourhoods, planned by hand, published and served (`tiny_store`).

``client`` and ``city`` share one store that nobody writes to; ``tiny`` gives a test a service of
its own, on both databases where the test is parametrised by ``kind``. How to log in as whom:
`service_client`.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from service_client import RunningService, start_service, stop_service
from store_fixtures import Filling, Templates
from tiny_store import ROSTER, fill_tiny, plan_by_hand

from data.bundle import bundle_sha256, read_bundle
from data.results import write_result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.testclient import TestClient

    from api.city import City
    from api.settings import Settings


@pytest.fixture(scope="session")
def result_dir(bundle: Path) -> Path:
    directory = bundle.parent / "result"
    write_result(plan_by_hand(read_bundle(bundle), ROSTER, bundle_sha256(bundle)), directory)
    return directory


@pytest.fixture(scope="session")
def tiny_filling(bundle: Path) -> Filling:
    """The tiny city, its roster published."""
    return Filling("tiny", lambda store: fill_tiny(store, bundle))


@pytest.fixture(scope="session")
def tiny_file(templates: Templates, tiny_filling: Filling) -> Path:
    """A SQLite store with the tiny city, to be copied."""
    return Path(templates.get("sqlite", tiny_filling)[0])


@pytest.fixture
def tiny_url(
    tmp_path: Path, templates: Templates, tiny_filling: Filling, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The address of a store of the test's own with the tiny city in it."""
    kind = request.getfixturevalue("kind") if "kind" in request.fixturenames else "sqlite"
    with templates.copy(kind, tmp_path, tiny_filling) as address:
        yield address


@pytest.fixture
def tiny(tiny_url: str) -> Iterator[RunningService]:
    """A service of the test's own on the tiny city."""
    running = start_service(tiny_url)
    yield running
    stop_service(running)


@pytest.fixture(scope="session")
def running(tiny_file: Path) -> Iterator[RunningService]:
    """The service behind ``client``: for reading alone."""
    file = tiny_file.parent / "shared.db"
    shutil.copy(tiny_file, file)
    running = start_service(f"sqlite:///{file}")
    yield running
    stop_service(running)


@pytest.fixture(scope="session")
def city(running: RunningService) -> City:
    return running.service.cities.served().city


@pytest.fixture(scope="session")
def client(running: RunningService) -> Iterator[TestClient]:
    """A reviewer, who sees the city and changes nothing."""
    login = running.login_as("reviewer")
    with running.client(login) as client:
        yield client


@pytest.fixture
def start(tiny_file: Path, tmp_path: Path) -> Iterator[Callable[..., RunningService]]:
    """Start services with other settings, or with another city in place of the tiny one."""
    started: list[RunningService] = []

    def begin(settings: Settings | None = None, *, city: City | None = None) -> RunningService:
        file = tmp_path / f"started-{len(started)}.db"
        shutil.copy(tiny_file, file)
        started.append(start_service(f"sqlite:///{file}", settings, city=city))
        return started[-1]

    yield begin
    for running in started:
        stop_service(running)
