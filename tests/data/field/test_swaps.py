"""Swaps, replacements and stand-by: both sides agree, every rule is checked, a roster succeeds."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from field_city import LIMITS, NOW, local
from sqlalchemy import select
from tiny_store import KEYS

from data.field.dropouts import open_dropouts
from data.field.errors import FieldStateError, FieldValueError, RefusedError
from data.field.my_shifts import my_shifts, reply_to_shift
from data.field.roster_turns import turn_of
from data.field.stand_by import end_stand_by, stand_by, standing_by
from data.field.swaps import (
    accept_exchange,
    exchanges_of,
    lapse_exchanges,
    offer_replacement,
    offer_swap,
    refuse_exchange,
)
from data.field.swaps_partners import mates_of, partners_of
from data.field.swaps_takers import takers_of
from data.store.result_io import load_result
from data.store.scenario_reading import load_scenario
from data.store.tables.outbox import OutboxNotice
from data.store.tables.rosters import Roster
from dispatch.check import check

if TYPE_CHECKING:
    from field_city import City

ROWS = (
    ("li", "haiwei", "evening", "auxiliary"),
    ("liu", "haiwei", "evening", "patrol_guard"),
    ("sun", "haiwei", "evening", "patrol_guard"),
    ("v00", "haiwei", "morning", "school_guard"),
    ("v01", "haiwei", "morning", "school_guard"),
    ("zhao", "limin", "night", "auxiliary"),
)
assert KEYS


@pytest.fixture
def plan(city: City) -> int:
    return city.publish(*ROWS)


def turns(city: City, plan: int) -> set[tuple[str, str]]:
    """Give who has which shift in the roster that is published now."""
    with city.store.read() as session:
        query = select(Roster.id).where(Roster.scenario_id == plan, Roster.state == "published")
        roster = load_result(session, session.scalars(query).one()).roster
    return set(zip(roster["person_id"], roster["shift_id"], strict=True))


def swap(city: City, plan: int, giver: tuple[str, str], taker: tuple[str, str]) -> Any:
    sides = [(city.people[code], shift) for code, shift in (giver, taker)]
    return city.do(offer_swap, *sides, plan, LIMITS, now=NOW)


def accept(city: City, exchange_id: int, code: str) -> Any:
    who = city.people[code]
    return city.do(accept_exchange, exchange_id, who, LIMITS, by="me", now=NOW)


def told(city: City, topic: str) -> set[int]:
    with city.store.read() as session:
        query = select(OutboxNotice.content).where(OutboxNotice.topic == topic)
        return {content["person_id"] for content in session.scalars(query)}


def test_a_swap_is_carried_out_by_a_successor_that_keeps_every_rule(city: City, plan: int) -> None:
    before = turns(city, plan)
    offered = swap(city, plan, ("liu", "evening"), ("v00", "morning"))
    assert told(city, "turn.swap_offered") == {city.people["v00"]}
    assert turns(city, plan) == before
    done = accept(city, offered.exchange_id, "v00")
    assert (done.state, done.roster_id is not None) == ("applied", True)
    moved = {("liu", "evening"), ("v00", "morning")}
    assert turns(city, plan) == before - moved | {("v00", "evening"), ("liu", "morning")}
    assert told(city, "turn.exchanged") == {city.people["liu"], city.people["v00"]}
    (mine,) = city.see(my_shifts, city.people["v00"], since=NOW)
    assert (mine.turn.shift_code, mine.reply) == ("evening", "confirmed")
    with city.store.read() as session:
        result = load_result(session, done.roster_id)
        found = check(load_scenario(session, plan), result.roster)
    assert found.ok
    report = result.report
    assert (report.objective, report.travel_cost, report.assigned, report.violations) == (
        *(found.objective, found.travel_cost, found.assigned),
        found.violations,
    )
    with pytest.raises(FieldStateError, match="applied"):
        accept(city, offered.exchange_id, "v00")


@pytest.mark.only("sqlite")
def test_a_swap_against_a_rule_is_refused_when_it_is_offered(city: City, plan: int) -> None:
    city.change_person("v00", state="suspended")
    with pytest.raises(RefusedError) as refused:
        swap(city, plan, ("liu", "evening"), ("v00", "morning"))
    assert "not_active" in {one.rule for one in refused.value.refusals}
    with pytest.raises(RefusedError) as refused:  # auxiliaries' and volunteers' roles differ
        swap(city, plan, ("liu", "evening"), ("li", "evening"))
    assert "tier" in {one.rule for one in refused.value.refusals}
    with pytest.raises(FieldValueError):
        swap(city, plan, ("liu", "evening"), ("liu", "evening"))


@pytest.mark.only("sqlite")
def test_partners_are_those_whom_the_rules_allow_both_ways(city: City, plan: int) -> None:
    turn = city.see(turn_of, plan, city.people["liu"], "evening")
    found = city.see(partners_of, turn, LIMITS, NOW)
    assert [one.person_code for one in found] == ["v00", "v01"]
    city.change_person("v00", state="suspended")
    found = city.see(partners_of, turn, LIMITS, NOW)
    assert [(one.person_code, one.shift_code) for one in found] == [("v01", "morning")]
    offered = swap(city, plan, ("liu", "evening"), ("v01", "morning"))
    assert offered.state == "offered"
    assert city.see(partners_of, turn, LIMITS, local("2026-11-27 08:00")) == []
    assert city.see(mates_of, turn) == ["li", "sun"]


@pytest.mark.only("sqlite")
def test_the_rules_of_the_plan_are_told_in_words(city: City, plan: int) -> None:
    city.change_person("li", station_id=city.stations["wusutu"])
    with pytest.raises(RefusedError) as refused:  # H: staff work at beats of their own station
        swap(city, plan, ("li", "evening"), ("zhao", "night"))
    (first, *_) = [one for one in refused.value.refusals if one.rule == "plan_rule"]
    assert first.words("zh").startswith("排班规则 H")
    assert first.words("en").startswith("Rule H")


def test_a_replacement_is_taken_by_one_of_many_at_once(city: City, plan: int) -> None:
    liu = (city.people["liu"], "evening")
    city.do(reply_to_shift, plan, liu[0], "evening", confirmed=False, by="me", now=NOW, reason="病")
    assert len(city.see(open_dropouts, plan)) == 1
    offered = city.do(offer_replacement, liu, plan, now=NOW)
    with pytest.raises(FieldStateError, match="not on offer"):
        city.do(offer_replacement, liu, plan, now=NOW)
    start, got = threading.Barrier(8), []

    def take(code: str) -> None:
        start.wait()
        try:
            got.append(accept(city, offered.exchange_id, code).taker_code)
        except FieldStateError:
            got.append(None)

    threads = [threading.Thread(target=take, args=(f"v{n:02d}",)) for n in range(10, 18)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (taker,) = [one for one in got if one]
    assert len(got) == 8
    assert (taker, "evening") in turns(city, plan)
    assert ("liu", "evening") not in turns(city, plan)
    assert city.see(open_dropouts, plan) == []


@pytest.mark.only("sqlite")
def test_either_side_may_say_no_and_silence_lapses(city: City, plan: int) -> None:
    liu, v00 = city.people["liu"], city.people["v00"]
    one = swap(city, plan, ("liu", "evening"), ("v00", "morning"))
    assert city.do(refuse_exchange, one.exchange_id, v00, now=NOW).state == "declined"
    assert told(city, "turn.exchange_declined") == {liu}
    one = swap(city, plan, ("liu", "evening"), ("v00", "morning"))
    assert city.do(refuse_exchange, one.exchange_id, liu, now=NOW).state == "withdrawn"
    one = swap(city, plan, ("liu", "evening"), ("v00", "morning"))
    with pytest.raises(FieldStateError):
        accept(city, one.exchange_id, "v05")
    assert city.do(lapse_exchanges, NOW + timedelta(hours=23)) == 0
    assert city.do(lapse_exchanges, NOW + timedelta(hours=24)) == 1
    states = [found.state for found in city.see(exchanges_of, v00, since=NOW - timedelta(days=1))]
    assert states == ["lapsed", "withdrawn", "declined"]
    begun = local("2026-11-27 19:30")
    with pytest.raises(FieldStateError, match="has begun"):
        city.do(offer_replacement, (liu, "evening"), plan, now=begun)


@pytest.mark.only("sqlite")
def test_stand_by_is_asked_first_and_called(city: City, plan: int) -> None:
    evening = (local("2026-11-27 18:00"), local("2026-11-27 23:00"))
    v20 = city.people["v20"]
    ready = city.do(stand_by, v20, evening, LIMITS, by="me", now=NOW)
    with pytest.raises(RefusedError):
        city.do(stand_by, v20, evening, LIMITS, by="me", now=NOW)
    with pytest.raises(RefusedError, match="overlaps"):
        city.do(stand_by, city.people["liu"], evening, LIMITS, by="me", now=NOW)
    turn = city.see(turn_of, plan, city.people["liu"], "evening")
    takers = city.see(takers_of, turn, LIMITS, limit=5)
    assert [one.person_code for one in takers][:1] == ["v20"]
    assert [one.is_standing_by for one in takers] == [True, False, False, False, False]
    assert not {"liu", "sun"} & {one.person_code for one in takers}
    offered = city.do(offer_replacement, (city.people["liu"], "evening"), plan, now=NOW)
    accept(city, offered.exchange_id, "v20")
    assert city.see(standing_by, *evening) == []
    with pytest.raises(FieldStateError, match="called"):
        city.do(end_stand_by, ready.stand_by_id, now=NOW)
