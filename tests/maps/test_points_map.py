"""The small map of points in a real Chromium: words stay words, links stay ours, bytes stay few."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import Environment, FileSystemLoader
from payloads import PAYLOADS

from api.language import texts_of
from maps.points_map import PAGE_STYLES, SCRIPTS, PointKind, PointsPage, points_map, points_part
from maps.shipped import MEDIA_TYPES, read_asset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser
ORIGIN = "http://jingge.test"
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-R'; style-src 'self' 'nonce-R'; "
    "style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'"
)
KINDS = {
    "open": PointKind("有空位", "#14607a"),
    "full": PointKind("已满", "#7a2e05", "square"),
}
SQUARE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[109.7, 40.6], [110.0, 40.6], [110.0, 40.7], [109.7, 40.6]]],
            },
        }
    ],
}


def page_of(**changes: Any) -> PointsPage:
    values: dict[str, Any] = {
        "title": "附近",
        "lang": "zh-CN",
        "labels": texts_of("zh").entries,
        "points": "/points.json",
        "outlines": "/outlines.json",
        "view": ((40.6, 109.7), (40.7, 110.0)),
        "kinds": KINDS,
        "nonce": "R",
        "assets": "/static",
    }
    return PointsPage(**values | changes)


POINTS = [
    {
        "id": k,
        "lat": 40.6 + 0.004 * k,
        "lng": 109.8 + 0.004 * (k % 5),
        "kind": ("open", "full", text)[k % 3],
        "label": text,
        "detail": text,
        "href": ("/m/tasks/1?from=map", "https://other.test/", "//other.test", "javascript:0")[
            k % 4
        ],
    }
    for k, text in enumerate(PAYLOADS)
]


@pytest.fixture(params=[360, 1440])
def shown(browser: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[Page, list[str]]]:
    context = browser.new_context(viewport={"width": request.param, "height": 640})
    page = context.new_page()
    notes: list[str] = []
    page.on("console", lambda m: notes.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: notes.append(str(error)))
    page.on("dialog", lambda d: (notes.append(d.message), d.dismiss()))

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/":
            headers = {"content-security-policy": POLICY, "content-type": "text/html"}
            route.fulfill(body=points_map(page_of()), headers=headers)
        elif path == "/points.json":
            route.fulfill(json={"points": POINTS, "here": [40.63, 109.81]})
        elif path == "/outlines.json":
            route.fulfill(json=SQUARE)
        elif path.startswith("/static/"):
            name = path.removeprefix("/static/")
            body = read_asset(name)
            route.fulfill(body=body, content_type=MEDIA_TYPES[name[name.rindex(".") :]])
        else:
            notes.append(route.request.url)
            route.abort()

    page.route("**/*", answer)
    page.goto(f"{ORIGIN}/")
    page.wait_for_selector("body[data-ready]")
    yield page, notes
    context.close()


def test_labels_are_text_and_links_are_ours(shown: tuple[Page, list[str]]) -> None:
    page, notes = shown
    found = page.evaluate(
        """() => [...Jingge.points.marks.values()].map((mark) => {
          mark.openPopup();
          const box = mark.getPopup().getElement();
          const link = box.querySelector("a[target]");
          const to = link && [link.getAttribute("href"), link.target];
          return [box.querySelector("h2").textContent, to];
        })"""
    )
    assert [label for label, _ in found] == [point["label"] for point in POINTS]
    links = [["/m/tasks/1?from=map", "_top"] if k % 4 == 0 else None for k in range(len(POINTS))]
    assert [link for _, link in found] == links
    assert page.evaluate("globalThis.__hit") is None
    assert notes == []
    assert page.evaluate("document.querySelectorAll('script').length") == page.evaluate(
        "document.querySelectorAll('script[nonce]').length"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_marks_are_buttons_with_names_for_the_keyboard(shown: tuple[Page, list[str]]) -> None:
    page, _ = shown
    name = page.evaluate(
        """() => {
          const node = [...Jingge.points.marks.values()][0].getElement();
          node.focus();
          return [node.getAttribute("role"), node.getAttribute("aria-label"), node.offsetWidth];
        }"""
    )
    assert name == ["button", f"{PAYLOADS[0]} · 有空位", 44]
    page.keyboard.press("Enter")
    assert page.wait_for_selector(".jg-popup h2").text_content() == PAYLOADS[0]
    assert page.get_attribute(".jg-here-box", "aria-label") == "你在这里"
    # Shape and colour tell the same, and the legend says what they mean.
    assert page.locator(".jg-kinds li").all_inner_texts() == ["有空位", "已满"]
    assert page.evaluate("new Set([...document.querySelectorAll('.jg-mark path')].map("
                         "(p) => p.getAttribute('d'))).size") == 2  # fmt: skip


def test_page_and_assets_are_small() -> None:
    parts = [points_map(page_of()).encode(), *(read_asset(n) for n in (*SCRIPTS, *PAGE_STYLES))]
    assert sum(len(gzip.compress(part, 6)) for part in parts) < 60_000
    assert json.dumps(POINTS)[:1] == "["


@pytest.mark.parametrize("address", ["https://other.test/x", "//other.test/x", "points"])
def test_only_addresses_of_ours(address: str) -> None:
    with pytest.raises(ValueError, match="address of ours"):
        page_of(points=address)


PART = """<!doctype html><title>x</title>
{% from "parts/points_map.html" import points_head, points_map %}
{{ points_head(part) }}<p>before</p>{{ points_map(part, label) }}"""


@pytest.fixture
def part(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page that has a map as a part and gives it points itself."""
    environment = Environment(loader=FileSystemLoader("api/templates"), autoescape=True)
    values = page_of(points="", circle=True)
    html = environment.from_string(PART).render(part=points_part(values), label="'\"<b>")
    page = browser.new_page(viewport={"width": 800, "height": 600})
    notes: list[str] = []
    page.on("console", lambda m: notes.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: notes.append(str(error)))

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path == "/":
            headers = {"content-security-policy": POLICY, "content-type": "text/html"}
            route.fulfill(body=html, headers=headers)
        elif path == "/outlines.json":
            route.fulfill(json=SQUARE)
        else:
            name = path.removeprefix("/static/")
            kind = MEDIA_TYPES[name[name.rindex(".") :]]
            route.fulfill(body=read_asset(name), content_type=kind)

    page.route("**/*", answer)
    page.goto(f"{ORIGIN}/")
    page.wait_for_selector(".jg-points[data-ready]")
    page.evaluate(
        """() => {
          globalThis.told = [];
          for (const name of ["select", "circle"])
            document.addEventListener(`jg:${name}`, (event) => told.push([name, event.detail]));
        }"""
    )
    yield page, notes
    page.close()


def update(page: Page, points: list[dict[str, Any]], **more: Any) -> None:
    page.evaluate(
        "(answer) => document.querySelector('.jg-points').points.update(answer)",
        {"points": points, **more},
    )


def view(page: Page, *place: Any) -> list[float]:
    """Return the middle of the map and its zoom, after it was set to a place if one is given."""
    return page.evaluate(  # type: ignore[no-any-return]
        """(place) => {
          const { map } = document.querySelector(".jg-points").points;
          if (place.length) map.setView(...place, { animate: false });
          const { lat, lng } = map.getCenter();
          return [lat, lng, map.getZoom()];
        }""",
        place,
    )


def test_a_part_of_a_page_is_updated_in_place(part: tuple[Page, list[str]]) -> None:
    page, notes = part
    update(page, POINTS)
    view(page, [40.64, 109.81], 12)
    page.locator(".jg-point").nth(3).focus()
    page.keyboard.press("Enter")  # marks lie one over the other: a click may meet any, or none
    page.wait_for_function("told.length")
    assert page.evaluate("told[0][0]") == "select"
    opened = page.locator(".jg-popup h2").text_content()
    chosen = page.evaluate("told[0][1]")
    # The reader has moved on; what is chosen is nearly out of sight, and walks on itself.
    at = view(page, [40.72, 109.81], 12)
    ring = {"lat": 40.64, "lng": 109.81, "radius_m": 500, "kind": "full", "label": "<b>"}
    kept = [p for p in POINTS if p["id"] in {chosen, 1}]
    for north in (0.0, 0.001):
        moved = [{**p, "lat": p["lat"] + north * (p["id"] == chosen)} for p in kept]
        update(page, moved, circles=[ring])
        assert page.locator(".jg-point").count() == 2
        assert page.locator(".jg-popup h2").text_content() == opened
        page.wait_for_timeout(300)  # as long as Leaflet would take to pan
        assert view(page) == at
    update(page, [])
    assert page.locator(".jg-said").text_content() == "附近暂时没有"
    assert notes == []


def test_many_points_are_drawn_on_a_canvas(part: tuple[Page, list[str]]) -> None:
    page, notes = part
    many = [
        {**POINTS[k % 2], "id": k, "lat": 40.6 + k / 2e4, "lng": 109.8 + (k % 40) / 400}
        for k in range(2000)
    ]
    update(page, many)
    assert page.locator(".jg-point").count() == 0
    x, y = page.evaluate(
        """() => {
          const { map, marks } = document.querySelector(".jg-points").points;
          const mark = [...marks.values()][700];
          map.setView(mark.getLatLng(), 16, { animate: false });
          const box = map.getContainer().getBoundingClientRect();
          const at = map.latLngToContainerPoint(mark.getLatLng());
          return [box.x + at.x, box.y + at.y];
        }"""
    )
    page.wait_for_timeout(50)
    page.mouse.click(x, y)
    assert page.locator(".jg-popup h2").text_content() == many[700]["label"]
    assert page.evaluate("told") == [["select", 700]]
    assert notes == []


def test_a_circle_is_drawn_by_one_drag(part: tuple[Page, list[str]]) -> None:
    page, notes = part
    page.get_by_role("button", name="画圆圈定").click()
    box = page.locator(".jg-points").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 120)
    page.mouse.down()
    page.mouse.move(box["x"] + 340, box["y"] + 120, steps=4)
    page.mouse.up()
    ((name, circle),) = page.evaluate("told")
    assert name == "circle"
    expected = page.evaluate(
        """() => {
          const { map } = document.querySelector(".jg-points").points;
          const a = map.containerPointToLatLng([300, 120]);
          return [a.lat, a.lng, map.distance(a, map.containerPointToLatLng([340, 120]))];
        }"""
    )
    assert [circle["lat"], circle["lng"]] == pytest.approx(expected[:2], abs=1e-5)
    assert circle["radius_m"] == pytest.approx(expected[2], rel=0.01)
    # Escape gives another one up; the drawn one stays.
    page.get_by_role("button", name="画圆圈定").click()
    page.keyboard.press("Escape")
    assert page.locator(".jg-drawing").count() == 0
    assert page.evaluate("!!document.querySelector('.jg-points').points.circle")
    assert notes == []
