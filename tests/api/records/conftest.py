"""A service on the tiny city at noon of 2026-11-25, and calls that change it."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from service_client import RunningService, start_service, stop_service
from tiny_store import NOW

from api.service import Service
from data.store.engine import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


@pytest.fixture(scope="session")
def served(tiny_file: Path) -> Iterator[RunningService]:
    """The application, which takes seconds to make: all tests share it, each with a store."""
    file = tiny_file.parent / "records.db"
    shutil.copy(tiny_file, file)
    running = start_service(f"sqlite:///{file}")
    yield running
    stop_service(running)


@pytest.fixture
def city(served: RunningService, tiny_file: Path, tmp_path: Path) -> Iterator[RunningService]:
    file = tmp_path / "tiny.db"
    shutil.copy(tiny_file, file)
    store, shared = open_store(f"sqlite:///{file}"), served.service
    service = Service(
        store=store,
        keys=shared.keys,
        cities=shared.cities,
        clock=served.clock,
        passwords=shared.passwords,
    )
    served.clock.now = NOW
    served.app.state.service = service
    yield RunningService(served.app, service, served.settings, served.clock)
    served.app.state.service = shared
    store.close()


@pytest.fixture
def dispatcher(city: RunningService) -> TestClient:
    return city.client_as("city_dispatcher")


class Caller:
    """Calls of ``/api/v1`` by one client; each creating call with a new key."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(f"/api/v1{path}")
        assert answer.status_code == status, answer.text
        return answer.json()

    def send(
        self, method: str, path: str, body: Any = None, status: int = 201, **headers: str
    ) -> Any:
        given = {"Idempotency-Key": str(uuid.uuid4()), **headers}
        answer = self.client.request(method, f"/api/v1{path}", json=body, headers=given)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def edit(self, method: str, path: str, body: Any, status: int = 200, *, of: str = "") -> Any:
        """Read the tag of what is edited (`of`, else the path itself), and edit it."""
        read = self.client.get(f"/api/v1{of or path}")
        headers = {"If-Match": read.headers.get("etag", '"0"')}
        return self.send(method, path, body, status, **headers)


@pytest.fixture
def caller() -> type[Caller]:
    return Caller
