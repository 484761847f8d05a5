"""No roster that keeps the rules fills more than the ceiling says, or costs more beside it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import optimum, random_roster
from portions import portion
from tiny_city import random_scenario, tiny_scenario

from dispatch.ceiling import filled_ceiling, most_other_cost
from dispatch.check import check
from dispatch.rules import Costs

if TYPE_CHECKING:
    from dispatch.scenario import Scenario

seeds = st.integers(0, 10_000)


def weight_of(scenario: Scenario) -> int:
    return sum(sum(weights) for weights in scenario.demand["weight"])


@given(seed=seeds, draw=seeds)
@settings(max_examples=portion(12), deadline=None)
def test_every_roster_stays_below(seed: int, draw: int) -> None:
    scenario = random_scenario(seed)
    bound, best = optimum(scenario)
    for roster in (best, random_roster(scenario, random.Random(draw))):
        found = check(scenario, roster)
        other = found.travel_cost + found.fairness_cost + found.dislike_cost
        assert other <= most_other_cost(scenario)
        filled = weight_of(scenario) - found.weighted_unmet
        assert filled <= filled_ceiling(scenario, bound)


@given(seed=seeds)
@settings(max_examples=portion(10), deadline=None)
def test_the_ceiling_is_exact_where_nothing_else_costs(seed: int) -> None:
    scenario = random_scenario(seed)
    free = Costs(unmet=scenario.costs.unmet or 1, travel_per_100m=0, extra_shift=(0,))
    calm = scenario.availability.assign(dislike=0)
    scenario = replace(scenario, costs=free, availability=calm)
    bound, best = optimum(scenario)
    filled = weight_of(scenario) - check(scenario, best).weighted_unmet
    assert filled_ceiling(scenario, bound) == filled


def test_without_a_bound_nothing_is_claimed() -> None:
    scenario = tiny_scenario()
    assert filled_ceiling(scenario, 0) == weight_of(scenario)
    costless = replace(scenario, costs=Costs(unmet=0))
    assert filled_ceiling(costless, 10**9) == weight_of(scenario)
