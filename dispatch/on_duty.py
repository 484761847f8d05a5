"""Who is on duty: head counts by tier, shift and beat, and the chance that nobody comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from dispatch.rules import Tier
from grid.errors import ScenarioError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.scenario import Scenario

TIERS: Final = (Tier.OFFICER, Tier.AUXILIARY, Tier.VOLUNTEER)

MIN_ABSENCE: Final = 1e-9
"""Least chance that somebody stays away, so that the logarithm is finite for ``show_up`` = 1.

A finite number survives sparse products (0 times infinity would not), and 1 - 1e-9 is 1 in float32.
"""


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A roster by tier, shift and beat.

    The first axis is in the order of `TIERS`, the second of ``scenario.shifts``, the third of
    ``scenario.beats``.

    Attributes
    ----------
    headcount : (3, S, B) int32
        People on duty.
    log_absence : (3, S, B) float64
        Sum of ``log(1 - show_up)`` over them: the logarithm of the chance that nobody comes.
    """

    headcount: NDArray[np.int32]
    log_absence: NDArray[np.float64]


def on_duty(scenario: Scenario, roster: pd.DataFrame) -> OnDuty:
    """Count a roster's people by tier, shift and beat.

    Parameters
    ----------
    scenario : Scenario
        The planning problem.
    roster : DataFrame
        ``person_id, beat_id, shift_id, role``; it should have passed `dispatch.check.check`.

    Raises
    ------
    ScenarioError
        When the roster names somebody or something that is not of the scenario.
    """
    people = scenario.people
    person = _positions(people, roster, "person_id")
    tier = pd.Index([t.value for t in TIERS]).get_indexer(pd.Index(people["tier"]))[person]
    shift = _positions(scenario.shifts, roster, "shift_id")
    beat = _positions(scenario.beats, roster, "beat_id")
    shape = (len(TIERS), len(scenario.shifts), len(scenario.beats))
    headcount = np.zeros(shape, np.int32)
    log_absence = np.zeros(shape, np.float64)
    show_up = people["show_up"].to_numpy(np.float64)[person]
    np.add.at(headcount, (tier, shift, beat), 1)
    np.add.at(log_absence, (tier, shift, beat), np.log(np.maximum(1 - show_up, MIN_ABSENCE)))
    return OnDuty(headcount, log_absence)


def _positions(table: pd.DataFrame, roster: pd.DataFrame, column: str) -> NDArray[np.intp]:
    """Rows of `table` that the roster's ids stand for."""
    at: NDArray[np.intp] = pd.Index(table[column]).get_indexer(pd.Index(roster[column]))
    if (at < 0).any():
        row = int(np.argmin(at))
        raise ScenarioError(
            f"Expected a known {column} in row {row} of the roster, "
            f"got {roster[column].iloc[row]!r}."
        )
    return at
