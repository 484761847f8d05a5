"""The console in a real Chromium at 1440 and 1920 px: axe, no strangers, the board by hand.

``JINGGE_SHOTS=DIR`` keeps a picture of every page.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from phone_checks import is_chinese
from portions import IS_LONG
from tiny_store import NOW

from api.server import serving
from data.planning.successors import copy_to_draft
from data.store.result_io import find_roster

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from service_client import RunningService

pytestmark = pytest.mark.browser

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SERIOUS = {"serious", "critical"}
AT = ("lat", "lng")
BOARD = "/console/rosters/2/board?station=kunbei&shift=evening"
PAGES = (
    *("/console/live", "/console/rosters", "/console/rosters/1", BOARD),
    *("/console/rosters/2/changes?since=1", "/console/rosters/1/why?beat=haiwei&shift=evening"),
    *("/console/people", "/console/people/liu", "/console/applications", "/console/teams"),
    *("/console/teams/kunbei-1", "/console/teams/kunbei-1/joining?find=chen"),
    *("/console/applications/new", "/console/courses", "/console/courses/catalogue/new"),
    *("/console/insurance", "/console/insurance/policies/new", "/console/gifts/new"),
    *("/console/accounts", "/console/accounts/new", "/console/imports", "/console/settings"),
    *("/console/settings/planning", "/console/settings/points", "/console/settings/duty-roles"),
    *("/console/settings/duty-roles/patrol_guard", "/console/settings/shift-templates/new"),
    *("/console/arrivals", "/console/tasks", "/console/tasks/new"),
    *("/console/demand", "/console/demand/haiwei/evening/patrol_guard", "/console/demand/week"),
    *("/console/demand/new?station=kunbei", "/console/demand/bulk?role=patrol_guard"),
    "/console/post-code?scenario_id=1&beat_id=haiwei&shift_id=evening",
)


@pytest.fixture
def drafted(tiny: RunningService) -> RunningService:
    """A service with a draft, number 2, made from the published roster."""
    tiny.clock.now = NOW
    tiny.store.submit(
        lambda s: copy_to_draft(s, find_roster(s, 1), label="by hand", by="test", now=NOW)
    )
    return tiny


def watch(page: Page, address: str) -> list[str]:
    """Collect requests elsewhere, errors of scripts and refusals of the policy."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda one: troubles.append(one.text) if one.type == "error" else None)
    page.on(
        "request",
        lambda one: (
            None if one.url.startswith((address, "data:", "blob:")) else troubles.append(one.url)
        ),
    )
    return troubles


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("JINGGE_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")


def serious(page: Page) -> list[tuple[str, str]]:
    """Return what axe takes for serious or critical: the rule and the first element."""
    found = Axe().run(page, options=WCAG).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS]


@pytest.mark.parametrize(("width", "lang"), [(1440, "zh-CN"), (1920, "en")])
def test_pages_are_quiet_and_usable_by_everybody(
    drafted: RunningService, browser: Browser, width: int, lang: str
) -> None:
    login = drafted.login_as("city_dispatcher", "administrator")
    with serving(drafted.app, drafted.settings) as address:
        size = {"width": width, "height": 900}
        context = drafted.browser_context(browser, address, login, viewport=size, locale=lang)
        page = context.new_page()
        troubles = watch(page, address)
        pages = PAGES if IS_LONG or lang == "zh-CN" else PAGES[::3]
        for number, path in enumerate(pages):
            assert page.goto(address + path).status == 200, path  # type: ignore[union-attr]
            page.wait_for_selector("main")
            page.wait_for_timeout(200)
            assert page.evaluate("document.documentElement.scrollWidth") == width, path
            if IS_LONG or is_chinese(page):  # English pages are of the same elements and colours
                assert not serious(page), path
            keep(page, f"console-{lang}-{number:02}")
        context.close()
    assert troubles == []


def test_a_dispatcher_takes_off_finds_gives_and_publishes(
    drafted: RunningService, browser: Browser
) -> None:
    login = drafted.login_as("city_dispatcher")
    with serving(drafted.app, drafted.settings) as address:
        size = {"width": 1440, "height": 900}
        context = drafted.browser_context(browser, address, login, viewport=size, locale="zh-CN")
        page = context.new_page()
        troubles = watch(page, address)
        page.goto(address + BOARD)
        sun = page.locator("li.chip", has=page.locator('a[href$="/console/people/sun"]'))
        line = sun.locator("xpath=ancestor::div[@data-line]").get_attribute("data-line")
        sun.locator("button[value=take]").click()
        page.wait_for_selector(".note.warn")
        assert "H7" in page.locator(".note.warn").inner_text()
        keep(page, "board-warn")
        page.locator(f'[data-line="{line}"] [hx-get]').click()
        page.locator(f'[data-line="{line}"] .best li').first.wait_for()
        keep(page, "board-best")
        page.locator(f'[data-line="{line}"] .best button').first.click()
        page.wait_for_selector(".note.good")
        # No button can be pressed until the board that a change leaves is there.
        undo = page.locator('button[name="step"][value="undo"]')
        undo.click()
        undo.click()
        sun.wait_for()
        # Dragged to a line that is not hers: refused, in words, and nothing has moved.
        target = page.locator("[data-line]").filter(has_text="民警").first
        sun.drag_to(target)
        page.wait_for_selector(".note.bad")
        assert "H2" in page.locator(".note.bad").inner_text()
        keep(page, "board-refused")
        page.goto(f"{address}/console/rosters/2")
        page.locator('form[action$="/publish"] button').click()
        page.wait_for_selector(".badge-state.good")
        context.close()
    assert troubles == []


def test_people_are_ticked_by_keyboard_alone(drafted: RunningService, browser: Browser) -> None:
    login = drafted.login_as("city_dispatcher")
    with serving(drafted.app, drafted.settings) as address:
        size = {"width": 1440, "height": 900}
        context = drafted.browser_context(browser, address, login, viewport=size, locale="zh-CN")
        page = context.new_page()
        troubles = watch(page, address)
        page.goto(f"{address}/console/people?tier=volunteer")
        boxes = page.locator('input[form="ticks"]')
        boxes.first.focus()
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        assert "(2)" in page.locator("[data-ticked]").inner_text()
        page.locator("[data-tick-all]").check()
        number = boxes.count()
        assert f"({number})" in page.locator("[data-ticked]").inner_text()
        page.locator("#ticks button").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/people/bulk")
        assert f"已选 {number} 人" in page.locator("h1").inner_text()
        keep(page, "people-bulk")
        context.close()
    assert troubles == []


def test_a_tasks_place_is_pointed_at_on_the_map(drafted: RunningService, browser: Browser) -> None:
    login = drafted.login_as("city_dispatcher")
    with serving(drafted.app, drafted.settings) as address:
        size = {"width": 1440, "height": 900}
        context = drafted.browser_context(browser, address, login, viewport=size, locale="zh-CN")
        page = context.new_page()
        troubles = watch(page, address)
        page.goto(f"{address}/console/tasks/new")
        page.locator(".jg-points[data-ready]").click(position={"x": 300, "y": 150})
        lat, lng = (float(page.locator(f"input[name={name}]").input_value()) for name in AT)
        shown = page.evaluate("document.querySelector('.jg-points').points.map.getBounds()")
        assert shown["_southWest"]["lat"] < lat < shown["_northEast"]["lat"]
        assert shown["_southWest"]["lng"] < lng < shown["_northEast"]["lng"]
        # What is typed moves the one mark, and takes it away.
        page.locator("input[name=lat]").fill(str(lat + 0.001))
        page.locator("input[name=lat]").press("Tab")
        marks = page.locator(".jg-points .jg-point")
        assert marks.count() == 1
        keep(page, "task-place")
        page.locator("input[name=lng]").fill("")
        page.locator("input[name=lng]").press("Tab")
        assert marks.count() == 0
        context.close()
    assert troubles == []
