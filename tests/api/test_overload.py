"""A real server that gets more than it can do: the rest is told to come back, and it recovers."""

from __future__ import annotations

import logging
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
from asgi_call import run_apart
from service_client import RunningService, start_service, stop_service
from statements import asked

from api.access.cookies import PLAIN
from api.logs import FIELDS
from api.overload import Overload, told_of
from api.refusals import Refusals
from api.server import serving
from api.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from service_client import Login
    from starlette.types import Message

MOST = 3


@pytest.fixture
def small(tiny_url: str) -> Iterator[RunningService]:
    running = start_service(tiny_url, Settings(docs=True, port=0, max_requests=MOST))
    yield running
    stop_service(running)


@dataclass(frozen=True)
class Answer:
    """What an application sent."""

    status: int
    headers: dict[str, str]
    text: str


def call(overload: Overload, app: FastAPI, path: str, headers: dict[str, str]) -> Answer:
    """Ask a middleware without a network, as the server would."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "app": app}
    scope |= {"headers": given, "query_string": b"", "root_path": "", "scheme": "http"}
    scope |= {"client": ("127.0.0.1", 9), "server": ("127.0.0.1", 8000), "http_version": "1.1"}
    run_apart(overload(scope, receive, send))
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Answer(sent[0]["status"], told, body.decode())


def client(address: str, login: Login) -> httpx.Client:
    headers = {"x-csrf-token": login.csrf}
    return httpx.Client(base_url=address, cookies={PLAIN: login.token}, headers=headers, timeout=20)


def test_what_is_too_much_is_told_so_at_once_and_the_rest_is_done(small: RunningService) -> None:
    login = small.login_as("administrator")
    path = small.store.engines.url.database
    with (
        serving(small.app, small.settings) as address,
        client(address, login) as browser,
        closing(sqlite3.connect(str(path), isolation_level=None)) as other,
        ThreadPoolExecutor(MOST) as pool,
    ):
        other.execute("BEGIN IMMEDIATE")  # another program writes: writes wait, and are under way

        def make(number: int) -> int:
            body = {"login": f"new-{number}", "display_name": "new"}
            headers = {"idempotency-key": f"overload-{number:04}"}
            with client(address, login) as one:
                return one.post("/api/v1/accounts", json=body, headers=headers).status_code

        waiting = [pool.submit(make, number) for number in range(MOST)]
        while "jingge_requests_under_way 4.0" not in browser.get("/metrics").text:
            time.sleep(0.01)  # the three, and the question itself
        refused = browser.get("/api/v1/session")
        page = browser.get("/m", headers={"accept": "text/html"})
        assert not any(one.done() for one in waiting)
        other.execute("ROLLBACK")
        assert [one.result() for one in waiting] == [201] * MOST
        later = browser.get("/api/v1/session")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["detail"] == "Expected at most 3 requests under way, got one more."
    assert (page.status_code, page.headers["retry-after"]) == (503, "2")
    assert "现在使用的人太多" in page.text
    assert "content-security-policy" in page.headers
    assert later.status_code == 200


def test_a_refusal_does_nothing_but_answer(
    small: RunningService, caplog: pytest.LogCaptureFixture
) -> None:
    told_s = [10.0]
    templates, metrics = small.app.state.templates, small.app.state.metrics
    refusals = Refusals(told_of(MOST), templates, metrics, clock=lambda: told_s[0])
    overload = Overload(small.app, MOST, refusals)
    overload._inside = MOST
    caplog.set_level(logging.INFO)

    def ask(path: str, **headers: str) -> Answer:
        return call(overload, small.app, path, headers)

    with asked(small.store) as statements:
        problem = ask("/api/v1/session", **{"x-request-id": "given-by-proxy"})
        page = ask("/m", accept="text/html", cookie="jingge_lang=en")
        again = ask("/m", accept="text/html")
        assert not caplog.records
        told_s[0] += 1
        ask("/m", accept="text/html")
    assert not statements
    assert problem.headers["x-request-id"] == "given-by-proxy"
    assert problem.headers["cache-control"] == page.headers["cache-control"] == "no-store"
    assert problem.headers["x-content-type-options"] == "nosniff"
    assert "script-src" not in page.headers["content-security-policy"]
    assert (page.headers["content-language"], page.status) == ("en", 503)
    assert "Too many people at once" in page.text
    assert "现在使用的人太多" in again.text
    assert "set-cookie" not in page.headers
    line = caplog.records[0]
    assert (line.getMessage(), getattr(line, FIELDS)) == ("refused", {"status": 503, "number": 4})
    assert metrics.exposition("")[0].count(b'route="(none)",status="503"') > 0


def test_files_and_health_are_answered_in_a_rush(small: RunningService) -> None:
    overload = Overload(small.app, 1, small.app.state.refusals)
    overload._inside = 1
    sheet = small.app.state.assets.url("style.css")
    free = [call(overload, small.app, path, {}).status for path in ("/healthz", sheet)]
    assert free == [200, 200]
    assert call(overload, small.app, "/static-not", {}).status == 503


def test_who_sends_slowly_takes_nobodys_place(small: RunningService) -> None:
    login = small.login_as("administrator")
    with serving(small.app, small.settings) as address, client(address, login) as browser:
        slow = [client(address, login) for _ in range(2 * MOST)]
        with ThreadPoolExecutor(len(slow)) as pool:
            go = []

            def body() -> Iterator[bytes]:
                yield b'{"login": '
                go.append(1)
                while len(go) < 100:  # until the reader below has had an answer
                    time.sleep(0.01)
                yield b'"nobody"}'

            sent = [pool.submit(one.post, "/api/v1/accounts", content=body()) for one in slow]
            while len(go) < len(slow):
                time.sleep(0.01)
            assert browser.get("/api/v1/session").status_code == 200
            go.extend([1] * 100)
            assert {one.result().status_code for one in sent} == {422}
        for one in slow:
            one.close()


@pytest.mark.parametrize("number", [0, 10_001])
def test_a_limit_that_cannot_be_used_is_told(number: int) -> None:
    with pytest.raises(SettingsError, match="JINGGE_MAX_REQUESTS"):
        Settings(max_requests=number)
