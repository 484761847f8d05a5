"""The reviewer's half hour in a real Chromium: each map, its list, the week, two maps at once.

``JINGGE_SHOTS=docs/images`` keeps the pictures of the reviewer's guide; for those of a whole city
``JINGGE_TOUR=sqlite:///COPY`` names the copy of a store with a published roster (the demo city's,
say): an account is made in it.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from service_client import RunningService, start_service, stop_service
from sqlalchemy import func, select

from api.map_answers import Against, get_against
from api.server import serving
from api.settings import Settings
from data.store.tables.rosters import Roster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
SIZE = {"width": 1440, "height": 900}
KINDS = ("coverage", "gaps", "price", "equity", "workload", "change")
UNFILLED = re.compile(r"\{(?:n|low|high|name|ring|mean|cells|new)\}")


@pytest.fixture(scope="module")
def toured(running: RunningService) -> Iterator[RunningService]:
    """The shared service, or one on the store that ``JINGGE_TOUR`` names."""
    url = os.environ.get("JINGGE_TOUR")
    if not url:
        yield running
        return
    service = start_service(url, Settings(port=0))
    yield service
    stop_service(service)


def compared(running: RunningService) -> Against:
    """A draft of the store, the other way round; without one the served roster, unchanged."""
    own = running.service.cities.served().roster_id
    with running.store.read() as session:
        last = session.scalar(select(func.max(Roster.id)))
    return Against(last, would=True) if last != own else Against(own)


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("JINGGE_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        few = picture.quantize(256, dither=Image.Dither.NONE)
        few.save(Path(folder) / f"review-{name}.png", optimize=True)


def shown(page: Page, kind: str) -> None:
    """Wait until a map of a kind is drawn, with its figure."""
    page.wait_for_selector(f'.jg-pane[data-kind="{kind}"]:not([aria-busy]) .jg-figure strong')


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_half_an_hour(toured: RunningService, browser: Browser, lang: str) -> None:
    against = compared(toured)
    toured.app.dependency_overrides[get_against] = lambda: against
    notes: list[str] = []
    with serving(toured.app, toured.settings) as address:
        login = toured.login_as("reviewer")
        context = toured.browser_context(
            browser, address, login, viewport=SIZE, locale=lang, reduced_motion="reduce"
        )
        context.set_default_timeout(240_000)  # a whole city's first answers on a busy machine
        context.set_default_navigation_timeout(240_000)
        context.on("weberror", lambda error: notes.append(str(error.error)))
        context.on(
            "request", lambda one: notes.append(one.url) if not ours(one.url, address) else 0
        )
        page = context.new_page()
        page.goto(f"{address}/maps/coverage")
        page.wait_for_selector("body[data-warm]", timeout=120_000)  # the whole week is there
        loads = page.evaluate("performance.getEntriesByType('navigation').length")
        for kind in KINDS:
            number = KINDS.index(kind)
            page.locator(".jg-pane:not(.jg-second) .jg-kind button").nth(number).click()
            page.wait_for_timeout(100)
            shown(page, kind)
            if kind not in {"coverage", "workload"}:
                page.wait_for_timeout(1500)  # lists follow
            keep(page, kind if lang == "zh-CN" else f"{kind}-en")
            words = page.inner_text("#jg-ui")
            assert not UNFILLED.search(words), (kind, UNFILLED.search(words))
        time_goes_by(page)
        both(page, lang)
        assert page.evaluate("performance.getEntriesByType('navigation').length") == loads
        context.close()
    toured.app.dependency_overrides.pop(get_against)
    assert notes == []


def ours(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:"))


def time_goes_by(page: Page) -> None:
    """The slider, the week, and back to a shift: no page is loaded again."""
    page.locator(".jg-kind button").first.click()
    shown(page, "coverage")
    page.keyboard.press("Home")
    first = page.evaluate("Jingge.city.state.shift")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Jingge.city.state.shift") != first
    week = page.evaluate("Jingge.city.set({ span: 'week' }).then(() => Jingge.city.state.weekly)")
    assert week
    page.keyboard.press("ArrowRight")  # whoever asks for a shift no longer wants the week
    assert page.evaluate("Jingge.city.state.span") == "shift"


def both(page: Page, lang: str) -> None:
    """Two maps at once follow each other, from either side."""
    page.evaluate("Jingge.sideBySide()")
    page.wait_for_selector(".jg-second-map canvas.jg-tile", state="attached")
    page.wait_for_timeout(800)
    keep(page, "side" if lang == "zh-CN" else "side-en")
    bodies = page.locator(".jg-pane .jg-body")
    assert [one.is_visible() for one in bodies.all()] == [False, False]  # the maps have the room
    places = """() => [Jingge.city, Jingge.city.partner].map(({ map }) => {
      const { lat, lng } = map.getCenter(); return [lat.toFixed(6), lng.toFixed(6), map.getZoom()];
    })"""
    page.evaluate("Jingge.city.map.panBy([120, 40], { animate: false })")
    one, two = page.evaluate(places)
    assert one == two
    page.evaluate("Jingge.city.partner.map.panBy([-60, 10], { animate: false })")
    one, two = page.evaluate(places)
    assert one == two
