"""The oracle is tested, too: the flat model against plain enumeration, the checker against both."""

from __future__ import annotations

import random
from itertools import islice

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import (
    City,
    InfeasibleError,
    enumerate_optimum,
    naive_check,
    optimum,
    random_roster,
    with_pins,
)
from portions import portion
from tiny_city import any_roster, pins_table, random_scenario, scenarios, tiny_scenario

from dispatch.check import check

SEEDS = st.integers(0, 2**32)


@settings(max_examples=portion(60), deadline=None)
@given(scenarios(), SEEDS)
def test_checker_counts_what_a_plain_walk_counts(scenario, seed):
    rng = random.Random(seed)
    scenario = with_pins(scenario, rng)
    roster = any_roster(rng, scenario)
    report = check(scenario, roster)
    assert (report.violations, report.objective) == naive_check(scenario, roster)


@settings(max_examples=portion(30), deadline=None)
@given(scenarios(), SEEDS)
def test_rosters_of_the_flat_model_pass_the_checker(scenario, seed):
    scenario = with_pins(scenario, random.Random(seed))
    least, roster = optimum(scenario)
    report = check(scenario, roster)
    assert report.ok, report.details
    assert report.objective == least
    other = check(scenario, random_roster(scenario, random.Random(seed)))
    assert other.ok, other.details
    assert least <= other.objective


def small_scenarios():
    for seed in range(200):
        scenario = random_scenario(seed, people=3, beats=2, shifts=2)
        scenario = with_pins(scenario, random.Random(seed))
        if 2 <= len(City.of(scenario).arcs()) <= 7:
            yield scenario


def test_flat_model_agrees_with_enumeration():
    for scenario in islice(small_scenarios(), portion(30)):
        assert optimum(scenario)[0] == enumerate_optimum(scenario)


def test_clashing_pins_are_infeasible():
    pins = pins_table(
        ("li", "haiwei", "evening", "auxiliary", "fixed"),
        ("li", "huasheng", "night", "responder", "fixed"),
    )
    with pytest.raises(InfeasibleError):
        optimum(tiny_scenario(pins=pins))


def test_known_optimum():
    least, roster = optimum(tiny_scenario())
    assert least == check(tiny_scenario(), roster).objective
    assert len(pd.unique(roster["person_id"])) == 6
