"""Transfers of supervisors, compiled: see `dispatch.transfers`."""

from __future__ import annotations

import numba as nb
import numpy as np

from dispatch.chain_kernel import (
    NEVER,
    dearest_on,
    fill,
    note,
    rows_to_leave,
    send_home,
    take_back,
)
from dispatch.problem import STAFF, SUPERVISED
from dispatch.seating import has_seat


@nb.njit(cache=True, nogil=True)
def _opened(problem, price, toll, post, m, worth):
    """Worth of the seats of supervisor m + 1 of a post at the prices."""
    n = 0
    for line in range(problem.post_start[post], problem.post_start[post + 1]):
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
    total = np.int64(0)
    if m == 0 and n > 0:
        total = toll[post, 0] + toll[post, 1]
    for k in range(m * problem.seats, min(n, (m + 1) * problem.seats)):
        total += worth[k]
    return total


@nb.njit(cache=True, nogil=True)
def _most_places(problem):
    """Places of the post that has most."""
    most = 1
    for q in range(problem.post_shift.size):
        begin, end = problem.post_start[q], problem.post_start[q + 1]
        most = max(most, problem.place_start[end] - problem.place_start[begin])
    return most


@nb.njit(cache=True, nogil=True)
def _cheapest_to_leave(problem, seating, price, toll, row, worth):
    """Find the row that the person had best leave to take `row`, and what that loses.

    Returns (-1, loss) where none need be left, (-2, 0) where leaving one is not enough.
    """
    begin, end = rows_to_leave(problem, seating, row)
    if begin < 0:
        return -2, np.int64(0)
    if begin == end:
        n = seating.taken[problem.row_person[row]]
        return -1, problem.steps[n + 1] - problem.steps[n]
    least, leave = NEVER, -2
    for other in range(begin, end):
        line = seating.row_line[other]
        if line < 0 or problem.row_forced[other]:
            continue
        post = problem.line_post[line]
        loss = problem.place_value[problem.place_start[line] + seating.filled[line] - 1]
        loss -= seating.row_cost[other]
        loss += _opened(problem, price, toll, post, seating.supervisors[post] - 1, worth)
        if loss < least:
            least, leave = loss, other
    return leave, least


@nb.njit(cache=True, nogil=True)
def promises(problem, seating, price, toll, people, doubt, promise, arc, row):
    """Write the transfers that promise to lose no more than `doubt`; return how many."""
    worth = np.empty(_most_places(problem), np.int64)
    n = 0
    for person in people:
        for r in range(problem.row_start[person], problem.row_start[person + 1]):
            if problem.row_forced[r]:
                continue
            leave, loss = _cheapest_to_leave(problem, seating, price, toll, r, worth)
            if leave == -2:
                continue
            for k in range(problem.arc_start[r], problem.arc_start[r + 1]):
                line = problem.arc_line[k]
                if seating.row_line[r] == line:
                    continue
                if seating.filled[line] >= problem.line_required[line]:
                    continue
                post = problem.line_post[line]
                gain = problem.place_value[problem.place_start[line] + seating.filled[line]]
                gain += _opened(problem, price, toll, post, seating.supervisors[post], worth)
                gain -= problem.arc_cost[k] + loss
                if gain >= -doubt:
                    promise[n], arc[n], row[n] = gain, k, r
                    n += 1
    return n


@nb.njit(cache=True, nogil=True)
def sweep(problem, calls, seating, search, price, toll, rows, arcs, most_lines):
    """Try transfers in turn; return what is gained."""
    worth = np.empty(_most_places(problem), np.int64)
    home = np.empty(4_096, np.int64)
    total = np.int64(0)
    for i in range(rows.size):
        row, k = rows[i], arcs[i]
        line = problem.arc_line[k]
        if seating.filled[line] >= problem.line_required[line] or seating.row_line[row] == line:
            continue
        leave, _ = _cheapest_to_leave(problem, seating, price, toll, row, worth)
        if leave == -2:
            continue
        total += _transfer(problem, calls, seating, search, price, row, k, leave, most_lines, home)
    return total


@nb.njit(cache=True, nogil=True)
def _transfer(problem, calls, seating, search, price, row, k, leave, most_lines, home):
    """Move a supervisor by arc k, leaving row `leave`; keep it if it gains, and return the gain."""
    search.size[0] = 0
    line = problem.arc_line[k]
    post, left_post = problem.line_post[line], -1
    lost, num_home = np.int64(0), 0
    if leave >= 0:
        left_post = problem.line_post[seating.row_line[leave]]
        lost += send_home(problem, seating, search, leave)
    n = seating.taken[problem.row_person[row]]
    lost += problem.arc_cost[k] + problem.steps[n + 1] - problem.steps[n]
    lost -= problem.place_value[problem.place_start[line] + seating.filled[line]]
    note(problem, seating, search, row, line, problem.arc_cost[k])
    if left_post >= 0 and left_post != post:
        loss, num_home = _settle(problem, calls, seating, search, price, left_post, home)
        lost += loss
    if lost < NEVER // 2:
        lost -= _fill_post(problem, calls, seating, search, price, post, most_lines)
        if not 0 < seating.volunteers[post] < problem.min_volunteers:
            lost -= _seat_again(problem, seating, search, home, num_home)
            if lost < 0:
                return -lost
    take_back(problem, seating, search, 0)
    return np.int64(0)


@nb.njit(cache=True, nogil=True)
def _settle(problem, calls, seating, search, price, post, home):
    """Send volunteers home until the post keeps H6 and H7; return the loss and how many.

    Those whose places are worth least beyond their price go first. Where a pin stands in the way
    the loss is `NEVER`.
    """
    lost, num_home = np.int64(0), 0
    while True:
        over = seating.supervised[post] > problem.seats * seating.supervisors[post]
        alone = 0 < seating.volunteers[post] < problem.min_volunteers
        if not over and not alone:
            return lost, num_home
        least, from_line = NEVER, -1
        for line in range(problem.post_start[post], problem.post_start[post + 1]):
            kind = problem.line_kind[line]
            if kind == STAFF or seating.filled[line] == 0 or (over and kind != SUPERVISED):
                continue
            value = problem.place_value[problem.place_start[line] + seating.filled[line] - 1]
            if value - price[line] < least:
                least, from_line = value - price[line], line
        goes = -1
        if from_line >= 0:
            goes = dearest_on(problem, calls, seating, from_line)
        if goes < 0:
            return NEVER, num_home
        lost += send_home(problem, seating, search, goes)
        if num_home < home.size:
            home[num_home] = goes
            num_home += 1


@nb.njit(cache=True, nogil=True)
def _fill_post(problem, calls, seating, search, price, post, most_lines):
    """Fill the open seats of a post by chains, where that gains; return the gain."""
    gained = np.int64(0)
    first = problem.post_start[post]
    dead = np.zeros(problem.post_start[post + 1] - first, np.bool_)
    while True:
        best, at = np.int64(0), -1
        for i in range(dead.size):
            line = first + i
            if dead[i] or problem.line_kind[line] == STAFF:
                continue
            if not has_seat(problem, seating, line):
                continue
            value = problem.place_value[problem.place_start[line] + seating.filled[line]]
            if value - price[line] > best:
                best, at = value - price[line], line
        if at < 0:
            return gained
        value = problem.place_value[problem.place_start[at] + seating.filled[at]]
        gain = fill(problem, calls, seating, search, at, value, price, np.int64(0), most_lines)
        if gain > 0:
            gained += gain
        else:
            dead[at - first] = True


@nb.njit(cache=True, nogil=True)
def _seat_again(problem, seating, search, home, num_home):
    """Give those sent home the best open place, if it gains; return the gain."""
    gained = np.int64(0)
    for i in range(num_home):
        person = problem.row_person[home[i]]
        n = seating.taken[person]
        if n >= problem.max_shifts[person]:
            continue
        step = problem.steps[n + 1] - problem.steps[n]
        best, best_row, best_arc = np.int64(0), -1, -1
        for row in range(problem.row_start[person], problem.row_start[person + 1]):
            if seating.row_line[row] >= 0:
                continue
            begin, end = rows_to_leave(problem, seating, row)
            if begin != end or begin < 0:
                continue
            for k in range(problem.arc_start[row], problem.arc_start[row + 1]):
                line = problem.arc_line[k]
                post = problem.line_post[line]
                if problem.line_kind[line] == STAFF or not has_seat(problem, seating, line):
                    continue
                if seating.volunteers[post] + 1 < problem.min_volunteers:
                    continue
                value = problem.place_value[problem.place_start[line] + seating.filled[line]]
                if value - problem.arc_cost[k] - step > best:
                    best, best_row, best_arc = value - problem.arc_cost[k] - step, row, k
        if best_row >= 0:
            note(
                problem,
                seating,
                search,
                best_row,
                problem.arc_line[best_arc],
                problem.arc_cost[best_arc],
            )
            gained += best
    return gained
