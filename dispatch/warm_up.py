"""Compile the planner's kernels before a clock runs: numba does so once after installing.

A handful of the scenario's own people and posts is planned, so that every kernel is compiled, or
loaded from numba's cache, for just the types of array that the scenario brings.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from dispatch.effort import Effort
from dispatch.planner import plan

if TYPE_CHECKING:
    from dispatch.scenario import Scenario

_BEATS, _PEOPLE_A_TIER, _SHIFTS = 3, 12, 6


def compile_kernels(scenario: Scenario) -> None:
    """Plan a hamlet of a scenario and throw the plan away.

    Takes a second, and a minute or two where numba's cache is empty.

    Parameters
    ----------
    scenario : Scenario
        Of any size; its fixed and forbidden pins are left out.
    """
    plan(hamlet_of(scenario), effort=Effort(rounds=1), clock=lambda: 0.0)


def hamlet_of(scenario: Scenario) -> Scenario:
    """Cut some beats of one station, some shifts and some people of each tier out of a scenario."""
    of_station = scenario.beats["station_id"] == scenario.beats["station_id"].iloc[:1].squeeze()
    beats = scenario.beats[of_station].head(_BEATS)["beat_id"]
    shifts = scenario.shifts["shift_id"].head(_SHIFTS)
    in_station = scenario.people["station_id"].isin(scenario.beats[of_station]["station_id"])
    near = scenario.people[in_station] if in_station.any() else scenario.people
    people = near.groupby("tier", observed=True).head(_PEOPLE_A_TIER)["person_id"]

    def kept(table: pd.DataFrame, **ids: pd.Series[str]) -> pd.DataFrame:
        mask = pd.Series(True, index=table.index)
        for column, known in ids.items():
            mask &= table[column].isin(known)
        return table[mask].reset_index(drop=True)

    return replace(
        scenario,
        people=kept(scenario.people, person_id=people),
        availability=kept(scenario.availability, person_id=people, shift_id=shifts),
        demand=kept(scenario.demand, beat_id=beats, shift_id=shifts),
        pins=scenario.pins.head(0),
    )
