"""Chains of moves that fill one more place: the volunteers' improvement step.

A *hole* is an open place with a seat. It is filled by somebody who can come; if that person is
busy with another line (the same shift, a shift too close, or too many shifts), the move leaves a
hole there, which somebody else may fill, and so on until a free person ends the chain, or until a
place of less worth is given up. Chains are found by breadth-first search over lines from the hole,
over at most `reach` lines; each is applied only when it lowers the objective.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba as nb
import numpy as np

from dispatch.problem import STAFF, SUPERVISED
from dispatch.schedules import may_follow
from dispatch.seating import assign, has_seat

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.problem import Problem
    from dispatch.seating import Seating

_MUST = np.int64(1) << 48
"""Extra worth of a place without which a pinned volunteer would stand alone (H7)."""


class Callers(NamedTuple):
    """Arcs by line: line l may be filled by ``row[start[l]:start[l + 1]]``, at that cost."""

    start: NDArray[np.int64]
    row: NDArray[np.int32]
    cost: NDArray[np.int32]


class _Search(NamedTuple):
    """Work space of the breadth-first search; node 0 is the hole."""

    seen: NDArray[np.int64]  # (L,) number of the last search that met the line
    searches: NDArray[np.int64]  # (1,) so far
    line: NDArray[np.int64]  # (reach,) line of each node
    parent: NDArray[np.int64]
    row: NDArray[np.int64]  # who moves to the parent's line: by this row
    leaves: NDArray[np.int64]  # and leaves this one
    cost: NDArray[np.int64]
    spent: NDArray[np.int64]  # cost of the chain down to the node


class _Journal(NamedTuple):
    """What was changed, to take it back."""

    entry: NDArray[np.int64]  # (n, 3): row, line before, cost before
    size: NDArray[np.int64]  # (1,)


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
    reach: int,
    lines: NDArray[np.bool_] | None = None,
) -> int:
    """Fill holes by chains, the worthiest hole first; return by how much the objective fell.

    Supervisors move along chains, too, but only to where they leave no hole: H6 stays kept.
    Afterwards no post has too few volunteers for H7, pins aside: posts that stay short of it are
    emptied.

    Parameters
    ----------
    reach : int
        Lines that the search for one chain may meet.
    lines : (L,) bool, optional
        Lines whose holes are to be filled; all by default.
    """
    search = _Search(
        np.zeros(problem.num_lines, np.int64),
        np.zeros(1, np.int64),
        *(np.empty(reach, np.int64) for _ in range(6)),
    )
    journal = _Journal(np.empty((40 * reach + 1000, 3), np.int64), np.zeros(1, np.int64))
    gained = int(_settle_companies(problem, calls, seating, search, journal))
    is_open = seating.filled < problem.line_required
    open_lines = np.flatnonzero(is_open if lines is None else is_open & lines)
    worth = problem.place_value[problem.place_start[open_lines] + seating.filled[open_lines]]
    holes = open_lines[np.argsort(-worth, kind="stable")]
    return gained + int(_fill_holes(problem, calls, seating, search, journal, holes))


@nb.njit(cache=True, nogil=True)
def _note(problem, seating, journal, row, line, cost):
    """Assign, and remember what was before."""
    n = journal.size[0]
    journal.entry[n, 0] = row
    journal.entry[n, 1] = seating.row_line[row]
    journal.entry[n, 2] = seating.row_cost[row]
    journal.size[0] = n + 1
    assign(problem, seating, row, line, cost)


@nb.njit(cache=True, nogil=True)
def _take_back(problem, seating, journal):
    """Undo everything in the journal."""
    while journal.size[0] > 0:
        journal.size[0] -= 1
        n = journal.size[0]
        assign(problem, seating, journal.entry[n, 0], journal.entry[n, 1], journal.entry[n, 2])


@nb.njit(cache=True, nogil=True)
def _in_chain(problem, search, node, person):
    """Whether the person already moves on the way from the hole to this node."""
    while search.parent[node] >= 0:
        if problem.row_person[search.row[node]] == person:
            return True
        node = search.parent[node]
    return False


@nb.njit(cache=True, nogil=True)
def _rows_to_leave(problem, seating, row):
    """Which rows the person would have to leave to take `row`: one of ``begin:end``.

    ``begin == end`` means none, they are free; ``begin == -1`` that leaving one is not enough.
    """
    if seating.row_line[row] >= 0:
        return row, row + 1
    person = problem.row_person[row]
    begin, end = problem.row_start[person], problem.row_start[person + 1]
    clashes, clash = 0, row
    if seating.taken[person] > 0:
        for other in range(begin, end):
            if seating.row_line[other] >= 0 and not may_follow(
                problem.row_shift[row], problem.row_shift[other], problem.shift_prev
            ):
                clashes += 1
                clash = other
    if clashes > 1:
        return -1, -1
    if clashes == 1:
        return clash, clash + 1
    if seating.taken[person] < problem.max_shifts[person]:
        return row, row
    return begin, end


@nb.njit(cache=True, nogil=True)
def _fill(problem, calls, seating, search, journal, hole, worth):
    """Fill one place of line `hole`, worth `worth`, by the best chain met; return the gain or 0."""
    search.searches[0] += 1
    mark = search.searches[0]
    search.line[0], search.parent[0], search.spent[0] = hole, -1, 0
    search.seen[hole] = mark
    nodes, node = 1, 0
    gain = np.int64(0)
    last_node, last_row, last_leaves, last_cost = -1, -1, -1, np.int64(0)
    free = False
    while node < nodes and not free:
        line = search.line[node]
        for k in range(calls.start[line], calls.start[line + 1]):
            row = calls.row[k]
            if seating.row_line[row] == line or problem.row_forced[row]:
                continue
            person = problem.row_person[row]
            if _in_chain(problem, search, node, person):
                continue
            begin, end = _rows_to_leave(problem, seating, row)
            if begin < 0:
                continue
            spent = search.spent[node] + calls.cost[k]
            if begin == end:
                n = seating.taken[person]
                g = worth - spent - (problem.steps[n + 1] - problem.steps[n])
                if g > gain:
                    gain, last_node, last_row, last_leaves = g, node, row, -1
                    last_cost = calls.cost[k]
                    free = True
                    break
                continue
            for other in range(begin, end):
                left = seating.row_line[other]
                if left < 0 or left == line or problem.row_forced[other]:
                    continue
                if search.seen[left] == mark:
                    continue
                cheaper = spent - seating.row_cost[other]
                if nodes < search.line.size:
                    search.seen[left] = mark
                    search.line[nodes], search.parent[nodes] = left, node
                    search.row[nodes], search.leaves[nodes] = row, other
                    search.cost[nodes], search.spent[nodes] = calls.cost[k], cheaper
                    nodes += 1
                if problem.line_kind[left] == STAFF:
                    continue  # giving up a supervisor could break H6
                post = problem.line_post[left]
                rest = seating.volunteers[post] - 1
                if (rest == 0 or rest >= problem.min_volunteers) and post != problem.line_post[
                    hole
                ]:
                    lost = problem.place_value[problem.place_start[left] + seating.filled[left] - 1]
                    if worth - cheaper - lost > gain:
                        gain = worth - cheaper - lost
                        last_node, last_row, last_leaves = node, row, other
                        last_cost = calls.cost[k]
        node += 1
    if gain <= 0:
        return np.int64(0)
    if last_leaves >= 0:
        _note(problem, seating, journal, last_leaves, -1, 0)
    _note(problem, seating, journal, last_row, search.line[last_node], last_cost)
    node = last_node
    while search.parent[node] >= 0:
        row = search.row[node]
        if search.leaves[node] != row:
            _note(problem, seating, journal, search.leaves[node], -1, 0)
        _note(problem, seating, journal, row, search.line[search.parent[node]], search.cost[node])
        node = search.parent[node]
    return gain


@nb.njit(cache=True, nogil=True)
def _make_seat(problem, calls, seating, journal, line, worth):
    """Free a seat on a full post by sending the least worthy other volunteer home.

    Returns what that costs (≥ 0), or -1 when nobody there is worth less.
    """
    post = problem.line_post[line]
    least, from_line = worth, -1
    for other in range(problem.post_start[post], problem.post_start[post + 1]):
        if problem.line_kind[other] == SUPERVISED and other != line and seating.filled[other]:
            value = problem.place_value[problem.place_start[other] + seating.filled[other] - 1]
            if value < least:
                least, from_line = value, other
    if from_line < 0:
        return np.int64(-1)
    goes = -1
    for k in range(calls.start[from_line], calls.start[from_line + 1]):
        row = calls.row[k]
        if seating.row_line[row] != from_line or problem.row_forced[row]:
            continue
        if goes < 0 or seating.row_cost[row] > seating.row_cost[goes]:
            goes = row
    if goes < 0:
        return np.int64(-1)
    n = seating.taken[problem.row_person[goes]]
    loss = least - seating.row_cost[goes] - (problem.steps[n] - problem.steps[n - 1])
    _note(problem, seating, journal, goes, -1, 0)
    return max(loss, np.int64(0))


@nb.njit(cache=True, nogil=True)
def _complete(problem, calls, seating, search, journal, post, stake):
    """Bring a post up to H7's minimum; `stake` is what would be lost otherwise.

    Returns the gain over losing the stake, or 0 when it cannot be done at a gain.
    """
    while 0 < seating.volunteers[post] < problem.min_volunteers:
        found = False
        for line in range(problem.post_start[post], problem.post_start[post + 1]):
            if problem.line_kind[line] == STAFF or not has_seat(problem, seating, line):
                continue
            value = problem.place_value[problem.place_start[line] + seating.filled[line]]
            gain = _fill(problem, calls, seating, search, journal, line, value + stake)
            if gain > 0:
                stake = gain
                found = True
                break
        if not found:
            return np.int64(0)
    return stake


@nb.njit(cache=True, nogil=True)
def _fill_holes(problem, calls, seating, search, journal, holes):
    """Fill each hole as often as it gains; return the total gain."""
    total = np.int64(0)
    for hole in holes:
        post = problem.line_post[hole]
        while seating.filled[hole] < problem.line_required[hole]:
            journal.size[0] = 0
            worth = problem.place_value[problem.place_start[hole] + seating.filled[hole]]
            if not has_seat(problem, seating, hole):
                if seating.supervisors[post] == 0:
                    break
                loss = _make_seat(problem, calls, seating, journal, hole, worth)
                if loss < 0:
                    break
                worth -= loss
            gain = _fill(problem, calls, seating, search, journal, hole, worth)
            if gain > 0 and 0 < seating.volunteers[post] < problem.min_volunteers:
                gain = _complete(problem, calls, seating, search, journal, post, gain)
            if gain <= 0:
                _take_back(problem, seating, journal)
                break
            total += gain
    return total


@nb.njit(cache=True, nogil=True)
def _settle_companies(problem, calls, seating, search, journal):
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
        journal.size[0] = 0
        gain = _complete(problem, calls, seating, search, journal, post, max(stake, 1))
        if gain > 0:
            total += gain - max(stake, 1)
            continue
        _take_back(problem, seating, journal)
        if pinned:
            continue
        for line in range(problem.post_start[post], problem.post_start[post + 1]):
            if problem.line_kind[line] == STAFF:
                continue
            for k in range(calls.start[line], calls.start[line + 1]):
                row = calls.row[k]
                if seating.row_line[row] == line:
                    n = seating.taken[problem.row_person[row]]
                    total += seating.row_cost[row] + problem.steps[n] - problem.steps[n - 1]
                    total -= problem.place_value[
                        problem.place_start[line] + seating.filled[line] - 1
                    ]
                    assign(problem, seating, row, -1, 0)
    return total
