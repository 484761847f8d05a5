"""Three walks on the phone at 360 px, the console beside them, against a real server.

``JINGGE_SHOTS=DIR`` keeps a picture of each step: ``docs/walks.md`` and the guides show them.
``JINGGE_SHOTS_LANG=en`` walks in English.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from reward_service import WORDS, picture
from tiny_city import HAIWEI
from tiny_store import NOW

from api.language import TAGS, match_language, texts_of
from api.server import serving
from data.accounts.accounts import account_record, set_password
from data.field.limits import Limits
from data.field.signups import sign_up
from data.points.gifts import add_gift
from data.points.rules import fill_shipped
from data.store.tables.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page
    from service_client import RunningService

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}
LANG = match_language(os.environ.get("JINGGE_SHOTS_LANG", "")) or "zh"
PASSWORD = "a-good-long-password-of-liu"  # noqa: S105 - of a made-up person


class Walk:
    """A server, and the pages of those who walk."""

    def __init__(self, service: RunningService, browser: Browser, address: str) -> None:
        self.service, self.browser, self.address = service, browser, address
        self.troubles: list[str] = []
        self.t = texts_of(LANG)

    def open(self, login: Any = None, size: dict[str, int] = PHONE) -> Page:
        """Open a browser of its own; its clock is the service's and it stands at Haiwei."""
        context = self.service.browser_context(
            self.browser,
            self.address,
            login,
            viewport=size,
            locale=TAGS[LANG],
            geolocation={"latitude": HAIWEI[0], "longitude": HAIWEI[1], "accuracy": 10},
            permissions=["geolocation"],
            service_workers="block",
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        return page

    def go(self, page: Page, path: str) -> None:
        """Go to a page at the service's time."""
        page.clock.set_fixed_time(self.service.clock())
        page.goto(self.address + path)
        page.wait_for_load_state("networkidle")

    def press(self, page: Page, key: str) -> None:
        """Press the first button of a text and wait for the page after it."""
        with page.expect_navigation():
            page.get_by_role("button", name=self.t(key)).first.click()
        page.wait_for_load_state("networkidle")

    def later(self, **by: float) -> None:
        """Let time pass."""
        assert self.service.clock.now is not None
        self.service.clock.now += timedelta(**by)


def keep(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look."""
    if folder := os.environ.get("JINGGE_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"walk-{name}.png")


@pytest.fixture
def walk(clocked: RunningService, browser: Browser) -> Iterator[Walk]:
    clocked.store.submit(fill_shipped)
    with serving(clocked.app, clocked.settings) as address:
        walking = Walk(clocked, browser, address)
        yield walking
        for context in browser.contexts:
            context.close()
    assert walking.troubles == []


def test_from_the_nearest_task_to_points(walk: Walk, make_task: Callable[..., Any]) -> None:
    start = NOW + timedelta(hours=1)
    times = {"starts_at": start, "ends_at": start + timedelta(hours=2)}
    make_task(**times, signup_until=NOW + timedelta(minutes=30), places=2, points=10)
    service = walk.service
    login = service.login_as("volunteer", person="liu")
    hashed = service.service.passwords.hash(PASSWORD)
    service.store.submit(
        lambda s: set_password(s, login.account_id, hashed, must_change=False, now=NOW)
    )
    page = walk.open()
    walk.go(page, "/m")
    page.get_by_label(walk.t("access.login")).fill(_login(service, login.account_id))
    page.get_by_label(walk.t("access.password")).fill(PASSWORD)
    keep(page, "1-log-in")
    walk.press(page, "access.log_in")
    walk.go(page, "/m/tasks")
    keep(page, "2-nearest")
    walk.press(page, "phone.sign_up")
    assert walk.t("label.told.signed_up") in page.content()
    keep(page, "3-signed-up")
    walk.later(minutes=50)
    walk.go(page, "/m/shifts")
    keep(page, "4-due")
    walk.press(page, "phone.check_in")
    assert walk.t("label.told.checked_in") in page.content()
    keep(page, "5-checked-in")
    walk.later(hours=2, minutes=15)
    walk.go(page, "/m/shifts")
    walk.press(page, "phone.check_out")
    assert walk.t("label.told.checked_out") in page.content()
    walk.go(page, "/m/points")
    assert page.locator(".big").inner_text() != "0"
    keep(page, "6-points")


def test_from_the_alert_to_the_arrival(walk: Walk) -> None:
    service = walk.service
    dispatcher = service.client_as("city_dispatcher")
    alert = {
        "kind": "fraud",
        "title": "教师正向“安全账户”转账，请门卫劝阻",
        "danger": "calm",
        "lat": HAIWEI[0],
        "lng": HAIWEI[1],
        "place": "海威小学",
        "target_chance": 0.3,
    }
    made = dispatcher.post("/api/v1/alerts", json=alert, headers={"Idempotency-Key": "key-0001"})
    assert made.status_code == 201, made.text
    number, first = made.json()["id"], made.json()["calls"][0]["person"]
    page = walk.open(service.login_as("volunteer", person=first))
    walk.go(page, "/m")
    keep(page, "7-called")
    walk.go(page, f"/m/alerts/{number}")
    keep(page, "8-alert")
    walk.press(page, "label.alert_action.decline")
    keep(page, "9-declined")
    walk.later(minutes=1)
    service.app.state.live.runner.step()
    calls = dispatcher.get(f"/api/v1/alerts/{number}").json()["calls"]
    states = {one["person"]: one["state"] for one in calls}
    assert states[first] == "declined"
    second = next(one["person"] for one in calls if one["state"] == "called")
    page = walk.open(service.login_as("volunteer", person=second))
    for step, action in enumerate(("accept", "on_the_way", "arrived")):
        walk.go(page, f"/m/alerts/{number}")
        walk.press(page, f"label.alert_action.{action}")
        keep(page, f"10-{step}-{('accepted', 'on-the-way', 'arrived')[step]}")
        walk.later(seconds=40)
    service.app.state.live.runner.step()
    assert dispatcher.get(f"/api/v1/alerts/{number}").json()["state"] == "attended"


def test_from_the_tip_to_the_gift(walk: Walk, tmp_path: Path) -> None:
    service = walk.service
    # The officer is there before the tip, which is sent to her.
    desk = walk.open(service.login_as("community_officer", beat="haiwei", person="wang"), DESK)
    values = {"label_zh": "雨伞", "label_en": "Umbrella", "points": 30, "stock": 9}
    service.store.submit(lambda s: add_gift(s, NOW, code="umbrella", **values))
    photo = tmp_path / "seen.jpg"
    photo.write_bytes(picture())
    phone = walk.open(service.login_as("volunteer", person="liu"))
    walk.go(phone, "/m/tips/new")
    phone.locator("input[value=fraud]").check()
    phone.get_by_role("textbox").fill(WORDS)
    phone.locator("input[type=file]").set_input_files(photo)
    keep(phone, "11-tip")
    walk.press(phone, "phone.send_tip")
    assert walk.t("label.told.tip_sent") in phone.content()
    keep(phone, "12-tip-sent")
    walk.go(desk, "/console/tips")
    keep(desk, "13-queue")
    desk.locator("tbody a").first.click()
    desk.wait_for_load_state("networkidle")
    walk.press(desk, "rewards.claim_it")
    desk.locator("input[value=verified]").check()
    keep(desk, "14-case")
    walk.press(desk, "rewards.decide")
    assert walk.t("label.tip_state_staff.verified") in desk.content()
    walk.go(phone, "/m/points")
    assert phone.locator(".big").inner_text() == "50"
    walk.press(phone, "phone.redeem")
    assert walk.t("label.told.redeemed") in phone.content()
    keep(phone, "15-gift")
    code = phone.locator("article b").first.inner_text()
    walk.go(desk, "/console/redemptions")
    desk.locator("tbody a").first.click()
    desk.get_by_label(walk.t("rewards.shown_code")).fill(code)
    keep(desk, "16-counter")
    walk.press(desk, "rewards.hand_over")
    assert walk.t("label.redemption_state.handed_over") in desk.content()
    walk.go(phone, "/m/points")
    keep(phone, "17-fetched")


def test_an_officers_morning(walk: Walk, make_task: Callable[..., Any]) -> None:
    """Her own phone, who is due on the beat and what is open, the beat's people, one file."""
    service = walk.service
    start = NOW + timedelta(minutes=20)
    times = {"starts_at": start, "ends_at": start + timedelta(hours=2), "signup_until": start}
    task = make_task(**times, title="广场巡逻", kind="patrol", places=2)
    liu = service.ids(Person)["liu"]
    service.store.submit(lambda s: sign_up(s, task.task_id, liu, Limits(), by="test", now=NOW))
    service.client_as("city_dispatcher").post(
        "/api/v1/alerts",
        json={
            "kind": "fraud",
            "title": "老人正向陌生账户转账，请上门劝阻",
            "danger": "calm",
            "lat": HAIWEI[0],
            "lng": HAIWEI[1],
            "place": "海威小学",
        },
        headers={"Idempotency-Key": "key-0002"},
    )
    officer = service.login_as("community_officer", beat="haiwei", person="wang")
    phone = walk.open(officer)
    walk.go(phone, "/m")
    keep(phone, "20-officer-today")
    desk = walk.open(officer, DESK)
    walk.go(desk, "/console/live")
    desk.wait_for_timeout(700)  # the map's tiles
    keep(desk, "21-live")
    walk.go(desk, "/console/people")
    keep(desk, "24-people")
    desk.locator("tbody a").first.click()
    desk.wait_for_load_state("networkidle")
    keep(desk, "25-file")


def _login(service: RunningService, account: int) -> str:
    """Return the name with which an account logs in."""
    with service.store.read() as session:
        return account_record(session, account).login
