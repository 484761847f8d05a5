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
ON_SHIFT, FORBIDDEN = 256, 512
"""Bits; the first five are in the order of what can be changed. `ON_SHIFT` comes with `FAILS_REST`:
too little rest because the person works that very shift."""

NOT_TO_BE_FIXED = FAILS_REST | NEVER | FORBIDDEN
BUSY = FAILS_REST | FAILS_LIMIT | ON_SHIFT
"""Somebody who fails these alone could come if relieved elsewhere."""

NUM_REASONS = 4
"""Why somebody available is not free: on that shift, too little rest, at the limit, by a pin."""

CHOICES = 2
"""How many people are kept for each kind of change: the first may be needed elsewhere."""

_TIE_BREAK_PER_M = 1e-6
_BITS = 1024


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
def travel_cost(metres, travel_per_100m):  # type: ignore[no-untyped-def]
    """Cost of a distance: each 100 m, rounded half up."""
    return np.int64(np.floor(metres / 100 + 0.5)) * travel_per_100m


@nb.njit(cache=True, nogil=True)
def funnels(standing, keep, first, last):  # type: ignore[no-untyped-def]
    """Count who remains after each rule, and find the cheapest people free or one step from it.

    For the lines ``first:last``, which are the L lines of what is returned.

    Returns
    -------
    counts : (L, 5) int64
        In reach, qualified, insured, available, free.
    reasons : (L, NUM_REASONS) int64
        Of those available, why they are not free.
    free, free_cost : (L, keep)
        The cheapest people free for the line, -1 past their number, and what each would cost.
    fix, fix_cost, fix_m : (L, NUM_FIXES, CHOICES)
        The cheapest people who fail that rule alone, -1 for nobody, what each would cost, and the
        distance in metres.
    caller_start, caller_pair : (L + 1,), (n,)
        Pairs of those who could fill the line if relieved elsewhere.
    """
    all_lines = standing.line_beat.size
    lines = last - first
    counts = np.zeros((lines, 5), np.int64)
    reasons = np.zeros((lines, NUM_REASONS), np.int64)
    free = np.full((lines, keep), -1, np.int64)
    free_rank = np.full((lines, keep), np.inf)
    fix = np.full((lines, NUM_FIXES, CHOICES), -1, np.int64)
    fix_rank = np.full((lines, NUM_FIXES, CHOICES), np.inf)
    fix_m = np.zeros((lines, NUM_FIXES, CHOICES))
    caller_start = np.zeros(lines + 1, np.int64)
    caller_pair = np.empty(1024, np.int32)
    callers = 0
    in_order = np.array(
        [FAILS_REACH, FAILS_QUALIFIED, FAILS_INSURED, FAILS_AVAILABLE, BUSY | FORBIDDEN]
    )
    why = np.array([ON_SHIFT, FAILS_REST, FAILS_LIMIT, FORBIDDEN])
    tally = np.zeros(_BITS, np.int64)
    # as variables of their own: reaching into the tuple in the loop costs forty times the time
    pair_start, pair_person, pair_m = standing.pair_start, standing.pair_person, standing.pair_m
    pair_fails, forbidden, trainable = standing.pair_fails, standing.forbidden, standing.trainable
    next_cost, travel_per_100m = standing.next_cost, standing.travel_per_100m
    for line in range(lines):
        number = first + line
        shift, beat = standing.line_shift[number], standing.line_beat[number]
        by_role, by_shift = (
            standing.role_fails[standing.line_role[number]],
            standing.shift_fails[shift],
        )
        dislike = standing.dislike[shift]
        may_train = trainable[standing.line_role[number]]
        tally[:] = 0
        for k in range(pair_start[beat], pair_start[beat + 1]):
            p = pair_person[k]
            if by_role[p] & OF_ANOTHER_TIER:
                continue
            fails = np.int64(pair_fails[k]) | np.int64(by_role[p]) | np.int64(by_shift[p])
            if forbidden.size and (not fails & (fails - 1) or not fails & ~BUSY):
                key = p * all_lines + number
                at = np.searchsorted(forbidden, key)
                if at < forbidden.size and forbidden[at] == key:
                    fails |= FORBIDDEN
            tally[fails] += 1
            if fails and not fails & ~BUSY:
                if callers == caller_pair.size:
                    caller_pair = np.concatenate((caller_pair, np.empty(callers, np.int32)))
                caller_pair[callers] = k
                callers += 1
            if fails & (fails - 1) or fails & NOT_TO_BE_FIXED:
                continue
            rank = (
                travel_cost(pair_m[k], travel_per_100m)
                + next_cost[p]
                + max(0, dislike[p])
                + pair_m[k] * _TIE_BREAK_PER_M
            )
            if not fails:
                n = keep - 1
                if rank >= free_rank[line, n]:
                    continue
                while n > 0 and free_rank[line, n - 1] > rank:
                    free[line, n], free_rank[line, n] = free[line, n - 1], free_rank[line, n - 1]
                    n -= 1
                free[line, n], free_rank[line, n] = p, rank
                continue
            kind = 0
            while FAILS_AVAILABLE << kind != fails:
                kind += 1
            if kind == TRAINED and not may_train:
                continue
            n = CHOICES - 1
            if rank >= fix_rank[line, kind, n]:
                continue
            while n > 0 and fix_rank[line, kind, n - 1] > rank:
                fix[line, kind, n] = fix[line, kind, n - 1]
                fix_rank[line, kind, n] = fix_rank[line, kind, n - 1]
                fix_m[line, kind, n] = fix_m[line, kind, n - 1]
                n -= 1
            fix[line, kind, n], fix_rank[line, kind, n] = p, rank
            fix_m[line, kind, n] = pair_m[k]
        caller_start[line + 1] = callers
        for bits in range(_BITS):
            if not tally[bits]:
                continue
            for step in range(5):
                if bits & in_order[step]:
                    break
                counts[line, step] += tally[bits]
            if not bits & (FAILS_REACH | FAILS_QUALIFIED | FAILS_INSURED | FAILS_AVAILABLE):
                for reason in range(NUM_REASONS):
                    if bits & why[reason]:
                        reasons[line, reason] += tally[bits]
                        break
    return (
        counts,
        reasons,
        free,
        np.floor(free_rank),
        fix,
        np.floor(fix_rank),
        fix_m,
        caller_start,
        caller_pair[:callers].copy(),
    )
