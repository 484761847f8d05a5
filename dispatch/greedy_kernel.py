"""The compiled loops of `dispatch.greedy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba as nb
import numpy as np

from dispatch.problem import STAFF, SUPERVISED

if TYPE_CHECKING:
    from numpy.typing import NDArray

ANY_STAFF, ANY_VOLUNTEER = -1, -2
"""Instead of a line: the heaviest open place of a post's staff, or of its volunteers."""


class Board(NamedTuple):
    """What does not change; arrays as in `dispatch.problem.Problem` but for the first two.

    ``arc_row[arc_first[line]:arc_first[line + 1]]`` are the rows that may fill a line, the
    cheapest first.
    """

    arc_first: NDArray[np.int64]
    arc_row: NDArray[np.int64]
    row_person: NDArray[np.int64]
    row_start: NDArray[np.int64]
    row_shift: NDArray[np.int32]
    shift_prev: NDArray[np.int32]
    max_shifts: NDArray[np.int32]
    line_kind: NDArray[np.int32]
    line_required: NDArray[np.int32]
    place_start: NDArray[np.int64]
    place_value: NDArray[np.int64]
    line_post: NDArray[np.int32]
    post_start: NDArray[np.int64]
    seats: int
    min_volunteers: int


class State(NamedTuple):
    """Who stands where: line of each row or -1, and head counts."""

    chosen: NDArray[np.int64]
    load: NDArray[np.int64]
    filled: NDArray[np.int64]
    supervisors: NDArray[np.int64]
    supervised: NDArray[np.int64]
    volunteers: NDArray[np.int64]


@nb.njit(cache=True, nogil=True)
def put(board, state, row, line, sign):  # type: ignore[no-untyped-def]
    """Assign a row to a line (`sign` 1), or take it back (-1)."""
    post = board.line_post[line]
    state.chosen[row] = line if sign > 0 else -1
    state.load[board.row_person[row]] += sign
    state.filled[line] += sign
    if board.line_kind[line] == STAFF:
        state.supervisors[post] += sign
        return
    state.volunteers[post] += sign
    if board.line_kind[line] == SUPERVISED:
        state.supervised[post] += sign


@nb.njit(cache=True, nogil=True)
def fill(board, state, order_post, order_line):  # type: ignore[no-untyped-def]
    """Fill one place for each entry of an order, where somebody can: a line, or `ANY_…`.

    The first volunteers of a post come together or not at all (H7).
    """
    group_row = np.empty(max(1, board.min_volunteers), np.int64)
    for entry in range(order_post.size):
        post, wanted = order_post[entry], order_line[entry]
        need = 1
        if wanted != ANY_STAFF:
            need = max(1, board.min_volunteers - state.volunteers[post])
        taken = 0
        while taken < need:
            row, line = _next(board, state, post, wanted)
            if row < 0:
                break
            put(board, state, row, line, 1)
            group_row[taken] = row
            taken += 1
            if wanted >= 0:
                wanted = ANY_VOLUNTEER
        if taken < need:
            for k in range(taken):
                put(board, state, group_row[k], state.chosen[group_row[k]], -1)


@nb.njit(cache=True, nogil=True)
def _next(board, state, post, wanted):  # type: ignore[no-untyped-def]
    """Find a row for the wanted line, or for the post's heaviest place that somebody can take."""
    if wanted >= 0:
        return (_nearest(board, state, wanted) if _is_open(board, state, wanted) else -1), wanted
    above, after = np.int64(2**62), -1
    while True:  # by falling value; lines of one value in their order
        line, heaviest = -1, np.int64(-1)
        for other in range(board.post_start[post], board.post_start[post + 1]):
            staffed = board.line_kind[other] == STAFF
            if staffed != (wanted == ANY_STAFF) or not _is_open(board, state, other):
                continue
            value = board.place_value[board.place_start[other] + state.filled[other]]
            tried = value > above or (value == above and other <= after)
            if not tried and value > heaviest:
                line, heaviest = other, value
        if line < 0:
            return -1, -1
        row = _nearest(board, state, line)
        if row >= 0:
            return row, line
        above, after = heaviest, line


@nb.njit(cache=True, nogil=True)
def _is_open(board, state, line):  # type: ignore[no-untyped-def]
    """Say whether the line has a place left, and a seat (H6)."""
    if state.filled[line] >= board.line_required[line]:
        return False
    post = board.line_post[line]
    return (
        board.line_kind[line] != SUPERVISED
        or state.supervised[post] < board.seats * state.supervisors[post]
    )


@nb.njit(cache=True, nogil=True)
def _nearest(board, state, line):  # type: ignore[no-untyped-def]
    """Return the row of the cheapest person free for the line (H3, H4), or -1."""
    for k in range(board.arc_first[line], board.arc_first[line + 1]):
        row = board.arc_row[k]
        person = board.row_person[row]
        if state.load[person] < board.max_shifts[person] and not _clashes(board, state, row):
            return row
    return -1


@nb.njit(cache=True, nogil=True)
def _clashes(board, state, row):  # type: ignore[no-untyped-def]
    """Say whether the person has a chosen row at the same time or too near to it (H3)."""
    person = board.row_person[row]
    for other in range(board.row_start[person], board.row_start[person + 1]):
        if state.chosen[other] >= 0:
            first = min(board.row_shift[row], board.row_shift[other])
            second = max(board.row_shift[row], board.row_shift[other])
            if first == second or board.shift_prev[second] <= first:
                return True
    return False
