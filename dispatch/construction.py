"""A first roster from the relaxation: its prices and what it fills on average.

Given the prices, a post gains from its m-th supervisor the place itself and the worth of the seats
that it opens (`seat_gains`, non-increasing in m). `place_staff` lets each supervisor in turn take
the best schedule against these gains, again and again until nobody moves: a potential game, so it
ends in a local optimum. `place_volunteers` gives each volunteer the best schedule over the open
places, valued between their price and their value. Because many choices tie, both are drawn towards
the places that the relaxation fills (`guided`), first here and then by chains of moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba as nb
import numpy as np

from dispatch.chains import MOST_LINES, improve_by_chains
from dispatch.dive import filled_parts
from dispatch.posts import supervisor_gains
from dispatch.problem import STAFF, SUPERVISED
from dispatch.schedules import FORCED, NOTHING, best_schedule, work_space
from dispatch.seating import Seating, assign, has_seat

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dispatch.chains import Callers
    from dispatch.problem import Problem

_PASSES = 8
_MIX = 6
"""A place counts for its price and a sixth of what it is worth beyond that (measured: 1 to 10)."""


class Guide(NamedTuple):
    """What the relaxation says about good rosters.

    Attributes
    ----------
    price : (L,) int64
        Price of each line.
    toll : (Q, 2) int64
        What each post earns by being open (`Ascent.post_tolls`).
    filled : (L,) float64
        Places of each line that the relaxation fills.
    drawn : Problem
        The problem with other values of supervisors' places, as a dive left them.
    """

    price: NDArray[np.int64]
    toll: NDArray[np.int64]
    filled: NDArray[np.float64]
    drawn: Problem


def construct(
    problem: Problem,
    calls: Callers,
    guide: Guide,
    forced: NDArray[np.int64],
    seed: int,
    most_lines: int = MOST_LINES,
    stop: Callable[[], bool] | None = None,
) -> Seating:
    """Build a roster that keeps every rule, guided by the relaxation.

    Parameters
    ----------
    calls : Callers
        The arcs by line.
    guide : Guide
    forced : (L,) int64
        Places that pins fill (`dispatch.bound.forced_places`).
    seed : int
        Orders the people.
    most_lines : int
        Lines to search from at most for one chain.
    stop : callable, optional
        Asked now and then whether to search no more chains.
    """
    rng = np.random.default_rng(seed)
    seating = Seating.empty(problem)
    staff = rng.permutation(np.flatnonzero(problem.is_staff))
    volunteers = rng.permutation(np.flatnonzero(~problem.is_staff))
    gain_start, gain = supervisor_gains(problem, guide.price, forced, guide.toll)
    unit = int(2 * problem.place_value[problem.place_start[:-1]].mean()) if problem.num_lines else 0
    drawn = guided(guide.drawn, guide.filled, unit)
    for _ in range(_PASSES):
        if place_staff(drawn, seating, staff, gain_start, gain, forced) == 0:
            break
    supervisors = problem.line_kind == STAFF
    kept = _keep_where_pinned(drawn, forced)
    improve_by_chains(
        kept, calls, seating, guide.price, most_lines=most_lines, lines=supervisors, stop=stop
    )
    drawn = guided(problem, guide.filled, unit)
    place_volunteers(drawn, seating, volunteers, guide.price, _MIX, forced)
    for values in (drawn, problem):
        improve_by_chains(values, calls, seating, guide.price, most_lines=most_lines, stop=stop)
    return seating


def _keep_where_pinned(problem: Problem, forced: NDArray[np.int64]) -> Problem:
    """Make supervisors of pinned volunteers too dear to be called away before these are seated."""
    pinned = np.zeros(problem.num_posts, np.bool_)
    pinned[problem.line_post[(forced > 0) & (problem.line_kind == SUPERVISED)]] = True
    line = np.repeat(np.arange(problem.num_lines), np.diff(problem.place_start))
    stay = pinned[problem.line_post[line]] & (problem.line_kind[line] == STAFF)
    return problem._replace(place_value=problem.place_value + np.where(stay, FORCED // 4, 0))


def guided(problem: Problem, filled: NDArray[np.float64], strength: int) -> Problem:
    """Raise the value of each place by `strength` times the part of it that `filled` fills."""
    part = filled_parts(problem, filled)
    return problem._replace(place_value=problem.place_value + (strength * part).astype(np.int64))


@nb.njit(cache=True, nogil=True)
def _left(problem, seating, line, row, forced, pinned):
    """Whether a place is left on the line for this row, those of pins kept back."""
    if problem.row_forced[row]:
        return True
    return seating.filled[line] + forced[line] - pinned[line] < problem.line_required[line]


@nb.njit(cache=True, nogil=True)
def _move(problem, seating, p, row_line, row_cost, chosen, pinned):
    """Put a person on the chosen rows; return how many rows changed."""
    changed = 0
    for r in range(problem.row_start[p], problem.row_start[p + 1]):
        if chosen[r]:
            assign(problem, seating, r, row_line[r], row_cost[r])
            changed += 1
            if problem.row_forced[r]:
                pinned[row_line[r]] += 1
    return changed


@nb.njit(cache=True, nogil=True)
def _clear(problem, seating, p, pinned):
    """Take a person off every row."""
    for r in range(problem.row_start[p], problem.row_start[p + 1]):
        line = seating.row_line[r]
        if line >= 0:
            if problem.row_forced[r]:
                pinned[line] -= 1
            assign(problem, seating, r, -1, 0)


@nb.njit(cache=True, nogil=True)
def place_staff(problem, seating, people, gain_start, gain, forced):
    """Give each supervisor in turn the best schedule against the others; return the moves."""
    rows = problem.row_shift.size
    row_value, row_cost = np.empty(rows, np.int64), np.empty(rows, np.int64)
    row_line, before = np.empty(rows, np.int32), np.empty(rows, np.int32)
    chosen = np.empty(rows, np.bool_)
    table = work_space(problem, 0, problem.max_shifts.size)
    pinned = np.zeros(problem.line_post.size, np.int64)
    for r in range(rows):
        if problem.row_forced[r] and seating.row_line[r] >= 0:
            pinned[seating.row_line[r]] += 1
    moves = 0
    for p in people:
        begin, end = problem.row_start[p], problem.row_start[p + 1]
        for r in range(begin, end):
            before[r] = seating.row_line[r]
        _clear(problem, seating, p, pinned)
        for r in range(begin, end):
            top = NOTHING
            row_line[r] = -1
            for k in range(problem.arc_start[r], problem.arc_start[r + 1]):
                line = problem.arc_line[k]
                if not _left(problem, seating, line, r, forced, pinned):
                    continue
                post = problem.line_post[line]
                place = problem.place_start[line] + seating.filled[line]
                opened = gain[gain_start[post] + seating.supervisors[post]]
                v = problem.place_value[place] + opened - problem.arc_cost[k]
                if v > top:
                    top, row_line[r], row_cost[r] = v, line, problem.arc_cost[k]
            row_value[r] = top + FORCED if problem.row_forced[r] else top
        best_schedule(problem, p, row_value, table, chosen)
        _move(problem, seating, p, row_line, row_cost, chosen, pinned)
        for r in range(begin, end):
            moves += before[r] != seating.row_line[r]
    return moves


@nb.njit(cache=True, nogil=True)
def place_volunteers(problem, seating, people, price, mix, forced):
    """Give each volunteer in turn the best schedule over the places still open."""
    rows = problem.row_shift.size
    row_value, row_cost = np.empty(rows, np.int64), np.empty(rows, np.int64)
    row_line = np.empty(rows, np.int32)
    chosen = np.empty(rows, np.bool_)
    table = work_space(problem, 0, problem.max_shifts.size)
    pinned = np.zeros(problem.line_post.size, np.int64)
    held = np.zeros(problem.post_shift.size, np.int64)  # seats kept back for pins
    for line in range(forced.size):
        if problem.line_kind[line] == SUPERVISED:
            held[problem.line_post[line]] += forced[line]
    for p in people:
        for r in range(problem.row_start[p], problem.row_start[p + 1]):
            top = NOTHING
            row_line[r] = -1
            for k in range(problem.arc_start[r], problem.arc_start[r + 1]):
                line = problem.arc_line[k]
                if not problem.row_forced[r]:
                    post = problem.line_post[line]
                    if not _left(problem, seating, line, r, forced, pinned):
                        continue
                    if not has_seat(problem, seating, line):
                        continue
                    if (
                        problem.line_kind[line] == SUPERVISED
                        and seating.supervised[post] + held[post]
                        >= problem.seats * seating.supervisors[post]
                    ):
                        continue
                cost = problem.arc_cost[k]
                place = min(
                    problem.place_start[line] + seating.filled[line],
                    problem.place_start[line + 1] - 1,
                )
                worth = problem.place_value[place]
                if worth <= cost and not problem.row_forced[r]:
                    continue
                v = price[line] + (worth - price[line]) // mix - cost
                if v > top:
                    top, row_line[r], row_cost[r] = v, line, cost
            row_value[r] = top + FORCED if problem.row_forced[r] else top
        best_schedule(problem, p, row_value, table, chosen)
        _move(problem, seating, p, row_line, row_cost, chosen, pinned)
        for r in range(problem.row_start[p], problem.row_start[p + 1]):
            line = seating.row_line[r]
            if line >= 0 and problem.row_forced[r] and problem.line_kind[line] == SUPERVISED:
                held[problem.line_post[line]] -= 1
