"""Each post's best seating against given line prices: the demand half of the relaxation.

A place of a line is worth its value less the line's price. A post takes m supervisors (the best
places of its staff lines), which open ``seats * m`` places for supervised volunteers (H6);
volunteers not supervised need nobody; and it has no volunteer or at least `min_volunteers` (H7).
The best choice is exact: for each m the best places in falling order of worth, extended below zero
where H7 asks for one more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba as nb
import numpy as np

from dispatch.problem import STAFF, SUPERVISED
from dispatch.schedules import FORCED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.problem import Problem

IMPOSSIBLE = -(np.int64(1) << 62)
"""Worth of a post whose pins contradict H6 or H7."""


@nb.njit(cache=True, nogil=True)
def seat_posts(problem, first, last, price, forced, toll, demand, is_open):
    """Seat posts ``first:last`` at their best against line prices; return their total worth.

    Parameters
    ----------
    price : (L,) int64
    forced : (L,) int64
        Places of each line that pins fill in any case; taken whatever they are worth.
    toll : (Q, 2) int64
        What a post earns by having volunteers, and besides by having supervised ones.
    demand : (L,) int64
        Overwritten: how many places of each line are taken.
    is_open : (Q, 2) bool
        Overwritten: whether the post takes volunteers, and supervised ones.

    Returns
    -------
    int
        Total worth, or `IMPOSSIBLE` where the pins of a post contradict H6 or H7.
    """
    most = 1
    for q in range(first, last):
        begin, end = problem.post_start[q], problem.post_start[q + 1]
        most = max(most, problem.place_start[end] - problem.place_start[begin])
    worth = np.empty((3, most), np.int64)
    owner = np.empty((3, most), np.int64)
    count = np.empty(3, np.int64)
    least = np.empty(3, np.int64)
    total = np.int64(0)
    # as variables of their own: reaching into a tuple in the loop costs many times the time
    post_start, line_kind = problem.post_start, problem.line_kind
    place_start, place_value = problem.place_start, problem.place_value
    seats, min_volunteers = problem.seats, problem.min_volunteers
    for q in range(first, last):
        count[:] = 0
        least[:] = 0
        for line in range(post_start[q], post_start[q + 1]):
            kind, begin = line_kind[line], place_start[line]
            demand[line] = 0
            for k in range(begin, place_start[line + 1]):
                w = place_value[k] - price[line]
                if k - begin < forced[line]:
                    w += FORCED  # puts the place first; taken off again from the total
                    least[kind] += 1
                j = count[kind] - 1
                while j >= 0 and worth[kind, j] < w:
                    worth[kind, j + 1] = worth[kind, j]
                    owner[kind, j + 1] = owner[kind, j]
                    j -= 1
                worth[kind, j + 1] = w
                owner[kind, j + 1] = line
                count[kind] += 1
        best, best_m, best_s, best_u = IMPOSSIBLE, 0, 0, 0
        staff_worth = np.int64(0)
        for m in range(count[0] + 1):
            if m > 0:
                staff_worth += worth[0, m - 1]
            cap = min(count[1], seats * m)
            if m < least[0] or cap < least[1]:
                continue
            gain, s, u = _best_seats(
                worth, count, cap, min_volunteers, least, toll[q, 0], toll[q, 1]
            )
            if gain > IMPOSSIBLE and staff_worth + gain > best:
                best, best_m, best_s, best_u = staff_worth + gain, m, s, u
        if best == IMPOSSIBLE:
            return IMPOSSIBLE
        for i in range(best_m):
            demand[owner[0, i]] += 1
        for i in range(best_s):
            demand[owner[1, i]] += 1
        for i in range(best_u):
            demand[owner[2, i]] += 1
        is_open[q, 0] = best_s + best_u > 0
        is_open[q, 1] = best_s > 0
        total += best - (least[0] + least[1] + least[2]) * FORCED
    return total


@nb.njit(cache=True, nogil=True)
def _best_seats(worth, count, cap, min_volunteers, least, company_toll, supervised_toll):
    """Best numbers of supervised (≤ cap) and other volunteers, none or at least the minimum.

    The post earns a toll once it has volunteers and another once it has supervised ones, so each of
    these cases is tried. Within a case it is exact by exchange: within each kind the best places
    come first, so the best choice with at least n volunteers extends the best choice of all by the
    next best places.
    """
    best, best_s, best_u = np.int64(0), 0, 0
    if least[1] + least[2] > 0:
        best = IMPOSSIBLE
    for case in range(1, 4):
        supervised, others = case & 1, case >> 1
        if (least[1] > 0 and not supervised) or (least[2] > 0 and not others):
            continue
        most_s, most_u = cap * supervised, count[2] * others
        if most_s < supervised or most_u < others:
            continue
        s, u, gain = 0, 0, company_toll + supervised * supervised_toll
        while s < most_s and (s < supervised or worth[1, s] > 0):
            gain += worth[1, s]
            s += 1
        while u < most_u and (u < others or worth[2, u] > 0):
            gain += worth[2, u]
            u += 1
        while s + u < min_volunteers and (s < most_s or u < most_u):
            if u >= most_u or (s < most_s and worth[1, s] >= worth[2, u]):
                gain += worth[1, s]
                s += 1
            else:
                gain += worth[2, u]
                u += 1
        if s + u >= min_volunteers and gain > best:
            best, best_s, best_u = gain, s, u
    return best, best_s, best_u


@nb.njit(cache=True, nogil=True)
def seat_gains(problem, price, toll, needed, gain_start, gain):
    """Worth of the places that the first, second, … supervisor of each post opens.

    Parameters
    ----------
    price : (L,) int64
        What a volunteer on each line costs elsewhere.
    toll : (Q, 2) int64
        What the post earns by being open: counted for its first supervisor.
    needed : (Q,) int64
        Supervisors whom pinned volunteers need in any case: theirs are worth `FORCED` / 2 more.
    gain_start : (Q + 1,) int64
        ``gain[gain_start[q] + m]`` is what supervisor m + 1 of post q opens.
    gain : int64
        Overwritten; non-increasing along a post.
    """
    most = 1
    for q in range(problem.post_shift.size):
        begin, end = problem.post_start[q], problem.post_start[q + 1]
        most = max(most, problem.place_start[end] - problem.place_start[begin])
    worth = np.empty(most, np.int64)
    for q in range(problem.post_shift.size):
        n = 0
        for line in range(problem.post_start[q], problem.post_start[q + 1]):
            if problem.line_kind[line] != SUPERVISED:
                continue
            for k in range(problem.place_start[line], problem.place_start[line + 1]):
                w = problem.place_value[k] - price[line]
                if w <= 0:
                    break
                j = n - 1
                while j >= 0 and worth[j] < w:
                    worth[j + 1] = worth[j]
                    j -= 1
                worth[j + 1] = w
                n += 1
        for m in range(gain_start[q + 1] - gain_start[q]):
            total = np.int64(0)
            for k in range(m * problem.seats, min(n, (m + 1) * problem.seats)):
                total += worth[k]
            if m == 0 and n > 0:
                total += toll[q, 0] + toll[q, 1]
            gain[gain_start[q] + m] = total + (FORCED // 2 if m < needed[q] else 0)


def supervisor_gains(
    problem: Problem,
    price: NDArray[np.int64],
    forced: NDArray[np.int64],
    toll: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Worth of the seats that each further supervisor of a post opens, as (start, gain)."""
    kind = problem.line_kind
    places, pinned = (
        np.bincount(
            problem.line_post[kind == which],
            weights=weights[kind == which],
            minlength=problem.num_posts,
        ).astype(np.int64)
        for which, weights in ((STAFF, problem.line_required), (SUPERVISED, forced))
    )
    needed = -(-pinned // max(1, problem.seats))
    gain_start = np.concatenate(([0], np.cumsum(places)))
    gain = np.zeros(gain_start[-1] + 1, np.int64)
    if toll is None:
        toll = np.zeros((problem.num_posts, 2), np.int64)
    seat_gains(problem, price, toll, needed, gain_start, gain)
    return gain_start, gain
