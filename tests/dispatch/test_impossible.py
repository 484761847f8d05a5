"""Pins that nobody can keep: each kind by its smallest case, all against the checker."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portions import portion
from tiny_city import (
    AVAILABILITY,
    any_roster,
    change_person,
    demand_table,
    pins_table,
    scenarios,
    tiny_scenario,
)

from dispatch.check import check
from dispatch.impossible import impossible_pins

if TYPE_CHECKING:
    import random

    from dispatch.scenario import Scenario

LI = ("li", "haiwei", "evening", "auxiliary", "fixed")
SUN = ("sun", "haiwei", "evening", "patrol_guard", "fixed")
CHEN = ("chen", "haiwei", "evening", "mediator", "fixed")


def told(*pins: tuple[str, str, str, str, str], scenario: Scenario | None = None) -> list[str]:
    given_scenario = scenario or tiny_scenario()

    return [
        message for _, message in impossible_pins(replace(given_scenario, pins=pins_table(*pins)))
    ]


def test_pins_that_can_be_kept_are_left_alone() -> None:
    assert told() == []
    assert told(LI, SUN, CHEN) == []
    assert told(("sun", "limin", "night", "responder", "forbidden")) == []


@pytest.mark.parametrize(
    ("pins", "rule"),
    [
        ([("zhao", "haiwei", "evening", "auxiliary", "fixed")], "H5: the beat is of another"),
        ([("sun", "limin", "night", "patrol_guard", "fixed")], "H5: the beat is out of"),
        ([("sun", "haiwei", "evening", "mediator", "fixed")], "H2: the person may not fill"),
        ([("li", "huasheng", "evening", "officer", "fixed")], "H2: the role is of another tier"),
        ([("sun", "huasheng", "night", "patrol_guard", "fixed")], "H9: there is no such"),
        ([LI, (*LI[:4], "forbidden")], "either fixed or forbidden, got both"),
        ([CHEN, ("liu", *CHEN[1:])], "at most 1 fixed on that line"),
        ([LI, ("li", "huasheng", "night", "responder", "fixed")], "8 h between"),
        ([SUN, ("sun", "huasheng", "evening", "patrol_guard", "fixed")], "8 h between"),
    ],
)
def test_each_rule_is_named(pins: list[tuple[str, str, str, str, str]], rule: str) -> None:
    assert any(rule in message for message in told(*pins))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"insured_until": None}, "H8: the volunteer is not insured"),
        ({"insured_until": "2026-11-26"}, "H8: the volunteer is not insured"),
        ({"max_shifts": 0}, "(H4)"),
        ({"travel_limit_m": 10.0, "lat": 40.674}, "H5: the beat is out of"),
    ],
)
def test_facts_about_the_person_count(changes: dict[str, Any], rule: str) -> None:
    (message,) = told(LI, SUN, scenario=change_person(tiny_scenario(), "sun", **changes))
    assert rule in message


def test_insurance_counts_on_the_local_day_on_which_the_shift_ends() -> None:
    demand = demand_table(
        ("haiwei", "night", "patrol_guard", (1, 1)), ("haiwei", "night", "auxiliary", (1,))
    )
    pin = ("sun", "haiwei", "night", "patrol_guard", "fixed")
    friday = change_person(tiny_scenario(demand=demand), "sun", insured_until="2026-11-27")
    saturday = change_person(tiny_scenario(demand=demand), "sun", insured_until="2026-11-28")
    assert len(told(pin, scenario=friday)) == 1
    assert told(pin, scenario=saturday) == []


def test_an_absent_person_cannot_be_fixed() -> None:
    away = AVAILABILITY[AVAILABILITY["person_id"] != "li"].reset_index(drop=True)
    (message,) = told(LI, scenario=tiny_scenario(availability=away))
    assert "H1" in message


def test_a_post_without_room_for_a_supervisor_or_a_second_volunteer_is_named() -> None:
    alone = demand_table(("haiwei", "evening", "patrol_guard", (1,)))
    messages = told(SUN, scenario=tiny_scenario(demand=alone))
    assert sorted(message[-4:] for message in messages) == ["(H6)", "(H7)"]


@given(scenario=scenarios(), rng=st.randoms(use_true_random=False))
@settings(max_examples=portion(25), deadline=None)
def test_the_checker_agrees(scenario: Scenario, rng: random.Random) -> None:
    """Fixed pins, taken as a roster, break a rule other than H6 and H7 iff one is told."""

    roster = any_roster(rng, scenario).drop_duplicates(ignore_index=True)
    pinned = replace(scenario, pins=roster.assign(kind="fixed").astype("str"))
    told_of = [
        text for _, text in impossible_pins(pinned) if "(H6)" not in text and "(H7)" not in text
    ]
    broken = {rule for rule, count in check(pinned, roster).violations.items() if count}
    assert bool(told_of) == bool(broken - {"H6", "H7"})
