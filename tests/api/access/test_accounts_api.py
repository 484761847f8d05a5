"""Accounts over HTTP: made, given roles and a first password, locked; never without an owner."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from data.store.tables.audit import AuditEntry
from data.store.tables.idempotency import IdempotencyKey

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

ACCOUNTS = "/api/v1/accounts"
NUMBERS = itertools.count(1)
BETTER = "walls-of-baotou-1926"


@pytest.fixture(scope="module")
def admin(shared: RunningService) -> TestClient:
    return shared.client_as("administrator")


def make(client: TestClient, **changes: Any) -> Any:
    body = {"login": f"Qian-{next(NUMBERS)}", "display_name": "钱某", "grants": []} | changes
    headers = {"Idempotency-Key": f"account-{next(NUMBERS):08}"}
    return client.post(ACCOUNTS, json=body, headers=headers)


def change(client: TestClient, number: int, what: str, body: dict[str, Any]) -> Any:
    """Change an account as it is now."""
    address = f"{ACCOUNTS}/{number}"
    tag = client.get(address).headers["ETag"]
    if not what:
        return client.patch(address, json=body, headers={"If-Match": tag})
    return client.put(f"{address}/{what}", json=body, headers={"If-Match": tag})


def test_from_an_account_to_a_session(shared: RunningService, admin: TestClient) -> None:
    grants = [{"role": "community_officer", "kind": "beat", "place": "haiwei"}]
    made = make(admin, login="Qian.Officer", grants=grants, person="chen")
    assert made.status_code == 201, made.text
    account = made.json()
    assert (account["login"], account["person"]) == ("qian.officer", "chen")
    assert (account["has_password"], account["must_change_password"]) == (False, True)
    assert account["grants"][0] | {"place_name": ""} == {**grants[0], "place_name": ""}
    number = account["account_id"]
    assert made.headers["Location"] == f"{ACCOUNTS}/{number}"
    assert admin.get(made.headers["Location"]).json() == account
    first = admin.post(f"{ACCOUNTS}/{number}/first-password").json()["password"]
    client = shared.client()
    told = client.post("/api/v1/session", json={"login": "qian.officer", "password": first})
    assert told.json()["step"] == "password"
    # Another one ends the session and the first.
    again = admin.post(f"{ACCOUNTS}/{number}/first-password").json()["password"]
    assert client.get("/api/v1/session").status_code == 401
    bodies = [{"login": "qian.officer", "password": one} for one in (first, again)]
    statuses = [client.post("/api/v1/session", json=body).status_code for body in bodies]
    assert statuses == [401, 201]


def test_an_account_is_made_once(admin: TestClient) -> None:
    body = {"login": "once", "display_name": "一次", "grants": []}
    headers = {"Idempotency-Key": "the-same-key"}
    first = admin.post(ACCOUNTS, json=body, headers=headers)
    assert admin.post(ACCOUNTS, json=body, headers=headers).json() == first.json()
    other = body | {"display_name": "两次"}
    assert admin.post(ACCOUNTS, json=other, headers=headers).status_code == 422
    assert make(admin, login="ONCE").status_code == 409
    assert make(admin, login="", display_name="x").status_code == 422
    assert make(admin, login="two", person="nobody").status_code == 404


@pytest.mark.parametrize(
    "grant",
    [
        {"role": "volunteer", "kind": "city"},
        {"role": "station_dispatcher", "kind": "station", "place": "nowhere"},
        {"role": "station_dispatcher", "kind": "beat", "place": "haiwei"},
        {"role": "auditor", "kind": "city", "place": "haiwei"},
        {"role": "emperor", "kind": "city"},
    ],
)
def test_roles_hold_where_they_can(admin: TestClient, grant: dict[str, str]) -> None:
    assert make(admin, grants=[grant]).status_code == 422


def test_grants_count_at_once(shared: RunningService, admin: TestClient) -> None:
    login = shared.login_as("reviewer")
    client = shared.client(login)
    assert client.get("/api/v1/week/pins").status_code == 403
    grants = [
        {"role": "station_dispatcher", "kind": "station", "place": code}
        for code in ("kunbei", "halin")
    ]
    told = change(admin, login.account_id, "grants", {"grants": grants})
    assert [one["place"] for one in told.json()["grants"]] == ["kunbei", "halin"]
    assert client.get("/api/v1/week/pins").status_code == 200
    assert change(admin, login.account_id, "grants", {"grants": []}).status_code == 200
    assert client.get("/api/v1/week/pins").status_code == 403


def test_a_lock_ends_all_sessions_and_keeps_out(shared: RunningService, admin: TestClient) -> None:
    login = shared.login_as("reviewer")
    client = shared.client(login)
    assert client.get("/api/v1/session").status_code == 200
    told = change(admin, login.account_id, "state", {"state": "locked"})
    assert told.json()["state"] == "locked"
    assert client.get("/api/v1/session").status_code == 401
    assert change(admin, login.account_id, "state", {"state": "active"}).status_code == 200
    assert client.get("/api/v1/session").status_code == 401


def test_an_edit_is_of_the_version_that_was_seen(shared: RunningService, admin: TestClient) -> None:
    number = make(admin).json()["account_id"]
    address = f"{ACCOUNTS}/{number}"
    tag = {"If-Match": admin.get(address).headers["ETag"]}
    name = {"display_name": "钱某某"}
    assert admin.patch(address, json=name).status_code == 428
    told = admin.patch(address, json=name, headers=tag)
    assert (told.status_code, told.json()["display_name"]) == (200, "钱某某")
    assert admin.patch(address, json=name, headers=tag).status_code == 412
    assert admin.put(f"{address}/state", json={"state": "closed"}, headers=tag).status_code == 412
    fresh = {"If-Match": told.headers["ETag"]}
    assert admin.put(f"{address}/state", json={"state": "closed"}, headers=fresh).status_code == 200


def test_an_administrator_always_remains(tiny: RunningService) -> None:
    admin = tiny.client_as("administrator")
    me = admin.get("/api/v1/session").json()["account_id"]
    assert change(admin, me, "state", {"state": "locked"}).status_code == 409
    assert change(admin, me, "grants", {"grants": []}).status_code == 409
    second = tiny.login_as("administrator")
    assert change(admin, me, "state", {"state": "locked"}).status_code == 200
    assert admin.get("/api/v1/session").status_code == 401
    other = tiny.client(second)
    assert change(other, second.account_id, "grants", {"grants": []}).status_code == 409


def test_a_lost_factor_is_taken_away(shared: RunningService, admin: TestClient) -> None:
    login = shared.login_as("reviewer")
    assert admin.delete(f"{ACCOUNTS}/{login.account_id}/second-factor").status_code == 204
    assert shared.client(login).get("/api/v1/session").status_code == 401
    other = shared.login_as("reviewer")
    assert admin.delete(f"{ACCOUNTS}/{other.account_id}/sessions").status_code == 204
    assert shared.client(other).get("/api/v1/session").status_code == 401
    assert admin.delete(f"{ACCOUNTS}/987654/sessions").status_code == 404
    assert admin.post(f"{ACCOUNTS}/987654/first-password").status_code == 404


def test_lists_are_cut_and_filtered(admin: TestClient) -> None:
    for number in range(5):
        role = "volunteer" if number % 2 else "auxiliary"
        grants = [{"role": role, "kind": "own"}]
        assert make(admin, login=f"list-{number}", grants=grants).status_code == 201
    found, cursor = [], None
    while True:
        query = {"limit": 2, "login": "LIST-"} | ({"cursor": cursor} if cursor else {})
        page = admin.get(ACCOUNTS, params=query).json()
        found += [item["login"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [f"list-{number}" for number in range(5)]
    volunteers = admin.get(ACCOUNTS, params={"role": "volunteer", "login": "list-"}).json()
    assert [item["login"] for item in volunteers["items"]] == ["list-1", "list-3"]
    assert admin.get(ACCOUNTS, params={"state": "closed", "login": "list-"}).json()["items"] == []


def test_no_password_is_kept_or_told_twice(shared: RunningService, admin: TestClient) -> None:
    number = make(admin).json()["account_id"]
    password = admin.post(f"{ACCOUNTS}/{number}/first-password").json()["password"]
    with shared.store.read() as session:
        details = session.scalars(select(AuditEntry.detail)).all()
        kept = session.scalars(select(IdempotencyKey.body)).all()
    assert password not in str(details)
    assert all(password.encode() not in (body or b"") for body in kept)
    assert password not in admin.get(f"{ACCOUNTS}/{number}").text
