"""A bureau's own sign-on against a real provider on loopback: the way in, and every lie refused."""

from __future__ import annotations

import itertools
import shutil
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from service_client import start_service, stop_service
from sign_on_provider import CLIENT, SECRET, Provider, providing

from api.access.sign_on import BACK, COOKIE, sign_on_of
from api.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from service_client import RunningService
    from starlette.testclient import TestClient

NUMBERS = itertools.count(1)
HERE = "http://testserver"
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as running:
        yield running


@pytest.fixture(autouse=True)
def honest(provider: Provider) -> None:
    """Have the provider tell the truth before each test."""
    provider.spoil, provider.sign_with, provider.more = len, None, {}
    provider.is_down, provider.issuer = False, ""


def settings_of(provider: Provider, **changes: Any) -> Settings:
    return Settings(
        **{
            "oidc_issuer": provider.address,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "public_url": HERE,
            **changes,
        }
    )


@pytest.fixture(scope="module")
def served(
    provider: Provider, tiny_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    file = tmp_path_factory.mktemp("sso") / "store.db"
    shutil.copy(tiny_file, file)
    running = start_service(f"sqlite:///{file}", settings_of(provider))
    provider.now = lambda: running.clock().timestamp()
    yield running
    stop_service(running)


@pytest.fixture(scope="module")
def admin(served: RunningService) -> TestClient:
    return served.client_as("administrator")


@pytest.fixture
def account(served: RunningService, admin: TestClient, provider: Provider) -> int:
    """An account without a password that the provider's subject opens."""
    provider.subject = f"subject-{next(NUMBERS)}"
    body = {"login": provider.subject, "display_name": "统一", "grants": []}
    body["grants"] = [{"role": "volunteer", "kind": "own"}]
    headers = {"Idempotency-Key": f"key-{provider.subject}"}
    number: int = admin.post("/api/v1/accounts", json=body, headers=headers).json()["account_id"]
    address = f"/api/v1/accounts/{number}/sign-on"
    told = admin.put(address, json={"subject": provider.subject})
    assert told.json()["sign_on_subject"] == provider.subject
    return number


def leave(client: TestClient, next_: str = "") -> str:
    """Go to the provider; return where it sends the browser back to."""
    told = client.get("/login/sso", params={"next": next_}, headers=PAGE, follow_redirects=False)
    assert told.status_code == 303, told.text
    back = httpx2.get(told.headers["location"])
    assert back.status_code == 302, back.text
    return back.headers["location"].removeprefix(HERE)


def come_back(client: TestClient, path: str) -> Any:
    return client.get(path, headers=PAGE, follow_redirects=False)


def is_in(client: TestClient) -> bool:
    return client.get("/api/v1/session").status_code == 200


@pytest.mark.usefixtures("account")
def test_the_whole_way_in(served: RunningService) -> None:
    client = served.client()
    page = client.get("/login?next=/m/me", headers=PAGE).text
    assert 'href="/login/sso?next=/m/me"' in page
    told = come_back(client, leave(client, "/m/me"))
    assert (told.status_code, told.headers["location"]) == (303, "/m/me")
    me = client.get("/api/v1/session").json()
    assert (me["display_name"], me["step"]) == ("统一", None)
    assert COOKIE not in client.cookies
    assert "jingge_session" in client.cookies


LIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another nonce": lambda claims: claims.update(nonce="another"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "another audience": lambda claims: claims.update(aud="somebody-else"),
    "two audiences, another party": lambda claims: claims.update(aud=[CLIENT, "x"], azp="x"),
    "no audience": lambda claims: claims.pop("aud"),
    "another issuer": lambda claims: claims.update(iss="https://evil.example"),
    "expired": lambda claims: claims.update(exp=claims["iat"] - 120, iat=claims["iat"] - 600),
    "never expires": lambda claims: claims.pop("exp"),
    "from the future": lambda claims: claims.update(iat=claims["iat"] + 900),
    "nobody": lambda claims: claims.pop("sub"),
    "another token's": lambda claims: claims.update(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "a subject without an account": lambda claims: claims.update(sub="unknown"),
}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_is_not_ours_opens_nothing(
    served: RunningService, provider: Provider, lie: str
) -> None:
    client = served.client()
    provider.spoil = LIES[lie]
    told = come_back(client, leave(client))
    assert told.status_code == 403
    assert "统一认证没有通过" in told.text
    assert not is_in(client)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("how", ["sign_with_secret", "sign_with_another", "sign_nothing"])
def test_a_token_that_somebody_else_signed_opens_nothing(
    served: RunningService, provider: Provider, how: str
) -> None:
    client = served.client()
    provider.sign_with = getattr(provider, how)
    assert come_back(client, leave(client)).status_code == 403
    assert not is_in(client)


@pytest.mark.usefixtures("account")
def test_a_code_is_of_the_browser_that_asked(served: RunningService) -> None:
    client, victim = served.client(), served.client()
    mine = leave(client)
    # Somebody who asked for nothing is sent to it; somebody who did ask has another state.
    assert come_back(victim, mine).status_code == 403
    leave(victim)
    assert come_back(victim, mine).status_code == 403
    assert not is_in(victim)
    wrong = mine.replace("state=", "state=x")
    assert come_back(client, wrong).status_code == 403
    assert come_back(client, mine).status_code == 403  # what it was asked with is used up
    assert not is_in(client)


@pytest.mark.usefixtures("account")
def test_a_code_counts_once_and_only_with_its_verifier(
    served: RunningService, provider: Provider
) -> None:
    client, other = served.client(), served.client()
    path = leave(client)
    kept = client.cookies[COOKIE]
    assert come_back(client, path).status_code == 303
    other.cookies.set(COOKIE, kept)
    assert come_back(other, path).status_code == 403  # the provider has given it out
    path = leave(other)
    for asked in provider.codes.values():
        asked.challenge = "of another verifier"
    assert come_back(other, path).status_code == 403
    assert not is_in(other)


def test_a_forged_cookie_is_of_nobody(served: RunningService) -> None:
    client = served.client()
    path = leave(client)
    for value in ("", "zz", "00" * 60):
        client.cookies.clear()
        client.cookies.set(COOKIE, value)
        assert come_back(client, path).status_code == 403


@pytest.mark.usefixtures("account")
def test_the_provider_may_refuse_be_down_or_turn_its_keys(
    served: RunningService, provider: Provider
) -> None:
    client = served.client()
    state = leave(client).partition("state=")[2]
    told = come_back(client, f"{BACK}?error=access_denied&state={state}")
    assert told.status_code == 403
    path = leave(client)
    provider.is_down = True
    assert come_back(client, path).status_code == 403
    provider.is_down = False
    provider.turn_keys()
    before = provider.num_discoveries
    assert come_back(client, leave(client)).status_code == 303
    assert provider.num_discoveries == before + 1
    assert come_back(client, leave(client)).status_code == 303
    assert provider.num_discoveries == before + 1


def test_a_locked_account_stays_locked(
    served: RunningService, admin: TestClient, account: int
) -> None:
    address = f"/api/v1/accounts/{account}"
    client = served.client()
    assert come_back(client, leave(client)).status_code == 303
    tag = {"If-Match": admin.get(address).headers["ETag"]}
    assert admin.put(f"{address}/state", json={"state": "locked"}, headers=tag).status_code == 200
    assert not is_in(client)
    assert come_back(client, leave(client)).status_code == 403


def test_a_subject_opens_one_account_until_it_is_taken_away(
    served: RunningService, admin: TestClient, provider: Provider, account: int
) -> None:
    other = served.login_as("volunteer").account_id
    body = {"subject": provider.subject}
    assert admin.put(f"/api/v1/accounts/{other}/sign-on", json=body).status_code == 409
    client = served.client()
    assert come_back(client, leave(client)).status_code == 303
    assert admin.delete(f"/api/v1/accounts/{account}/sign-on").status_code == 204
    assert not is_in(client)
    assert come_back(client, leave(client)).status_code == 403
    assert admin.put(f"/api/v1/accounts/{other}/sign-on", json=body).status_code == 200


def test_staff_show_their_factor_here_unless_the_provider_is_trusted(
    served: RunningService, provider: Provider, admin: TestClient, account: int
) -> None:
    address = f"/api/v1/accounts/{account}"
    tag = {"If-Match": admin.get(address).headers["ETag"]}
    grants = {"grants": [{"role": "reviewer", "kind": "city"}]}
    assert admin.put(f"{address}/grants", json=grants, headers=tag).status_code == 200
    provider.more = {"amr": ["pwd", "otp"]}
    client = served.client()
    assert come_back(client, leave(client)).status_code == 303
    assert client.get("/api/v1/session").json()["step"] == "second_factor"
    state = served.app.state
    before = state.sign_on
    try:
        state.sign_on = sign_on_of(settings_of(provider, oidc_trusts_factor=True), served.service)
        assert come_back(client, leave(client)).status_code == 303
        assert client.get("/api/v1/session").json()["step"] is None
        provider.more = {"amr": ["pwd"]}
        assert come_back(client, leave(client)).status_code == 303
        assert client.get("/api/v1/session").json()["step"] == "second_factor"
    finally:
        state.sign_on = before


def test_a_claim_may_hold_the_code_of_a_person(served: RunningService, provider: Provider) -> None:
    state = served.app.state
    before = state.sign_on
    served.login_as("volunteer", person="sun")
    try:
        state.sign_on = sign_on_of(settings_of(provider, oidc_claim="employee"), served.service)
        for claims, status in (
            ({"employee": "sun"}, 303),
            ({"employee": "nobody"}, 403),
            ({"employee": ["sun"]}, 403),
            ({}, 403),
        ):
            provider.more = claims
            client = served.client()
            assert come_back(client, leave(client)).status_code == status
            assert is_in(client) == (status == 303)
    finally:
        state.sign_on = before


def test_only_the_issuer_that_was_named_is_believed(
    served: RunningService, provider: Provider
) -> None:
    state = served.app.state
    before = state.sign_on
    try:
        state.sign_on = sign_on_of(settings_of(provider), served.service)
        provider.issuer = "https://evil.example"
        client = served.client()
        told = client.get("/login/sso", headers=PAGE, follow_redirects=False)
        assert told.status_code == 503
        assert "暂时连不上" in told.text
    finally:
        state.sign_on = before


def test_without_settings_there_is_no_sign_on(tiny: RunningService) -> None:
    client = tiny.client()
    assert "/login/sso" not in client.get("/login", headers=PAGE).text
    assert client.get("/login/sso").status_code == 404
    assert client.get(BACK).status_code == 404
    admin = tiny.client_as("administrator")
    body = {"subject": "x"}
    assert admin.put("/api/v1/accounts/1/sign-on", json=body).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"oidc_issuer": "http://sso.example"},
        {"oidc_issuer": "https://sso.example/"},
        {"oidc_client_id": ""},
        {"public_url": ""},
    ],
)
def test_settings_that_cannot_be_safe_are_refused(
    provider: Provider, changes: dict[str, str]
) -> None:
    with pytest.raises(SettingsError):
        settings_of(provider, **changes)
