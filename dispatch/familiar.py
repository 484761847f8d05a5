"""People on beats that they know: exchanges that cost nothing and keep people together with a beat.

Many rosters cost the same. All officers of a station walk from the same door, so who of them works
which of its beats is one to the objective, but not to the beat: an officer who comes back knows
its doors. Two people of one shift change places where that does not make the roster dearer and
brings somebody back to a beat. Who works when, and how many of whom stand where, stays as it is;
so do H1 to H9: both have an arc to where they go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba as nb
import numpy as np

if TYPE_CHECKING:
    from dispatch.problem import Problem
    from dispatch.seating import Seating

MOST_PASSES = 8
"""On the demo city the fifth pass changes next to nothing."""


def keep_on_familiar_beats(problem: Problem, seating: Seating) -> int:
    """Exchange people in place; return by how much the objective fell, 0 or more.

    Of exchanges that save nothing, those are made that raise the sum over people and beats of the
    squared number of their shifts there.
    """
    busy = np.flatnonzero(seating.row_line >= 0)
    order = busy[np.argsort(seating.row_line[busy], kind="stable")]
    start = np.searchsorted(seating.row_line[order], np.arange(problem.num_lines + 1))
    total = 0
    for _ in range(MOST_PASSES):
        swaps, gained = _exchange(problem, seating, order, start)
        total += int(gained)
        if not swaps:
            break
    return total


@nb.njit(cache=True, nogil=True)
def _exchange(problem, seating, line_rows, line_start):
    """One pass over everybody at work; return the exchanges and what they saved."""
    swaps, gained = 0, np.int64(0)
    for at in range(line_rows.size):
        row = line_rows[at]
        own = seating.row_line[row]
        best, best_at, best_cost, best_there, best_here = 0, -1, np.int64(0), 0, 0
        for arc in range(problem.arc_start[row], problem.arc_start[row + 1]):
            line = problem.arc_line[arc]
            if line == own:
                continue
            for other_at in range(line_start[line], line_start[line + 1]):
                other = line_rows[other_at]
                back = _arc_to(problem, other, own)
                if back < 0:
                    continue
                there, here = problem.arc_cost[arc], problem.arc_cost[back]
                cost = there + here - seating.row_cost[row] - seating.row_cost[other]
                if cost > best_cost:
                    continue
                closer = _closer(problem, seating, row, own, line) + _closer(
                    problem, seating, other, line, own
                )
                if cost < best_cost or closer > best:
                    best, best_at, best_cost = closer, other_at, cost
                    best_there, best_here = there, here
        if best_at >= 0:
            other = line_rows[best_at]
            seating.row_line[row], seating.row_line[other] = seating.row_line[other], own
            seating.row_cost[row], seating.row_cost[other] = best_there, best_here
            line_rows[at], line_rows[best_at] = other, row
            swaps += 1
            gained -= best_cost
    return swaps, gained


@nb.njit(cache=True, nogil=True)
def _arc_to(problem, row, line):
    """Return the arc of a row to a line, -1 where it has none."""
    for arc in range(problem.arc_start[row], problem.arc_start[row + 1]):
        if problem.arc_line[arc] == line:
            return arc
    return -1


@nb.njit(cache=True, nogil=True)
def _closer(problem, seating, row, old, new):
    """Return by how much the person's squared shifts a beat rise when a row changes its line."""
    left, come = (
        problem.post_beat[problem.line_post[old]],
        problem.post_beat[problem.line_post[new]],
    )
    if left == come:
        return 0
    person = problem.row_person[row]
    rise = 0
    for other in range(problem.row_start[person], problem.row_start[person + 1]):
        line = seating.row_line[other]
        if line < 0 or other == row:
            continue
        beat = problem.post_beat[problem.line_post[line]]
        rise += 2 * ((beat == come) - (beat == left))
    return rise
