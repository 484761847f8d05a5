"""People are asked for their word on a turn: once, by day, and no more when they gave it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from field_city import local
from sqlalchemy import select

from data.field.asking import ask_for_words, unasked
from data.field.my_shifts import reply_to_shift
from data.notices.spreading import spread
from data.notices.words import words_of
from data.store.tables.accounts import Account
from data.store.tables.notices import PushSubscription
from data.store.tables.outbox import OutboxNotice

if TYPE_CHECKING:
    from field_city import City

ZONE = ZoneInfo("Asia/Shanghai")


def account(city: City, code: str, state: str = "active") -> None:
    """Give somebody an account, with a browser that takes notices."""
    now = local("2026-11-23 10:00")
    values = {"login": code, "display_name": "", "state": state, "updated_at": now}

    def work(session: Any) -> None:
        row = Account(person_id=city.people[code], created_at=now, **values)
        session.add(row)
        session.flush()
        keys = {"endpoint": f"https://fcm.googleapis.com/{code}", "p256dh": "x", "auth": "x"}
        session.add(PushSubscription(account_id=row.id, created_at=now, **keys))

    city.store.submit(work)


def rows(city: City) -> dict[str, str | None]:
    """Give the outbox: event → how it ended."""
    with city.store.read() as session:
        query = select(OutboxNotice.event_id, OutboxNotice.outcome)
        return dict(session.execute(query).all())


def test_asked_once_by_day_and_no_more_after_an_answer(city: City) -> None:
    scenario = city.publish(
        ("li", "haiwei", "evening", "auxiliary"),
        ("liu", "haiwei", "evening", "patrol_guard"),
        ("sun", "haiwei", "evening", "patrol_guard"),
        ("zhao", "limin", "night", "auxiliary"),
    )
    for code, state in (("liu", "active"), ("sun", "active"), ("li", "locked")):
        account(city, code, state)
    noon = local("2026-11-25 12:00")
    said: dict[str, Any] = {"by": "test", "now": noon}
    assert ask_for_words(city.store, noon.replace(hour=7)) == 0  # nobody is woken
    assert ask_for_words(city.store, noon - timedelta(days=2)) == 0  # far off yet
    with city.store.read() as session:
        assert {one.person_code for one in unasked(session, noon)} == {"liu", "sun"}
    city.do(reply_to_shift, scenario, city.people["sun"], "evening", confirmed=True, **said)
    assert ask_for_words(city.store, noon) == 1  # one answered, one is locked out, one has none
    assert ask_for_words(city.store, noon + timedelta(hours=1)) == 0
    event = f"turn.asked:{scenario}:evening:{city.people['liu']}"
    with city.store.read() as session:
        row = session.scalars(select(OutboxNotice)).one()
        words = words_of(row.topic, row.content["values"], "zh-CN")
        assert row.event_id == event
    assert words.url == f"/m/shifts/{scenario}/evening"
    assert words.body.startswith("11-27 19:00 ")
    # It is spread and not sent yet: "no" calls it off.
    city.do(spread, noon, ZONE)
    assert len(rows(city)) == 2
    said["reason"] = "ill"
    city.do(reply_to_shift, scenario, city.people["liu"], "evening", confirmed=False, **said)
    assert sorted(str(outcome) for outcome in rows(city).values()) == ["sent", "withdrawn"]
    assert ask_for_words(city.store, noon + timedelta(hours=2)) == 0
