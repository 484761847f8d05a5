"""The maximal covering problem as a mixed-integer program: for merging choices and for proofs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from dispatch.siting_cover import Cover

_TOLERANCE = 1e-3
"""Added to the solver's bound before it is rounded down."""


@dataclass(frozen=True, slots=True)
class Solved:
    """What a solver found out about a covering problem.

    Attributes
    ----------
    sites : (posts,) int64 or None
        Candidates to open.
    bound : int
        No choice covers more, by the solver's word: it computes with tolerances.
    """

    sites: NDArray[np.int64] | None
    bound: int


def solve_cover(
    cover: Cover, posts: int, *, seconds: float | None = None, nodes: int | None = None
) -> Solved:
    """Solve a covering problem with HiGHS: ``y[i] <= sum x[j]``, ``sum x = posts``.

    Parameters
    ----------
    cover : Cover
    posts : int
        At most as many as there are candidates.
    seconds, nodes : float or int, optional
        Limits; with `nodes` alone the answer does not depend on the machine's speed.
    """
    parameters = mathopt.SolveParameters(
        time_limit=None if seconds is None else dt.timedelta(seconds=seconds),
        node_limit=nodes,
        relative_gap_tolerance=0.0,
        absolute_gap_tolerance=1 - 1e-3,
    )
    model = mathopt.Model.from_model_proto(_model(cover, posts))
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
    most = int(cover.demand.sum())
    limit = result.termination.objective_bounds.dual_bound
    bound = min(most, int(np.floor(limit + _TOLERANCE))) if np.isfinite(limit) else most
    if not result.has_primal_feasible_solution():
        return Solved(None, bound)
    values = result.variable_values()
    variables = list(model.variables())[: len(cover.candidate)]
    opened = np.array([values[variable] > 0.5 for variable in variables])
    return Solved(np.flatnonzero(opened), bound)


def solve_region(
    candidates_of: csr_array, weight: NDArray[np.float64], fee: float, seconds: float
) -> float:
    """Bound ``weight`` of covered rows less ``fee`` a site, with as many sites as one likes.

    Returns
    -------
    float
        No choice of sites gets more, by the solver's word; whatever it found out in the time.
    """
    model = mathopt.Model.from_model_proto(_proto(candidates_of, weight, fee, None))
    parameters = mathopt.SolveParameters(
        time_limit=dt.timedelta(seconds=seconds),
        relative_gap_tolerance=1e-5,
    )
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
    limit = float(result.termination.objective_bounds.dual_bound)
    return limit if np.isfinite(limit) else float(weight.sum())


def _model(cover: Cover, posts: int) -> model_pb2.ModelProto:
    """Write the whole problem: sites x first, then rows y."""
    return _proto(cover.candidates_of, cover.demand.astype(np.float64), 0.0, posts)


def _proto(
    candidates_of: csr_array, weight: NDArray[np.float64], fee: float, posts: int | None
) -> model_pb2.ModelProto:
    rows, candidates = candidates_of.shape
    model = model_pb2.ModelProto()
    count = rows + candidates
    model.variables.ids.extend(range(count))
    model.variables.lower_bounds.extend([0.0] * count)
    model.variables.upper_bounds.extend([1.0] * count)
    model.variables.integers.extend([True] * candidates + [False] * rows)
    worth = np.concatenate((np.full(candidates, -fee), weight))
    used = np.flatnonzero(worth)
    model.objective.maximize = True
    model.objective.linear_coefficients.ids.extend(used.tolist())
    model.objective.linear_coefficients.values.extend(worth[used].tolist())
    sizes = np.diff(candidates_of.indptr)
    at = np.concatenate((np.repeat(np.arange(rows), sizes), np.arange(rows)))
    variable = np.concatenate((candidates_of.indices, candidates + np.arange(rows)))
    value = np.concatenate((np.full(sizes.sum(), -1.0), np.ones(rows)))
    lower, upper = [-np.inf] * rows, [0.0] * rows
    if posts is not None:
        at = np.concatenate((at, np.full(candidates, rows)))
        variable = np.concatenate((variable, np.arange(candidates)))
        value = np.concatenate((value, np.ones(candidates)))
        lower, upper = [*lower, float(posts)], [*upper, float(posts)]
    model.linear_constraints.ids.extend(range(len(lower)))
    model.linear_constraints.lower_bounds.extend(lower)
    model.linear_constraints.upper_bounds.extend(upper)
    order = np.lexsort((variable, at))
    matrix = model.linear_constraint_matrix
    matrix.row_ids.extend(at[order].tolist())
    matrix.column_ids.extend(variable[order].tolist())
    matrix.coefficients.extend(value[order].tolist())
    return model
