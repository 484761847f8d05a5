"""Compiled loops of nearest search: points into bins, and rings of bins until the proof holds.

A thing (a person or a task) is a row of ``state`` (uint64), of ``words`` (uint64: roles, needs),
of ``place`` (float64: unit vector x, y, z, and its own limit in great-circle metres) and of
``tags`` (int64: rank, number). A row whose thing has left has the bit `GONE`. Rows lie in the order
of their bins, so the bins from one column to another of a row are one slice, and an empty slice
costs one subtraction. Most rows fail by their state: it lies apart, eight bytes a row, and one
comparison (``state & care == want``) settles all rules of the kinds `ALL` and `NONE`.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from grid.travel import EARTH_RADIUS_M

ANY, ALL, NONE, WITHIN = range(4)
"""How a rule's mask is compared with a word: shares a bit, has all bits, has none of them, or has
no bit beyond the mask."""

GONE = 1 << 15
"""Bit of a state: whatever stood here has left."""

CARE, WANT, ROLES, FIRST, SECOND, NEEDS = range(6)
"""Masks of a search: bits of state to compare, and with what; roles, and twice bits of state, of
which one must be there (0: no matter); bits that needs may have."""

_SLACK = 1 + 1e-9
_SLACK_M = 1e-3
_FIRST_RING = 0.75
_NEXT_RING = 1.8
_MIN_COSINE = 0.05


@nb.njit(cache=True, nogil=True)
def sort_into_bins(to_bin, rows, cols, place):  # type: ignore[no-untyped-def]
    """Sort points by bin; the last bin holds what lies beyond all others.

    Returns ``start`` (int32, bins + 2) and ``order`` (int32, one entry a point).
    """
    n = place.shape[0]
    bins = np.empty(n, np.int32)
    start = np.zeros(rows * cols + 2, np.int32)
    for p in range(n):
        x, y, z = place[p, 0], place[p, 1], place[p, 2]
        w = to_bin[2, 0] * x + to_bin[2, 1] * y + to_bin[2, 2] * z
        found = rows * cols
        if w > _MIN_COSINE:
            row = (to_bin[0, 0] * x + to_bin[0, 1] * y + to_bin[0, 2] * z) / w + 0.5
            col = (to_bin[1, 0] * x + to_bin[1, 1] * y + to_bin[1, 2] * z) / w + 0.5
            if 0 <= row < rows and 0 <= col < cols:
                found = int(row) * cols + int(col)
        bins[p] = found
        start[found + 1] += 1
    for b in range(rows * cols + 1):
        start[b + 1] += start[b]
    order = np.empty(n, np.int32)
    at = start[:-1].copy()
    for p in range(n):
        order[at[bins[p]]] = p
        at[bins[p]] += 1
    return start, order


@nb.njit(cache=True, nogil=True, inline="always")
def failed_rule(state, words, s, rules):  # type: ignore[no-untyped-def]
    """Return the first rule that a thing fails, or -1. Words: 0 roles, 1 state, 2 needs."""
    for r in range(rules.shape[0]):
        at = rules[r, 0]
        word = state[s] if at == 1 else (words[s, 0] if at == 0 else words[s, 1])
        kind, mask = rules[r, 1], rules[r, 2]
        if kind == ANY:
            if word & mask == 0:
                return r
        elif kind == ALL:
            if word & mask != mask:
                return r
        elif kind == NONE:
            if word & mask != 0:
                return r
        elif word & ~mask != 0:
            return r
    return -1


@nb.njit(cache=True, nogil=True, inline="always")
def unit_vector(lat, lng):  # type: ignore[no-untyped-def]
    """Return one point as `grid.travel.unit_vectors` has it."""
    phi, theta = np.radians(lat), np.radians(lng)
    return np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)


@nb.njit(cache=True, nogil=True, inline="always")
def metres(place, s, spot):  # type: ignore[no-untyped-def]
    """Great-circle metres by the chord between unit vectors."""
    dx, dy, dz = place[s, 0] - spot[0], place[s, 1] - spot[1], place[s, 2] - spot[2]
    half = 0.5 * np.sqrt(dx * dx + dy * dy + dz * dz)
    return 2 * EARTH_RADIUS_M * np.arcsin(min(1.0, half))


@nb.njit(cache=True, nogil=True, inline="always")
def _holds(numbers, wanted):  # type: ignore[no-untyped-def]
    for i in range(numbers.size):  # noqa: SIM110 - compiled, `any` is slower
        if numbers[i] == wanted:
            return True
    return False


@nb.njit(cache=True, nogil=True, inline="always")
def chord_square(distance_m):  # type: ignore[no-untyped-def]
    """Squared chord of a great-circle distance, a hair more than exact."""
    angle = (distance_m * _SLACK + _SLACK_M) / EARTH_RADIUS_M
    if angle >= np.pi:
        return 5.0
    side = 2 * np.sin(angle / 2)
    return side * side


@nb.njit(cache=True, nogil=True, inline="always")
def farthest_useful(keys, count, reach_m, minutes_per_m, step):  # type: ignore[no-untyped-def]
    """Metres beyond which nothing can enter the list any more."""
    if count < keys.shape[0]:
        return reach_m
    last = keys[count - 1, 0]
    return min(reach_m, (last * step if step > 0 else last) / minutes_per_m)


@nb.njit(cache=True, nogil=True)
def _scan(  # type: ignore[no-untyped-def]
    lo, hi, state, words, place, tags, spot, masks, excluded, reach_m, minutes_per_m, step,
    prefers, keys, who, list_state,
):  # fmt: skip
    """Look at one slice. ``list_state``: how many are listed, squared chord still useful."""
    care, want, roles = masks[CARE], masks[WANT], masks[ROLES]
    one, two, needs = masks[FIRST], masks[SECOND], masks[NEEDS]
    k, count, useful = who.size, int(list_state[0]), list_state[1]
    for s in range(lo, hi):
        bits = state[s]
        if bits & care != want:
            continue
        if (one != 0 and bits & one == 0) or (two != 0 and bits & two == 0):
            continue
        if (roles != 0 and words[s, 0] & roles == 0) or words[s, 1] & ~needs != 0:
            continue
        dx, dy, dz = place[s, 0] - spot[0], place[s, 1] - spot[1], place[s, 2] - spot[2]
        square = dx * dx + dy * dy + dz * dz
        if square > useful:
            continue
        distance = 2 * EARTH_RADIUS_M * np.arcsin(min(1.0, 0.5 * np.sqrt(square)))
        if distance > place[s, 3] or distance > reach_m:
            continue
        number = tags[s, 1]
        if _holds(excluded, number):
            continue
        minutes = distance * minutes_per_m
        first = np.ceil(minutes / step) if step > 0 else minutes
        second = -2.0 * tags[s, 0]
        if words[s, 0] & prefers != 0:
            second -= 1.0
        at = count
        while at > 0 and (
            first < keys[at - 1, 0]
            or (
                first == keys[at - 1, 0]
                and (
                    second < keys[at - 1, 1]
                    or (
                        second == keys[at - 1, 1]
                        and (
                            minutes < keys[at - 1, 2]
                            or (minutes == keys[at - 1, 2] and number < who[at - 1])
                        )
                    )
                )
            )
        ):
            at -= 1
        if at == k:
            continue
        if count < k:
            count += 1
        for i in range(count - 1, at, -1):
            keys[i, 0], keys[i, 1], keys[i, 2] = keys[i - 1, 0], keys[i - 1, 1], keys[i - 1, 2]
            keys[i, 3], who[i] = keys[i - 1, 3], who[i - 1]
        keys[at, 0], keys[at, 1], keys[at, 2], keys[at, 3] = first, second, minutes, distance
        who[at] = number
        if count == k:
            useful = chord_square(farthest_useful(keys, count, reach_m, minutes_per_m, step))
    list_state[0], list_state[1] = count, useful


@nb.njit(cache=True, nogil=True, inline="always")
def columns_within(form, rho_square, row, spot_row, spot_col, cols):  # type: ignore[no-untyped-def]
    """First and last column of a row of bins that the circle can touch; (1, 0) where none."""
    low, high = row - 0.5 - spot_row, row + 0.5 - spot_row
    nearest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    inside = rho_square * form[2] - nearest * nearest * (form[0] * form[2] - form[1] * form[1])
    if inside < 0:
        return 1, 0
    half = np.sqrt(inside) / form[2]
    tilt = -form[1] / form[2]
    left = min(tilt * low, tilt * high) - half + spot_col + 0.5
    right = max(tilt * low, tilt * high) + half + spot_col + 0.5
    if right < 0 or left >= cols:
        return 1, 0
    return int(max(left, 0.0)), int(min(right, cols - 1.0))


@nb.njit(cache=True, nogil=True)
def search_bins(  # type: ignore[no-untyped-def]
    state, words, place, tags, start, plane, rows, cols, lat, lng, masks, excluded, reach_m,
    minutes_per_m, step, prefers, keys, who, count,
):  # fmt: skip
    """Add to a sorted list what of one set of bins belongs to the first ``who.size``.

    Parameters
    ----------
    state, words, place, tags, start
        Rows by bin, see above.
    plane : (13,) float64
        ``to_bin`` row by row, ``form``, ``stretch``.
    lat, lng : float
        Degrees from which is searched.
    masks : (6,) uint64
        What must hold, see `CARE`.
    excluded : (E,) int64
        Numbers that are left out.
    reach_m : float
        Great-circle metres within which is searched.
    minutes_per_m, step : float
        Pace; length of the steps, in minutes, into which times are rounded up before rank decides
        (0: not at all).
    prefers : uint64
        A role that comes first among equals.
    keys, who : (k, 4) float64, (k,) int64
        The list: rounded time, negative rank, minutes, metres; number. Filled up to ``count``.

    Returns
    -------
    int, int
        How many are listed, and how many rows were looked at.
    """
    spot = unit_vector(lat, lng)
    list_state = np.empty(2)
    list_state[0] = count
    list_state[1] = chord_square(farthest_useful(keys, count, reach_m, minutes_per_m, step))
    bins = rows * cols
    looked = 0

    spot_w = plane[6] * spot[0] + plane[7] * spot[1] + plane[8] * spot[2]
    if spot_w <= _MIN_COSINE:  # the other side of the globe: no bound holds
        _scan(
            0, start[bins + 1], state, words, place, tags, spot, masks, excluded, reach_m,
            minutes_per_m, step, prefers, keys, who, list_state,
        )  # fmt: skip
        return int(list_state[0]), int(start[bins + 1])
    if start[bins] < start[bins + 1]:
        _scan(
            start[bins], start[bins + 1], state, words, place, tags, spot, masks, excluded,
            reach_m, minutes_per_m, step, prefers, keys, who, list_state,
        )  # fmt: skip
        looked += start[bins + 1] - start[bins]
    spot_row = (plane[0] * spot[0] + plane[1] * spot[1] + plane[2] * spot[2]) / spot_w
    spot_col = (plane[3] * spot[0] + plane[4] * spot[1] + plane[5] * spot[2]) / spot_w
    form = plane[9:12]
    stretch = max(plane[12], 1 / (spot_w * spot_w))

    # Circles on the plane, in earth radii: the one that holds all bins, and those in between.
    whole = 0.0
    for i in range(4):
        dr = (-1.0 if i < 2 else rows + 0.0) - spot_row
        dc = (-1.0 if i % 2 == 0 else cols + 0.0) - spot_col
        whole = max(whole, form[0] * dr * dr + 2 * form[1] * dr * dc + form[2] * dc * dc)
    whole = np.sqrt(whole)
    per_m = stretch / EARTH_RADIUS_M
    side = (form[0] * form[2] - form[1] * form[1]) ** 0.25
    done, rho = -1.0, _FIRST_RING * side
    while True:
        limit = per_m * (
            farthest_useful(keys, int(list_state[0]), reach_m, minutes_per_m, step) * _SLACK
            + _SLACK_M
        )
        if limit <= done:
            break
        rho = min(rho, limit, whole)
        lowest, highest = _rows_within(form, rho, spot_row, rows)
        for row in range(lowest, highest + 1):
            left, right = columns_within(form, rho * rho, row, spot_row, spot_col, cols)
            if left > right:
                continue
            base = row * cols
            old_left, old_right = 1, 0
            if done >= 0:
                old_left, old_right = columns_within(
                    form, done * done, row, spot_row, spot_col, cols
                )
            if old_left > old_right:
                lo, hi = start[base + left], start[base + right + 1]
                if lo < hi:
                    looked += hi - lo
                    _scan(
                        lo, hi, state, words, place, tags, spot, masks, excluded, reach_m,
                        minutes_per_m, step, prefers, keys, who, list_state,
                    )  # fmt: skip
            else:
                lo, hi = start[base + left], start[base + old_left]
                if lo < hi:
                    looked += hi - lo
                    _scan(
                        lo, hi, state, words, place, tags, spot, masks, excluded, reach_m,
                        minutes_per_m, step, prefers, keys, who, list_state,
                    )  # fmt: skip
                lo, hi = start[base + old_right + 1], start[base + right + 1]
                if lo < hi:
                    looked += hi - lo
                    _scan(
                        lo, hi, state, words, place, tags, spot, masks, excluded, reach_m,
                        minutes_per_m, step, prefers, keys, who, list_state,
                    )  # fmt: skip
        done = rho
        if rho >= whole:
            break
        found = list_state[0]
        growth = _NEXT_RING
        if found > 0:
            growth = min(_NEXT_RING, max(1.25, np.sqrt(1.2 * who.size / found)))
        rho *= growth
    return int(list_state[0]), looked


@nb.njit(cache=True, nogil=True, inline="always")
def _rows_within(form, rho, spot_row, rows):  # type: ignore[no-untyped-def]
    """First and last row of bins that the circle can touch."""
    half = rho * np.sqrt(form[2] / (form[0] * form[2] - form[1] * form[1]))
    low = max(spot_row - half + 0.5, 0.0)
    high = min(spot_row + half + 0.5, rows - 1.0)
    if high < 0 or low >= rows:
        return 1, 0
    return int(low), int(high)


@nb.njit(cache=True, nogil=True)
def count_refused(  # type: ignore[no-untyped-def]
    state, words, place, tags, start, plane, rows, cols, lat, lng, rules, excluded, reach_m,
    minutes_per_m, counts, minutes, distances, who,
):  # fmt: skip
    """Count who within `reach_m` fails which rule first, and keep the nearest of each.

    The rule after the last of ``rules`` is the thing's own limit, the one after that stands for
    nothing failed. ``minutes, distances, who`` are (rules + 2, examples), filled with infinity and
    -1; ``excluded`` are passed over.
    """
    bins = rows * cols
    spot = unit_vector(lat, lng)
    spot_w = plane[6] * spot[0] + plane[7] * spot[1] + plane[8] * spot[2]
    lowest, highest, rho_square = 0, -1, 0.0
    spot_row, spot_col = 0.0, 0.0
    form = plane[9:12]
    everything = spot_w <= _MIN_COSINE
    if not everything:
        spot_row = (plane[0] * spot[0] + plane[1] * spot[1] + plane[2] * spot[2]) / spot_w
        spot_col = (plane[3] * spot[0] + plane[4] * spot[1] + plane[5] * spot[2]) / spot_w
        stretch = max(plane[12], 1 / (spot_w * spot_w))
        rho = stretch / EARTH_RADIUS_M * (reach_m * _SLACK + _SLACK_M)
        lowest, highest = _rows_within(form, min(rho, 100.0), spot_row, rows)
        rho_square = min(rho, 100.0) ** 2
    for row in range(lowest - 1, highest + 1):
        lo, hi = start[bins], start[bins + 1]  # first what lies beyond all bins
        if everything:
            lo = 0
        if row >= lowest:
            left, right = columns_within(form, rho_square, row, spot_row, spot_col, cols)
            if left > right:
                continue
            lo, hi = start[row * cols + left], start[row * cols + right + 1]
        for s in range(lo, hi):
            if state[s] & np.uint64(GONE) != 0:
                continue
            number = tags[s, 1]
            distance = metres(place, s, spot)
            if distance > reach_m or _holds(excluded, number):
                continue
            rule = failed_rule(state, words, s, rules)
            if rule < 0:
                rule = rules.shape[0] if distance > place[s, 3] else rules.shape[0] + 1
            counts[rule] += 1
            time = distance * minutes_per_m
            at = who.shape[1]
            while at > 0 and (
                time < minutes[rule, at - 1]
                or (time == minutes[rule, at - 1] and number < who[rule, at - 1])
            ):
                at -= 1
            if at == who.shape[1]:
                continue
            for i in range(who.shape[1] - 1, at, -1):
                minutes[rule, i], distances[rule, i] = minutes[rule, i - 1], distances[rule, i - 1]
                who[rule, i] = who[rule, i - 1]
            minutes[rule, at], distances[rule, at], who[rule, at] = time, distance, number
