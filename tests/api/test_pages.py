"""The pages: complete in both languages, safe with any name, under the strictest policy."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from portions import IS_LONG

from api.security import policy
from api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser
    from service_client import Login, RunningService
    from starlette.testclient import TestClient as Client

    from api.city import City

PAGES = [
    "/",
    "/gaps",
    "/gaps?station=kunbei&shift=&role=",
    "/stations/wusutu",
    "/beats/limin",
    "/docs",
]


WAYS = [(360, "zh-CN"), (360, "en"), (1440, "zh-CN")]
IN_BROWSER = [
    (path, *way)
    for number, path in enumerate(PAGES)
    for way in (WAYS if IS_LONG else [WAYS[number % 3]])
]


class Tags(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_pages_come_in_both_languages(client: Client, path: str, lang: str) -> None:
    response = client.get(path, headers={"accept-language": lang})
    assert response.status_code == 200
    assert response.headers["content-language"] == lang
    assert f'<html lang="{lang}">' in response.text


@pytest.mark.parametrize("path", PAGES)
def test_pages_ask_no_other_host_and_run_nothing_inline(client: Client, path: str) -> None:
    for tag, attributes in Tags(client.get(path).text).found:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "action"):
            assert re.match(r"/(?!/)|#", attributes.get(name) or "/"), (tag, attributes)
        assert tag != "script" or "src" in attributes or "nonce" in attributes


@pytest.mark.parametrize(
    "path", ["/", "/gaps", "/stations/wusutu", "/beats/limin", "/beats/haiwei"]
)
def test_a_name_stays_text(client: Client, path: str) -> None:
    text = client.get(path).text
    assert "<script>alert" not in text
    assert "</script><" not in text
    assert "49" not in re.sub(r"\d[\d.,]*\d", "", text) or "7*7" in text


def test_hostile_name_is_shown_as_it_is(client: Client) -> None:
    text = client.get("/beats/limin").text
    assert "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in text


def test_a_hostile_parameter_stays_text(client: Client) -> None:
    for path in ("/?lang=<script>alert(1)</script>", "/gaps?page=1&x='><script>alert(1)</script>"):
        assert "<script>alert" not in client.get(path).text


def test_start_page_says_what_the_plan_says(client: Client, city: City) -> None:
    text = client.get("/").text
    report = city.result.report
    assert f"{report.unmet:,}" in text
    assert f"{report.gap:.2%}" in text
    for station in city.stations["station_id"]:
        assert f'href="/stations/{station}"' in text


def test_links_lead_to_pages(client: Client) -> None:
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 60:
            continue
        seen.add(path)
        response = client.get(path, headers={"accept": "text/html"})
        assert response.status_code == 200, path
        if response.headers["content-type"].startswith("text/html") and "/maps/" not in path:
            links = [a.get("href") for tag, a in Tags(response.text).found if tag == "a"]
            waiting += [link for link in links if link and link.startswith("/")]
    assert len(seen) > 10


def test_language_is_chosen_and_kept(start: Callable[..., RunningService]) -> None:
    with start(Settings()).client_as("reviewer") as reader:
        assert 'lang="zh-CN"' in reader.get("/").text
        chosen = reader.get("/?lang=en")
        cookie = chosen.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert '<html lang="en">' in reader.get("/gaps").text
    with start(Settings(lang="en")).client_as("reviewer") as reader:
        assert '<html lang="en">' in reader.get("/").text


def test_a_missing_page_is_a_page_to_a_reader(client: Client) -> None:
    response = client.get("/beats/nowhere", headers={"accept": "text/html"})
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
    program = client.get("/beats/nowhere")
    assert program.headers["content-type"] == "application/problem+json"


def test_docs_only_where_asked_for(start: Callable[..., RunningService]) -> None:
    with start(Settings()).client_as("reviewer") as reader:
        assert reader.get("/docs").status_code == 404
        assert reader.get("/redoc").status_code == 404


@pytest.mark.parametrize("path", ["/", "/api/v1/roster", "/nothing", "/maps/coverage", "/healthz"])
def test_headers(client: Client, path: str) -> None:
    first, second = client.get(path), client.get(path)
    nonces = [
        re.findall(r"'nonce-([^']+)'", r.headers["content-security-policy"])[0]
        for r in (first, second)
    ]
    assert nonces[0] != nonces[1]
    assert first.headers["content-security-policy"] == policy(nonces[0])
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["referrer-policy"] == "same-origin"
    assert first.headers["cache-control"] == "no-store"
    assert "server" not in first.headers


def test_assets_are_kept_for_ever_under_their_hash(client: Client) -> None:
    href = next(
        a["href"] for tag, a in Tags(client.get("/").text).found if a.get("rel") == "stylesheet"
    )
    response = client.get(str(href))
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert re.search(r"\.[0-9a-f]{12}\.css$", str(href))
    for path in ("/static/style.css", "/static/", "/static/../app.py", "/static/%2e%2e/app.py"):
        assert client.get(path).status_code == 404


def test_tile_server_is_the_only_host_that_is_let_in() -> None:
    assert "img-src 'self' data: blob: https://*.tiles.example;" in policy(
        "n", "https://{s}.tiles.example/{z}/{x}/{y}.png"
    )
    assert policy("n", "/tiles/{z}/{x}/{y}.png") == policy("n")


@pytest.fixture(scope="module")
def address(running: RunningService) -> Iterator[tuple[RunningService, Login, str]]:
    from api.server import serving

    with serving(running.app, Settings(port=0)) as found:
        yield running, running.login_as("reviewer"), found


@pytest.mark.browser
@pytest.mark.parametrize(("path", "width", "lang"), IN_BROWSER)
def test_pages_in_a_browser(
    browser: Browser, address: tuple[RunningService, Login, str], path: str, width: int, lang: str
) -> None:
    """No request leaves the origin, nothing is refused or thrown, nothing hangs over the edge."""
    running, login, origin = address
    context = running.browser_context(
        browser, origin, login, viewport={"width": width, "height": 800}, locale=lang
    )
    page = context.new_page()
    away, said = [], []
    page.on(
        "request",
        lambda r: None if r.url.startswith((origin, "data:", "blob:")) else away.append(r.url),
    )
    page.on("console", lambda m: said.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.goto(origin + path, wait_until="networkidle")
    assert not away
    assert not said
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("getComputedStyle(document.querySelector('.top')).backgroundColor") == (
        "rgb(12, 72, 112)"
    )
    context.close()
