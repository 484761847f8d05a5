"""Chains of moves that fill one more place: the improvement step for single places.

`improve_by_chains` goes through the open places, the worthiest first, and fills each by the
cheapest chain (`dispatch.chain_kernel`) where that lowers the objective. With good prices this is
fast, because most open places are not worth looking at: filling them costs more elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba as nb
import numpy as np

from dispatch.chain_kernel import complete, fill, make_seat, new_search, send_home, take_back
from dispatch.problem import STAFF
from dispatch.seating import has_seat

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dispatch.chain_kernel import Search
    from dispatch.problem import Problem
    from dispatch.seating import Seating

MOST_LINES = 300
SEARCH_NODES = 3_000
"""Lines that the work space of a search has room for."""
_BATCH = 300
"""Holes between two looks at the clock."""
_MUST = np.int64(1) << 48
"""Extra worth of a place without which a pinned volunteer would stand alone (H7)."""


class Callers(NamedTuple):
    """Arcs by line: line l may be filled by ``row[start[l]:start[l + 1]]``, at that cost."""

    start: NDArray[np.int64]
    row: NDArray[np.int32]
    cost: NDArray[np.int32]


def callers(problem: Problem) -> Callers:
    """Turn the arcs round: who may fill each line."""
    order = np.argsort(problem.arc_line, kind="stable")
    row = np.repeat(np.arange(problem.row_shift.size, dtype=np.int32), np.diff(problem.arc_start))
    return Callers(
        np.searchsorted(problem.arc_line[order], np.arange(problem.num_lines + 1)),
        row[order],
        problem.arc_cost[order],
    )


def improve_by_chains(
    problem: Problem,
    calls: Callers,
    seating: Seating,
    price: NDArray[np.int64],
    *,
    slack: int = 0,
    most_lines: int = MOST_LINES,
    lines: NDArray[np.bool_] | None = None,
    stop: Callable[[], bool] | None = None,
    search: Search | None = None,
) -> int:
    """Fill holes by chains, the worthiest hole first; return by how much the objective fell.

    Supervisors move along chains, too, but only to where they leave no hole, or from a post that
    can spare them: H6 stays kept. At first posts with too few volunteers for H7 get company or,
    pins aside, are emptied.

    Parameters
    ----------
    price : (L,) int64
        What filling a place of each line costs, about; zeros search far and wide.
    slack : int
        By how much a chain may look too dear and still be searched.
    most_lines : int
        Lines to search from at most for one chain.
    lines : (L,) bool, optional
        Lines whose holes are to be filled; all by default. With it, posts that already have too
        few volunteers stay as they are.
    stop : callable, optional
        Asked now and then whether to leave the rest of the holes.
    search : Search, optional
        Work space to use again.
    """
    if search is None:
        search = new_search(problem, SEARCH_NODES)
    gained = 0
    if lines is None:
        gained = int(_settle_companies(problem, calls, seating, search, price, slack, most_lines))
    is_open = seating.filled < problem.line_required
    open_lines = np.flatnonzero(is_open if lines is None else is_open & lines)
    worth = problem.place_value[problem.place_start[open_lines] + seating.filled[open_lines]]
    holes = open_lines[np.argsort(price[open_lines] - worth, kind="stable")]
    for first in range(0, holes.size, _BATCH):
        if stop is not None and stop():
            break
        batch = holes[first : first + _BATCH]
        gained += int(_fill_holes(problem, calls, seating, search, batch, price, slack, most_lines))
    return gained


@nb.njit(cache=True, nogil=True)
def _fill_holes(problem, calls, seating, search, holes, price, slack, most_lines):
    """Fill each hole as often as it gains; return the total gain."""
    total = np.int64(0)
    for hole in holes:
        post = problem.line_post[hole]
        while seating.filled[hole] < problem.line_required[hole]:
            search.size[0] = 0
            worth = problem.place_value[problem.place_start[hole] + seating.filled[hole]]
            if price[hole] - slack >= worth:
                break
            if not has_seat(problem, seating, hole):
                if seating.supervisors[post] == 0:
                    break
                loss = make_seat(problem, calls, seating, search, hole, worth)
                if loss < 0:
                    break
                worth -= loss
            gain = fill(problem, calls, seating, search, hole, worth, price, slack, most_lines)
            if gain > 0 and 0 < seating.volunteers[post] < problem.min_volunteers:
                gain = complete(
                    problem, calls, seating, search, post, gain, price, slack, most_lines
                )
            if gain <= 0:
                take_back(problem, seating, search, 0)
                break
            total += gain
    return total


@nb.njit(cache=True, nogil=True)
def _settle_companies(problem, calls, seating, search, price, slack, most_lines):
    """Complete each post that has too few volunteers for H7, or empty it; return the net gain."""
    total = np.int64(0)
    for post in range(problem.post_shift.size):
        if not 0 < seating.volunteers[post] < problem.min_volunteers:
            continue
        stake, pinned = np.int64(0), False
        for line in range(problem.post_start[post], problem.post_start[post + 1]):
            if problem.line_kind[line] == STAFF:
                continue
            first = problem.place_start[line]
            for k in range(first, first + seating.filled[line]):
                stake += problem.place_value[k]
            for k in range(calls.start[line], calls.start[line + 1]):
                row = calls.row[k]
                if seating.row_line[row] == line:
                    stake -= seating.row_cost[row]
                    pinned |= problem.row_forced[row]
        if pinned:
            stake += _MUST
        search.size[0] = 0
        gain = complete(
            problem, calls, seating, search, post, max(stake, 1), price, slack, most_lines
        )
        if gain > 0:
            total += gain - max(stake, 1)
            continue
        take_back(problem, seating, search, 0)
        if pinned:
            continue
        for line in range(problem.post_start[post], problem.post_start[post + 1]):
            if problem.line_kind[line] == STAFF:
                continue
            for k in range(calls.start[line], calls.start[line + 1]):
                row = calls.row[k]
                if seating.row_line[row] == line:
                    search.size[0] = 0
                    total -= send_home(problem, seating, search, row)
    return total
