"""A service on the tiny city at noon of 2026-11-25, and calls that change it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tiny_store import NOW

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient


@pytest.fixture
def city(tiny: RunningService) -> RunningService:
    tiny.clock.now = NOW
    return tiny


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
