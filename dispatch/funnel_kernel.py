"""Compiled loops of `dispatch.funnel`: pairs within reach, and who remains after each rule."""

from __future__ import annotations

import numba as nb
import numpy as np

from grid.travel import EARTH_RADIUS_M

AVAILABLE, ONE_MORE_SHIFT, INSURED, REACH, TRAINED = range(5)
NUM_FIXES = 5
"""What can be changed about a person who fails one rule only."""

FAILS_AVAILABLE, FAILS_LIMIT, FAILS_INSURED, FAILS_REACH, FAILS_QUALIFIED = 1, 2, 4, 8, 16
FAILS_REST, OF_ANOTHER_TIER, NEVER = 32, 64, 128
NOT_TO_BE_FIXED = FAILS_REST | OF_ANOTHER_TIER | NEVER
"""Bits of a byte; the first five are in the order of what can be changed."""

_TIE_BREAK_PER_M = 1e-6


@nb.njit(cache=True, nogil=True)
def pairs_by_beat(  # type: ignore[no-untyped-def]
    is_volunteer, station, lat, lng, within_m, beat_station, beat_lat, beat_lng, factor
):
    """List the people who could come to each beat, with their distance in metres.

    Volunteers within `within_m`, staff of the beat's station. A pair is screened by the chord
    between unit vectors, which costs three multiplications, before its haversine is computed.
    """
    people, beats = lat.size, beat_lat.size
    phi, lam = np.radians(lat), np.radians(lng)
    x, y, z = np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)
    least = np.full(people, -2.0)
    if factor > 0:
        least = np.cos(np.minimum(within_m / factor / EARTH_RADIUS_M, np.pi)) - 1e-9
    start = np.zeros(beats + 1, np.int64)
    person = np.empty(max(1024, people), np.int32)
    metres = np.empty(person.size)
    total = 0
    for b in range(beats):
        phi_b, lam_b = np.radians(beat_lat[b]), np.radians(beat_lng[b])
        bx, by, bz = np.cos(phi_b) * np.cos(lam_b), np.cos(phi_b) * np.sin(lam_b), np.sin(phi_b)
        for p in range(people):
            if is_volunteer[p]:
                if x[p] * bx + y[p] * by + z[p] * bz < least[p]:
                    continue
            elif station[p] != beat_station[b]:
                continue
            h = (
                np.sin((phi_b - phi[p]) / 2) ** 2
                + np.cos(phi[p]) * np.cos(phi_b) * np.sin((lam_b - lam[p]) / 2) ** 2
            )
            distance = 2 * EARTH_RADIUS_M * np.arcsin(min(1.0, np.sqrt(h))) * factor
            if is_volunteer[p] and distance > within_m[p]:
                continue
            if total == person.size:
                person = np.concatenate((person, np.empty(total, np.int32)))
                metres = np.concatenate((metres, np.empty(total)))
            person[total], metres[total] = p, distance
            total += 1
        start[b + 1] = total
    return start, person[:total].copy(), metres[:total].copy()


@nb.njit(cache=True, nogil=True)
def funnels(  # type: ignore[no-untyped-def]
    line_id, line_beat, line_shift, line_role,
    pair_start, pair_person, pair_m, pair_fails,
    role_fails, shift_fails, trainable, next_cost, dislike,
    forbidden, num_lines, travel_per_100m, keep,
):  # fmt: skip
    """Count who remains after each rule, and find the cheapest people free or one step from it.

    Which rules fail is a byte of `FAILS_…` bits: by pair (reach), by role and person (tier,
    qualification), by shift and person (insurance, availability, rest, limit).

    Returns
    -------
    counts : (Q, 5) int64
        In reach, qualified, insured, available, free.
    free, free_cost : (Q, keep)
        The cheapest people free for the line, -1 past their number, and what each would cost.
    fix, fix_m : (Q, NUM_FIXES)
        The cheapest person who fails that rule alone, -1 for nobody, and the distance in metres.
    """
    queries = line_id.size
    counts = np.zeros((queries, 5), np.int64)
    free = np.full((queries, keep), -1, np.int64)
    free_cost = np.full((queries, keep), np.inf)
    fix = np.full((queries, NUM_FIXES), -1, np.int64)
    fix_cost = np.full((queries, NUM_FIXES), np.inf)
    fix_m = np.zeros((queries, NUM_FIXES))
    in_order = np.array(
        [FAILS_REACH, FAILS_QUALIFIED, FAILS_INSURED, FAILS_AVAILABLE, FAILS_REST | FAILS_LIMIT]
    )
    tally = np.zeros(256, np.int64)
    for q in range(queries):
        shift, role, beat = line_shift[q], line_role[q], line_beat[q]
        by_role, by_shift = role_fails[role], shift_fails[shift]
        tally[:] = 0
        for k in range(pair_start[beat], pair_start[beat + 1]):
            p = pair_person[k]
            fails = np.int64(pair_fails[k] | by_role[p] | by_shift[p])
            if forbidden.size and not fails & FAILS_REST:
                key = p * num_lines + line_id[q]
                at = np.searchsorted(forbidden, key)
                if at < forbidden.size and forbidden[at] == key:
                    fails |= FAILS_REST
            tally[fails] += 1
            if fails & (fails - 1) or fails & NOT_TO_BE_FIXED:
                continue
            cost = (
                np.floor(pair_m[k] / 100 + 0.5) * travel_per_100m
                + next_cost[p]
                + max(0, dislike[shift, p])
            )
            rank = cost + pair_m[k] * _TIE_BREAK_PER_M
            if not fails:
                n = keep - 1
                if rank >= free_cost[q, n]:
                    continue
                while n > 0 and free_cost[q, n - 1] > rank:
                    free[q, n], free_cost[q, n] = free[q, n - 1], free_cost[q, n - 1]
                    n -= 1
                free[q, n], free_cost[q, n] = p, rank
                continue
            kind = 0
            while FAILS_AVAILABLE << kind != fails:
                kind += 1
            if (kind != TRAINED or trainable[role]) and rank < fix_cost[q, kind]:
                fix[q, kind], fix_cost[q, kind], fix_m[q, kind] = p, rank, pair_m[k]
        for byte in range(256):
            if tally[byte] and not byte & OF_ANOTHER_TIER:
                for step in range(5):
                    if byte & in_order[step]:
                        break
                    counts[q, step] += tally[byte]
    return counts, free, np.floor(free_cost), fix, fix_m
