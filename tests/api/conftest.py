"""The tiny city of two neighbourhoods, planned by hand, published and served (`tiny_store`).

``client`` and ``city`` share one store that nobody writes to; ``tiny`` gives a test a service of
its own, on both databases where the test is parametrised by ``kind``. How to log in as whom:
`service_client`.
"""

# ruff: noqa: F811 - a fixture is taken by its name

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import store_fixtures
from service_client import RunningService, start_service, stop_service
from store_fixtures import (  # noqa: F401 - pytest finds them here
    execute,
    new_database,
    postgres_template,
    pytest_configure,
    server,
    sqlite_template,
)
from tiny_store import ROSTER, fill_tiny, plan_by_hand, write_tiny_bundle

from data.bundle import bundle_sha256, read_bundle
from data.results import write_result
from data.store.engine import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from api.city import City
    from api.settings import Settings

TINY = "template_tiny"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what takes `kind` on both databases, unless the word means something else there."""
    marks = metafunc.definition.iter_markers("parametrize")
    if not any("kind" in str(mark.args[0]) for mark in marks):
        store_fixtures.pytest_generate_tests(metafunc)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tiny") / "bundle"
    write_tiny_bundle(directory)
    return directory


@pytest.fixture(scope="session")
def result_dir(bundle: Path) -> Path:
    directory = bundle.parent / "result"
    write_result(plan_by_hand(read_bundle(bundle), ROSTER, bundle_sha256(bundle)), directory)
    return directory


@pytest.fixture(scope="session")
def tiny_file(bundle: Path, sqlite_template: Path) -> Path:
    """A SQLite store with the tiny city, to be copied."""
    file = bundle.parent / "tiny.db"
    shutil.copy(sqlite_template, file)
    store = open_store(f"sqlite:///{file}")
    fill_tiny(store, bundle)
    store.close()
    return file


@pytest.fixture(scope="session")
def tiny_database(bundle: Path, postgres_template: str, request: pytest.FixtureRequest) -> str:
    """A PostgreSQL database with the tiny city, to be copied."""
    server = request.getfixturevalue("server")
    execute(server, f"CREATE DATABASE {TINY} TEMPLATE {postgres_template}")
    store = open_store(server.url(TINY))
    fill_tiny(store, bundle)
    store.close()
    return TINY


@pytest.fixture
def tiny_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a store of the test's own with the tiny city in it."""
    kind = request.getfixturevalue("kind") if "kind" in request.fixturenames else "sqlite"
    if kind == "sqlite":
        file = tmp_path / "tiny.db"
        shutil.copy(request.getfixturevalue("tiny_file"), file)
        yield f"sqlite:///{file}"
    else:
        template = request.getfixturevalue("tiny_database")
        yield from new_database(request.getfixturevalue("server"), template)


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
