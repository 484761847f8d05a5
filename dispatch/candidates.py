"""Who may fill which demand line: H1, H2, H5, H8 and pins, for a whole city in bulk.

The result is implicit in nothing: every (available shift of a person, line) that the rules of a
single assignment allow is one arc with its cost, in compressed rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba as nb
import numpy as np

from grid.errors import ScenarioError
from grid.travel import EARTH_RADIUS_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

_VOLUNTEER = 2
_INT32_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Candidates:
    """Arcs grouped by row (an available shift of a person) and rows by person; see `Problem`."""

    person_of: NDArray[np.int64]
    max_shifts: NDArray[np.int32]
    row_start: NDArray[np.int64]
    row_shift: NDArray[np.int32]
    row_forced: NDArray[np.bool_]
    arc_start: NDArray[np.int64]
    arc_line: NDArray[np.int32]
    arc_cost: NDArray[np.int32]


def build_candidates(
    *,
    tier: NDArray[np.int32],
    person_station: NDArray[np.int32],
    person_lat: NDArray[np.float64],
    person_lng: NDArray[np.float64],
    limit_m: NDArray[np.float64],
    insured_day: NDArray[np.int64],
    role_mask: NDArray[np.int64],
    max_shifts: NDArray[np.int64],
    availability: NDArray[np.int64],
    pins: NDArray[np.int64],
    beat_lat: NDArray[np.float64],
    beat_lng: NDArray[np.float64],
    beat_station: NDArray[np.int32],
    shift_end_day: NDArray[np.int64],
    shift_prev: NDArray[np.int32],
    line_post: NDArray[np.int32],
    line_role: NDArray[np.int32],
    post_beat: NDArray[np.int32],
    post_shift: NDArray[np.int32],
    travel_factor: float,
    travel_per_100m: int,
) -> Candidates:
    """Build every arc that the rules of a single assignment allow.

    Parameters are columns of the scenario (see `dispatch.problem`); distances in metres, latitudes
    and longitudes in degrees, days since 1970. Rows without an arc are left out, and people
    without a row.

    Raises
    ------
    ScenarioError
        When the cost of one arc leaves 32 bits.
    """
    num_beats, num_shifts = beat_lat.size, shift_prev.size
    pair_start, pair_beat, pair_m = _reach(
        tier,
        person_station,
        person_lat,
        person_lng,
        limit_m,
        beat_lat,
        beat_lng,
        beat_station,
        travel_factor,
    )
    post_at = np.full((num_beats, num_shifts), -1, np.int32)
    post_at[post_beat, post_shift] = np.arange(post_beat.size, dtype=np.int32)
    post_start = np.searchsorted(line_post, np.arange(post_beat.size + 1)).astype(np.int64)
    usable = availability[:, 0] >= 0
    usable &= max_shifts[availability[:, 0]] > 0
    volunteer = tier[availability[:, 0]] == _VOLUNTEER
    usable &= ~volunteer | (insured_day[availability[:, 0]] >= shift_end_day[availability[:, 1]])
    rows, forced_line = _apply_pins(availability[usable], pins, shift_prev, num_shifts)
    forbidden = pins[pins[:, 3] == 0]
    banned = np.sort(forbidden[:, 0] * line_post.size + forbidden[:, 2])
    counts = np.zeros(rows.shape[0], np.int64)
    empty = np.zeros(0, np.int64)
    fixed_args = (
        rows, forced_line, role_mask, pair_start, pair_beat, pair_m, post_at, post_start,
        line_role, banned, line_post.size, travel_per_100m,
    )  # fmt: skip
    _arcs(*fixed_args, counts, empty, empty.astype(np.int32), empty)
    arc_start = np.concatenate(([0], np.cumsum(counts)))
    arc_line = np.empty(arc_start[-1], np.int32)
    arc_cost = np.empty(arc_start[-1], np.int64)
    _arcs(*fixed_args, counts, arc_start, arc_line, arc_cost)
    if arc_cost.size and arc_cost.max() > _INT32_MAX:
        raise ScenarioError(
            f"Expected the cost of one assignment (travel and dislike) to be at most "
            f"{_INT32_MAX}, got {arc_cost.max()}."
        )
    if (counts[forced_line >= 0] == 0).any():
        raise ScenarioError("Expected every fixed pin to keep H1-H5, H8 and to name a demand line.")
    keep = counts > 0
    person_of, row_count = np.unique(rows[keep, 0], return_counts=True)
    return Candidates(
        person_of=person_of,
        max_shifts=np.minimum(max_shifts[person_of], row_count).astype(np.int32),
        row_start=np.concatenate(([0], np.cumsum(row_count))).astype(np.int64),
        row_shift=rows[keep, 1].astype(np.int32),
        row_forced=forced_line[keep] >= 0,
        arc_start=np.concatenate(([0], np.cumsum(counts[keep]))).astype(np.int64),
        arc_line=arc_line,
        arc_cost=arc_cost.astype(np.int32),
    )


def _apply_pins(
    rows: NDArray[np.int64],
    pins: NDArray[np.int64],
    shift_prev: NDArray[np.int32],
    num_shifts: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Mark the rows that a fixed pin claims and drop those that clash with one (H3)."""
    forced = np.full(rows.shape[0], -1, np.int64)
    fixed = pins[pins[:, 3] == 1]
    if not fixed.size:
        return rows, forced
    key = rows[:, 0] * num_shifts + rows[:, 1]
    wanted = fixed[:, 0] * num_shifts + fixed[:, 1]
    at = np.searchsorted(key, wanted)
    found = (at < key.size) & (key[np.minimum(at, key.size - 1)] == wanted)
    if not found.all():
        raise ScenarioError("Expected a fixed pin to name a shift for which the person can come.")
    forced[at] = fixed[:, 2]
    keep = np.ones(rows.shape[0], bool)
    for person, shift in fixed[:, :2]:  # pins are few
        begin, end = np.searchsorted(rows[:, 0], (person, person + 1))
        other = rows[begin:end, 1]
        clash = (other >= shift_prev[shift]) & (shift_prev[other] <= shift)
        keep[begin:end] &= ~clash | (forced[begin:end] >= 0)
    return rows[keep], forced[keep]


@nb.njit(cache=True, nogil=True)
def _reach(
    tier, person_station, person_lat, person_lng, limit_m, beat_lat, beat_lng, beat_station, factor
):
    """Pairs person → beat that H5 allows, with their distance in metres, grouped by person.

    Every pair is screened by the chord between unit vectors, which costs three multiplications;
    the haversine is computed only where the chord says that the pair may be within reach.
    """
    people, beats = person_lat.size, beat_lat.size
    vector = np.empty((beats, 3))
    for b in range(beats):
        lat, lng = np.radians(beat_lat[b]), np.radians(beat_lng[b])
        vector[b, 0] = np.cos(lat) * np.cos(lng)
        vector[b, 1] = np.cos(lat) * np.sin(lng)
        vector[b, 2] = np.sin(lat)
    start = np.zeros(people + 1, np.int64)
    out_beat = np.empty(max(16, 32 * people), np.int32)
    out_m = np.empty(out_beat.size)
    total = 0
    for p in range(people):
        lat, lng = np.radians(person_lat[p]), np.radians(person_lng[p])
        x, y, z = np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)
        volunteer = tier[p] == _VOLUNTEER
        angle = min(limit_m[p] / factor / EARTH_RADIUS_M if factor > 0 else np.pi, np.pi)
        least = np.cos(angle) - 1e-9
        for b in range(beats):
            if volunteer:
                dot = x * vector[b, 0] + y * vector[b, 1] + z * vector[b, 2]
                if dot < least:
                    continue
            elif beat_station[b] != person_station[p]:
                continue
            other = np.radians(beat_lat[b])
            h = (
                np.sin((other - lat) / 2) ** 2
                + np.cos(lat) * np.cos(other) * np.sin((np.radians(beat_lng[b]) - lng) / 2) ** 2
            )
            metres = 2 * EARTH_RADIUS_M * np.arcsin(min(1.0, np.sqrt(h))) * factor
            if volunteer and metres > limit_m[p]:
                continue
            if total == out_beat.size:
                out_beat = np.concatenate((out_beat, np.empty(total, np.int32)))
                out_m = np.concatenate((out_m, np.empty(total)))
            out_beat[total] = b
            out_m[total] = metres
            total += 1
        start[p + 1] = total
    return start, out_beat[:total].copy(), out_m[:total].copy()


@nb.njit(cache=True, nogil=True)
def _arcs(
    rows, forced, role_mask, pair_start, pair_beat, pair_m, post_at, post_start,
    line_role, banned, num_lines, travel_per_100m, counts, arc_start, arc_line, arc_cost,
):  # fmt: skip
    """Count the arcs of each row, or write them when `arc_start` is given."""
    write = arc_start.size > 0
    for r in range(rows.shape[0]):
        person, shift, dislike = rows[r, 0], rows[r, 1], rows[r, 2]
        n = 0
        for k in range(pair_start[person], pair_start[person + 1]):
            post = post_at[pair_beat[k], shift]
            if post < 0:
                continue
            for line in range(post_start[post], post_start[post + 1]):
                if not (role_mask[person] >> line_role[line]) & 1:
                    continue
                if forced[r] >= 0 and forced[r] != line:
                    continue
                if banned.size:
                    key = person * num_lines + line
                    at = np.searchsorted(banned, key)
                    if at < banned.size and banned[at] == key:
                        continue
                if write:
                    units = np.int64(np.floor(pair_m[k] / 100.0 + 0.5))
                    arc_line[arc_start[r] + n] = line
                    arc_cost[arc_start[r] + n] = units * travel_per_100m + dislike
                n += 1
        counts[r] = n
