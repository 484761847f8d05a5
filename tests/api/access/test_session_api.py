"""Logging in as a program does: password, code, who am I, other sessions, out again."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from service_client import QUICK
from sqlalchemy import select
from tiny_store import NOW

from data.accounts.accounts import create_account
from data.accounts.grants import Grant, place_of
from data.accounts.second_factor import begin_second_factor, confirm_second_factor
from data.store.audit import verify
from data.store.tables.audit import AuditEntry

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

SESSION = "/api/v1/session"
NUMBERS = itertools.count(1)
PASSWORD = "a first password"  # noqa: S105 - of a test
BETTER = "walls-of-baotou-1926"


class Wu:
    """An account of a dispatcher of Kunbei, and the secret of its factor."""

    def __init__(self, login: str, secret: str) -> None:
        self.login, self.secret = login, secret

    def log_in(self, client: TestClient, password: str = PASSWORD, **more: str) -> Any:
        """Log a client in, with a code perhaps."""
        body = {"login": self.login.upper(), "password": password, **more}
        answer = client.post(SESSION, json=body)
        if answer.status_code == 201:
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return answer


def account(shared: RunningService, *, factor: bool = False, first: bool = False) -> Wu:
    """Make an account."""
    login = f"wu-{next(NUMBERS)}"
    shared.clock.now = shared.clock.now or NOW

    def work(session: Any) -> str:
        number = create_account(
            session,
            login=login,
            display_name="吴某",
            password_hash=QUICK.hash(PASSWORD),
            grants=[Grant("station_dispatcher", "station", place_of(session, "station", "kunbei"))],
            by="test",
            now=shared.clock(),
            must_change_password=first,
        )
        if not factor:
            return ""
        secret = begin_second_factor(session, shared.keys, number)
        code = pyotp.TOTP(secret).at(shared.clock())
        confirm_second_factor(session, shared.keys, number, code, now=shared.clock())
        return secret

    secret = shared.store.submit(work)
    shared.clock.now = shared.clock() + timedelta(minutes=5)
    return Wu(login, secret)


def test_in_with_password_and_code_at_once(shared: RunningService) -> None:
    wu = account(shared, factor=True)
    client = shared.client()
    told = wu.log_in(client, code=pyotp.TOTP(wu.secret).at(shared.clock()))
    assert told.status_code == 201, told.text
    me = client.get(SESSION).json()
    assert me == told.json()
    assert (me["login"], me["display_name"], me["step"]) == (wu.login, "吴某", None)
    assert me["grants"] == [
        {"role": "station_dispatcher", "kind": "station", "place": "kunbei", "place_name": "kunbei"}
    ]
    assert "person.read" in me["actions"]
    assert "account.write" not in me["actions"]
    assert client.get("/api/v1/week/pins").status_code == 200
    assert client.delete(SESSION).status_code == 204
    assert client.get(SESSION).status_code == 401


def test_the_code_may_come_later_and_each_counts_once(shared: RunningService) -> None:
    wu = account(shared, factor=True)
    client, other = shared.client(), shared.client()
    told = wu.log_in(client).json()
    assert (told["step"], told["actions"]) == ("code", [])
    assert client.get("/api/v1/week/pins").status_code == 403
    code = pyotp.TOTP(wu.secret).at(shared.clock())
    assert client.put(f"{SESSION}/code", json={"code": "000000"}).status_code == 401
    assert client.put(f"{SESSION}/code", json={"code": code}).json()["step"] is None
    assert wu.log_in(other, code=code).status_code == 401
    assert not other.cookies
    assert other.get(SESSION).status_code == 401


def test_a_wrong_name_password_or_code_tell_the_same(shared: RunningService) -> None:
    wu = account(shared, factor=True)
    answers = [
        shared.client().post(SESSION, json={"login": "nobody", "password": PASSWORD}),
        wu.log_in(shared.client(), "another one"),
        wu.log_in(shared.client(), code="000000"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


def test_wrong_tries_wait(shared: RunningService) -> None:
    wu = account(shared)
    answers = [wu.log_in(shared.client(), "a wrong one") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    page = shared.client().post("/login", data={"login": wu.login, "password": PASSWORD})
    assert page.status_code == 429  # one throttle for both ways in


def test_a_first_password_is_changed_and_other_sessions_end(shared: RunningService) -> None:
    wu = account(shared, first=True)
    client, other = shared.client(), shared.client()
    assert wu.log_in(client).json()["step"] == "password"
    assert wu.log_in(other).status_code == 201
    change = {"current": PASSWORD, "new": "short"}
    assert client.put(f"{SESSION}/password", json=change).status_code == 422
    wrong = {"current": "not this one", "new": BETTER}
    assert client.put(f"{SESSION}/password", json=wrong).status_code == 401
    told = client.put(f"{SESSION}/password", json={"current": PASSWORD, "new": BETTER})
    assert (told.status_code, told.json()["step"]) == (200, "second_factor")
    assert other.get(SESSION).status_code == 401
    assert client.get(SESSION).status_code == 200
    assert wu.log_in(shared.client()).status_code == 401
    assert wu.log_in(shared.client(), BETTER).status_code == 201


def test_own_sessions_are_listed_and_ended(shared: RunningService) -> None:
    wu = account(shared)
    clients = [shared.client() for _ in range(4)]
    for client in clients:
        assert wu.log_in(client).status_code == 201
    first = clients[0]
    items = first.get("/api/v1/sessions").json()["items"]
    assert len(items) == 4
    (mine,) = [item["handle"] for item in items if item["is_this"]]
    lost = next(item["handle"] for item in items if not item["is_this"])
    assert first.delete(f"/api/v1/sessions/{lost}").status_code == 204
    assert first.delete(f"/api/v1/sessions/{lost}").status_code == 404
    assert sum(client.get(SESSION).status_code == 200 for client in clients) == 3
    assert first.delete("/api/v1/sessions").status_code == 204
    assert [client.get(SESSION).status_code for client in clients] == [200, 401, 401, 401]
    assert [item["handle"] for item in first.get("/api/v1/sessions").json()["items"]] == [mine]


def test_nobody_ends_the_session_of_another(shared: RunningService) -> None:
    wu = account(shared)
    client = shared.client()
    wu.log_in(client)
    handle = client.get("/api/v1/sessions").json()["items"][0]["handle"]
    stranger = shared.client_as("administrator")
    assert stranger.delete(f"/api/v1/sessions/{handle}").status_code == 404
    assert client.get(SESSION).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_site_logs_nobody_in(shared: RunningService, headers: dict[str, str]) -> None:
    wu = account(shared)
    client = shared.client()
    body = {"login": wu.login, "password": PASSWORD}
    assert client.post(SESSION, json=body, headers=headers).status_code == 403
    assert not client.cookies


def test_what_sessions_do_is_in_the_audit(shared: RunningService) -> None:
    wu = account(shared)
    client = shared.client()
    wu.log_in(client)
    wu.log_in(shared.client())
    client.delete("/api/v1/sessions")
    with shared.store.read() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert actions[-3:] == ["session.begin", "session.begin", "session.own"]
        assert not verify(session, shared.keys).problems
