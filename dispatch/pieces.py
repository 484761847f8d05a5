"""Pieces of a roster, re-solved exactly while the rest of it stands still.

A piece is a set of posts with everybody who may work there. `cut_piece` takes it out of the roster
as plain arrays of numbers (no ids, so it may travel to another process or machine); `solve_piece`
is a pure function of these arrays: a mixed-integer program (OR-Tools MathOpt with HiGHS) of H1-H9
and the objective, in which people keep their assignments elsewhere; `put_back` applies the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba as nb
import numpy as np

from dispatch.schedules import may_follow
from dispatch.seating import assign

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.chains import Callers
    from dispatch.problem import Problem
    from dispatch.seating import Seating


class Piece(NamedTuple):
    """A part of the problem as arrays of its own numbers, and the roster's state there.

    Attributes
    ----------
    row, line : (n,) int32
        The arcs: (person, shift) → line.
    cost : (n,) int32
    now : (n,) bool
        The arc is in the roster now.
    row_id, line_id : int64
        Numbers in the problem.
    row_person, row_shift : int32
    row_forced : bool
    room : (people,) int64
        Shifts that each person may still take beside those elsewhere.
    elsewhere : (people,) int64
        Shifts that each person has elsewhere.
    line_post, line_kind : int32
    place_line : int32
    place_value : int64
    steps, shift_prev, seats, min_volunteers
        As in `Problem`.
    """

    row: NDArray[np.int32]
    line: NDArray[np.int32]
    cost: NDArray[np.int32]
    now: NDArray[np.bool_]
    row_id: NDArray[np.int64]
    line_id: NDArray[np.int64]
    row_person: NDArray[np.int32]
    row_shift: NDArray[np.int32]
    row_forced: NDArray[np.bool_]
    room: NDArray[np.int64]
    elsewhere: NDArray[np.int64]
    line_post: NDArray[np.int32]
    line_kind: NDArray[np.int32]
    place_line: NDArray[np.int32]
    place_value: NDArray[np.int64]
    steps: NDArray[np.int64]
    shift_prev: NDArray[np.int32]
    seats: int
    min_volunteers: int


def cut_piece(
    problem: Problem, calls: Callers, seating: Seating, posts: NDArray[np.int64]
) -> Piece:
    """Cut the piece of the given posts out of a roster."""
    line_id = np.concatenate(
        [np.arange(problem.post_start[q], problem.post_start[q + 1]) for q in posts]
    )
    inside = np.zeros(problem.num_lines, np.bool_)
    inside[line_id] = True
    local = np.full(problem.num_lines, -1, np.int32)
    local[line_id] = np.arange(line_id.size, dtype=np.int32)
    size = int((calls.start[line_id + 1] - calls.start[line_id]).sum())
    row, line = np.empty(size, np.int64), np.empty(size, np.int64)
    cost = np.empty(size, np.int32)
    n = _gather(problem, calls, seating, line_id, inside, row, line, cost)
    row, line, cost = row[:n], line[:n], cost[:n]
    row_id, row_local = np.unique(row, return_inverse=True)
    person_id, row_person = np.unique(problem.row_person[row_id], return_inverse=True)
    mine = (seating.row_line[row_id] >= 0) & inside[np.maximum(seating.row_line[row_id], 0)]
    elsewhere = seating.taken[person_id] - np.bincount(
        row_person[mine], minlength=person_id.size
    ).astype(np.int64)
    places = problem.place_start[line_id + 1] - problem.place_start[line_id]
    place = np.concatenate(
        [np.arange(problem.place_start[x], problem.place_start[x + 1]) for x in line_id]
    )
    return Piece(
        row=row_local.astype(np.int32),
        line=local[line],
        cost=cost,
        now=seating.row_line[row] == line,
        row_id=row_id,
        line_id=line_id,
        row_person=row_person.astype(np.int32),
        row_shift=problem.row_shift[row_id],
        row_forced=problem.row_forced[row_id],
        room=problem.max_shifts[person_id] - elsewhere,
        elsewhere=elsewhere,
        line_post=np.unique(problem.line_post[line_id], return_inverse=True)[1].astype(np.int32),
        line_kind=problem.line_kind[line_id],
        place_line=np.repeat(np.arange(line_id.size, dtype=np.int32), places),
        place_value=problem.place_value[place],
        steps=problem.steps,
        shift_prev=problem.shift_prev,
        seats=problem.seats,
        min_volunteers=problem.min_volunteers,
    )


@nb.njit(cache=True, nogil=True)
def _gather(problem, calls, seating, lines, inside, row_out, line_out, cost_out):
    """Write the arcs of the lines whose person is free for them; return how many."""
    n = 0
    for line in lines:
        for k in range(calls.start[line], calls.start[line + 1]):
            row = calls.row[k]
            now = seating.row_line[row]
            if now >= 0 and not inside[now]:
                continue
            person = problem.row_person[row]
            others, clash = 0, False
            for other in range(problem.row_start[person], problem.row_start[person + 1]):
                at = seating.row_line[other]
                if at >= 0 and not inside[at]:
                    others += 1
                    if not may_follow(
                        problem.row_shift[row], problem.row_shift[other], problem.shift_prev
                    ):
                        clash = True
                        break
            if clash or others >= problem.max_shifts[person]:
                continue
            row_out[n], line_out[n], cost_out[n] = row, line, calls.cost[k]
            n += 1
    return n


def worth(piece: Piece, taken: NDArray[np.bool_]) -> int:
    """Value of the places that the arcs `taken` fill, less their costs and steps."""
    filled = np.bincount(piece.line[taken], minlength=piece.line_id.size)
    first = np.searchsorted(piece.place_line, np.arange(piece.line_id.size))
    nth = np.arange(piece.place_line.size) - first[piece.place_line]
    value = int(piece.place_value[nth < filled[piece.place_line]].sum())
    shifts = np.bincount(piece.row_person[piece.row[taken]], minlength=piece.room.size)
    steps = piece.steps[piece.elsewhere + shifts] - piece.steps[piece.elsewhere]
    return value - int(piece.cost[taken].sum()) - int(steps.sum())


def put_back(problem: Problem, seating: Seating, piece: Piece, taken: NDArray[np.bool_]) -> None:
    """Replace the piece's part of the roster by the arcs `taken`."""
    gone = piece.now & ~taken
    come = taken & ~piece.now
    _assign_all(
        problem,
        seating,
        piece.row_id[piece.row[gone]],
        np.full(gone.sum(), -1),
        piece.cost[gone] * 0,
    )
    _assign_all(
        problem,
        seating,
        piece.row_id[piece.row[come]],
        piece.line_id[piece.line[come]],
        piece.cost[come],
    )


@nb.njit(cache=True, nogil=True)
def _assign_all(problem, seating, rows, lines, costs):
    for i in range(rows.size):
        assign(problem, seating, rows[i], lines[i], costs[i])
