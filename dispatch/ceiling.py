"""How much of the weighted demand any roster can fill at most, from a proven bound.

A lower bound B on the objective says of every roster that keeps H1-H9::

    unmet · weighted_unmet + travel + fairness + dislike >= B

so with M an upper bound on the last three, no roster leaves less than ``(B - M) / unmet`` unfilled.
M is found without looking at the roster: at most one assignment a required place, volunteers
within their travel limit, staff within their station, nobody beyond ``max_shifts``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dispatch.rules import Tier
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What of a scenario says how much any roster can fill, whatever the bound.

    Attributes
    ----------
    total : int
        The weight of all places.
    other : int
        An upper bound on travel, fairness and dislike together.
    unmet : int
        Cost of one unfilled place of weight 1.
    """

    total: int
    other: int
    unmet: int

    @classmethod
    def of(cls, scenario: Scenario) -> Ceiling:
        """Return the ceiling of a scenario."""
        total = sum(sum(weights) for weights in scenario.demand["weight"])
        return cls(total, most_other_cost(scenario), scenario.costs.unmet)

    def filled(self, bound: int) -> int:
        """Return the largest weight of filled places of any roster, by a proven lower bound."""
        if self.unmet == 0:
            return self.total
        unfilled = max(0, -(-(bound - self.other) // self.unmet))
        return max(0, self.total - unfilled)


def filled_ceiling(scenario: Scenario, bound: int) -> int:
    """Return the largest weight of filled places that any roster keeping H1-H9 can reach.

    Parameters
    ----------
    scenario : Scenario
    bound : int
        Proven lower bound on the objective.
    """
    return Ceiling.of(scenario).filled(bound)


def most_other_cost(scenario: Scenario) -> int:
    """Return an upper bound on travel, fairness and dislike together, of every valid roster."""
    tier_of = dict(zip(scenario.roles["role"], scenario.roles["tier"], strict=True))
    demand = scenario.demand
    volunteer = demand["role"].map(tier_of).to_numpy(str) == Tier.VOLUNTEER.value
    required = demand["required"].to_numpy(np.int64)
    places = int(required.sum())
    volunteer_places = int(required[volunteer].sum())
    return (
        volunteer_places * _volunteer_travel(scenario)
        + (places - volunteer_places) * _staff_travel(scenario)
        + _fairness(scenario, places)
        + _dislike(scenario, places)
    )


def _hundreds(scenario: Scenario, metres: float) -> int:
    """Return the cost of travelling so far, one step more for the rounding of the distance."""
    return scenario.costs.travel_per_100m * (int(metres / 100 + 0.5) + 1)


def _volunteer_travel(scenario: Scenario) -> int:
    people = scenario.people
    limits = people.loc[people["tier"] == Tier.VOLUNTEER.value, "travel_limit_m"]
    metres = limits.fillna(scenario.rules.volunteer_travel_limit_m).max()
    return _hundreds(scenario, float(metres)) if len(limits) else 0


def _staff_travel(scenario: Scenario) -> int:
    """Return the cost of the longest way in a station: across the box of its people and beats."""
    people, beats = scenario.people, scenario.beats
    staff = people[people["tier"] != Tier.VOLUNTEER.value]
    if staff.empty:
        return 0
    columns = ["station_id", "lat", "lng"]
    homes = staff.loc[staff["station_id"].isin(beats["station_id"]), columns]
    ground = beats.loc[beats["station_id"].isin(staff["station_id"]), columns]
    if homes.empty:
        return 0
    boxes = pd.concat([homes, ground]).groupby("station_id")
    low, high = (table.to_numpy(float).T for table in (boxes.min(), boxes.max()))
    # Up one side and along the wider of the two edges: longer than any way inside the box.
    up = great_circle_m(low[0], low[1], high[0], low[1])
    along = np.maximum(
        great_circle_m(low[0], low[1], low[0], high[1]),
        great_circle_m(high[0], low[1], high[0], high[1]),
    )
    longest = float((up + along).max()) * scenario.rules.travel_factor
    return _hundreds(scenario, longest)


def _fairness(scenario: Scenario, places: int) -> int:
    """Return the dearest way to spread so many shifts: the people whose shifts cost most, in full.

    A person's cost grows faster with each shift, so a part of somebody's shifts costs at most that
    part of all of them: the fractional knapsack by mean cost is an upper bound.
    """
    shifts = np.minimum(scenario.people["max_shifts"].to_numpy(np.int64), len(scenario.shifts))
    shifts = shifts[shifts > 0]
    total = _cumulative(scenario.costs.extra_shift, int(shifts.max(initial=0)))[shifts]
    order = np.argsort(-total / shifts, kind="stable")
    before = np.concatenate([[0], shifts[order].cumsum()])[:-1]
    taken = np.clip(places - before, 0, shifts[order])
    return int(np.ceil((total[order] * (taken / shifts[order])).sum()))


def _cumulative(steps: tuple[int, ...], most: int) -> NDArray[np.int64]:
    """Return the cost of 0, 1, … ``most`` shifts of one person; the last step repeats."""
    each = np.array([steps[min(n, len(steps) - 1)] for n in range(most)], dtype=np.int64)
    return np.concatenate([[0], each.cumsum()]).astype(np.int64)


def _dislike(scenario: Scenario, places: int) -> int:
    values = scenario.availability["dislike"].to_numpy(np.int64)
    if len(values) > places:
        values = np.partition(values, len(values) - places)[len(values) - places :]
    return int(values.sum())
