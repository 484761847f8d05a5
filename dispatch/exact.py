"""Small problems as a whole, in exact integers: the last step where it can finish the proof.

The relaxation is strong where posts and people are many; in a village with a dozen people single
choices weigh. There the flat model (H1-H9 and the objective, as in `dispatch.piece_model`) fits
CP-SAT of OR-Tools, which computes in integers: its bound is as exact as the relaxation's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from ortools.sat.python import cp_model

from dispatch.piece_model import rest_cliques
from dispatch.pieces import cut_piece, put_back
from dispatch.problem import STAFF, SUPERVISED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dispatch.chains import Callers
    from dispatch.pieces import Piece
    from dispatch.problem import Problem
    from dispatch.seating import Seating

MOST_ARCS = 4_000
"""Larger problems are left to the other stages (measured: docs/planning.md)."""
WORK = 20.0
"""Limit in CP-SAT's deterministic time, about seconds."""


@dataclass(frozen=True, slots=True)
class _Groups:
    """Arcs grouped by a key; groups in order of their keys."""

    order: NDArray[np.int64]
    start: NDArray[np.int64]

    @classmethod
    def of(cls, key: NDArray[np.int64], count: int) -> _Groups:
        order = np.argsort(key, kind="stable")
        return cls(order, np.searchsorted(key[order], np.arange(count + 1)))

    def __iter__(self) -> Iterator[list[int]]:
        for first, last in zip(self.start[:-1], self.start[1:], strict=True):
            yield self.order[first:last].tolist()


def solve_exactly(
    problem: Problem,
    calls: Callers,
    seating: Seating,
    *,
    seconds: float | None,
    work: float = WORK,
) -> int:
    """Improve the roster of a small problem in place; return a proven bound.

    Parameters
    ----------
    seconds : float, optional
        Limit in seconds; without it the result depends on `work` alone and can be repeated.
    work : float
        Limit in CP-SAT's deterministic time.

    Returns
    -------
    int
        No roster costs less; 0 where nothing was proven.
    """
    if not problem.num_posts or not problem.arc_line.size:
        return problem.worst
    piece = cut_piece(problem, calls, seating, np.arange(problem.num_posts))
    model, arcs = _model(piece)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = work
    if seconds is not None:
        solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        taken = np.array([solver.boolean_value(x) for x in arcs], bool)
        put_back(problem, seating, piece, taken)
    elif status == cp_model.UNKNOWN:
        return 0  # stopped before it had a bound: what it reports then is no proof
    else:
        raise AssertionError(f"Expected a model that the roster satisfies, got {status}.")
    return max(problem.worst + round(solver.best_objective_bound), 0)


def _model(piece: Piece) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    """Write the flat model, with the roster as it is for a hint."""
    model = cp_model.CpModel()
    posts = int(piece.line_post.max()) + 1
    lines = piece.line_id.size
    kind, post = piece.line_kind[piece.line], piece.line_post[piece.line]
    x = [model.new_bool_var("") for _ in range(piece.row.size)]
    y = [model.new_bool_var("") for _ in range(piece.place_line.size)]
    company = [model.new_bool_var("") for _ in range(posts)]
    guarded = [model.new_bool_var("") for _ in range(posts)]
    for variable, now in zip(x, piece.now.tolist(), strict=True):
        model.add_hint(variable, now)
    for pinned in np.flatnonzero(piece.row_forced[piece.row]).tolist():
        model.add(x[pinned] == 1)
    places = _Groups.of(piece.place_line.astype(np.int64), lines)
    for arcs, seats in zip(_Groups.of(piece.line.astype(np.int64), lines), places, strict=True):
        model.add(sum(x[k] for k in arcs) == sum(y[s] for s in seats))
    clique, member = rest_cliques(piece)
    for members in _Groups.of(clique, int(clique.max(initial=-1)) + 1):
        model.add_at_most_one(x[member[i]] for i in members)
    by_post = _Groups.of(post.astype(np.int64), posts)
    for q, arcs in enumerate(by_post):
        staff = [x[k] for k in arcs if kind[k] == STAFF]
        supervised = [k for k in arcs if kind[k] == SUPERVISED]
        volunteers = [k for k in arcs if kind[k] != STAFF]
        model.add(sum(x[k] for k in supervised) <= piece.seats * sum(staff))
        model.add(guarded[q] <= sum(staff))
        for k in supervised:
            model.add_implication(x[k], guarded[q])
        for k in volunteers:
            model.add_implication(x[k], company[q])
        if volunteers:
            model.add(sum(x[k] for k in volunteers) >= piece.min_volunteers * company[q])
    cost = [int(c) * v for c, v in zip(piece.cost, x, strict=True) if c]
    cost += [-int(value) * v for value, v in zip(piece.place_value, y, strict=True)]
    person = piece.row_person[piece.row].astype(np.int64)
    for p, arcs in enumerate(_Groups.of(person, piece.room.size)):
        before = int(piece.elsewhere[p])
        most = min(int(piece.room[p]), len(arcs))
        nth = [model.new_bool_var("") for _ in range(most)]
        model.add(sum(x[k] for k in arcs) == sum(nth))
        cost += [
            int(piece.steps[before + n + 1] - piece.steps[before + n]) * v
            for n, v in enumerate(nth)
        ]
    model.minimize(sum(cost))
    return model, x
