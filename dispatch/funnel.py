"""Who remains for a short demand line after each rule, and who is one step from it.

Works on arrays of its own: unlike `dispatch.problem`, it must see the people whom a rule shuts out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from dispatch.funnel_kernel import (
    FAILS_AVAILABLE,
    FAILS_INSURED,
    FAILS_LIMIT,
    FAILS_QUALIFIED,
    FAILS_REACH,
    FAILS_REST,
    NEVER,
    OF_ANOTHER_TIER,
    funnels,
    pairs_by_beat,
)
from dispatch.rules import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dispatch.scenario import Scenario

STRETCH: Final = 2.0
"""Nobody is asked to travel further than this many times the own limit."""

MAX_GROUP: Final = 16
"""Largest group of volunteers who come together (H7) that is looked for."""

LINE: Final = ["beat_id", "shift_id", "role"]


@dataclass(frozen=True, slots=True)
class Funnel:
    """What `funnel` finds for Q demand lines; people are rows of ``scenario.people``.

    Attributes
    ----------
    lines : (Q,) int64
        Rows of ``scenario.demand``.
    counts : (Q, 5) int64
        People of the role's tier that remain: in reach, qualified, insured, available, free.
    free, free_cost : (Q, K) int64
        The cheapest people free for the line (-1: no more), and what each adds to the objective
        in travel, extra shift and dislike.
    fix, fix_m : (Q, NUM_FIXES) int64, float64
        The cheapest person who fails one rule alone (-1: nobody), see `funnel_kernel`, and the
        distance to the beat in metres.
    """

    lines: NDArray[np.int64]
    counts: NDArray[np.int64]
    free: NDArray[np.int64]
    free_cost: NDArray[np.float64]
    fix: NDArray[np.int64]
    fix_m: NDArray[np.float64]


def funnel(scenario: Scenario, roster: pd.DataFrame, lines: NDArray[np.int64]) -> Funnel:
    """Apply the rules of one assignment to everybody, for some demand lines of a checked roster.

    Parameters
    ----------
    scenario : Scenario
        The planning problem.
    roster : DataFrame
        ``person_id, beat_id, shift_id, role``; it keeps H1-H9.
    lines : (Q,) int64
        Rows of ``scenario.demand``.
    """
    demand, costs = scenario.demand.iloc[lines], scenario.costs
    pair_start, pair_person, pair_m = _pairs(scenario)
    worked = np.bincount(
        _codes(scenario.people["person_id"], roster["person_id"]), minlength=len(scenario.people)
    )
    steps = np.asarray(costs.extra_shift, np.int64)
    dislike = _dislikes(scenario)
    found = funnels(
        lines,
        _codes(scenario.beats["beat_id"], demand["beat_id"]),
        _codes(scenario.shifts["shift_id"], demand["shift_id"]),
        _codes(scenario.roles["role"], demand["role"]),
        pair_start,
        pair_person,
        pair_m,
        np.where(pair_m > _limit_m(scenario)[pair_person], FAILS_REACH, 0).astype(np.uint8),
        _role_fails(scenario),
        _shift_fails(scenario, roster, worked, dislike),
        (scenario.roles["qualifications"].map(len) > 0).to_numpy(np.bool_),
        steps[np.minimum(worked, steps.size - 1)],
        dislike,
        _forbidden(scenario),
        len(scenario.demand),
        costs.travel_per_100m,
        max(1, min(scenario.rules.min_volunteers_per_post, MAX_GROUP)),
    )
    return Funnel(lines, *found)


def _pairs(
    scenario: Scenario,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Give the people who could come to each beat, some of them a little too far off."""
    people, beats = scenario.people, scenario.beats
    stations = people["station_id"].unique()
    start, person, metres = pairs_by_beat(
        _is_volunteer(people["tier"]),
        _codes(stations, people["station_id"]),
        people["lat"].to_numpy(np.float64),
        people["lng"].to_numpy(np.float64),
        _limit_m(scenario) * STRETCH,
        _codes(stations, beats["station_id"]),
        beats["lat"].to_numpy(np.float64),
        beats["lng"].to_numpy(np.float64),
        scenario.rules.travel_factor,
    )
    return start, person, metres


def _is_volunteer(tier: pd.Series[str]) -> NDArray[np.bool_]:
    return (tier == Tier.VOLUNTEER).to_numpy(np.bool_)


def _limit_m(scenario: Scenario) -> NDArray[np.float64]:
    """Travel limit of each person; infinite for officers and auxiliaries."""
    people = scenario.people
    limit = people["travel_limit_m"].fillna(scenario.rules.volunteer_travel_limit_m)
    return np.where(_is_volunteer(people["tier"]), limit.to_numpy(np.float64), np.inf)


def _role_fails(scenario: Scenario) -> NDArray[np.uint8]:
    """Bits of the rules that fail whatever the shift: (roles, people)."""
    tier = scenario.people["tier"].to_numpy(object)
    role_tier = scenario.roles["tier"].to_numpy(object)
    hazardous = scenario.roles["hazardous"].to_numpy(np.bool_)
    barred = hazardous & _is_volunteer(scenario.roles["tier"])
    fails = np.where(may_fill(scenario), 0, FAILS_QUALIFIED)
    fails |= np.where(role_tier[:, None] == tier, 0, OF_ANOTHER_TIER)
    fails |= np.where(barred, FAILS_INSURED | NEVER, 0)[:, None]
    return fails.astype(np.uint8)


def _shift_fails(
    scenario: Scenario,
    roster: pd.DataFrame,
    worked: NDArray[np.int64],
    dislike: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """Bits of the rules that fail whatever the role: (shifts, people)."""
    people = scenario.people
    ends_at = scenario.shifts["ends_at"].dt.tz_convert(scenario.timezone).dt.tz_localize(None)
    insured = _days(people["insured_until"]) >= _days(ends_at)[:, None]
    limit = people["max_shifts"].to_numpy(np.int64)
    fails = np.where(insured | ~_is_volunteer(people["tier"]), 0, FAILS_INSURED)
    fails |= np.where(dislike >= 0, 0, FAILS_AVAILABLE)
    fails |= np.where(worked < limit, 0, FAILS_LIMIT)
    fails |= np.where(limit > 0, 0, NEVER)  # who wants no shift is not asked for one more
    fails |= np.where(_clashes(scenario, roster), FAILS_REST, 0)
    return fails.astype(np.uint8)


def may_fill(scenario: Scenario) -> NDArray[np.bool_]:
    """Say who has the profession or a qualification that a role wants: (roles, people)."""
    people = scenario.people
    held = people["qualifications"].explode()
    may = np.empty((len(scenario.roles), len(people)), np.bool_)
    for row, role in enumerate(scenario.roles.to_dict("records")):
        by_profession = people["profession"].isin(role["professions"])
        by_qualification = held.isin(role["qualifications"]).groupby(level=0).any()
        anybody = not role["professions"] and not role["qualifications"]
        may[row] = by_profession | by_qualification | anybody
    return may


def _codes(known: Iterable[str], values: Iterable[str]) -> NDArray[np.int64]:
    """Positions of `values` among the known ids."""
    codes: NDArray[np.intp] = pd.Index(known).get_indexer(pd.Index(values))
    return codes.astype(np.int64)


def _days(dates: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    """Days since 1970 of naive dates; no date becomes the earliest number."""
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)


def _dislikes(scenario: Scenario) -> NDArray[np.int64]:
    """Dislike for each shift of each person, -1 where not available: (shifts, people)."""
    table = scenario.availability
    dislike = np.full((len(scenario.shifts), len(scenario.people)), -1, np.int64)
    person = _codes(scenario.people["person_id"], table["person_id"])
    shift = _codes(scenario.shifts["shift_id"], table["shift_id"])
    dislike[shift, person] = table["dislike"].to_numpy(np.int64)
    return dislike


def _clashes(scenario: Scenario, roster: pd.DataFrame) -> NDArray[np.bool_]:
    """Shifts that each person cannot work beside the own ones (H3): (shifts, people)."""
    starts = scenario.shifts["starts_at"].dt.as_unit("us").astype(np.int64).to_numpy()
    ends = scenario.shifts["ends_at"].dt.as_unit("us").astype(np.int64).to_numpy()
    rest = round(scenario.rules.min_rest_hours * 3_600_000_000)
    rested = starts[None, :] >= ends[:, None] + rest
    apart = rested | rested.T
    clash = np.zeros((len(scenario.people), starts.size), np.bool_)
    person = _codes(scenario.people["person_id"], roster["person_id"])
    shift = _codes(scenario.shifts["shift_id"], roster["shift_id"])
    np.logical_or.at(clash, person, ~apart[shift])
    return clash.T


def _forbidden(scenario: Scenario) -> NDArray[np.int64]:
    """Sorted keys person * lines + line of the forbidden pins."""
    pins = scenario.pins[scenario.pins["kind"] == "forbidden"]
    if pins.empty:
        return np.zeros(0, np.int64)
    line = pd.MultiIndex.from_frame(scenario.demand[LINE]).get_indexer(
        pd.MultiIndex.from_frame(pins[LINE])
    )
    person = _codes(scenario.people["person_id"], pins["person_id"])
    return np.sort(person[line >= 0] * len(scenario.demand) + line[line >= 0])
