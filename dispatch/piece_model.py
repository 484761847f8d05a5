"""The mixed-integer program of one piece.

Variables: an arc is taken (x, binary), a place is filled (y), a post has a supervisor (z, binary),
a post has volunteers (b), a person works an n-th shift (t). All but x, z and b are whole by
themselves. Stronger than the plain big-M form: a seat needs a supervisor one by one
(``y <= z``), besides ``sum of supervised x <= seats * supervisors`` (H6); ``y <= b`` and
``sum of y >= min_volunteers * b`` (H7); rest (H3) by the cliques of the interval graph.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

from dispatch.problem import STAFF, SUPERVISED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.pieces import Piece


class _Rows:
    """Constraints collected as triplets."""

    def __init__(self) -> None:
        self.entries: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
        self.lower: list[NDArray[np.float64]] = []
        self.upper: list[NDArray[np.float64]] = []
        self.count = 0

    def add(
        self,
        count: int,
        terms: list[tuple[NDArray[np.int64], NDArray[np.int64], float]],
        lower: float,
        upper: float,
    ) -> None:
        """Add `count` constraints; a term is (constraint of each entry, variable, coefficient)."""
        for row, variable, coefficient in terms:
            self.entries.append((row + self.count, variable, np.full(row.size, coefficient)))
        self.lower.append(np.full(count, lower))
        self.upper.append(np.full(count, upper))
        self.count += count


def build_model(piece: Piece) -> model_pb2.ModelProto:
    """Write a piece as a MathOpt model whose first variables are the arcs."""
    arcs, places = piece.row.size, piece.place_line.size
    posts = int(piece.line_post.max()) + 1
    line, row = piece.line.astype(np.int64), piece.row.astype(np.int64)
    person = piece.row_person[row].astype(np.int64)
    post = piece.line_post[line].astype(np.int64)
    place_line = piece.place_line.astype(np.int64)
    place_post = piece.line_post[place_line].astype(np.int64)
    rows_of = np.bincount(piece.row_person, minlength=piece.room.size)
    most = np.minimum(piece.room, rows_of)
    step_person = np.repeat(np.arange(most.size), most)
    nth = np.arange(step_person.size) - np.repeat(np.cumsum(most) - most, most)
    before = piece.elsewhere[step_person] + nth
    x = np.arange(arcs)
    y = arcs + np.arange(places)
    z = arcs + places + np.arange(posts)
    b = z + posts
    t = arcs + places + 2 * posts + np.arange(step_person.size)
    cost = np.concatenate(
        (
            piece.cost,
            -piece.place_value,
            np.zeros(2 * posts),
            piece.steps[before + 1] - piece.steps[before],
        )
    ).astype(np.float64)
    rows = _Rows()
    rows.add(piece.line_id.size, [(line, x, -1.0), (place_line, y, 1.0)], 0, 0)
    rows.add(most.size, [(person, x, 1.0), (step_person, t, -1.0)], 0, 0)
    clique, member = rest_cliques(piece)
    rows.add(int(clique.max(initial=-1)) + 1, [(clique, member, 1.0)], -np.inf, 1)
    staff, seated = piece.line_kind[line] == STAFF, piece.line_kind[line] == SUPERVISED
    rows.add(
        posts,
        [(post[seated], x[seated], 1.0), (post[staff], x[staff], -float(piece.seats))],
        -np.inf,
        0,
    )
    rows.add(posts, [(np.arange(posts), z, 1.0), (post[staff], x[staff], -1.0)], -np.inf, 0)
    guarded = np.flatnonzero(piece.line_kind[place_line] == SUPERVISED)
    each = np.arange(guarded.size)
    rows.add(
        guarded.size, [(each, y[guarded], 1.0), (each, z[place_post[guarded]], -1.0)], -np.inf, 0
    )
    company = np.flatnonzero(piece.line_kind[place_line] != STAFF)
    each = np.arange(company.size)
    rows.add(
        company.size, [(each, y[company], 1.0), (each, b[place_post[company]], -1.0)], -np.inf, 0
    )
    rows.add(
        posts,
        [
            (np.arange(posts), b, float(piece.min_volunteers)),
            (place_post[company], y[company], -1.0),
        ],
        -np.inf,
        0,
    )
    lower = np.zeros(cost.size)
    lower[x[piece.row_forced[row]]] = 1.0
    whole = np.zeros(cost.size, bool)
    whole[x] = True
    whole[z] = True
    whole[b] = True  # else half a company would do for one volunteer
    return _proto(cost, lower, whole, rows)


def rest_cliques(piece: Piece) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(clique, arc) pairs: of each clique of shifts too close to each other one may be taken.

    Shifts with their rest are intervals on the line of time, and in an interval graph those that
    hold the start of one of them are a clique; every clash lies in such a clique. Shift j holds the
    start of shift r when j is not over in time for r, and starts no later: the number of shifts
    over in time (`shift_prev`) grows with the start.
    """
    order = np.argsort(piece.row, kind="stable")
    start = np.searchsorted(piece.row[order], np.arange(piece.row_id.size + 1))
    first = np.searchsorted(piece.row_person, piece.row_person)
    last = np.searchsorted(piece.row_person, piece.row_person, side="right")
    count = last - first
    row = np.repeat(np.arange(piece.row_id.size), count)
    other = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count) + first[row]
    over_in_time = piece.shift_prev[piece.row_shift]
    holds = (piece.row_shift[other] >= over_in_time[row]) & (
        over_in_time[other] <= over_in_time[row]
    )
    row, other = row[holds], other[holds]
    size = start[other + 1] - start[other]
    member = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return np.repeat(row, size), order[np.repeat(start[other], size) + member]


def _proto(
    cost: NDArray[np.float64], lower: NDArray[np.float64], whole: NDArray[np.bool_], rows: _Rows
) -> model_pb2.ModelProto:
    """Fill a MathOpt model message in bulk."""
    model = model_pb2.ModelProto()
    model.variables.ids.extend(range(cost.size))
    model.variables.lower_bounds.extend(lower.tolist())
    model.variables.upper_bounds.extend([1.0] * cost.size)
    model.variables.integers.extend(whole.tolist())
    used = np.flatnonzero(cost)
    model.objective.linear_coefficients.ids.extend(used.tolist())
    model.objective.linear_coefficients.values.extend(cost[used].tolist())
    model.linear_constraints.ids.extend(range(rows.count))
    model.linear_constraints.lower_bounds.extend(np.concatenate(rows.lower).tolist())
    model.linear_constraints.upper_bounds.extend(np.concatenate(rows.upper).tolist())
    at, variable, value = (np.concatenate(part) for part in zip(*rows.entries, strict=True))
    order = np.lexsort((variable, at))
    matrix = model.linear_constraint_matrix
    matrix.row_ids.extend(at[order].tolist())
    matrix.column_ids.extend(variable[order].tolist())
    matrix.coefficients.extend(value[order].tolist())
    return model


def get_ready() -> None:
    """Do nothing: a worker process that has done it has loaded what `solve_piece` needs."""


def solve_piece(
    piece: Piece, seconds: float | None, nodes: int | None, *, from_now: bool = False
) -> NDArray[np.bool_] | None:
    """Solve a piece; return which arcs to take, or None when nothing was found in the limits.

    Parameters
    ----------
    seconds, nodes : float or int, optional
        Limits; with `nodes` alone the answer does not depend on the machine's speed.
    from_now : bool
        Whether to begin with the roster as it is: worth its time where a piece is large.
    """
    parameters = mathopt.SolveParameters(
        relative_gap_tolerance=1e-4,
        node_limit=nodes,
        time_limit=None if seconds is None else dt.timedelta(seconds=seconds),
    )
    model = mathopt.Model.from_model_proto(build_model(piece))
    arcs = list(model.variables())[: piece.row.size]
    begin = mathopt.ModelSolveParameters()
    if from_now:
        now = dict(zip(arcs, piece.now.astype(float).tolist(), strict=True))
        begin.solution_hints.append(mathopt.SolutionHint(variable_values=now))
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters, model_params=begin)
    if not result.has_primal_feasible_solution():
        return None
    values = result.variable_values()
    return np.fromiter((values[arc] > 0.5 for arc in arcs), bool, len(arcs))
