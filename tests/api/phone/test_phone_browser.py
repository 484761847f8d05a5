"""The phone pages in a real Chromium at 360 px: no overflow, large controls, axe, no strangers.

``JINGGE_SHOTS=DIR`` keeps a picture of every page.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from phone_checks import keep, require_usable, watch
from portions import IS_LONG
from py_vapid import Vapid02
from sqlalchemy import select

from api.notice_runner import NoticeRunner
from api.server import serving
from api.settings import Settings
from data.field.my_shifts import UNSAID, my_shifts, reply_to_shift
from data.notices.addresses import ask_mail
from data.notices.channels import VapidKey
from data.notices.telling import tell
from data.points.awards import Merit, award
from data.points.gifts import add_gift
from data.points.redemptions import Wish, reserve
from data.points.rules import fill_shipped
from data.store.personal import set_personal
from data.store.tables.accounts import Account
from data.store.tables.people import Consent, Person
from data.tips.submission import TipDraft, submit_tip

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser
    from service_client import RunningService

pytestmark = pytest.mark.browser


def turn_of(service: RunningService) -> str:
    """Give the address of Liu's turn, to which she has said no without a reason."""
    person = service.ids(Person)["liu"]

    def work(session: Any) -> str:
        turn = my_shifts(session, person, since=service.clock())[0].turn
        where = (turn.scenario_id, person, turn.shift_code)
        said = {"by": "test", "now": service.clock(), "reason": UNSAID}
        reply_to_shift(session, *where, confirmed=False, **said)
        return f"/m/shifts/{turn.scenario_id}/{turn.shift_code}"

    return service.store.submit(work)


def pages_of(service: RunningService, make_task: Callable[..., Any]) -> list[str]:
    """Give the addresses of all pages, with something to show on each."""
    task = make_task()
    make_task(title="夜间巡逻", kind="patrol", points=5, urgency=2, places=3)
    service.store.submit(fill_shipped)
    people = service.ids(Person)

    def work(session: Any) -> str:
        now = service.clock()
        merit = Merit(people["liu"], "other", "other:test:1", actor="test")
        award(session, service.keys, now, merit)
        told = {"task": "T-7", "until": "12:30"}
        tell(session, "task.offered", "1", [people["liu"]], told, now=now)
        for code, points in (("umbrella", 30), ("kettle", 80)):
            names = {"label_zh": "雨伞" if points == 30 else "水壶", "label_en": code.title()}
            add_gift(session, now, code=code, points=points, stock=5, **names)
        given = {"person_id": people["liu"], "wording": "2026-11", "given_at": now}
        session.add(Consent(purpose="personal_data", **given))
        session.add(Consent(purpose="photo", **given, withdrawn_at=now))
        wish = Wish(people["liu"], 1, 1, "a-key-of-a-form")
        reserve(session, service.keys, now, wish, actor="test")
        draft = TipDraft("fraud", "门口有人推销假理财", 40.672, 109.82, (), "a-key-of-a-form")
        set_personal(session.get(Person, people["liu"]), service.keys, phone="13800001234")
        account = session.scalar(select(Account.id).where(Account.person_id == people["liu"]))
        ask_mail(session, service.keys, account, "liu@example.cn", now)
        return submit_tip(session, service.keys, now, people["liu"], draft).code

    tip = service.store.submit(work)
    NoticeRunner(service.service, Settings()).relay.step()
    service.app.state.push_key = VapidKey(Vapid02())  # the settings page offers web push
    service.app.state.push_key.key.generate_keys()
    ways = "sms=json://a.example/{phone} mail=mailto://a.example/?to={mail}"
    service.app.state.settings = replace(service.app.state.settings, notice_personal=ways)
    return [
        *("/m/tasks", f"/m/tasks/{task.task_id}", "/m/tips", "/m/tips/new", f"/m/tips/{tip}"),
        *("/m/consents", "/m/consents/1", "/m/consents/position/giving"),
        *("/m/points", "/m/me", "/m/file", "/m/readers", "/m/settings", "/m/offline", "/m/inbox"),
        *("/m/settings/ways", turn_of(service)),
    ]


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_pages_are_usable_by_everybody(
    clocked: RunningService, make_task: Callable[..., Any], browser: Browser, lang: str
) -> None:
    login = clocked.login_as("volunteer", person="liu")
    addresses = pages_of(clocked, make_task)
    with serving(clocked.app, clocked.settings) as address:
        size = {"width": 360, "height": 740}
        context = clocked.browser_context(browser, address, login, viewport=size, locale=lang)
        page = context.new_page()
        troubles = watch(page, address)
        addresses = addresses if IS_LONG or lang == "zh-CN" else addresses[::3]
        for number, path in enumerate(addresses):
            assert page.goto(address + path).status == 200, path  # type: ignore[union-attr]
            page.wait_for_load_state("networkidle")
            require_usable(page, path)
            keep(page, f"{lang}-{number:02}-{path.strip('/').replace('/', '-')}")
        context.close()
    assert troubles == []
