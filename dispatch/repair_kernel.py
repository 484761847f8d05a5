"""Compiled loops of the repair: chains from each hole, and open places for displaced people.

A *hole* is a place that the changes emptied or added. A *chain* fills it: somebody free takes it,
or somebody who leaves another place, which is then given up or filled by the next. The search is
breadth-first over lines, so the chains with fewest people come first; it changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba as nb
import numpy as np

from dispatch.problem import STAFF, SUPERVISED
from dispatch.schedules import best_schedule, may_follow, work_space
from dispatch.seating import assign

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DEPTHS = 64


class Chains(NamedTuple):
    """The best chains from every hole.

    Attributes
    ----------
    hole : (c,) int64
        The hole (its position) that each chain fills.
    chain, row, line, cost : (n,) int64
        Arcs of the chains beyond the kept roster; the same one may stand in several.
    left_chain, left : (m,) int64
        Rows of the kept roster that a chain leaves.
    given_chain, given : (k,) int64
        Posts that a chain would give up, at the cost of sending people there home.
    """

    hole: NDArray[np.int64]
    chain: NDArray[np.int64]
    row: NDArray[np.int64]
    line: NDArray[np.int64]
    cost: NDArray[np.int64]
    left_chain: NDArray[np.int64]
    left: NDArray[np.int64]
    given_chain: NDArray[np.int64]
    given: NDArray[np.int64]


@nb.njit(cache=True, nogil=True)
def release_loss(problem, weight, seating, line):
    """Weight that is lost when one person leaves the line, and how many others must go, too.

    The others are counted as if all of the post had to go: an estimate that only ranks chains.
    """
    post = problem.line_post[line]
    loss = weight[problem.place_start[line] + seating.filled[line] - 1]
    others = np.int64(0)
    if problem.line_kind[line] == STAFF:
        excess = seating.supervised[post] - problem.seats * (seating.supervisors[post] - 1)
        if excess <= 0:
            return loss, others
        for at in range(problem.post_start[post], problem.post_start[post + 1]):
            if problem.line_kind[at] == SUPERVISED:
                others += seating.filled[at]
                first = problem.place_start[at]
                for k in range(first, first + seating.filled[at]):
                    loss += weight[k]
        return loss, others
    rest = seating.volunteers[post] - 1
    if rest == 0 or rest >= problem.min_volunteers:
        return loss, others
    loss = np.int64(0)
    for at in range(problem.post_start[post], problem.post_start[post + 1]):
        if problem.line_kind[at] != STAFF:
            first = problem.place_start[at]
            for k in range(first, first + seating.filled[at]):
                loss += weight[k]
    return loss, rest


@nb.njit(cache=True, nogil=True)
def _to_leave(problem, seating, row):
    """Rows of which the person must leave one to take `row`: ``begin:end``; -1: more than one."""
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
        return np.int64(-1), np.int64(-1)
    if clashes == 1:
        return clash, clash + 1
    if seating.taken[person] < problem.max_shifts[person]:
        return row, row
    return begin, end


@nb.njit(cache=True, nogil=True)
def find_chains(problem, weight, calls, seating, blocked, holes, worths, tops, reach, depth):
    """Search chains from every hole; return the best few of each: the fields of `Chains`.

    Parameters
    ----------
    weight : (places,) int64
    blocked : (R,) bool
        Rows of absent people.
    holes, worths, tops : (H,) int64
        Line of each hole, the weight that filling it recovers, and how many chains to keep.
    reach, depth : int
        Lines that one search may meet, and people on one chain.
    """
    kept = np.int64(0)
    for h in range(holes.size):
        kept += tops[h]
    size = kept * depth + 1
    out_row, out_line = np.empty(size, np.int64), np.empty(size, np.int64)
    out_cost, out_left = np.empty(size, np.int64), np.empty(size, np.int64)
    out_given = np.empty(kept + 1, np.int64)
    arc_chain, left_chain = np.empty(size, np.int64), np.empty(size, np.int64)
    given_chain, chain_hole = np.empty(kept + 1, np.int64), np.empty(kept + 1, np.int64)
    arcs, lefts, givens, chains = 0, 0, 0, 0
    seen = np.full(problem.line_post.size, -1, np.int64)
    node_line, node_parent = np.empty(reach, np.int64), np.empty(reach, np.int64)
    node_row, node_left = np.empty(reach, np.int64), np.empty(reach, np.int64)
    node_cost, node_depth = np.empty(reach, np.int64), np.empty(reach, np.int64)
    room = 64 * reach
    end_key, end_node = np.empty(room, np.int64), np.empty(room, np.int64)
    end_row, end_left = np.empty(room, np.int64), np.empty(room, np.int64)
    end_cost = np.empty(room, np.int64)
    for h in range(holes.size):
        worth, top = worths[h], tops[h]
        node_line[0], node_parent[0], node_depth[0] = holes[h], -1, 1
        seen[holes[h]] = h
        nodes, node, ends, free = 1, 0, 0, 0
        while node < nodes and ends < room and free < top:
            line = node_line[node]
            for k in range(calls.start[line], calls.start[line + 1]):
                row = calls.row[k]
                if blocked[row] or problem.row_forced[row] or seating.row_line[row] == line:
                    continue
                person = problem.row_person[row]
                up, twice = node, False
                while node_parent[up] >= 0:
                    if problem.row_person[node_row[up]] == person:
                        twice = True
                        break
                    up = node_parent[up]
                if twice:
                    continue
                begin, end = _to_leave(problem, seating, row)
                if begin < 0:
                    continue
                if begin == end:
                    if ends < room:
                        end_key[ends] = node_depth[node] * 1024 + min(calls.cost[k], 1023)
                        end_node[ends], end_row[ends] = node, row
                        end_left[ends], end_cost[ends] = -1, calls.cost[k]
                        ends += 1
                        free += 1
                    continue
                for other in range(begin, end):
                    left = seating.row_line[other]
                    if left < 0 or left == line or problem.row_forced[other]:
                        continue
                    if seen[left] == h:
                        continue
                    seen[left] = h
                    loss, others = release_loss(problem, weight, seating, left)
                    if loss < worth and ends < room:
                        people = min(node_depth[node] + others, _DEPTHS - 1)
                        end_key[ends] = (loss * _DEPTHS + people) * 1024
                        end_key[ends] += min(calls.cost[k], 1023)
                        end_node[ends], end_row[ends] = node, row
                        end_left[ends], end_cost[ends] = other, calls.cost[k]
                        ends += 1
                    if nodes < reach and node_depth[node] < depth:
                        node_line[nodes], node_parent[nodes] = left, node
                        node_row[nodes], node_left[nodes] = row, other
                        node_cost[nodes] = calls.cost[k]
                        node_depth[nodes] = node_depth[node] + 1
                        nodes += 1
            node += 1
        order = np.argsort(end_key[:ends])
        for i in order[: min(top, ends)]:
            out_row[arcs], out_cost[arcs] = end_row[i], end_cost[i]
            out_line[arcs] = node_line[end_node[i]]
            arc_chain[arcs] = chains
            arcs += 1
            if end_left[i] >= 0:
                out_left[lefts], left_chain[lefts] = end_left[i], chains
                lefts += 1
                line = seating.row_line[end_left[i]]
                if release_loss(problem, weight, seating, line)[1] > 0:
                    out_given[givens], given_chain[givens] = problem.line_post[line], chains
                    givens += 1
            at = end_node[i]
            while node_parent[at] >= 0:
                out_row[arcs], out_cost[arcs] = node_row[at], node_cost[at]
                out_line[arcs], arc_chain[arcs] = node_line[node_parent[at]], chains
                arcs += 1
                out_left[lefts], left_chain[lefts] = node_left[at], chains
                lefts += 1
                at = node_parent[at]
            chain_hole[chains] = h
            chains += 1
    return (
        chain_hole[:chains].copy(),
        arc_chain[:arcs].copy(),
        out_row[:arcs].copy(),
        out_line[:arcs].copy(),
        out_cost[:arcs].copy(),
        left_chain[:lefts].copy(),
        out_left[:lefts].copy(),
        given_chain[:givens].copy(),
        out_given[:givens].copy(),
    )


@nb.njit(cache=True, nogil=True)
def find_open_places(problem, weight, seating, blocked, displaced, top):
    """For people who may lose their row: the `top` worthiest open places that they may take.

    Parameters
    ----------
    displaced : (n,) int64
        Rows of the kept roster that may have to be left.

    Returns
    -------
    row, line, cost : int64 arrays
    """
    size = displaced.size * top
    out_row, out_line = np.empty(size, np.int64), np.empty(size, np.int64)
    out_cost = np.empty(size, np.int64)
    n = 0
    worth = np.empty(top, np.int64)
    best = np.empty((top, 3), np.int64)
    for gone in displaced:
        person = problem.row_person[gone]
        found = 0
        for row in range(problem.row_start[person], problem.row_start[person + 1]):
            if blocked[row] or (seating.row_line[row] >= 0 and row != gone):
                continue
            clash = False
            for other in range(problem.row_start[person], problem.row_start[person + 1]):
                if (
                    other != gone
                    and seating.row_line[other] >= 0
                    and not may_follow(
                        problem.row_shift[row], problem.row_shift[other], problem.shift_prev
                    )
                ):
                    clash = True
                    break
            if clash:
                continue
            for k in range(problem.arc_start[row], problem.arc_start[row + 1]):
                line = problem.arc_line[k]
                if line == seating.row_line[gone]:
                    continue
                if seating.filled[line] >= problem.line_required[line]:
                    continue
                post = problem.line_post[line]
                if (
                    problem.line_kind[line] == SUPERVISED
                    and seating.supervised[post] >= problem.seats * seating.supervisors[post]
                ):
                    continue
                if problem.line_kind[line] != STAFF and (
                    seating.volunteers[post] + 1 < problem.min_volunteers
                ):
                    continue
                value = weight[problem.place_start[line] + seating.filled[line]] * 4096
                value -= min(problem.arc_cost[k], 4095)
                if found == top and value <= worth[top - 1]:
                    continue
                at = found if found < top else top - 1
                found = min(found + 1, top)
                while at > 0 and worth[at - 1] < value:
                    worth[at] = worth[at - 1]
                    best[at] = best[at - 1]
                    at -= 1
                worth[at] = value
                best[at, 0], best[at, 1], best[at, 2] = row, line, problem.arc_cost[k]
        for i in range(found):
            out_row[n], out_line[n], out_cost[n] = best[i, 0], best[i, 1], best[i, 2]
            n += 1
    return out_row[:n].copy(), out_line[:n].copy(), out_cost[:n].copy()


@nb.njit(cache=True, nogil=True)
def find_clear(problem, seating, leavable, rows):
    """Whether each row is free of clashes with, and has room beside, what its person keeps.

    Parameters
    ----------
    leavable : (R,) bool
        Rows of the kept roster that may be left; all others stand still.
    """
    out = np.empty(rows.size, np.bool_)
    for i in range(rows.size):
        row = rows[i]
        person = problem.row_person[row]
        fixed, clash = 0, False
        for other in range(problem.row_start[person], problem.row_start[person + 1]):
            if seating.row_line[other] < 0 or leavable[other]:
                continue
            fixed += 1
            clash |= not may_follow(
                problem.row_shift[row], problem.row_shift[other], problem.shift_prev
            )
        out[i] = not clash and fixed < problem.max_shifts[person]
    return out


@nb.njit(cache=True, nogil=True)
def find_arcs(problem, rows, lines):
    """Position of each arc (row, line), -1 where there is none; row -1 has none."""
    out = np.full(rows.size, -1, np.int64)
    for i in range(rows.size):
        if rows[i] < 0:
            continue
        for k in range(problem.arc_start[rows[i]], problem.arc_start[rows[i] + 1]):
            if problem.arc_line[k] == lines[i]:
                out[i] = k
                break
    return out


@nb.njit(cache=True, nogil=True)
def assign_all(problem, seating, rows, lines, costs):
    """Put each row on its line (-1: on none) and keep the counts."""
    for i in range(rows.size):
        assign(problem, seating, rows[i], lines[i], costs[i])


@nb.njit(cache=True, nogil=True)
def root(parent, at):
    """Find the group of a member, and shorten the way there."""
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


@nb.njit(cache=True, nogil=True)
def join(parent, total, first, second, most):
    """Join pairs in their order while the joined group stays within `most`."""
    for i in range(first.size):
        a, b = root(parent, first[i]), root(parent, second[i])
        if a != b and total[a] + total[b] <= most:
            parent[b] = a
            total[a] += total[b]


@nb.njit(cache=True, nogil=True)
def one_can_gain(problem, weight, seating, blocked, wanted):
    """Whether one person alone can recover so much weight by changing their assignments.

    Everybody else stands still, so a full line cannot be joined, nor a post without a seat or,
    for a volunteer, one that would still have too few of them. The person's own lines are worth
    what leaving them loses. `problem.steps` must be zero: only weight counts here.
    """
    lines = problem.line_post.size
    join = np.zeros(lines, np.int64)
    for line in range(lines):
        if seating.filled[line] >= problem.line_required[line]:
            continue
        post = problem.line_post[line]
        if (
            problem.line_kind[line] == SUPERVISED
            and seating.supervised[post] >= problem.seats * seating.supervisors[post]
        ):
            continue
        if (
            problem.line_kind[line] != STAFF
            and seating.volunteers[post] + 1 < problem.min_volunteers
        ):
            continue
        join[line] = weight[problem.place_start[line] + seating.filled[line]]
    table = work_space(problem, 0, problem.max_shifts.size)
    row_value = np.empty(problem.row_shift.size, np.int64)
    chosen = np.empty(problem.row_shift.size, np.bool_)
    for person in range(problem.max_shifts.size):
        now, most = np.int64(0), np.int64(0)
        for row in range(problem.row_start[person], problem.row_start[person + 1]):
            best = np.int64(0)
            mine = seating.row_line[row]
            if not blocked[row]:
                for k in range(problem.arc_start[row], problem.arc_start[row + 1]):
                    best = max(best, join[problem.arc_line[k]])
            if mine >= 0:
                held = weight[problem.place_start[mine] + seating.filled[mine] - 1]
                now += held
                best = max(best, held)
            row_value[row] = best
            most += best
        if most - now < wanted:  # even with no rest and no limit
            continue
        if best_schedule(problem, person, row_value, table, chosen) - now >= wanted:
            return True
    return False
