"""The hamlet that is planned before a clock runs is a valid scenario, whatever it is cut from."""

from __future__ import annotations

import random

import pytest
from oracle import with_pins
from tiny_city import demand_table, people_table, random_scenario, tiny_scenario

from dispatch.effort import Effort
from dispatch.planner import plan
from dispatch.warm_up import compile_kernels, hamlet_of


@pytest.mark.parametrize("seed", range(4))
def test_any_scenario_has_a_hamlet_that_can_be_planned(seed):
    scenario = with_pins(random_scenario(seed, people=60), random.Random(seed))
    hamlet = hamlet_of(scenario)
    assert hamlet.people["tier"].value_counts().max() <= 12
    assert set(hamlet.availability["person_id"]) <= set(hamlet.people["person_id"])
    plan(hamlet, effort=Effort(rounds=0), clock=lambda: 0.0)


@pytest.mark.parametrize("empty", [{"people": people_table()}, {"demand": demand_table()}])
def test_nothing_to_plan_is_no_error(empty):
    scenario = tiny_scenario(**empty)
    known = scenario.availability["person_id"].isin(scenario.people["person_id"])
    available = scenario.availability[known].reset_index(drop=True)
    compile_kernels(tiny_scenario(**empty, availability=available))
