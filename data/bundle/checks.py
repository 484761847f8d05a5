"""What can only be checked once all tables of a bundle are read."""

from __future__ import annotations

from math import ceil, pi
from typing import TYPE_CHECKING

from data.bundle.layout import SETTINGS_FILE
from dispatch.impossible import impossible_pins

if TYPE_CHECKING:
    from data.sheets import Problems, Sheet
    from dispatch.scenario import Scenario

_HALF_ROUND_THE_GLOBE_M = pi * 6_371_008.8
_MAX_OBJECTIVE = 2**62


def check_magnitude(scenario: Scenario, problems: Problems) -> None:
    """Refuse costs and weights whose sum does not fit the 64-bit integers of the planner."""
    costs, demand = scenario.costs, scenario.demand
    places = int(demand["required"].sum())
    distance_100m = ceil(_HALF_ROUND_THE_GLOBE_M * scenario.rules.travel_factor / 100)
    dislike = int(scenario.availability["dislike"].max()) if len(scenario.availability) else 0
    per_place = costs.travel_per_100m * distance_100m + costs.extra_shift[-1] + dislike
    worst = costs.unmet * sum(map(sum, demand["weight"])) + places * per_place
    if worst > _MAX_OBJECTIVE:
        message = f"costs: expected an objective of at most 2**62, got up to {worst:.3g}"
        problems.add(SETTINGS_FILE, message)


def check_pins(scenario: Scenario, sheet: Sheet | None, problems: Problems) -> None:
    """Name the pins that no roster can keep."""
    if sheet is None:
        return
    for row, message in impossible_pins(scenario):
        problems.add(sheet.place_of(row), message)
