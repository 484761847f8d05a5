"""Notices to one person's own number and mail, to real receivers on loopback that lose some."""

from __future__ import annotations

import json
import logging
import random
from collections import Counter
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from loopback_receivers import letter_of, receiving, receiving_mail
from reward_people import NOW, Town, fill_town
from sqlalchemy import func, select
from store_fixtures import Filling
from tiny_store import KEYS

from data.notices.addresses import (
    CODES,
    TRIES,
    ask_mail,
    confirm_mail,
    forget_mail,
    own_addresses,
)
from data.notices.errors import AddressError, TargetError, TooManyCodesError
from data.notices.personal import Personal
from data.notices.preferences import set_preference, stop
from data.notices.relay import LONGEST_WAIT_S, MAX_TRIES, Relay
from data.notices.telling import tell
from data.notices.text_caps import TextCaps
from data.notices.ways import KINDS, keep_ways, ways_of
from data.store.personal import set_personal
from data.store.tables.notices import InboxNotice, NoticeMail
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from data.store.engine import Store

ZONE = ZoneInfo("Asia/Shanghai")
PHONE, MAIL = "13800001234", "liu+jg@example.cn"


MANY = TextCaps(100, 100)


class Clock:
    """A time that is moved by hand."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def filling() -> Filling:
    return Filling("town", fill_town)


@pytest.fixture
def town(store: Store, filled: Town) -> Town:
    """The town, whose first volunteer has a telephone."""

    def work(session: Any) -> None:
        set_personal(session.get(Person, filled.people["v1"]), KEYS, phone=PHONE)

    store.submit(work)
    return filled


@pytest.fixture
def clock() -> Clock:
    return Clock()


def relay_to(store: Store, clock: Clock, caps: TextCaps = MANY, **patterns: str) -> Relay:
    personal = Personal(patterns, {"127.0.0.1"})
    more = {"site": "https://jg.example", "chance": random.Random(1), "caps": caps}
    return Relay(store, clock, ZONE, personal=personal, keys=KEYS, **more)  # type: ignore[arg-type]


def drain(relay: Relay, clock: Clock) -> None:
    """Step until nothing waits, moving the clock over every back-off."""
    idle = 0
    while idle < 3:
        idle = 0 if relay.step() else idle + 1
        clock.now += timedelta(seconds=0 if idle == 0 else LONGEST_WAIT_S)


def told(store: Store, town: Town, event: str = "1", **more: Any) -> None:
    people = [town.people["v1"]]
    topic = more.pop("topic", "task.offered")
    store.submit(lambda s: tell(s, topic, event, people, {"task": "T-7"}, now=NOW, **more))


def wants(store: Store, town: Town, *ways: str, kind: str = "task") -> None:
    store.submit(lambda s: keep_ways(s, town.accounts["v1"], {kind: ways}))


def with_mail(store: Store, town: Town, address: str = MAIL) -> None:
    """Put a mail address in use, as if its code had been entered."""
    account = town.accounts["v1"]

    def work(session: Any) -> None:
        ask_mail(session, KEYS, account, address, NOW - timedelta(hours=1))
        row = session.get(NoticeMail, account)
        row.address_sealed, row.asked_sealed, row.nonce = row.asked_sealed, None, None
        session.query(OutboxNotice).delete()

    store.submit(work)


def outcomes(store: Store) -> Counter[str | None]:
    with store.read() as session:
        own = select(OutboxNotice.outcome).where(OutboxNotice.channel == "message")
        return Counter(session.scalars(own))


def test_a_lossy_gateway_and_mail_server_get_every_notice(
    store: Store, town: Town, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    count = 20
    with_mail(store, town)
    wants(store, town, "sms", "mail")
    with receiving(0.3) as gateway, receiving_mail(0.3) as post:
        sms = f"json://{gateway.address}/send?:to={{phone}}"
        mail = f"mailto://{post.address}/?from=jg@example.cn&to={{mail}}"
        relay = relay_to(store, clock, sms=sms, mail=mail)
        for number in range(count):
            told(store, town, str(number))
        drain(relay, clock)
        texts = [json.loads(body) for body in gateway.bodies]
        letters = [letter_of(body) for body in post.bodies]
        to = {one["to"] for one in post.headers}
    events = {f"task.offered:{n}:{town.people['v1']}" for n in range(count)}
    assert {one["event_id"] for one in texts} == {event for *_, event in letters} == events
    assert (min(gateway.lost, post.lost) > count // 8, outcomes(store)) == (
        True,
        {"sent": 2 * count},
    )
    assert ({one["to"] for one in texts}, to) == ({PHONE}, {MAIL})
    assert texts[0]["message"].endswith("\nhttps://jg.example/m/tasks")
    assert letters[0][0] == "候补有名额"
    assert "https://jg.example/m/tasks" in letters[0][1]
    kept = caplog.text + str(rows(store))
    assert [one in kept for one in (PHONE, MAIL, "liu+jg", "%40example")] == [False] * 4


def rows(store: Store) -> list[dict[str, Any]]:
    """Give all of the outbox as it is kept."""
    with store.read() as session:
        return [dict(row) for row in session.execute(select(OutboxNotice.__table__)).mappings()]


def test_what_is_chosen_holds_when_it_is_sent(store: Store, town: Town, clock: Clock) -> None:
    account = town.accounts["v1"]
    with receiving() as gateway:
        relay = relay_to(store, clock, sms=f"json://{gateway.address}/{{phone}}")
        told(store, town, "not chosen")
        relay.step()
        wants(store, town, "sms")
        told(store, town, "another kind", topic="tip.progress")
        told(store, town, "chosen")
        relay.step()
        assert [json.loads(one)["title"] for one in gateway.bodies] == ["候补有名额"]
        quiet = {"quiet_from": time(11), "quiet_until": time(14)}  # it is noon
        store.submit(lambda s: set_preference(s, account, NOW, **quiet))
        for event in ("later", "declined", "no more"):
            told(store, town, event, matter=f"task:{event[:2]}")
        told(store, town, "urgent", urgent=True)
        relay.step()
        assert len(gateway.bodies) == 2
        store.submit(lambda s: stop(s, account, "task:de", NOW))
        clock.now += timedelta(hours=2)
        relay.step()
        assert len(gateway.bodies) == 4
        told(store, town, "changed my mind")
        store.submit(
            lambda s: set_preference(s, account, NOW, muted_until=clock.now + timedelta(1))
        )
        relay.step()
        wants(store, town)
        clock.now += timedelta(days=2)
        relay.step()
        assert len(gateway.bodies) == 4
    assert outcomes(store) == {"sent": 4, "declined": 1, "muted": 1}


def test_a_code_puts_an_address_in_use(store: Store, town: Town, clock: Clock) -> None:
    account = town.accounts["v1"]

    def own() -> tuple[str, str]:
        with store.read() as session:
            found = own_addresses(session, KEYS, account, clock.now)
        return found.mail, found.asked

    def confirm(code: str) -> bool:
        return store.submit(lambda s: confirm_mail(s, KEYS, account, code, clock.now))

    with receiving_mail() as post:
        relay = relay_to(
            store, clock, mail=f"mailto://{post.address}/?from=jg@example.cn&to={{mail}}"
        )
        store.submit(lambda s: ask_mail(s, KEYS, account, MAIL, clock.now))
        assert own() == ("", "l***@example.cn")
        wants(store, town, "mail")
        told(store, town, "before it is confirmed")
        relay.step()
        relay.step()
        ((subject, text, _),) = map(letter_of, post.bodies)
        code = next(word for word in text.replace("，", " ").split() if word.isdigit())
        assert (subject, len(code), code in str(rows(store))) == ("确认邮箱", 6, False)
        assert not confirm(f"{(int(code) + 1) % 10**6:06}")
        assert confirm(code)
        assert own() == ("l***@example.cn", "")
        assert not confirm(code)  # once
        told(store, town, "after")
        relay.step()
        assert len(post.bodies) == 2
        # Another address: the first stays in use until the new one's code was entered.
        clock.now += timedelta(minutes=2)
        store.submit(lambda s: ask_mail(s, KEYS, account, "other@example.cn", clock.now))
        assert own() == ("l***@example.cn", "o***@example.cn")
        clock.now += timedelta(minutes=16)
        drain(relay, clock)
        assert len(post.bodies) == 2  # too late to be sent
        assert own() == ("l***@example.cn", "")
        store.submit(lambda s: forget_mail(s, account))
        assert own() == ("", "")


@pytest.mark.only("sqlite")  # counting, no SQL of its own
def test_codes_are_few_and_so_are_tries(store: Store, town: Town, clock: Clock) -> None:
    account = town.accounts["v1"]

    def ask() -> None:
        store.submit(lambda s: ask_mail(s, KEYS, account, MAIL, clock.now))

    ask()
    with pytest.raises(TooManyCodesError, match="wait 60 s"):
        ask()
    for _ in range(CODES - 1):
        clock.now += timedelta(minutes=1)
        ask()
    clock.now += timedelta(hours=1)
    with pytest.raises(TooManyCodesError):
        ask()
    clock.now = NOW + timedelta(days=1)
    ask()
    for _ in range(TRIES):
        assert not store.submit(lambda s: confirm_mail(s, KEYS, account, "none", clock.now))
    with store.read() as session:
        assert session.get_one(NoticeMail, account).nonce is None  # spent


@pytest.mark.only("sqlite")
def test_what_no_mail_server_takes_is_dead_after_its_tries(
    store: Store, town: Town, clock: Clock
) -> None:
    with_mail(store, town)
    wants(store, town, "mail")
    with receiving_mail(1.0) as post:
        pattern = f"mailto://{post.address}/?from=jg@example.cn&to={{mail}}"
        told(store, town)
        drain(relay_to(store, clock, mail=pattern), clock)
        assert post.lost == MAX_TRIES
    assert outcomes(store) == {"dead": 1}
    assert {row["last_error"] for row in rows(store) if row["channel"]} == {"not taken"}


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(
    "text",
    [
        *("", "liu", "liu@", "@example.cn", "liu@example", "a@b.cn,c@d.cn", "a b@example.cn"),
        *('"a"@example.cn', "a@example.cn\nBcc: x@y.cn", "a@[127.0.0.1]", "a@exa mple.cn"),
        *("a&to=x@example.cn", "a%40x@example.cn", "<a@example.cn>", f"{'a' * 65}@example.cn"),
        *("a..b@example.cn", f"a@{'b' * 250}.cn", "-a@example.cn", "a@-b.cn"),
    ],
)
def test_only_one_mailbox_is_an_address(store: Store, town: Town, text: str) -> None:
    with pytest.raises(AddressError) as caught:
        store.submit(lambda s: ask_mail(s, KEYS, town.accounts["v1"], text, NOW))
    assert str(caught.value) == str(AddressError())  # nothing of what was given
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(NoticeMail)) == 0


@pytest.mark.parametrize(
    ("way", "pattern"),
    [
        ("sms", "json://10.0.0.1/{phone}"),  # a host that is not listed
        ("sms", "json://127.0.0.1/"),  # nobody's
        ("sms", "json://127.0.0.1/{mail}"),
        ("sms", "json://127.0.0.1/{phone}/{phone}"),
        ("sms", "json://{phone}/"),  # a person could lead elsewhere
        ("sms", "json://u:{phone}@127.0.0.1/"),
        ("sms", "mailto://127.0.0.1/?to={phone}"),
        ("sms", "syslog://127.0.0.1/{phone}"),
        ("mail", "mailto://u:SECRET@evil.example?to={mail}"),
        ("mail", "mailto://u:SECRET@127.0.0.1?smtp=evil.example&to={mail}"),
        ("mail", "json://127.0.0.1/{mail}"),
        ("fax", "json://127.0.0.1/{phone}"),
    ],
)
def test_patterns_are_of_the_list(way: str, pattern: str) -> None:
    with pytest.raises(TargetError) as caught:
        Personal({way: pattern}, {"127.0.0.1"})
    assert (pattern in str(caught.value), "SECRET" in str(caught.value)) == (False, False)


def test_vendors_need_no_host_and_take_a_number_with_its_country() -> None:
    sid, token = f"AC{'a' * 32}", "b" * 32
    Personal({"sms": f"twilio://{sid}:{token}@15551234567/{{e164}}"})
    pattern = "mailto://127.0.0.1/?from=jg@example.cn&to={mail}"
    assert pattern not in repr(Personal({"mail": pattern}, {"127.0.0.1"}))


def test_ways_are_push_unless_somebody_chose(store: Store, town: Town) -> None:
    account = town.accounts["v1"]
    read: Callable[[], dict[str, frozenset[str]]] = lambda: store.submit(  # noqa: E731
        lambda s: ways_of(s, account)
    )
    assert read() == {kind: {"push"} for kind in KINDS}
    wants(store, town, "sms", "mail")
    wants(store, town, "sms", kind="alert")  # pushed all the same
    wants(store, town, kind="tip")
    assert (read()["task"], read()["alert"], read()["tip"]) == (
        {"sms", "mail"},
        {"push", "sms"},
        set(),
    )
    wants(store, town, "push")
    assert read()["task"] == {"push"}
    with pytest.raises(ValueError, match="shoes"):
        wants(store, town, "sms", kind="shoes")


@pytest.mark.parametrize("caps", [TextCaps(2, 100), TextCaps(100, 2)])
def test_a_day_has_so_many_texts_and_urgent_ones_besides(
    store: Store, town: Town, clock: Clock, caps: TextCaps, caplog: pytest.LogCaptureFixture
) -> None:
    wants(store, town, "sms")
    wants(store, town, "sms", kind="alert")
    with receiving(0.0) as gateway:
        sms = f"json://{gateway.address}/send?:to={{phone}}"
        relay = relay_to(store, clock, caps, sms=sms)
        for number in range(4):
            told(store, town, str(number))
        drain(relay, clock)
        assert len(gateway.bodies) == 2
        assert "2 text messages were held back" in caplog.text
        told(store, town, "9", topic="alert.call", urgent=True)
        drain(relay, clock)
        assert len(gateway.bodies) == 3
        told(store, town, "10")
        drain(relay, clock)
        assert len(gateway.bodies) == 3
        clock.now += timedelta(days=1)
        told(store, town, "11")
        drain(relay, clock)
        assert len(gateway.bodies) == 4
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(InboxNotice)) == 7
