"""Turns in a real Chromium at 360 px: check in without a network, and every page of theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from phone_checks import keep, require_usable, watch
from portions import IS_LONG
from sqlalchemy import select
from tiny_city import HAIWEI

from api.server import serving
from data.field.checkin_places import Position, post_word
from data.field.checkins import Proof, check_in
from data.field.duty_turns import task_turn
from data.field.limits import Limits
from data.field.signups import sign_up
from data.field.swaps import offer_replacement
from data.store.tables.checkins import CheckIn
from data.store.tables.people import Person
from data.store.tables.positions import Position as LastPosition
from data.store.tables.scenarios import Scenario
from grid.cells import cells_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, BrowserContext
    from service_client import RunningService

    from data.field.task_values import TaskView

pytestmark = pytest.mark.browser


def soon(service: RunningService, make_task: Callable[..., TaskView], **changes: Any) -> TaskView:
    """Publish a task that begins in a minute, and sign Liu up for it."""
    now = service.clock()
    span = {"starts_at": now + timedelta(minutes=1), "signup_until": now + timedelta(minutes=1)}
    task = make_task(**span, **{"ends_at": now + timedelta(hours=1), **changes})
    liu = service.ids(Person)["liu"]
    service.store.submit(
        lambda s: sign_up(s, task.task_id, liu, Limits(), by="test", now=service.clock())
    )
    return task


def phone_of(service: RunningService, browser: Browser, address: str, lang: str) -> BrowserContext:
    """Give Liu's phone, which is at the school gate."""
    return service.browser_context(
        browser,
        address,
        service.login_as("volunteer", person="liu"),
        viewport={"width": 360, "height": 740},
        locale=lang,
        geolocation={"latitude": HAIWEI[0], "longitude": HAIWEI[1], "accuracy": 20},
        permissions=["geolocation"],
    )


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_pages_of_turns_are_usable_by_everybody(
    clocked: RunningService, make_task: Callable[..., TaskView], browser: Browser, lang: str
) -> None:
    patrol = soon(clocked, make_task, title="广场巡逻", kind="patrol")
    make_task(title="护学岗", urgency=3)
    people = clocked.ids(Person)
    there = Proof("geofence", Position(*HAIWEI, 10.0))

    def work(session: Any) -> int:
        turn, now = task_turn(session, patrol.task_id, people["liu"]), clocked.clock()
        check_in(session, clocked.keys, turn, there, Limits(), by="test", now=now)
        plan = session.scalars(select(Scenario.id)).one()
        offer_replacement(session, (people["liu"], "evening"), plan, now=now)
        return plan

    plan = clocked.store.submit(work)
    post = f"task:{patrol.task_id}"
    word = post_word(clocked.keys, post, clocked.clock())
    paths = [
        *("/m", "/m/shifts", f"/m/shifts/{plan}/evening", f"/m/shifts/{plan}/evening/swap"),
        *(f"/m/tasks/{patrol.task_id}", f"/m/code?post={post}&word={word}"),
        *("/m/availability", "/m/tasks/map"),
    ]
    with serving(clocked.app, replace(clocked.settings, port=0)) as address:
        context = phone_of(clocked, browser, address, lang)
        page = context.new_page()
        troubles = watch(page, address)
        paths = paths if IS_LONG or lang == "zh-CN" else paths[::3]
        for number, path in enumerate(paths):
            assert page.goto(address + path).status == 200, path  # type: ignore[union-attr]
            page.wait_for_load_state("networkidle")
            require_usable(page, path)
            keep(page, f"turns-{lang}-{number}")
        context.close()
    assert troubles == []


def test_a_check_in_waits_for_the_network_and_comes_by_itself(
    clocked: RunningService, make_task: Callable[..., TaskView], browser: Browser
) -> None:
    clocked.clock.now = None  # the phone's own clock counts
    soon(clocked, make_task)
    with serving(clocked.app, replace(clocked.settings, port=0)) as address:
        context = phone_of(clocked, browser, address, "zh-CN")
        page = context.new_page()
        page.goto(address + "/m/shifts")
        page.wait_for_function("navigator.serviceWorker.controller !== null || caches.keys()")
        page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        context.set_offline(True)
        page.get_by_role("button", name="签到").click()
        page.wait_for_url("**/m/offline?kept=1")
        with clocked.store.read() as session:
            assert session.scalars(select(CheckIn)).all() == []
        context.set_offline(False)
        page.goto(address + "/m/shifts")
        page.get_by_role("button", name="签退").wait_for()
        with clocked.store.read() as session:
            row = session.scalars(select(CheckIn)).one()
        assert (row.state, row.in_means) == ("in", "geofence")
        # On duty one is asked, and told of once one has agreed; as a cell, while the page is seen.
        page.goto(address + "/m")
        page.wait_for_load_state("networkidle")
        with clocked.store.read() as session:
            assert session.scalars(select(LastPosition)).all() == []
        page.get_by_role("link", name="查看并同意").click()
        page.get_by_role("button", name="我同意").click()
        page.wait_for_load_state()
        with page.expect_response("**/api/v1/position") as told:
            page.goto(address + "/m")
        assert told.value.status == 200
        keep(page, "telling-zh-CN")
        with clocked.store.read() as session:
            (place,) = session.scalars(select(LastPosition))
        assert place.cell == int(cells_at([HAIWEI[0]], [HAIWEI[1]], 9)[0])
        context.close()
