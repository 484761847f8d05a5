"""Every route × every role, and nobody: who is let in is what ``api/access/authority.csv`` says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from asgi_call import Ask, call_all
from service_client import listed_app

from api.access.authority import authority
from api.access.policy import PUBLIC, PolicyError, require_actions, route_actions
from data.accounts.grants import ROLES

if TYPE_CHECKING:
    from service_client import Login, RunningService


SAFE = {"GET", "HEAD"}
PLACES: dict[str, dict[str, str]] = {
    "station_dispatcher": {"station": "kunbei", "person": "wang"},
    "community_officer": {"beat": "haiwei", "person": "chen"},
    "auxiliary": {"beat": "haiwei", "person": "li"},
    "team_leader": {"team": "kunbei-1", "person": "liu"},
    "volunteer": {"person": "sun"},
}
IDS = {
    "beat_id": "haiwei",
    "station_id": "kunbei",
    "code": "li",
    "person_code": "li",
    "role": "mediator",
    "kind": "people",
    "word": "accept",
    "cell": "89408d2ac43ffff",
}
ALWAYS = (
    ("if-match", '"1"'),
    ("idempotency-key", "5f0c7d1e-6a53-4b1c-9c1a-0b7a0f6f8a11"),
)


def routes() -> list[tuple[str, str, str]]:
    """Give method, path and action of every route."""
    return list(route_actions(listed_app()))


ROUTES = routes()


def address(method: str, path: str, *, is_there: bool = True) -> str:
    """Fill a path: what is read is there, what would be changed is not."""
    missing = "987654321"
    known = IDS if method in SAFE and is_there else {}
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: known.get(found[1], missing), path)


@pytest.fixture(scope="module")
def logins(shared: RunningService) -> dict[str, Login]:
    return {role: shared.login_as(role, **PLACES.get(role, {})) for role in ROLES}


@pytest.mark.parametrize(
    ("method", "path", "action"), ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES]
)
def test_each_role_is_let_in_as_the_matrix_says(
    shared: RunningService, logins: dict[str, Login], method: str, path: str, action: str
) -> None:
    place = address(method, path)
    if not action:
        (told,) = call_all(shared.app, [Ask(method, place, headers=ALWAYS)])
        assert told.status < 500 or path == "/readyz"
        return
    mine = dict(logins)
    if action == "session.own" and method not in SAFE:  # these end the session
        mine = {role: shared.login_as(role) for role in ROLES if role not in PLACES}
    who = [None, *mine]
    widest = authority().widest[action]
    # One of those who may reads what is there; for the others it is enough that they were let in.
    reader = next((role for role in mine if role in widest), None)
    asks = [
        Ask(
            method,
            place if role == reader else address(method, path, is_there=False),
            mine[role] if role else None,
            headers=ALWAYS,
        )
        for role in who
    ]
    found = dict(zip(who, (told.status for told in call_all(shared.app, asks)), strict=True))
    assert found.pop(None) == 401
    wrong = {
        role: status
        for role, status in found.items()
        if (status in {401, 403} or status >= 500 if role in widest else status != 403)
    }
    assert not wrong, f"{action} is for {sorted(widest)}"


def test_unsafe_routes_ask_for_the_token(shared: RunningService, logins: dict[str, Login]) -> None:
    asks, names = [], []
    for method, path, action in ROUTES:
        if action and method not in SAFE:
            role = next(iter(authority().widest[action]))
            forged = type(logins[role])(logins[role].account_id, logins[role].token, "another")
            asks.append(Ask(method, address(method, path), forged, headers=ALWAYS))
            names.append(f"{method} {path}")
    found = {
        name: told.status for name, told in zip(names, call_all(shared.app, asks), strict=True)
    }
    assert {name: status for name, status in found.items() if status != 403} == {}
    assert len(found) > 30


def test_every_action_has_a_route_or_waits_for_one() -> None:
    used = {action for _, _, action in ROUTES if action}
    assert used <= set(authority().widest)


def test_public_routes_are_few(shared: RunningService) -> None:
    assert len(PUBLIC) < 16
    assert all(
        path.startswith(
            ("/m/", "/login", "/maps/static", "/health", "/ready", "/api/v1/session", "/metrics")
        )
        for path in (name.split()[1] for name in PUBLIC)
    )


def test_a_route_without_an_action_stops_the_application() -> None:
    app = listed_app()

    @app.get("/forgotten")
    def forgotten() -> str:
        return "open to all"

    try:
        with pytest.raises(PolicyError, match="/forgotten to name one action"):
            require_actions(app)
    finally:
        app.router.routes.pop()
    require_actions(app)
