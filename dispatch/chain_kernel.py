"""The search for one chain of moves, compiled.

A *hole* is an open place with a seat. Somebody who can come fills it; if that person is busy with
another line (the same shift, a shift too close, or too many shifts), the move leaves a hole there,
which somebody else may fill, and so on until a free person ends the chain, or a place of less worth
is given up. The cheapest chain is a shortest path over lines. `fill` finds it by A* (Hart, Nilsson
& Raphael 1968): with the relaxation's price of a line as the estimate of what filling it costs, the
search goes straight to where people are to be had, and gives up at once where the price says that
nobody is worth having (with a `slack` for prices that are not exact).
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

NEVER = np.int64(1) << 60
"""Cost of what cannot be done."""


class Search(NamedTuple):
    """Work space of the search; node 0 is the hole.

    Attributes
    ----------
    seen, spent_at : (L,) int64
        Number of the last search that met the line, and the least spent on a way to it.
    counter : (2,) int64
        Searches so far; lines that they opened.
    line, parent, row, leaves, cost, spent : (nodes,) int64
        Each node's line; whoever moves to the parent's line, by which row, leaving which row, at
        what cost; what the chain down to the node costs.
    heap_key, heap_node : (nodes + 1,) int64
    entry : (n, 3) int64
        Journal of changes: row, line before, cost before.
    size : (1,) int64
        Entries of the journal.
    """

    seen: NDArray[np.int64]
    spent_at: NDArray[np.int64]
    counter: NDArray[np.int64]
    line: NDArray[np.int64]
    parent: NDArray[np.int64]
    row: NDArray[np.int64]
    leaves: NDArray[np.int64]
    cost: NDArray[np.int64]
    spent: NDArray[np.int64]
    heap_key: NDArray[np.int64]
    heap_node: NDArray[np.int64]
    entry: NDArray[np.int64]
    size: NDArray[np.int64]


def new_search(problem: Problem, nodes: int) -> Search:
    """Work space for chains over at most `nodes` lines."""
    return Search(
        np.zeros(problem.num_lines, np.int64),
        np.zeros(problem.num_lines, np.int64),
        np.zeros(2, np.int64),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.int64),
        np.empty(nodes + 1, np.int64),
        np.empty(nodes + 1, np.int64),
        np.empty((4 * nodes + 100_000, 3), np.int64),
        np.zeros(1, np.int64),
    )


@nb.njit(cache=True, nogil=True)
def note(problem, seating, search, row, line, cost):
    """Assign, and remember what was before."""
    n = search.size[0]
    search.entry[n, 0] = row
    search.entry[n, 1] = seating.row_line[row]
    search.entry[n, 2] = seating.row_cost[row]
    search.size[0] = n + 1
    assign(problem, seating, row, line, cost)


@nb.njit(cache=True, nogil=True)
def take_back(problem, seating, search, size):
    """Undo the journal down to `size` entries."""
    while search.size[0] > size:
        search.size[0] -= 1
        n = search.size[0]
        assign(problem, seating, search.entry[n, 0], search.entry[n, 1], search.entry[n, 2])


@nb.njit(cache=True, nogil=True, inline="always")
def _push(heap_key, heap_node, size, key, node):
    """Put a node on the heap of `size` nodes."""
    i = size
    while i > 0:
        above = (i - 1) >> 1
        if heap_key[above] <= key:
            break
        heap_key[i] = heap_key[above]
        heap_node[i] = heap_node[above]
        i = above
    heap_key[i] = key
    heap_node[i] = node


@nb.njit(cache=True, nogil=True, inline="always")
def _pop(heap_key, heap_node, size):
    """Take the node with the least key off the heap of `size` nodes."""
    top = heap_node[0]
    size -= 1
    key, node = heap_key[size], heap_node[size]
    i = 0
    while True:
        below = 2 * i + 1
        if below >= size:
            break
        if below + 1 < size and heap_key[below + 1] < heap_key[below]:
            below += 1
        if heap_key[below] >= key:
            break
        heap_key[i] = heap_key[below]
        heap_node[i] = heap_node[below]
        i = below
    heap_key[i] = key
    heap_node[i] = node
    return top


@nb.njit(cache=True, nogil=True, inline="always")
def _in_chain(row_person, parent, moved, node, person):
    """Whether the person already moves on the way from the hole to this node."""
    met = False
    while parent[node] >= 0 and not met:
        met = row_person[moved[node]] == person
        node = parent[node]
    return met


@nb.njit(cache=True, nogil=True)
def rows_to_leave(problem, seating, row):
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
def fill(problem, calls, seating, search, hole, worth, price, slack, most_lines):
    """Fill one place of line `hole`, worth `worth`, by the cheapest chain; return the gain or 0.

    Parameters
    ----------
    price : (L,) int64
        Estimate of what filling a place of each line costs.
    slack : int
        By how much a way may look too dear and still be searched.
    most_lines : int
        Lines to search from at most.
    """
    # as variables of their own: reaching into a tuple in the loop costs many times the time
    row_forced, row_person, row_start = problem.row_forced, problem.row_person, problem.row_start
    row_shift, shift_prev, steps = problem.row_shift, problem.shift_prev, problem.steps
    max_shifts, line_post, line_kind = problem.max_shifts, problem.line_post, problem.line_kind
    place_start, place_value = problem.place_start, problem.place_value
    seats, min_volunteers = problem.seats, problem.min_volunteers
    call_start, call_row, call_cost = calls.start, calls.row, calls.cost
    row_line, row_cost, taken = seating.row_line, seating.row_cost, seating.taken
    filled, supervisors = seating.filled, seating.supervisors
    supervised, volunteers = seating.supervised, seating.volunteers
    seen, spent_at, node_line = search.seen, search.spent_at, search.line
    parent, moved, node_spent = search.parent, search.row, search.spent
    heap_key, heap_node = search.heap_key, search.heap_node
    search.counter[0] += 1
    mark = search.counter[0]
    node_line[0], parent[0], node_spent[0] = hole, -1, 0
    seen[hole], spent_at[hole] = mark, 0
    _push(heap_key, heap_node, 0, price[hole], 0)
    nodes, waiting, opened = 1, 1, 0
    best = worth
    last_node, last_row, last_leaves, last_cost = -1, -1, -1, np.int64(0)
    while waiting > 0 and opened < most_lines:
        if heap_key[0] - slack >= best:
            break
        node = _pop(heap_key, heap_node, waiting)
        waiting -= 1
        line = node_line[node]
        if node_spent[node] > spent_at[line]:
            continue
        opened += 1
        for k in range(call_start[line], call_start[line + 1]):
            row = call_row[k]
            now = row_line[row]
            if now == line or row_forced[row]:
                continue
            # What follows is `rows_to_leave`.
            person = row_person[row]
            begin, end = row_start[person], row_start[person + 1]
            if now >= 0:
                begin, end = np.int64(row), np.int64(row + 1)
            elif taken[person] > 0:
                clashes, clash = 0, np.int64(row)
                shift = row_shift[row]
                for other in range(begin, end):
                    beside = row_shift[other]
                    if row_line[other] >= 0 and not (
                        shift < shift_prev[beside] or beside < shift_prev[shift]
                    ):
                        clashes += 1
                        clash = np.int64(other)
                if clashes > 1:
                    continue
                if clashes == 1:
                    begin, end = clash, np.int64(clash + 1)
                elif taken[person] < max_shifts[person]:
                    end = begin
            elif max_shifts[person] > 0:
                end = begin
            spent = node_spent[node] + call_cost[k]
            if begin == end:
                n = taken[person]
                total = spent + steps[n + 1] - steps[n]
                if total < best and not _in_chain(row_person, parent, moved, node, person):
                    best, last_node, last_row, last_leaves = total, node, row, -1
                    last_cost = call_cost[k]
                continue
            for other in range(begin, end):
                left = row_line[other]
                if left < 0 or left == line or row_forced[other]:
                    continue
                cheaper = spent - row_cost[other]
                given_up = place_value[place_start[left] + filled[left] - 1]
                ends = cheaper + given_up < best
                if ends:  # and H6 and H7 stay kept
                    post = line_post[left]
                    rest = volunteers[post] - 1
                    if post == line_post[hole]:
                        ends = False
                    elif line_kind[left] == STAFF:
                        ends = supervised[post] <= seats * (supervisors[post] - 1)
                    else:
                        ends = rest == 0 or rest >= min_volunteers
                grows = (
                    cheaper + price[left] - slack < best
                    and not (seen[left] == mark and spent_at[left] <= cheaper)
                    and nodes < node_line.size
                )
                if not (ends or grows) or _in_chain(row_person, parent, moved, node, person):
                    continue
                if ends:
                    best, last_node, last_row, last_leaves = cheaper + given_up, node, row, other
                    last_cost = call_cost[k]
                if grows:
                    seen[left], spent_at[left] = mark, cheaper
                    node_line[nodes], parent[nodes] = left, node
                    moved[nodes], search.leaves[nodes] = row, other
                    search.cost[nodes], node_spent[nodes] = call_cost[k], cheaper
                    _push(heap_key, heap_node, waiting, cheaper + price[left], nodes)
                    waiting += 1
                    nodes += 1
    search.counter[1] += opened
    if last_node < 0:
        return np.int64(0)
    if last_leaves >= 0:
        note(problem, seating, search, last_leaves, -1, 0)
    note(problem, seating, search, last_row, search.line[last_node], last_cost)
    node = last_node
    while search.parent[node] >= 0:
        row = search.row[node]
        if search.leaves[node] != row:
            note(problem, seating, search, search.leaves[node], -1, 0)
        note(problem, seating, search, row, search.line[search.parent[node]], search.cost[node])
        node = search.parent[node]
    return worth - best


@nb.njit(cache=True, nogil=True)
def dearest_on(problem, calls, seating, line):
    """Row of whoever works the line at the highest cost, pins aside; -1 where there is nobody."""
    goes = -1
    rows, row_forced = calls.row, problem.row_forced
    row_line, row_cost = seating.row_line, seating.row_cost
    for k in range(calls.start[line], calls.start[line + 1]):
        row = rows[k]
        if row_line[row] != line or row_forced[row]:
            continue
        if goes < 0 or row_cost[row] > row_cost[goes]:
            goes = row
    return goes


@nb.njit(cache=True, nogil=True)
def send_home(problem, seating, search, row):
    """Free a row; return by how much the objective rises."""
    line = seating.row_line[row]
    n = seating.taken[problem.row_person[row]]
    loss = problem.place_value[problem.place_start[line] + seating.filled[line] - 1]
    loss -= seating.row_cost[row] + problem.steps[n] - problem.steps[n - 1]
    note(problem, seating, search, row, -1, 0)
    return loss


@nb.njit(cache=True, nogil=True)
def make_seat(problem, calls, seating, search, line, worth):
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
    goes = dearest_on(problem, calls, seating, from_line)
    if goes < 0:
        return np.int64(-1)
    return max(send_home(problem, seating, search, goes), np.int64(0))


@nb.njit(cache=True, nogil=True)
def complete(problem, calls, seating, search, post, stake, price, slack, most_lines):
    """Bring a post up to H7's minimum; `stake` is what would be lost otherwise.

    Returns the gain over losing the stake, or 0 when it cannot be done at a gain.
    """
    while 0 < seating.volunteers[post] < problem.min_volunteers:
        found = False
        for line in range(problem.post_start[post], problem.post_start[post + 1]):
            if problem.line_kind[line] == STAFF or not has_seat(problem, seating, line):
                continue
            value = problem.place_value[problem.place_start[line] + seating.filled[line]]
            gain = fill(
                problem, calls, seating, search, line, value + stake, price, slack, most_lines
            )
            if gain > 0:
                stake = gain
                found = True
                break
        if not found:
            return np.int64(0)
    return stake
