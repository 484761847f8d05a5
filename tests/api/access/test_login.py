"""Getting in: password, first password, second factor, patience, and out again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from service_client import QUICK
from sqlalchemy import select
from tiny_store import NOW

from api.routes.login import own_path
from data.accounts.accounts import create_account
from data.accounts.grants import Grant
from data.store.tables.accounts import SecondFactor

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

PASSWORD = "a first password"  # noqa: S105 - of a test
BETTER = "walls-of-baotou-1926"
BEGINS = "/"


def account(tiny: RunningService, role: str = "reviewer", *, first: bool = False) -> None:
    """Make an account ``wu``."""
    tiny.clock.now = tiny.clock.now or NOW

    def work(session: Any) -> None:
        create_account(
            session,
            login="Wu",
            display_name="吴某",
            password_hash=QUICK.hash(PASSWORD),
            grants=[Grant(role, "city" if role == "reviewer" else "own")],
            by="test",
            now=tiny.clock(),
            must_change_password=first,
        )

    tiny.store.submit(work)


def log_in(client: TestClient, password: str = PASSWORD, **more: str) -> Any:
    fields = {"login": " WU ", "password": password, **more}
    return client.post("/login", data=fields, follow_redirects=False)


def field(page: str, name: str = "csrf") -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found.group(1)


@pytest.fixture
def stranger(tiny: RunningService) -> TestClient:
    client = tiny.client()
    client.headers["Accept"] = "text/html"
    return client


def test_the_whole_way_in_and_out(tiny: RunningService, stranger: TestClient) -> None:
    account(tiny, first=True)
    away = stranger.get("/gaps?role=mediator", follow_redirects=False)
    assert away.headers["location"] == "/login?next=/gaps%3Frole%3Dmediator"
    assert log_in(stranger).headers["location"] == "/console"
    # First the password of one's own,
    page = stranger.get("/")
    assert page.url.path == "/account/password"
    fields = {"csrf": field(page.text), "current": PASSWORD, "new": BETTER, "again": BETTER}
    assert stranger.post("/account/password", data=fields).url.path == "/account/second-factor"
    # then the second factor,
    page = stranger.get("/")
    assert page.url.path == "/account/second-factor"
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page.text)
    assert secret
    totp = pyotp.TOTP(secret.group(1))
    fields = {"csrf": field(page.text), "code": totp.at(tiny.clock())}
    page = stranger.post("/account/second-factor", data=fields)
    codes = re.findall(r"<code>(\w{10})</code>", page.text)
    assert len(codes) == 8
    assert stranger.get("/").url.path == "/"
    # and out again.
    csrf = field(stranger.get("/account").text)
    assert stranger.post("/logout", data={"csrf": csrf}).url.path == "/login"
    assert stranger.get("/", follow_redirects=False).status_code == 303
    # Next time: the code, each once; a recovery code does as well.
    tiny.clock.now = tiny.clock() + timedelta(minutes=5)
    log_in(stranger, BETTER)
    page = stranger.get("/")
    assert page.url.path == "/login/code"
    used = totp.at(tiny.clock())
    fields = {"csrf": field(page.text), "code": used}
    assert stranger.post("/login/code", data=fields).url.path == BEGINS
    other = tiny.client()
    other.headers["Accept"] = "text/html"
    log_in(other, BETTER)
    token = field(other.get("/").text)
    assert other.post("/login/code", data={"csrf": token, "code": used}).status_code == 401
    assert other.post("/login/code", data={"csrf": token, "code": codes[0]}).url.path == BEGINS


def test_nothing_else_may_be_done_before_the_steps(
    tiny: RunningService, stranger: TestClient
) -> None:
    account(tiny, first=True)
    log_in(stranger)
    answer = stranger.get("/api/v1/summary", headers={"Accept": "application/json"})
    assert answer.status_code == 403


def test_wrong_passwords_ask_for_patience_of_one_address_alone(
    tiny: RunningService, stranger: TestClient
) -> None:
    account(tiny, role="volunteer")
    answers = [log_in(stranger, "a wrong one").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    assert log_in(stranger).status_code == 429
    tiny.clock.now = tiny.clock() + timedelta(seconds=6)
    assert log_in(stranger).headers["location"] == "/m"
    assert stranger.post("/login", data={"login": "nobody", "password": "x"}).status_code == 401


def test_another_site_cannot_log_anybody_in(tiny: RunningService, stranger: TestClient) -> None:
    account(tiny, role="volunteer")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        fields = {"login": "wu", "password": PASSWORD}
        assert stranger.post("/login", data=fields, headers=headers).status_code == 403
        assert not stranger.cookies


def test_the_cookie_is_out_of_reach(tiny: RunningService, stranger: TestClient) -> None:
    account(tiny, role="volunteer")
    cookie = log_in(stranger).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/gaps?role=x", "/gaps?role=x"),
        ("//evil.example/", ""),
        ("/\\evil.example", ""),
        ("https://evil.example", ""),
        ("javascript:alert(1)", ""),
        ("/a\nb", ""),
        ("", ""),
    ],
)
def test_only_our_own_paths_are_gone_to(text: str, path: str) -> None:
    assert own_path(text) == path


def test_the_secret_is_sealed(tiny: RunningService, stranger: TestClient) -> None:
    account(tiny)
    log_in(stranger)
    page = stranger.get("/account/second-factor").text
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert secret
    with tiny.store.read() as session:
        stored = session.scalars(select(SecondFactor.secret_sealed)).one()
    assert secret.group(1).encode() not in stored


def test_other_sessions_can_be_ended(tiny: RunningService, stranger: TestClient) -> None:
    account(tiny, role="volunteer")
    log_in(stranger)
    other = tiny.client()
    log_in(other)
    page = stranger.get("/account").text
    (address,) = re.findall(r'action="(/account/sessions/\w+/end)"', page)
    stranger.post(address, data={"csrf": field(page)})
    assert other.get("/account", headers={"Accept": "application/json"}).status_code == 401
    assert stranger.get("/account").status_code == 200
