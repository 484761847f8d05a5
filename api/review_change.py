"""What changed since another roster, last week's say: coverage now minus coverage then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dispatch.on_duty import on_duty

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from api.city import City
    from dispatch.scenario import Scenario

SAME: Final = 128
"""Byte of no change; a point of percent is a step. 0 is nobody, before and now."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Another roster on the beats and shifts of the served one.

    Attributes
    ----------
    name : str
        What people call its scenario.
    log_absence : (3, S, B) float64
        As `dispatch.on_duty.OnDuty` has it; 0 on beats and shifts that it did not have.
    matched : NDArray[bool], (S,)
        Which shifts have a counterpart.
    people : dict
        How many are ``new``, ``gone``, ``moved`` (other shifts or beats) and ``same``.
    """

    name: str
    log_absence: NDArray[np.float64]
    matched: NDArray[np.bool_]
    people: dict[str, int]

    def summary(self, *, would: bool = False) -> dict[str, Any]:
        """Return what a page tells of it, as plain values for JSON; `would` turns it round."""
        people = dict(self.people)
        if would:
            people |= {"new": self.people["gone"], "gone": self.people["new"]}
        return {"name": self.name, "people": people, "matched": self.matched.tolist()}


def baseline(city: City, scenario: Scenario, roster: pd.DataFrame) -> Baseline:
    """Put another roster on the beats and shifts of the served one.

    Beats are the same by id. Shifts are the same by id, else by weekday and local clock, so that
    last week's Friday evening stands beside this week's. A beat or shift without a counterpart
    counts as if nobody had been there.

    Parameters
    ----------
    scenario, roster : Scenario, DataFrame
        Of the other week.
    """
    duty = on_duty(scenario, roster)
    old_shift = _counterparts(city.scenario, scenario)
    beats = city.scenario.beats["beat_id"]
    rows = {code: k for k, code in enumerate(scenario.beats["beat_id"])}
    old_beat = beats.map(rows).fillna(-1).to_numpy(np.int64)
    found = duty.log_absence[:, old_shift][:, :, old_beat]
    found[:, old_shift < 0] = 0
    found[:, :, old_beat < 0] = 0
    return Baseline(
        name=scenario.name,
        log_absence=found,
        matched=old_shift >= 0,
        people=_people(city, scenario, roster, old_shift),
    )


def change_bytes(now: NDArray[np.floating], before: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return a byte a cell: `SAME` plus the points of percent gained, to the nearest.

    Parameters
    ----------
    now, before : ndarray of float, shape (n,)
        Coverage, 0..1.
    """
    points = np.rint(100 * (np.asarray(now, dtype=np.float64) - before))
    return np.where((now > 0) | (before > 0), SAME + points, 0).astype(np.uint8)


def _counterparts(scenario: Scenario, other: Scenario) -> NDArray[np.int64]:
    """Return for each shift the other's position, -1 for none."""
    ids = {code: k for k, code in enumerate(other.shifts["shift_id"])}
    clocks: dict[tuple[int, str, str], int] = {}
    for k, clock in enumerate(_clocks(other)):
        clocks.setdefault(clock, k)
    pairs = zip(scenario.shifts["shift_id"], _clocks(scenario), strict=True)
    return np.array([ids.get(code, clocks.get(clock, -1)) for code, clock in pairs], np.int64)


def _clocks(scenario: Scenario) -> list[tuple[int, str, str]]:
    start, end = (
        scenario.shifts[name].dt.tz_convert(scenario.timezone) for name in ("starts_at", "ends_at")
    )
    times = (start.dt.strftime("%H:%M"), end.dt.strftime("%H:%M"))
    return list(zip(start.dt.day_of_week.tolist(), *(t.tolist() for t in times), strict=True))


def _people(
    city: City, scenario: Scenario, roster: pd.DataFrame, old_shift: NDArray[np.int64]
) -> dict[str, int]:
    ids = scenario.shifts["shift_id"].to_numpy(str)
    new_ids = city.scenario.shifts["shift_id"].to_numpy(str)
    renamed = {ids[old]: new_ids[k] for k, old in enumerate(old_shift) if old >= 0}
    then = roster.assign(shift_id=roster["shift_id"].map(renamed).fillna(roster["shift_id"]))
    now, before = _duties(city.roster), _duties(then)
    both = now.keys() & before.keys()
    same = sum(now[person] == before[person] for person in both)
    return {
        "new": len(now.keys() - before.keys()),
        "gone": len(before.keys() - now.keys()),
        "moved": len(both) - same,
        "same": same,
    }


def _duties(roster: pd.DataFrame) -> dict[str, frozenset[tuple[str, str]]]:
    """Return each person's beats and shifts."""
    found: dict[str, set[tuple[str, str]]] = {}
    for person, beat, shift in zip(
        roster["person_id"], roster["beat_id"], roster["shift_id"], strict=True
    ):
        found.setdefault(person, set()).add((beat, shift))
    return {person: frozenset(duties) for person, duties in found.items()}
