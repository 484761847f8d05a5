"""Compiled loop of `dispatch.shadow_prices`: what one more person on each line makes possible."""

from __future__ import annotations

import numba as nb
import numpy as np

from dispatch.funnel_kernel import FAILS_QUALIFIED, travel_cost
from dispatch.remedy_kernel import _moves_already, rows_to_leave


@nb.njit(cache=True, nogil=True)
def relief(standing, found, holes, worth, max_nodes, max_moves):  # type: ignore[no-untyped-def]
    """Find what one more person on each line is worth, by chains of moves from every hole.

    Somebody leaves a line for the hole, or for a place whose holder goes on to the hole; the
    newcomer takes the place that is left. Read from the newcomer, that is an augmenting chain.

    Parameters
    ----------
    holes, worth : (Q,) int64
        Lines with a place that may be filled as things stand, and what that is worth.

    Returns
    -------
    (L,) int64
        The most that a newcomer on each line brings, 0 where nothing was met.
    """
    best = np.zeros(standing.line_beat.size, np.int64)
    seen = np.full(best.size, -1, np.int64)
    node_line = np.empty(max_nodes, np.int64)
    parent = np.empty(max_nodes, np.int64)
    mover = np.empty(max_nodes, np.int64)
    spent = np.empty(max_nodes, np.int64)
    depth = np.empty(max_nodes, np.int64)
    line_shift, pair_person, pair_m = standing.line_shift, standing.pair_person, standing.pair_m
    work_start, work_line, work_cost = standing.work_start, standing.work_line, standing.work_cost
    work_fixed, apart, dislike = standing.work_fixed, standing.apart, standing.dislike
    caller_start, caller_pair = found.caller_start, found.caller_pair
    travel_per_100m = standing.travel_per_100m
    work_shift = line_shift[work_line]
    for q in range(holes.size):
        seen[holes[q]] = q
        node_line[0], parent[0], mover[0], spent[0], depth[0] = holes[q], -1, -1, 0, 0
        nodes, node = 1, 0
        while node < nodes:
            line = node_line[node]
            best[line] = max(best[line], worth[q] - spent[node])
            if depth[node] == max_moves:
                node += 1
                continue
            shift = line_shift[line]
            for c in range(caller_start[line], caller_start[line + 1]):
                if nodes == max_nodes:
                    break
                k = caller_pair[c]
                p = pair_person[k]
                if _moves_already(node, p, parent, mover):
                    continue
                begin, end = rows_to_leave(work_start, work_shift, apart, p, shift)
                there = travel_cost(pair_m[k], travel_per_100m) + max(0, dislike[shift, p])
                for r in range(begin, end):
                    left = work_line[r]
                    if work_fixed[r] or seen[left] == q or nodes == max_nodes:
                        continue
                    seen[left] = q
                    node_line[nodes], parent[nodes], mover[nodes] = left, node, p
                    spent[nodes] = spent[node] + there - work_cost[r]
                    depth[nodes] = depth[node] + 1
                    nodes += 1
            node += 1
    return best


@nb.njit(cache=True, nogil=True)
def learners(standing, worth, opened, worked, steps):  # type: ignore[no-untyped-def]
    """Find what each person could do if one kind of role were opened to them.

    Only those count who fail nothing but the qualification, beside the shifts they work already.

    Parameters
    ----------
    worth : (L,) int64
        What one more person on each line brings.
    opened : (roles,) bool
        Roles that the qualification opens.
    worked : (people,) int64
    steps : (K,) int64
        Cost of the n-th shift; the last repeats.

    Returns
    -------
    value, best : (people,) int64
        Worth of the shifts taken greedily, best first, and of the best alone.
    line, shifts : (people,) int64
        The best line, -1 for none, and how many shifts are taken.
    """
    people, shifts_of_week = worked.size, standing.apart.shape[0]
    gain = np.zeros((people, shifts_of_week), np.int64)
    where = np.full((people, shifts_of_week), -1, np.int64)
    pair_start, pair_person, pair_m = standing.pair_start, standing.pair_person, standing.pair_m
    pair_fails, forbidden = standing.pair_fails, standing.forbidden
    travel_per_100m, apart, max_shifts = (
        standing.travel_per_100m,
        standing.apart,
        standing.max_shifts,
    )
    lines = worth.size
    for line in range(lines):
        role, shift, beat = (
            standing.line_role[line],
            standing.line_shift[line],
            standing.line_beat[line],
        )
        if worth[line] <= 0 or not opened[role]:
            continue
        by_role, by_shift = standing.role_fails[role], standing.shift_fails[shift]
        dislike = standing.dislike[shift]
        for k in range(pair_start[beat], pair_start[beat + 1]):
            p = pair_person[k]
            if pair_fails[k] or by_shift[p] or by_role[p] != FAILS_QUALIFIED:
                continue
            if forbidden.size:
                key = p * lines + line
                at = np.searchsorted(forbidden, key)
                if at < forbidden.size and forbidden[at] == key:
                    continue
            g = worth[line] - travel_cost(pair_m[k], travel_per_100m) - dislike[p]
            if g > gain[p, shift]:
                gain[p, shift], where[p, shift] = g, line
    value = np.zeros(people, np.int64)
    best = np.zeros(people, np.int64)
    best_line = np.full(people, -1, np.int64)
    count = np.zeros(people, np.int64)
    for p in range(people):
        while worked[p] + count[p] < max_shifts[p]:
            at = np.argmax(gain[p])
            net = gain[p, at] - steps[min(worked[p] + count[p], steps.size - 1)]
            if gain[p, at] <= 0 or net <= 0:
                break
            if best_line[p] < 0:
                best_line[p], best[p] = where[p, at], net
            value[p] += net
            count[p] += 1
            for other in range(shifts_of_week):
                if not apart[at, other]:
                    gain[p, other] = 0
    return value, best, best_line, count


@nb.njit(cache=True, nogil=True)
def single_moves(standing, found, lines, may_leave, keep):  # type: ignore[no-untyped-def]
    """List the cheapest people who could move to each line and leave a hole elsewhere.

    Returns
    -------
    person, row : (Q, keep) int64
        -1 past their number; the row of the roster that is left.
    cost : (Q, keep) int64
        Travel, dislike and the worth of the place that is lost.
    """
    person = np.full((lines.size, keep), -1, np.int64)
    rows = np.full((lines.size, keep), -1, np.int64)
    cost = np.full((lines.size, keep), np.int64(1) << 60)
    line_shift, line_post = standing.line_shift, standing.line_post
    work_start, work_line, work_cost = standing.work_start, standing.work_line, standing.work_cost
    work_fixed, apart, dislike = standing.work_fixed, standing.apart, standing.dislike
    place_start, place_value = standing.place_start, standing.place_value
    line_heads, travel_per_100m = standing.line_heads, standing.travel_per_100m
    caller_start, caller_pair = found.caller_start, found.caller_pair
    pair_person, pair_m = standing.pair_person, standing.pair_m
    work_shift = line_shift[work_line]
    for q in range(lines.size):
        line = lines[q]
        shift = line_shift[line]
        for c in range(caller_start[line], caller_start[line + 1]):
            k = caller_pair[c]
            p = pair_person[k]
            begin, end = rows_to_leave(work_start, work_shift, apart, p, shift)
            there = travel_cost(pair_m[k], travel_per_100m) + max(0, dislike[shift, p])
            for r in range(begin, end):
                left = work_line[r]
                if work_fixed[r] or not may_leave[left] or line_post[left] == line_post[line]:
                    continue
                lost = place_value[place_start[left] + line_heads[left] - 1]
                price = there - work_cost[r] + lost
                n = keep - 1
                if price >= cost[q, n]:
                    continue
                while n > 0 and cost[q, n - 1] > price:
                    person[q, n], rows[q, n] = person[q, n - 1], rows[q, n - 1]
                    cost[q, n] = cost[q, n - 1]
                    n -= 1
                person[q, n], rows[q, n], cost[q, n] = p, r, price
    return person, rows, cost
