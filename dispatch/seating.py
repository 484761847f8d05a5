"""A roster under construction: who works which line, and what every kernel needs to count.

All kernels that change a roster go through `assign`, so that the counts always agree with the
lines in `row_line`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numba as nb
import numpy as np

from dispatch.problem import STAFF, SUPERVISED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.problem import Problem


class Seating(NamedTuple):
    """A roster as arrays; changed in place by the kernels.

    Attributes
    ----------
    row_line : (R,) int32
        Line of each row (an available shift of a person), -1 where the person is free.
    row_cost : (R,) int64
        Cost of that arc, 0 where free.
    filled : (L,) int64
        People on each line.
    supervisors, supervised, volunteers : (Q,) int64
        Staff, supervised volunteers and all volunteers on each post.
    taken : (P,) int64
        Shifts of each person.
    """

    row_line: NDArray[np.int32]
    row_cost: NDArray[np.int64]
    filled: NDArray[np.int64]
    supervisors: NDArray[np.int64]
    supervised: NDArray[np.int64]
    volunteers: NDArray[np.int64]
    taken: NDArray[np.int64]

    @classmethod
    def empty(cls, problem: Problem) -> Seating:
        """Nobody anywhere."""
        return cls(
            np.full(problem.row_shift.size, -1, np.int32),
            np.zeros(problem.row_shift.size, np.int64),
            np.zeros(problem.num_lines, np.int64),
            np.zeros(problem.num_posts, np.int64),
            np.zeros(problem.num_posts, np.int64),
            np.zeros(problem.num_posts, np.int64),
            np.zeros(problem.num_people, np.int64),
        )


@nb.njit(cache=True, nogil=True)
def assign(problem, seating, row, line, cost):
    """Put a row on a line (-1: on none) and keep the counts."""
    old = seating.row_line[row]
    for change in range(2):
        at, step = (old, -1) if change == 0 else (line, 1)
        if at < 0:
            continue
        post = problem.line_post[at]
        seating.filled[at] += step
        seating.taken[problem.row_person[row]] += step
        if problem.line_kind[at] == STAFF:
            seating.supervisors[post] += step
        else:
            seating.volunteers[post] += step
            if problem.line_kind[at] == SUPERVISED:
                seating.supervised[post] += step
    seating.row_line[row] = line
    seating.row_cost[row] = cost


@nb.njit(cache=True, nogil=True)
def objective(problem, seating):
    """Objective of contract §3 of a roster."""
    total = np.int64(0)
    for line in range(problem.line_post.size):
        for k in range(
            problem.place_start[line] + seating.filled[line], problem.place_start[line + 1]
        ):
            total += problem.place_value[k]
    for row in range(seating.row_line.size):
        total += seating.row_cost[row]
    for person in range(seating.taken.size):
        total += problem.steps[seating.taken[person]]
    return total


@nb.njit(cache=True, nogil=True)
def has_seat(problem, seating, line):
    """Whether one more person may take a place on the line as far as H6 and H9 go."""
    if seating.filled[line] >= problem.line_required[line]:
        return False
    if problem.line_kind[line] != SUPERVISED:
        return True
    post = problem.line_post[line]
    return seating.supervised[post] < problem.seats * seating.supervisors[post]


def posts_stand(problem: Problem, seating: Seating) -> bool:
    """Whether every post keeps H6 and H7, as all do but those of pins in an unfinished roster."""
    return not broken_posts(problem, seating).any()


def broken_posts(problem: Problem, seating: Seating) -> NDArray[np.bool_]:
    """(Q,) which posts break H6 or H7."""
    guarded = seating.supervised <= problem.seats * seating.supervisors
    company = (seating.volunteers == 0) | (seating.volunteers >= problem.min_volunteers)
    broken: NDArray[np.bool_] = ~(guarded & company)
    return broken
