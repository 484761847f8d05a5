"""Notices through the whole relay, to real receivers on loopback that lose some."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from loopback_receivers import Phone, receiving
from py_vapid import Vapid02
from reward_people import NOW, Town, fill_town
from sqlalchemy import func, select
from store_fixtures import Filling

from data.notices.channels import Groups, Push, VapidKey, load_vapid
from data.notices.errors import NoticeMissingError, SubscriptionError, TargetError
from data.notices.inbox import count_unread, list_inbox, mark_read
from data.notices.preferences import (
    Preference,
    leaves_at,
    preference_of,
    resume,
    set_preference,
    stop,
)
from data.notices.relay import LONGEST_WAIT_S, MAX_TRIES, Relay, wait_s
from data.notices.subscriptions import MOST, Browser, subscribe, unsubscribe
from data.notices.telling import tell, tell_group, withdraw
from data.notices.words import TOPICS, words_of
from data.store.row_versions import StaleError
from data.store.tables.notices import InboxNotice, PushSubscription
from data.store.tables.outbox import OutboxNotice

if TYPE_CHECKING:
    from pathlib import Path

    from data.store.engine import Store

ZONE = ZoneInfo("Asia/Shanghai")


class Clock:
    """A time that is moved by hand."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def vapid() -> VapidKey:
    key = Vapid02()
    key.generate_keys()
    return VapidKey(key)


@pytest.fixture
def filling() -> Filling:
    return Filling("town", fill_town)


@pytest.fixture
def town(filled: Town) -> Town:
    return filled


def told(store: Store, town: Town, event: str = "1", person: str = "v1", **more: Any) -> None:
    topic = more.pop("topic", "task.offered")
    values = {"task": "T-7", "until": "12:30"}
    people = [town.people[person]]
    store.submit(lambda s: tell(s, topic, event, people, values, now=NOW, **more))


def inbox(store: Store, town: Town, person: str = "v1", language: str = "zh-CN") -> list:
    with store.read() as session:
        return list_inbox(session, town.accounts[person], language)


def outcomes(store: Store) -> Counter[str | None]:
    with store.read() as session:
        channels = select(OutboxNotice.outcome).where(OutboxNotice.channel.is_not(None))
        return Counter(session.scalars(channels))


def drain(relay: Relay, clock: Clock, steps: int = 400) -> None:
    """Step until nothing waits, moving the clock over every back-off."""
    idle = 0
    for _ in range(steps):
        idle = 0 if relay.step() else idle + 1
        clock.now += timedelta(seconds=0 if idle == 0 else LONGEST_WAIT_S)
        if idle > 2:
            return
    raise AssertionError(f"Expected the relay to end within {steps} steps.")


def subscribed(store: Store, town: Town, phone: Phone, address: str, person: str = "v1") -> int:
    account = town.accounts[person]
    return store.submit(lambda s: subscribe(s, account, phone.browser, NOW, {address}))


def test_a_gateway_that_loses_a_third_gets_every_notice(store: Store, town: Town) -> None:
    clock, count = Clock(), 60
    with receiving(0.3) as gateway:
        groups = Groups({"duty": f"json://{gateway.address}/"}, {"127.0.0.1"})
        relay = Relay(store, clock, ZONE, groups=groups, chance=random.Random(1))
        for number in range(count):
            values = {"task": f"T-{number}"}
            store.submit(
                lambda s, n=number, v=values: tell_group(
                    s, "task.cancelled", str(n), "duty", v, now=NOW
                )
            )
        drain(relay, clock)
        seen = Counter(json.loads(body)["event_id"] for body in gateway.bodies)
    assert gateway.lost > count // 8
    assert set(seen) == {f"task.cancelled:{n}:group:duty" for n in range(count)}
    assert max(seen.values()) > 1  # taken and yet not answered: told apart by its event id
    assert outcomes(store) == {"sent": count}


def test_a_phone_that_misses_a_third_shows_each_notice_once(
    store: Store, town: Town, vapid: VapidKey
) -> None:
    clock, count = Clock(), 20
    with receiving(0.3) as service:
        phone = Phone(service.address)
        subscribed(store, town, phone, service.address)
        for number in range(count):
            told(store, town, str(number))
        told(store, town, "0")
        push = Push(vapid, {service.address})
        drain(Relay(store, clock, ZONE, push=push, chance=random.Random(2)), clock)
        shown = {(one := phone.read(body))["event_id"]: one for body in service.bodies}
    person = town.people["v1"]
    assert set(shown) == {f"task.offered:{n}:{person}" for n in range(count)}
    assert len(service.bodies) > count
    assert shown[f"task.offered:0:{person}"] == {
        "title": "候补有名额",
        "body": "任务 T-7 有空位，请在 12:30 前确认。",
        "url": "/m/tasks",
        "event_id": f"task.offered:0:{person}",
    }
    assert service.headers[0]["authorization"].startswith("vapid t=")
    assert len(inbox(store, town)) == count


def test_two_relays_share_the_work(store: Store, town: Town, vapid: VapidKey) -> None:
    clock = Clock()
    with receiving() as service:
        phone = Phone(service.address)
        subscribed(store, town, phone, service.address)
        for number in range(12):
            told(store, town, str(number))
        push = Push(vapid, {service.address})
        relays = [Relay(store, clock, ZONE, push=push) for _ in range(2)]
        for _ in range(4):
            for relay in relays:
                relay.step()
        assert len(service.bodies) == 12


def test_a_lease_that_ran_out_is_taken_by_another(
    store: Store, town: Town, vapid: VapidKey
) -> None:
    clock = Clock()
    with receiving() as service:
        subscribed(store, town, Phone(service.address), service.address)
        told(store, town)
        push = Push(vapid, {service.address})
        dead, other = (Relay(store, clock, ZONE, push=push) for _ in range(2))
        dead._send = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            dead.step()
        other.step()
        assert service.bodies == []
        clock.now += timedelta(minutes=6)
        other.step()
        assert len(service.bodies) == 1


def test_what_nobody_takes_is_dead_after_its_tries(
    store: Store, town: Town, vapid: VapidKey
) -> None:
    clock = Clock()
    with receiving() as service:
        service.status = 500
        subscribed(store, town, Phone(service.address), service.address)
        told(store, town)
        drain(Relay(store, clock, ZONE, push=Push(vapid, {service.address})), clock)
        assert len(service.bodies) == MAX_TRIES
    assert outcomes(store) == {"dead": 1}
    assert len(inbox(store, town)) == 1


def test_a_browser_that_is_gone_is_called_once(store: Store, town: Town, vapid: VapidKey) -> None:
    clock = Clock()
    with receiving() as service:
        service.status = 410
        subscribed(store, town, Phone(service.address), service.address)
        told(store, town)
        relay = Relay(store, clock, ZONE, push=Push(vapid, {service.address}))
        drain(relay, clock)
        told(store, town, "2")
        drain(relay, clock)
        assert len(service.bodies) == 1
    with store.read() as session:
        assert session.scalar(select(PushSubscription.dead_at)) is not None


def test_no_more_after_declining(store: Store, town: Town, vapid: VapidKey) -> None:
    clock, account = Clock(), town.accounts["v1"]
    with receiving() as service:
        subscribed(store, town, Phone(service.address), service.address)
        relay = Relay(store, clock, ZONE, push=Push(vapid, {service.address}))
        told(store, town, "1", matter="alert:17")
        store.submit(lambda s: stop(s, account, "alert:17", NOW))
        drain(relay, clock)
        told(store, town, "2", matter="alert:18")
        store.submit(lambda s: stop(s, account, "task.offered", NOW))
        drain(relay, clock)
        assert (service.bodies, inbox(store, town)) == ([], [])
        store.submit(lambda s: resume(s, account, "task.offered"))
        told(store, town, "3", matter="alert:18")
        drain(relay, clock)
        assert len(service.bodies) == 1


def test_declined_between_spreading_and_sending(store: Store, town: Town, vapid: VapidKey) -> None:
    clock, account = Clock(), town.accounts["v1"]
    with receiving() as service:
        subscribed(store, town, Phone(service.address), service.address)
        store.submit(
            lambda s: set_preference(s, account, NOW, muted_until=NOW + timedelta(hours=1))
        )
        told(store, town, matter="alert:17")
        relay = Relay(store, clock, ZONE, push=Push(vapid, {service.address}))
        relay.step()
        store.submit(lambda s: stop(s, account, "alert:17", NOW))
        drain(relay, clock)
        assert service.bodies == []
    assert outcomes(store) == {"declined": 1}


def test_quiet_hours_hold_back_at_the_server(store: Store, town: Town, vapid: VapidKey) -> None:
    clock, account = Clock(), town.accounts["v1"]  # noon
    with receiving() as service:
        subscribed(store, town, Phone(service.address), service.address)
        quiet = {"quiet_from": time(11), "quiet_until": time(14)}
        store.submit(lambda s: set_preference(s, account, NOW, **quiet))
        relay = Relay(store, clock, ZONE, push=Push(vapid, {service.address}))
        told(store, town, "calm")
        told(store, town, "urgent", urgent=True)
        relay.step()
        assert len(service.bodies) == 1
        assert service.headers[0]["urgency"] == "high"
        clock.now += timedelta(hours=2)
        relay.step()
        assert len(service.bodies) == 2


def test_withdrawn_and_expired_are_not_sent(store: Store, town: Town, vapid: VapidKey) -> None:
    clock, account = Clock(), town.accounts["v1"]
    with receiving() as service:
        subscribed(store, town, Phone(service.address), service.address)
        until = NOW + timedelta(hours=1)
        store.submit(lambda s: set_preference(s, account, NOW, muted_until=until))
        told(store, town, "1", matter="alert:1")
        told(store, town, "2", expires_at=NOW + timedelta(minutes=5))
        relay = Relay(store, clock, ZONE, push=Push(vapid, {service.address}))
        relay.step()
        assert store.submit(lambda s: withdraw(s, "alert:1", NOW)) == 1
        drain(relay, clock)
        assert service.bodies == []
    assert outcomes(store) == {"withdrawn": 1, "expired": 1}


def test_in_the_language_of_the_reader(store: Store, town: Town, vapid: VapidKey) -> None:
    clock, account = Clock(), town.accounts["v1"]
    with receiving() as service:
        phone = Phone(service.address)
        subscribed(store, town, phone, service.address)
        store.submit(lambda s: set_preference(s, account, NOW, language="en"))
        told(store, town)
        drain(Relay(store, clock, ZONE, push=Push(vapid, {service.address})), clock)
        assert phone.read(service.bodies[0])["title"] == "A place is free"
    assert (
        inbox(store, town, language="en")[0].body
        == "Task T-7 has a place for you: confirm it by 12:30."
    )


def test_an_inbox_is_ones_own(store: Store, town: Town) -> None:
    told(store, town)
    Relay(store, Clock(), ZONE).step()
    mine, others = town.accounts["v1"], town.accounts["v2"]
    number = inbox(store, town)[0].id
    with pytest.raises(NoticeMissingError):
        store.submit(lambda s: mark_read(s, others, number, NOW))
    store.submit(lambda s: mark_read(s, mine, number, NOW))
    store.submit(lambda s: mark_read(s, mine, number, NOW + timedelta(1)))
    assert inbox(store, town)[0].read_at == NOW
    with store.read() as session:
        assert count_unread(session, mine) == 0
        assert session.scalar(select(func.count()).select_from(InboxNotice)) == 1


def test_choices_have_versions(store: Store, town: Town) -> None:
    account = town.accounts["v1"]
    first = store.submit(lambda s: set_preference(s, account, NOW, 0, push=False))
    assert (first.push, first.row_version) == (False, 1)
    with pytest.raises(StaleError):
        store.submit(lambda s: set_preference(s, account, NOW, 0, push=True))
    with store.read() as session:
        assert preference_of(session, account) == first


@pytest.mark.only("sqlite")  # no database behind what is refused
@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://fcm.googleapis.com:8443/x",
        "https://notify.windows.com.evil.example/x",
        "https://127.0.0.1/x",
        "http://169.254.169.254/latest",
        "https://[::1/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_only_push_services_are_ever_called(store: Store, endpoint: str) -> None:
    phone = Phone("x").browser
    with pytest.raises(SubscriptionError):
        store.submit(lambda s: subscribe(s, 1, Browser(endpoint, phone.p256dh, phone.auth), NOW))


def test_a_browser_belongs_to_one_account(store: Store, town: Town) -> None:
    good = "https://fcm.googleapis.com/fcm/send/"
    mine, others = town.accounts["v1"], town.accounts["v2"]
    keys = Phone("x").browser
    browsers = [Browser(f"{good}{n}", keys.p256dh, keys.auth) for n in range(MOST + 1)]
    for browser in browsers[:MOST]:
        store.submit(lambda s, b=browser: subscribe(s, mine, b, NOW))
    with pytest.raises(SubscriptionError, match="at most 10"):
        store.submit(lambda s: subscribe(s, mine, browsers[-1], NOW))
    with pytest.raises(SubscriptionError, match="65 bytes"):
        store.submit(lambda s: subscribe(s, mine, Browser(f"{good}x", "AAAA", keys.auth), NOW))
    store.submit(lambda s: subscribe(s, others, browsers[0], NOW))
    store.submit(lambda s: unsubscribe(s, mine, browsers[0].endpoint))
    with store.read() as session:
        owner = select(PushSubscription.account_id).where(
            PushSubscription.endpoint == browsers[0].endpoint
        )
        assert session.scalar(owner) == others


@pytest.mark.parametrize(
    "url", ["json://10.0.0.1/", "syslog://", "http://127.0.0.1/", "mailto://u:p@evil.example"]
)
def test_group_addresses_are_of_the_list(url: str) -> None:
    with pytest.raises(TargetError) as caught:
        Groups({"duty": url}, {"127.0.0.1"})
    assert url not in str(caught.value)


def test_bots_need_no_host() -> None:
    Groups({"a": "wecombot://key123456", "b": f"dingtalk://{'a' * 30}", "c": "feishu://token"})


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "vapid.pem"
    first = load_vapid(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_vapid(file).public == first.public
    assert len(first.public) == 87
    assert [one.name for one in tmp_path.iterdir()] == ["vapid.pem"]


@pytest.mark.parametrize(
    ("clock", "leaves"),
    [("21:59", "21:59"), ("22:00", "07:00"), ("06:59", "07:00"), ("07:00",) * 2],
)
def test_quiet_hours_over_midnight(clock: str, leaves: str) -> None:
    now = datetime.combine(NOW.date(), time.fromisoformat(clock), ZONE)
    choice = Preference(quiet_from=time(22), quiet_until=time(7))
    found = leaves_at(choice, now, ZONE, urgent=False)
    assert found.astimezone(ZONE).strftime("%H:%M") == leaves
    assert timedelta(0) <= found - now <= timedelta(hours=9)
    assert leaves_at(choice, now, ZONE, urgent=True) == now


def test_waits_grow_and_differ() -> None:
    chance = random.Random(3)
    for tries in range(1, 20):
        longest = min(LONGEST_WAIT_S, 2.0 * 2 ** (tries - 1))
        assert longest / 2 <= wait_s(tries, chance) <= longest


def test_every_topic_has_words_in_both_languages() -> None:
    for topic in (*TOPICS, "new.one"):
        for language in ("zh-CN", "en"):
            words = words_of(topic, {"task": "T{0}\n<b>"}, language)
            assert words.title
            assert words.body
            assert words.url.startswith("/m")
    assert words_of("task.cancelled", {"task": "{x.y}"}, "en").body == "Task {x.y} is cancelled."
