"""The scenario as arrays: what the planner's kernels work on.

`encode` turns the tables of a `Scenario` into a `Problem`: people, their available shifts, and
for each of these the demand lines that H1, H2, H5, H8 and the pins let them fill. Ids are replaced
by numbers, so a `Problem` carries no personal data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from dispatch.candidates import build_candidates
from dispatch.rules import Tier
from grid.errors import ScenarioError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.scenario import Scenario

STAFF, SUPERVISED, UNSUPERVISED = 0, 1, 2
"""Kinds of demand line: filled by staff, by volunteers who count for H6, by other volunteers."""

_TIERS = [Tier.OFFICER.value, Tier.AUXILIARY.value, Tier.VOLUNTEER.value]
_MAX_ROLES = 63


class Problem(NamedTuple):
    """A planning problem as arrays, in the one form that compiled kernels take whole.

    People, lines and posts are numbered; `person_of`, `line_of` lead back to the rows of the
    scenario's tables. Arcs (person, shift) → line are grouped by *row*, an available shift of a
    person, and rows by person; a person's rows are in the order in which the shifts end.

    Attributes
    ----------
    max_shifts : (P,) int32
        H4, at most the number of rows.
    is_staff : (P,) bool
    person_station : (P,) int32
    row_start : (P + 1,) int64
        Rows of person p are ``row_start[p]:row_start[p + 1]``.
    row_person : (R,) int32
    row_shift : (R,) int32
        Shift by the rank of its end.
    row_forced : (R,) bool
        A pin says that the person works this row; its one arc is the pinned line.
    arc_start : (R + 1,) int64
    arc_line, arc_cost : (N,) int32
        Line and cost (travel and dislike) of each arc.
    shift_prev : (S,) int32
        How many shifts, in order of their ends, end early enough for a rest before this one (H3).
    line_post, line_kind, line_required : (L,) int32
        Lines are grouped by post.
    place_start : (L + 1,) int64
    place_value : (places,) int64
        ``unmet * weight`` of each place, non-increasing along a line.
    post_start : (Q + 1,) int64
        Lines of post q are ``post_start[q]:post_start[q + 1]``.
    post_shift, post_station, post_beat : (Q,) int32
    steps : (K + 1,) int64
        Cumulated `extra_shift` for 0, 1, … K shifts.
    seats : int
        H6: volunteers a supervisor answers for.
    min_volunteers : int
        H7.
    """

    max_shifts: NDArray[np.int32]
    is_staff: NDArray[np.bool_]
    person_station: NDArray[np.int32]
    row_start: NDArray[np.int64]
    row_person: NDArray[np.int32]
    row_shift: NDArray[np.int32]
    row_forced: NDArray[np.bool_]
    arc_start: NDArray[np.int64]
    arc_line: NDArray[np.int32]
    arc_cost: NDArray[np.int32]
    shift_prev: NDArray[np.int32]
    line_post: NDArray[np.int32]
    line_kind: NDArray[np.int32]
    line_required: NDArray[np.int32]
    place_start: NDArray[np.int64]
    place_value: NDArray[np.int64]
    post_start: NDArray[np.int64]
    post_shift: NDArray[np.int32]
    post_station: NDArray[np.int32]
    post_beat: NDArray[np.int32]
    steps: NDArray[np.int64]
    seats: int
    min_volunteers: int
    person_of: NDArray[np.int64]
    line_of: NDArray[np.int64]

    @property
    def num_people(self) -> int:
        """Number of people who can fill some line."""
        return self.max_shifts.size

    @property
    def num_lines(self) -> int:
        """Number of demand lines with at least one place."""
        return self.line_post.size

    @property
    def num_posts(self) -> int:
        """Number of (beat, shift) with demand."""
        return self.post_shift.size

    @property
    def worst(self) -> int:
        """Objective of the empty roster, pins aside: every place unfilled."""
        return int(self.place_value.sum())


def encode(scenario: Scenario) -> Problem:
    """Turn a scenario's tables into arrays.

    Raises
    ------
    ScenarioError
        When there are more than 63 roles, or a cost leaves 32 bits.
    """
    if len(scenario.roles) > _MAX_ROLES:
        raise ScenarioError(f"Expected at most {_MAX_ROLES} roles, got {len(scenario.roles)}.")
    shifts = _Shifts.of(scenario)
    lines = _Lines.of(scenario, shifts)
    people = scenario.people
    tier = pd.Index(_TIERS).get_indexer(pd.Index(people["tier"])).astype(np.int32)
    stations = pd.Index(pd.unique(scenario.beats["station_id"]))
    limit = people["travel_limit_m"].to_numpy(np.float64)
    rules, costs = scenario.rules, scenario.costs
    person_station = stations.get_indexer(pd.Index(people["station_id"])).astype(np.int32)
    beat_station = stations.get_indexer(pd.Index(scenario.beats["station_id"])).astype(np.int32)
    candidates = build_candidates(
        tier=tier,
        person_station=person_station,
        person_lat=people["lat"].to_numpy(np.float64),
        person_lng=people["lng"].to_numpy(np.float64),
        limit_m=np.where(np.isnan(limit), rules.volunteer_travel_limit_m, limit),
        insured_day=_days(people["insured_until"]),
        role_mask=_role_masks(scenario, tier),
        max_shifts=people["max_shifts"].to_numpy(np.int64),
        availability=_availability(scenario, shifts),
        pins=_pins(scenario, shifts, lines),
        beat_lat=scenario.beats["lat"].to_numpy(np.float64),
        beat_lng=scenario.beats["lng"].to_numpy(np.float64),
        beat_station=beat_station,
        shift_end_day=shifts.end_day,
        shift_prev=shifts.prev,
        line_post=lines.post,
        line_role=lines.role,
        post_beat=lines.post_beat,
        post_shift=lines.post_shift,
        travel_factor=rules.travel_factor,
        travel_per_100m=costs.travel_per_100m,
    )
    kept = candidates.person_of
    longest = int(candidates.max_shifts.max(initial=0))
    step = np.array(
        [costs.extra_shift[min(n, len(costs.extra_shift) - 1)] for n in range(longest)], np.int64
    )
    return Problem(
        max_shifts=candidates.max_shifts,
        is_staff=tier[kept] != _TIERS.index(Tier.VOLUNTEER.value),
        person_station=person_station[kept],
        row_start=candidates.row_start,
        row_person=np.repeat(np.arange(kept.size, dtype=np.int32), np.diff(candidates.row_start)),
        row_shift=candidates.row_shift,
        row_forced=candidates.row_forced,
        arc_start=candidates.arc_start,
        arc_line=candidates.arc_line,
        arc_cost=candidates.arc_cost,
        shift_prev=shifts.prev,
        line_post=lines.post,
        line_kind=lines.kind,
        line_required=lines.required,
        place_start=lines.place_start,
        place_value=lines.place_weight * costs.unmet,
        post_start=lines.post_start,
        post_shift=lines.post_shift,
        post_station=beat_station[lines.post_beat],
        post_beat=lines.post_beat,
        steps=np.concatenate(([0], np.cumsum(step))).astype(np.int64),
        seats=rules.volunteers_per_supervisor,
        min_volunteers=rules.min_volunteers_per_post,
        person_of=kept,
        line_of=lines.line_of,
    )


@dataclass(frozen=True, slots=True)
class _Shifts:
    """Shifts in order of their ends."""

    rank: NDArray[np.int32]  # row of the table -> rank
    prev: NDArray[np.int32]
    end_day: NDArray[np.int64]

    @classmethod
    def of(cls, scenario: Scenario) -> _Shifts:
        starts = scenario.shifts["starts_at"].dt.as_unit("us").astype(np.int64).to_numpy()
        ends = scenario.shifts["ends_at"].dt.as_unit("us").astype(np.int64).to_numpy()
        order = np.lexsort((starts, ends))
        rank = np.empty(order.size, np.int32)
        rank[order] = np.arange(order.size, dtype=np.int32)
        rest_us = round(scenario.rules.min_rest_hours * 3_600_000_000)
        prev = np.searchsorted(ends[order] + rest_us, starts[order], side="right")
        local = scenario.shifts["ends_at"].dt.tz_convert(scenario.timezone).dt.tz_localize(None)
        return cls(rank, prev.astype(np.int32), _days(local)[order])


@dataclass(frozen=True, slots=True)
class _Lines:
    """Demand lines with at least one place, grouped by post (in order of shift, then beat)."""

    post: NDArray[np.int32]
    kind: NDArray[np.int32]
    role: NDArray[np.int32]
    required: NDArray[np.int32]
    place_start: NDArray[np.int64]
    place_weight: NDArray[np.int64]
    post_start: NDArray[np.int64]
    post_shift: NDArray[np.int32]
    post_beat: NDArray[np.int32]
    line_of: NDArray[np.int64]

    @classmethod
    def of(cls, scenario: Scenario, shifts: _Shifts) -> _Lines:
        demand = scenario.demand
        beat = pd.Index(scenario.beats["beat_id"]).get_indexer(demand["beat_id"])
        shift = shifts.rank[pd.Index(scenario.shifts["shift_id"]).get_indexer(demand["shift_id"])]
        role = pd.Index(scenario.roles["role"]).get_indexer(demand["role"]).astype(np.int32)
        required = demand["required"].to_numpy(np.int64)
        staffed = scenario.roles["tier"].to_numpy() != Tier.VOLUNTEER.value
        supervised = scenario.roles["supervised"].to_numpy(bool)
        kind = np.where(staffed, STAFF, np.where(supervised, SUPERVISED, UNSUPERVISED))
        order = np.lexsort((role, beat, shift))
        order = order[required[order] > 0]
        key = shift[order].astype(np.int64) * len(scenario.beats) + beat[order]
        posts, first = np.unique(key, return_index=True)
        weights = demand["weight"].to_numpy()
        flat = [weight for line in order for weight in weights[line]]
        return cls(
            post=np.searchsorted(posts, key).astype(np.int32),
            kind=kind[role[order]].astype(np.int32),
            role=role[order],
            required=required[order].astype(np.int32),
            place_start=np.concatenate(([0], np.cumsum(required[order]))).astype(np.int64),
            place_weight=np.array(flat, np.int64),
            post_start=np.concatenate((first, [order.size])).astype(np.int64),
            post_shift=shift[order][first].astype(np.int32),
            post_beat=beat[order][first].astype(np.int32),
            line_of=order.astype(np.int64),
        )


def _days(dates: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    """Days since 1970 of naive dates; NaT becomes the earliest number."""
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)


def _role_masks(scenario: Scenario, tier: NDArray[np.int32]) -> NDArray[np.int64]:
    """Bit r is set where H2 and H8's second half let the person fill role r."""
    people = scenario.people
    profession, professions = pd.factorize(people["profession"])
    sets, distinct = pd.factorize(people["qualifications"])
    mask = np.zeros(len(people), np.int64)
    columns = ("tier", "hazardous", "professions", "qualifications")
    rows = zip(*(scenario.roles[column] for column in columns), strict=True)
    for bit, (role_tier, hazardous, accepted, certificates) in enumerate(rows):
        if role_tier == Tier.VOLUNTEER.value and hazardous:
            continue
        fits = np.asarray(tier == _TIERS.index(role_tier))
        if accepted or certificates:
            wanted = set(certificates)
            by_profession = np.isin(np.asarray(professions, object), list(accepted))
            by_qualification = np.array([not wanted.isdisjoint(q) for q in distinct], bool)
            fits = fits & (by_profession[profession] | by_qualification[sets])
        mask |= fits.astype(np.int64) << bit
    return mask


def _availability(scenario: Scenario, shifts: _Shifts) -> NDArray[np.int64]:
    """(rows, 3): person, shift rank, dislike; sorted by person and shift."""
    table = scenario.availability
    person = pd.Index(scenario.people["person_id"]).get_indexer(table["person_id"])
    shift = pd.Index(scenario.shifts["shift_id"]).get_indexer(table["shift_id"])
    rank = shifts.rank[shift].astype(np.int64)
    order = np.lexsort((rank, person))
    dislike = table["dislike"].to_numpy(np.int64)
    return np.stack((person[order].astype(np.int64), rank[order], dislike[order]), axis=1)


def _pins(scenario: Scenario, shifts: _Shifts, lines: _Lines) -> NDArray[np.int64]:
    """(pins, 4): person, shift rank, line (-1: no such line), 1 for fixed or 0 for forbidden."""
    pins = scenario.pins
    if pins.empty:
        return np.zeros((0, 4), np.int64)
    keys = ["beat_id", "shift_id", "role"]
    demand = pd.MultiIndex.from_frame(scenario.demand.iloc[lines.line_of][keys])
    shift = pd.Index(scenario.shifts["shift_id"]).get_indexer(pins["shift_id"])
    return np.stack(
        (
            pd.Index(scenario.people["person_id"]).get_indexer(pins["person_id"]),
            shifts.rank[shift],
            demand.get_indexer(pd.MultiIndex.from_frame(pins[keys])),
            (pins["kind"] == "fixed").to_numpy(np.int64),
        ),
        axis=1,
    ).astype(np.int64)
