"""The relay as the server runs it: what the settings name is told, nothing else is called."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from loopback_receivers import receiving
from tiny_store import NOW

from api.notice_runner import KEPT, NoticeRunner
from api.settings import Settings, SettingsError
from data.notices.errors import TargetError
from data.notices.inbox import list_inbox
from data.notices.telling import tell
from data.points.awards import Merit, award
from data.points.gifts import add_gift
from data.points.redemptions import Wish, find_redemption, reserve
from data.points.rules import fill_shipped
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from service_client import RunningService


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what threads do, a minute at most."""
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_group_is_told_once_though_its_gateway_loses_a_third(tiny: RunningService) -> None:
    officers = [tiny.ids(Person)[code] for code in ("wang", "li")]
    account = tiny.login_as("community_officer", beat="haiwei", person="wang").account_id
    began = time.monotonic()
    # A thousand seconds a second: back-offs pass quickly.
    tiny.service = type(tiny.service)(
        **{
            name: getattr(tiny.service, name)
            for name in ("store", "keys", "cities", "passwords", "throttle")
        },
        clock=lambda: NOW + timedelta(seconds=1000 * (time.monotonic() - began)),
    )
    with receiving(0.3) as gateway:
        settings = Settings(
            notice_targets=f"duty:alone.silent=json://{gateway.address}/ other=json://127.0.0.1/",
            notice_hosts="127.0.0.1",
        )

        def work(session: Any) -> None:
            for number in range(30):
                told = {"person": f"v{number}"}
                tell(session, "alone.silent", str(number), officers, told, now=NOW)
            tell(session, "task.offered", "1", officers, {}, now=NOW)

        tiny.store.submit(work)
        runner = NoticeRunner(tiny.service, settings)
        runner.start()

        def is_sent() -> bool:
            with tiny.store.read() as session:
                return not session.query(OutboxNotice).filter_by(sent_at=None).count()

        try:
            until(is_sent)
        finally:
            runner.close()
        told = [json.loads(body) for body in gateway.bodies]
    assert {one["event_id"] for one in told} == {f"alone.silent:{n}:group:duty" for n in range(30)}
    assert {one["message"] for one in told} >= {"v7 单独执勤，未按时报平安，请联系核实。"}
    with tiny.store.read() as session:
        assert len(list_inbox(session, account, "zh-CN")) == 31


def test_old_rows_and_unfetched_gifts_are_tidied_up(tiny: RunningService) -> None:
    tiny.clock.now = NOW
    person = tiny.ids(Person)["liu"]

    def work(session: Any) -> int:
        fill_shipped(session)
        award(session, tiny.keys, NOW, Merit(person, "other", "other:1", actor="test"))
        values = {"label_zh": "雨伞", "label_en": "Umbrella", "points": 30, "stock": 1}
        gift = add_gift(session, NOW, code="umbrella", **values).id
        tell(session, "task.offered", "1", [person], {}, now=NOW)
        return reserve(session, tiny.keys, NOW, Wish(person, gift, 1, "k"), actor="test").id

    redemption = tiny.store.submit(work)
    runner = NoticeRunner(tiny.service, Settings())
    runner.relay.step()
    assert runner.tidy() == {"void": 0, "forgotten": 0, "answers": 0}
    tiny.clock.now = NOW + timedelta(days=30) + KEPT
    assert runner.tidy() == {"void": 1, "forgotten": 1, "answers": 0}
    with tiny.store.read() as session:
        assert find_redemption(session, redemption).void_reason == "lapsed"


@pytest.mark.parametrize(
    "targets", ["duty", "duty=10.0.0.1", "Duty=wecombot://SECRET", "a:b c=wecombot://SECRET"]
)
def test_settings_of_another_form_are_refused(targets: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(notice_targets=targets)
    assert "SECRET" not in str(caught.value)


def test_a_topic_that_there_is_not_stops_the_server(tiny: RunningService) -> None:
    settings = Settings(notice_targets="duty:alone.slient=wecombot://key1234567")
    with pytest.raises(TargetError, match=r"alone\.slient"):
        NoticeRunner(tiny.service, settings)
