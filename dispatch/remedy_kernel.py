"""Compiled search for the moves that fill one more place of a demand line.

The place is a *hole*. Somebody who could come but works elsewhere moves there and leaves a hole,
which is filled in turn, until the chain ends: with a person who is free, with one whom a single
change sets free (`funnel_kernel.AVAILABLE` and so on), or by leaving the last hole open. Breadth
first: for every kind of end the fewest moves are found, and among these the cheapest.

Inside a chain every place that is left is taken again, head by head, so H6 and H7 hold there as
before; only where it begins and where a hole stays are they looked at.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from dispatch.funnel_kernel import CHOICES, NUM_FIXES, travel_cost

FREE, HOLE = 0, NUM_FIXES + 1
"""Kinds of end: nobody has to change anything; 1 … `NUM_FIXES` one change; a hole stays."""
NUM_ENDS = NUM_FIXES + 2


@nb.njit(cache=True, nogil=True)
def _moves_already(node, person, parent, mover):  # type: ignore[no-untyped-def]
    """Whether the person moves on the way from the first hole to this node."""
    while parent[node] >= 0:
        if mover[node] == person:
            return True
        node = parent[node]
    return False


@nb.njit(cache=True, nogil=True)
def rows_to_leave(work_start, work_shift, apart, person, shift):  # type: ignore[no-untyped-def]
    """Which one of the roster's rows a person would have to leave to work a shift.

    Returns
    -------
    begin, end : int
        One of the rows ``begin:end`` will do; ``begin == end`` where none will.
    """
    begin, end = work_start[person], work_start[person + 1]
    clashes, clash = 0, begin
    for row in range(begin, end):
        if not apart[work_shift[row], shift]:
            clashes += 1
            clash = row
    if clashes > 1:
        return begin, begin
    if clashes == 1:
        return clash, clash + 1
    return begin, end


@nb.njit(cache=True, nogil=True)
def may_leave_holes(standing):  # type: ignore[no-untyped-def]
    """(L,) whether one person may leave a line for good as far as H6 and H7 go."""
    may = np.zeros(standing.line_post.size, np.bool_)
    for line in range(may.size):
        post = standing.line_post[line]
        if standing.line_staffed[line]:
            left = standing.post_supervisors[post] - 1
            may[line] = standing.post_supervised[post] <= standing.seats * left
        else:
            left = standing.post_volunteers[post] - 1
            may[line] = left == 0 or left >= standing.min_volunteers
    return may


@nb.njit(cache=True, nogil=True)
def find_chains(standing, found, roots, max_nodes, max_moves):  # type: ignore[no-untyped-def]
    """Search for chains that fill one more place of each line of `roots`.

    Parameters
    ----------
    standing : Standing
    found : Funnel
    roots : (Q,) int64
    max_nodes : int
        Lines that the search for one root may meet.
    max_moves : int
        People moved from one place to another.

    Returns
    -------
    moves : (Q, NUM_ENDS) int64
        How many people move; -1 where no such chain was met.
    person, row : (Q, NUM_ENDS, max_moves)
        Who moves, first to the root's line, and which row of the roster they leave.
    last : (Q, NUM_ENDS) int64
        Who fills the last hole; -1 for `HOLE`.
    last_m : (Q, NUM_ENDS) float64
        That person's distance to the beat.
    cost : (Q, NUM_ENDS) int64
        What the chain adds to the objective, the worth of a hole that stays included, the gain on
        the root's line not.
    """
    queries = roots.size
    moves = np.full((queries, NUM_ENDS), -1, np.int64)
    person = np.full((queries, NUM_ENDS, max_moves), -1, np.int64)
    row = np.full((queries, NUM_ENDS, max_moves), -1, np.int64)
    last = np.full((queries, NUM_ENDS), -1, np.int64)
    last_m = np.zeros((queries, NUM_ENDS))
    cost = np.zeros((queries, NUM_ENDS), np.int64)
    seen = np.full(standing.line_beat.size, -1, np.int64)
    where = np.zeros(seen.size, np.int64)
    node_line = np.empty(max_nodes, np.int64)
    parent = np.empty(max_nodes, np.int64)
    mover = np.empty(max_nodes, np.int64)
    left_row = np.empty(max_nodes, np.int64)
    spent = np.empty(max_nodes, np.int64)
    depth = np.empty(max_nodes, np.int64)
    may_leave = may_leave_holes(standing)
    # as variables of their own: reaching into a tuple in the loop costs ten times the time
    line_post, line_shift, line_heads = (
        standing.line_post,
        standing.line_shift,
        standing.line_heads,
    )
    place_start, place_value = standing.place_start, standing.place_value
    pair_person, pair_m, dislike = standing.pair_person, standing.pair_m, standing.dislike
    work_start, work_line, work_cost = standing.work_start, standing.work_line, standing.work_cost
    work_fixed, apart, travel_per_100m = (
        standing.work_fixed,
        standing.apart,
        standing.travel_per_100m,
    )
    work_shift = line_shift[work_line]
    free, free_cost, fix = found.free, found.free_cost, found.fix
    fix_cost, fix_m = found.fix_cost, found.fix_m
    caller_start, caller_pair = found.caller_start, found.caller_pair
    for q in range(queries):
        root = roots[q]
        seen[root], where[root] = q, 0
        node_line[0], parent[0], mover[0], spent[0], depth[0] = root, -1, -1, 0, 0
        nodes, node = 1, 0
        while node < nodes:
            line = node_line[node]
            for end in range(NUM_ENDS):
                who, metres, price = -1, 0.0, np.int64(0)
                if end == HOLE:
                    if node == 0 or not may_leave[line] or line_post[line] == line_post[root]:
                        continue
                    at = place_start[line] + line_heads[line] - 1
                    price = place_value[at]
                elif end == FREE:
                    for i in range(free.shape[1]):
                        p = free[line, i]
                        if p < 0:
                            break
                        if not _moves_already(node, p, parent, mover):
                            who, price = p, np.int64(free_cost[line, i])
                            break
                else:
                    for i in range(CHOICES):
                        p = fix[line, end - 1, i]
                        if p < 0:
                            break
                        if not _moves_already(node, p, parent, mover):
                            who, price = p, np.int64(fix_cost[line, end - 1, i])
                            metres = fix_m[line, end - 1, i]
                            break
                if who < 0 and end != HOLE:
                    continue
                price += spent[node]
                best = moves[q, end]
                fewer = end != HOLE and best >= 0 and best < depth[node]
                if best >= 0 and (fewer or cost[q, end] <= price):
                    continue
                moves[q, end], cost[q, end] = depth[node], price
                last[q, end], last_m[q, end] = who, metres
                step = node
                while parent[step] >= 0:
                    person[q, end, depth[step] - 1] = mover[step]
                    row[q, end, depth[step] - 1] = left_row[step]
                    step = parent[step]
            if depth[node] == max_moves:
                node += 1
                continue
            shift = line_shift[line]
            for c in range(caller_start[line], caller_start[line + 1]):
                k = caller_pair[c]
                p = pair_person[k]
                if _moves_already(node, p, parent, mover):
                    continue
                begin, end = rows_to_leave(work_start, work_shift, apart, p, shift)
                if begin == end:
                    continue
                there = travel_cost(pair_m[k], travel_per_100m)
                there += max(0, dislike[shift, p])
                for r in range(begin, end):
                    left = work_line[r]
                    if work_fixed[r] or left == line:
                        continue
                    price = spent[node] + there - work_cost[r]
                    if seen[left] == q:
                        # the same place, left by somebody cheaper
                        at = where[left]
                        if at > node and parent[at] == node and price < spent[at]:
                            mover[at], left_row[at], spent[at] = p, r, price
                        continue
                    if nodes == max_nodes:
                        continue
                    seen[left], where[left] = q, nodes
                    node_line[nodes], parent[nodes], mover[nodes] = left, node, p
                    left_row[nodes], spent[nodes], depth[nodes] = r, price, depth[node] + 1
                    nodes += 1
            node += 1
    return moves, person, row, last, last_m, cost
