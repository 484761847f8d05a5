from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import optimum, with_pins
from portions import portion
from rule_breakers import CASES, CHEN, LI, SUN, base
from tiny_city import (
    HUASHENG,
    change_person,
    demand_table,
    pins_table,
    roster_table,
    scenarios,
    tiny_scenario,
)

from dispatch.check import check
from dispatch.greedy import greedy_roster
from grid.errors import ScenarioError


def rows(roster):
    return set(roster.itertuples(index=False, name=None))


@settings(max_examples=portion(25), deadline=None)
@given(scenarios())
def test_keeps_every_rule_and_is_no_better_than_the_best(scenario):
    report = check(scenario, greedy_roster(scenario))
    assert report.ok, report.details
    assert report.objective >= optimum(scenario)[0]


@settings(max_examples=portion(25), deadline=None)
@given(scenarios(), st.integers(0, 2**32))
def test_keeps_pins_or_says_that_it_cannot(scenario, seed):
    pinned = with_pins(scenario, random.Random(seed))
    try:
        report = check(pinned, greedy_roster(pinned))
    except ScenarioError:
        assert (pinned.pins["kind"] == "fixed").any()
    else:
        assert report.ok, report.details


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_resists_every_temptation(case):
    report = check(case.scenario, greedy_roster(case.scenario))
    assert report.ok, report.details


def test_fills_what_can_be_filled():
    assert rows(greedy_roster(base())) == {LI, CHEN, SUN}


def test_heaviest_place_gets_the_only_person():
    lines = (("haiwei", "evening", "auxiliary", (3,)), ("huasheng", "evening", "auxiliary", (4,)))
    assert rows(greedy_roster(tiny_scenario(demand=demand_table(*lines)))) == {
        ("li", "huasheng", "evening", "auxiliary")
    }


def test_a_supervisor_goes_where_volunteers_wait():
    lines = (
        ("haiwei", "evening", "auxiliary", (3,)),
        ("haiwei", "evening", "patrol_guard", (1, 1)),
        ("huasheng", "evening", "auxiliary", (4,)),
    )
    roster = rows(greedy_roster(tiny_scenario(demand=demand_table(*lines))))
    assert ("li", "haiwei", "evening", "auxiliary") in roster
    assert len(roster) == 3


def test_nearest_person_comes():
    scenario = change_person(base(min_volunteers_per_post=1), "chen", lng=HUASHENG[1])
    alone = tiny_scenario(
        people=scenario.people,
        demand=demand_table(("haiwei", "evening", "school_guard", (1,))),
        min_volunteers_per_post=1,
    )
    assert rows(greedy_roster(alone)) == {("liu", "haiwei", "evening", "school_guard")}


def test_pinned_volunteers_get_a_supervisor_and_a_companion():
    scenario = tiny_scenario(
        pins=pins_table(("sun", "huasheng", "evening", "patrol_guard", "fixed"))
    )
    roster = greedy_roster(scenario)
    assert ("sun", "huasheng", "evening", "patrol_guard") in rows(roster)
    assert check(scenario, roster).ok


def test_pins_without_a_supervisor_are_refused():
    pins = pins_table((*SUN, "fixed"))
    with pytest.raises(ScenarioError, match="pinned"):
        greedy_roster(base(without="li", pins=pins))


def test_same_scenario_same_roster():
    scenario = tiny_scenario()
    assert greedy_roster(scenario).equals(greedy_roster(scenario))


def test_nobody_to_assign():
    assert greedy_roster(tiny_scenario(demand=demand_table())).equals(roster_table())
