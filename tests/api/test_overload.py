"""A real server that gets more than it can do: the rest is told to come back, and it recovers."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest
from service_client import RunningService, start_service, stop_service

from api.access.cookies import PLAIN
from api.server import serving
from api.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service_client import Login

MOST = 3


@pytest.fixture
def small(tiny_url: str) -> Iterator[RunningService]:
    running = start_service(tiny_url, Settings(docs=True, port=0, max_requests=MOST))
    yield running
    stop_service(running)


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
