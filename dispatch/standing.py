"""A scenario and its roster as arrays that also show whom a rule shuts out.

Unlike `dispatch.problem`, which keeps the pairs that may be, this keeps the people who fail a rule,
and which: what explanations and remedies are made of. It shares no code with the planner.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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
    ON_SHIFT,
    pairs_by_beat,
)
from dispatch.rules import Tier
from dispatch.side_by_side import in_parts, join_starts
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dispatch.scenario import Scenario

STRETCH: Final = 2.0
"""Nobody is asked to travel further than this many times the own limit."""

LINE: Final = ["beat_id", "shift_id", "role"]


class Standing(NamedTuple):
    """Where everybody stands, in the one form that compiled loops take whole.

    People, beats, shifts, roles and lines are rows of the scenario's tables. A row of the roster
    is a *work*; a person's are ``work_start[p]:work_start[p + 1]``.

    Attributes
    ----------
    line_beat, line_shift, line_role, line_post : (L,) int64
    line_staffed, line_supervised : (L,) bool
        Filled by officers or auxiliaries; by volunteers who count for H6.
    line_heads : (L,) int64
        People on the line.
    place_start : (L + 1,) int64
    place_value : (places,) int64
        ``unmet * weight`` of each place.
    post_supervisors, post_supervised, post_volunteers : (posts,) int64
        Heads on each post.
    pair_start, pair_person, pair_m, pair_fails : by beat
        Who could come to each beat (some too far off), in metres, and whether H5 fails.
    role_fails, shift_fails : (roles, people) uint8, (shifts, people) uint16
        Bits of `funnel_kernel`.
    next_cost : (people,) int64
        Cost of one shift more.
    dislike : (shifts, people) int64
        -1 where not available.
    apart : (shifts, shifts) bool
        Whether one person may work both (H3).
    trainable : (roles,) bool
        Whether a qualification opens the role.
    forbidden : (pins,) int64
        Sorted keys person * L + line of the forbidden pins.
    work_start : (people + 1,) int64
    work_line, work_cost : (works,) int64
        Line, and cost in travel and dislike.
    work_fixed : (works,) bool
        By a pin.
    """

    line_beat: NDArray[np.int64]
    line_shift: NDArray[np.int64]
    line_role: NDArray[np.int64]
    line_post: NDArray[np.int64]
    line_staffed: NDArray[np.bool_]
    line_supervised: NDArray[np.bool_]
    line_heads: NDArray[np.int64]
    place_start: NDArray[np.int64]
    place_value: NDArray[np.int64]
    post_supervisors: NDArray[np.int64]
    post_supervised: NDArray[np.int64]
    post_volunteers: NDArray[np.int64]
    pair_start: NDArray[np.int64]
    pair_person: NDArray[np.int32]
    pair_m: NDArray[np.float64]
    pair_fails: NDArray[np.uint8]
    role_fails: NDArray[np.uint8]
    shift_fails: NDArray[np.uint16]
    max_shifts: NDArray[np.int64]
    next_cost: NDArray[np.int64]
    dislike: NDArray[np.int64]
    apart: NDArray[np.bool_]
    trainable: NDArray[np.bool_]
    forbidden: NDArray[np.int64]
    work_start: NDArray[np.int64]
    work_line: NDArray[np.int64]
    work_cost: NDArray[np.int64]
    work_fixed: NDArray[np.bool_]
    travel_per_100m: int
    seats: int
    min_volunteers: int


def stand(scenario: Scenario, roster: pd.DataFrame, workers: int = 1) -> Standing:
    """Turn a scenario and a roster that keeps H1-H9 into arrays, on so many threads."""
    demand, roles, rules, costs = scenario.demand, scenario.roles, scenario.rules, scenario.costs
    keys = _Keys(scenario)
    beat, shift, role = keys.parts(demand)
    posts, post = np.unique(beat * len(scenario.shifts) + shift, return_inverse=True)
    staffed = (roles["tier"] != Tier.VOLUNTEER).to_numpy(np.bool_)[role]
    supervised = roles["supervised"].to_numpy(np.bool_)[role] & ~staffed
    work_person, work_line = keys.works(roster, keys.of(beat, shift, role))
    heads = np.bincount(work_line, minlength=len(demand))
    places = np.concatenate(([0], np.cumsum(demand["required"].to_numpy(np.int64))))
    weight = np.fromiter(chain.from_iterable(demand["weight"]), np.int64, int(places[-1]))
    worked = np.bincount(work_person, minlength=len(scenario.people))
    steps = np.asarray(costs.extra_shift, np.int64)
    dislike = dislikes(scenario)
    apart = shifts_apart(scenario)
    pair_start, pair_person, pair_m = pairs(scenario, workers)

    def count(of: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(post[of], weights=heads[of], minlength=posts.size).astype(np.int64)

    return Standing(
        line_beat=beat,
        line_shift=shift,
        line_role=role,
        line_post=post.astype(np.int64),
        line_staffed=staffed,
        line_supervised=supervised,
        line_heads=heads.astype(np.int64),
        place_start=places,
        place_value=weight * costs.unmet,
        post_supervisors=count(staffed),
        post_supervised=count(supervised),
        post_volunteers=count(~staffed),
        pair_start=pair_start,
        pair_person=pair_person,
        pair_m=pair_m,
        pair_fails=np.where(pair_m > limit_m(scenario)[pair_person], FAILS_REACH, 0).astype(
            np.uint8
        ),
        role_fails=_role_fails(scenario),
        shift_fails=_shift_fails(
            scenario, worked, dislike, _clashes(apart, work_person, shift[work_line], worked.size)
        ),
        max_shifts=scenario.people["max_shifts"].to_numpy(np.int64),
        next_cost=steps[np.minimum(worked, steps.size - 1)],
        dislike=dislike,
        apart=apart,
        trainable=(roles["qualifications"].map(len) > 0).to_numpy(np.bool_),
        forbidden=_pinned(scenario, "forbidden", keys),
        work_start=np.concatenate(([0], np.cumsum(worked))).astype(np.int64),
        work_line=work_line,
        work_cost=_work_costs(scenario, work_person, beat[work_line])
        + np.maximum(0, dislike[shift[work_line], work_person]),
        work_fixed=np.isin(work_person * len(demand) + work_line, _pinned(scenario, "fixed", keys)),
        travel_per_100m=costs.travel_per_100m,
        seats=rules.volunteers_per_supervisor,
        min_volunteers=rules.min_volunteers_per_post,
    )


class _Keys:
    """Numbers for ids, and one number for each (beat, shift, role)."""

    def __init__(self, scenario: Scenario) -> None:
        self.people = pd.Index(scenario.people["person_id"])
        self._ids = [
            pd.Index(table[name])
            for table, name in zip(
                (scenario.beats, scenario.shifts, scenario.roles), LINE, strict=True
            )
        ]
        self.demand = scenario.demand

    def parts(self, table: pd.DataFrame) -> list[NDArray[np.int64]]:
        pairs_ = zip(self._ids, LINE, strict=True)
        return [ids.get_indexer(pd.Index(table[name])).astype(np.int64) for ids, name in pairs_]

    def of(self, *parts: NDArray[np.int64]) -> NDArray[np.int64]:
        beat, shift, role = parts
        key: NDArray[np.int64] = (beat * len(self._ids[1]) + shift) * len(self._ids[2]) + role
        return key

    def lines(self, table: pd.DataFrame, known: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of the demand for each row of a table; -1 where there is no such line."""
        found: NDArray[np.intp] = pd.Index(known).get_indexer(pd.Index(self.of(*self.parts(table))))
        return found.astype(np.int64)

    def works(
        self, roster: pd.DataFrame, known: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        person = self.people.get_indexer(pd.Index(roster["person_id"])).astype(np.int64)
        line = self.lines(roster, known)
        order = np.lexsort((line, person))
        return person[order], line[order]


def pairs(
    scenario: Scenario, workers: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Give the people who could come to each beat, some of them a little too far off."""
    people, beats = scenario.people, scenario.beats
    stations = people["station_id"].unique()
    of_people = (
        is_volunteer(people["tier"]),
        codes(stations, people["station_id"]),
        people["lat"].to_numpy(np.float64),
        people["lng"].to_numpy(np.float64),
        limit_m(scenario) * STRETCH,
    )
    of_beats = (
        codes(stations, beats["station_id"]),
        beats["lat"].to_numpy(np.float64),
        beats["lng"].to_numpy(np.float64),
    )

    def of_part(first: int, last: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        own = [at[first:last] for at in of_beats]
        arguments = (*of_people, *own, scenario.rules.travel_factor)
        found: tuple[NDArray[Any], NDArray[Any], NDArray[Any]] = pairs_by_beat(*arguments)
        return found

    parts = in_parts(of_part, len(beats), workers)
    starts, person, metres = zip(*parts, strict=True)
    return join_starts(starts), np.concatenate(person), np.concatenate(metres)


def is_volunteer(tier: pd.Series[str]) -> NDArray[np.bool_]:
    """Say which tiers are volunteers'."""
    return (tier == Tier.VOLUNTEER).to_numpy(np.bool_)


def limit_m(scenario: Scenario) -> NDArray[np.float64]:
    """Travel limit of each person; infinite for officers and auxiliaries."""
    people = scenario.people
    limit = people["travel_limit_m"].fillna(scenario.rules.volunteer_travel_limit_m)
    return np.where(is_volunteer(people["tier"]), limit.to_numpy(np.float64), np.inf)


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


def codes(known: Iterable[str], values: Iterable[str]) -> NDArray[np.int64]:
    """Positions of `values` among the known ids."""
    found: NDArray[np.intp] = pd.Index(known).get_indexer(pd.Index(values))
    return found.astype(np.int64)


def days(dates: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    """Days since 1970 of naive dates; no date becomes the earliest number."""
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)


def dislikes(scenario: Scenario) -> NDArray[np.int64]:
    """Dislike for each shift of each person, -1 where not available: (shifts, people)."""
    table = scenario.availability
    dislike = np.full((len(scenario.shifts), len(scenario.people)), -1, np.int64)
    person = codes(scenario.people["person_id"], table["person_id"])
    shift = codes(scenario.shifts["shift_id"], table["shift_id"])
    dislike[shift, person] = table["dislike"].to_numpy(np.int64)
    return dislike


def shifts_apart(scenario: Scenario) -> NDArray[np.bool_]:
    """Which shifts one person may work both (H3): (shifts, shifts)."""
    starts = scenario.shifts["starts_at"].dt.as_unit("us").astype(np.int64).to_numpy()
    ends = scenario.shifts["ends_at"].dt.as_unit("us").astype(np.int64).to_numpy()
    rest = round(scenario.rules.min_rest_hours * 3_600_000_000)
    rested = starts[None, :] >= ends[:, None] + rest
    return np.asarray(rested | rested.T)


def insured(scenario: Scenario) -> NDArray[np.bool_]:
    """Who is covered on the local date on which a shift ends: (shifts, people)."""
    ends_at = scenario.shifts["ends_at"].dt.tz_convert(scenario.timezone).dt.tz_localize(None)
    people = scenario.people
    covered = days(people["insured_until"]) >= days(ends_at)[:, None]
    return np.asarray(covered | ~is_volunteer(people["tier"]))


def _role_fails(scenario: Scenario) -> NDArray[np.uint8]:
    """Bits of the rules that fail whatever the shift: (roles, people)."""
    tier = scenario.people["tier"].to_numpy(object)
    role_tier = scenario.roles["tier"].to_numpy(object)
    hazardous = scenario.roles["hazardous"].to_numpy(np.bool_)
    barred = hazardous & is_volunteer(scenario.roles["tier"])
    fails = np.where(may_fill(scenario), 0, FAILS_QUALIFIED)
    fails |= np.where(role_tier[:, None] == tier, 0, OF_ANOTHER_TIER)
    fails |= np.where(barred, FAILS_INSURED | NEVER, 0)[:, None]
    return fails.astype(np.uint8)


def _shift_fails(
    scenario: Scenario,
    worked: NDArray[np.int64],
    dislike: NDArray[np.int64],
    clashes: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> NDArray[np.uint16]:
    """Bits of the rules that fail whatever the role: (shifts, people)."""
    limit = scenario.people["max_shifts"].to_numpy(np.int64)
    fails = np.where(insured(scenario), 0, FAILS_INSURED).astype(np.uint16)
    fails |= np.where(dislike >= 0, 0, FAILS_AVAILABLE).astype(np.uint16)
    fails |= np.where(worked < limit, 0, FAILS_LIMIT).astype(np.uint16)
    fails |= np.where(limit > 0, 0, NEVER).astype(np.uint16)  # wants no shift: is not asked
    for clash, bits in zip(clashes, (FAILS_REST, ON_SHIFT), strict=True):
        fails |= np.where(clash, bits, 0).astype(np.uint16)
    return fails


def _clashes(
    apart: NDArray[np.bool_],
    person: NDArray[np.int64],
    shift: NDArray[np.int64],
    num_people: int,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Shifts that clash with the own ones (H3), and the own ones: each (shifts, people)."""
    clash = np.zeros((num_people, len(apart)), np.bool_)
    np.logical_or.at(clash, person, ~apart[shift])
    own = np.zeros((len(apart), num_people), np.bool_)
    own[shift, person] = True
    return clash.T, own


def _work_costs(
    scenario: Scenario, person: NDArray[np.int64], beat: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Travel cost of each row of the roster."""
    at = [scenario.people[name].to_numpy(np.float64)[person] for name in ("lat", "lng")]
    to = [scenario.beats[name].to_numpy(np.float64)[beat] for name in ("lat", "lng")]
    metres = great_circle_m(*at, *to) * scenario.rules.travel_factor
    return np.floor(metres / 100 + 0.5).astype(np.int64) * scenario.costs.travel_per_100m


def _pinned(scenario: Scenario, kind: str, keys: _Keys) -> NDArray[np.int64]:
    """Sorted keys person * lines + line of the pins of a kind."""
    pins = scenario.pins[scenario.pins["kind"] == kind]
    if pins.empty:
        return np.zeros(0, np.int64)
    line = keys.lines(pins, keys.of(*keys.parts(scenario.demand)))
    person = keys.people.get_indexer(pd.Index(pins["person_id"])).astype(np.int64)
    return np.sort(person[line >= 0] * len(scenario.demand) + line[line >= 0])
