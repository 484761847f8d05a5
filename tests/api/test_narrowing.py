"""Routers that answer at once for what is not theirs find all that they found before."""

from __future__ import annotations

import pytest
from fastapi import APIRouter
from starlette.routing import Match

from api.narrowing import narrowed


def made() -> APIRouter:
    router = APIRouter(prefix="/tasks")
    for path in ("", "/nearest", "/{number}", "/{number}/signups/{person:path}"):
        router.add_api_route(path, lambda: None, methods=["GET"])
    return router


def asked(path: str, method: str = "GET") -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "headers": []}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    ["/tasks", "/tasks/", "/tasks/nearest", "/tasks/7", "/tasks/7/signups/a/b", "/tasksx", "/", ""],
)
def test_a_narrowed_router_finds_what_it_found(path: str, method: str) -> None:
    whole, few = made(), narrowed(made())
    assert few.matches(asked(path, method))[0] == whole.matches(asked(path, method))[0]


def test_what_begins_otherwise_is_asked_of_no_route(monkeypatch: pytest.MonkeyPatch) -> None:
    router = made()
    for route in router.routes:
        monkeypatch.setattr(route, "matches", lambda scope: pytest.fail(f"asked: {scope}"))
    assert narrowed(router).matches(asked("/people/7"))[0] == Match.NONE
    assert narrowed(router) is router


def test_a_router_with_other_parts_is_left_as_it_is() -> None:
    router = APIRouter()
    router.include_router(made())
    before = router.matches(asked("/tasks/7"))
    assert narrowed(router).matches(asked("/tasks/7"))[0] == before[0]
