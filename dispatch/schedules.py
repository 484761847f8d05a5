"""Each person's best schedule against given line values: the pricing half of the relaxation.

A schedule is a set of a person's rows (available shifts) with one line each, such that H3 (rest)
and H4 (limit) hold. Against values of the lines it is exact: every row takes its best line, and
because a person's rows are in the order in which their shifts end, the best set is a weighted
interval schedule, found by dynamic programming over (rows so far, shifts taken) with the convex
cost of the n-th shift at the end.
"""

from __future__ import annotations

import numba as nb
import numpy as np

FORCED = np.int64(1) << 50
"""Extra value of a row that a pin claims: more than any sum of prices, so it is always taken."""

NOTHING = -(np.int64(1) << 56)
"""Worth of what cannot be had: less than all pins weigh, and a week of it fits 64 bits."""


@nb.njit(cache=True, nogil=True)
def may_follow(a, b, shift_prev):
    """Whether one person may work shifts a and b (H3), in whichever order."""
    return a < shift_prev[b] or b < shift_prev[a]


@nb.njit(cache=True, nogil=True)
def work_space(problem, first, last):
    """Table for `best_schedule`, large enough for the people ``first:last``."""
    widest, deepest = 1, 1
    for p in range(first, last):
        widest = max(widest, problem.row_start[p + 1] - problem.row_start[p])
        deepest = max(deepest, problem.max_shifts[p])
    return np.empty((deepest + 1, widest + 1), np.int64)


@nb.njit(cache=True, nogil=True)
def best_schedule(problem, p, row_value, table, chosen):
    """Choose the rows of person p that are worth most; return their value less the steps.

    Parameters
    ----------
    row_value : (R,) int64
        What each row is worth; only the person's rows are read.
    table : (limit + 1, rows + 1) int64 or larger
        Work space.
    chosen : (R,) bool
        Overwritten for the person's rows.
    """
    begin, end = problem.row_start[p], problem.row_start[p + 1]
    n = end - begin
    for i in range(n + 1):
        table[0, i] = 0
    best, best_k = np.int64(0), 0
    for k in range(1, problem.max_shifts[p] + 1):
        table[k, 0] = NOTHING
        for i in range(1, n + 1):
            take = table[k - 1, _before(problem, begin, i)] + row_value[begin + i - 1]
            table[k, i] = max(table[k, i - 1], take)
        if table[k, n] - problem.steps[k] > best:
            best, best_k = table[k, n] - problem.steps[k], k
    for r in range(begin, end):
        chosen[r] = False
    i, k = n, best_k
    while k > 0:
        if table[k, i] == table[k, i - 1]:
            i -= 1
            continue
        chosen[begin + i - 1] = True
        i = _before(problem, begin, i)
        k -= 1
    return best


@nb.njit(cache=True, nogil=True, inline="always")
def _before(problem, begin, i):
    """How many of a person's rows end early enough before the i-th (counted from 1): a prefix."""
    earliest = problem.shift_prev[problem.row_shift[begin + i - 1]]
    i -= 1
    while i > 0 and problem.row_shift[begin + i - 1] >= earliest:
        i -= 1
    return i


@nb.njit(cache=True, nogil=True)
def price_people(problem, first, last, value, toll, load, chosen_arc):
    """Give people ``first:last`` their best schedules against line values.

    Parameters
    ----------
    value : (L,) int64
        What a person gets for working a line, before the cost of the arc.
    toll : (N,) int32
        What each arc costs besides.
    load : (L,) int64
        Increased by the number of people who want each line.
    chosen_arc : (R,) int64
        Overwritten for these people's rows: the arc that they take, or -1.

    Returns
    -------
    int
        Total worth of the schedules. Forced rows count for what they are worth, without `FORCED`.
    """
    # as variables of their own: reaching into a tuple in the loop costs many times the time
    row_start, row_shift, row_forced = problem.row_start, problem.row_shift, problem.row_forced
    arc_start, arc_line, arc_cost = problem.arc_start, problem.arc_line, problem.arc_cost
    max_shifts, shift_prev, steps = problem.max_shifts, problem.shift_prev, problem.steps
    table = work_space(problem, first, last)
    widest = table.shape[1]
    worth, before = np.empty(widest, np.int64), np.empty(widest, np.int64)
    total = np.int64(0)
    for p in range(first, last):
        begin, end = row_start[p], row_start[p + 1]
        n = end - begin
        for i in range(n):
            r = begin + i
            top, arc = NOTHING, -1
            for k in range(arc_start[r], arc_start[r + 1]):
                v = value[arc_line[k]] - arc_cost[k] - toll[k]
                if v > top:
                    top, arc = v, k
            if row_forced[r]:
                top += FORCED
                total -= FORCED
            worth[i + 1] = top
            chosen_arc[r] = arc
            earliest, j = shift_prev[row_shift[r]], i
            while j > 0 and row_shift[begin + j - 1] >= earliest:
                j -= 1
            before[i + 1] = j
        best, best_k = np.int64(0), 0
        for i in range(n + 1):
            table[0, i] = 0
        for k in range(1, max_shifts[p] + 1):
            table[k, 0] = NOTHING
            for i in range(1, n + 1):
                table[k, i] = max(table[k, i - 1], table[k - 1, before[i]] + worth[i])
            if table[k, n] - steps[k] > best:
                best, best_k = table[k, n] - steps[k], k
        total += best
        i, k = n, best_k
        while k > 0:
            while table[k, i] == table[k, i - 1]:
                chosen_arc[begin + i - 1] = -1
                i -= 1
            load[arc_line[chosen_arc[begin + i - 1]]] += 1
            for j in range(before[i], i - 1):
                chosen_arc[begin + j] = -1
            i = before[i]
            k -= 1
        for j in range(i):
            chosen_arc[begin + j] = -1
    return total
