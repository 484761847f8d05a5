"""Solve a model that `planner_peers` wrote, with one tool. Needs numpy and that tool, nothing else.

    python benchmarks/peer_solve.py {highs,cpsat,optaplanner} MODEL.npz ANSWER.npz --seconds 120

``--seconds`` count from the start of this process: loading and building are in them. The answer has
``taken`` (arcs), ``bound`` (NaN where the tool proves none), ``build`` (seconds) and ``note``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

LEAST_SECONDS = 5.0


def solve_highs(model, seconds, threads, begun):
    """Pass the flat model to HiGHS with the greedy roster as its start."""
    import highspy

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", threads)
    solver.setOptionValue("parallel", "on")
    count, rows = model["cost"].size, model["lower"].size
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = count, rows
    lp.col_cost_, lp.col_lower_ = model["cost"], model["floor"]
    lp.col_upper_ = np.ones(count)
    lp.row_lower_, lp.row_upper_ = model["lower"], model["upper"]
    lp.offset_ = float(model["worst"])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = model["indptr"].astype(np.int32)
    lp.a_matrix_.index_, lp.a_matrix_.value_ = model["indices"], model["data"]
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(whole)] for whole in model["whole"]]
    solver.passModel(lp)
    start = highspy.HighsSolution()
    start.col_value = model["hint"].tolist()
    solver.setSolution(start)
    build = time.perf_counter() - begun
    solver.setOptionValue("time_limit", max(LEAST_SECONDS, seconds - build))
    solver.run()
    info = solver.getInfo()
    bound = info.mip_dual_bound
    if info.primal_solution_status != 2:
        return None, bound, build, f"no plan ({solver.getModelStatus()})"
    values = np.array(solver.getSolution().col_value)
    return values[: model["arcs"]] > 0.5, bound, build, f"highspy {solver.version()}"


def solve_cpsat(model, seconds, threads, begun):
    """Pass the flat model to CP-SAT by MathOpt with the greedy roster as a hint."""
    import datetime as dt

    from ortools import __version__
    from ortools.math_opt import model_pb2
    from ortools.math_opt.python import mathopt

    proto = model_pb2.ModelProto()
    count, rows = model["cost"].size, model["lower"].size
    proto.variables.ids.extend(range(count))
    proto.variables.lower_bounds.extend(model["floor"].tolist())
    proto.variables.upper_bounds.extend([1.0] * count)
    proto.variables.integers.extend([True] * count)
    used = np.flatnonzero(model["cost"])
    proto.objective.offset = float(model["worst"])
    proto.objective.linear_coefficients.ids.extend(used.tolist())
    proto.objective.linear_coefficients.values.extend(model["cost"][used].tolist())
    proto.linear_constraints.ids.extend(range(rows))
    proto.linear_constraints.lower_bounds.extend(model["lower"].tolist())
    proto.linear_constraints.upper_bounds.extend(model["upper"].tolist())
    matrix = proto.linear_constraint_matrix
    matrix.row_ids.extend(np.repeat(np.arange(rows), np.diff(model["indptr"])).tolist())
    matrix.column_ids.extend(model["indices"].tolist())
    matrix.coefficients.extend(model["data"].tolist())
    built = mathopt.Model.from_model_proto(proto)
    del proto
    variables = list(built.variables())
    hint = mathopt.SolutionHint(
        variable_values=dict(zip(variables, model["hint"].tolist(), strict=True))
    )
    build = time.perf_counter() - begun
    result = mathopt.solve(
        built,
        mathopt.SolverType.CP_SAT,
        params=mathopt.SolveParameters(
            time_limit=dt.timedelta(seconds=max(LEAST_SECONDS, seconds - build)), threads=threads
        ),
        model_params=mathopt.ModelSolveParameters(solution_hints=[hint]),
    )
    bound = result.termination.objective_bounds.dual_bound
    if not result.has_primal_feasible_solution():
        return None, bound, build, f"no plan ({result.termination.reason.name.lower()})"
    values = np.array(result.variable_values(variables[: model["arcs"]]))
    return values > 0.5, bound, build, f"ortools {__version__}"


def solve_optaplanner(model, seconds, threads, begun):
    """Start OptaPlanner's local search from the greedy roster."""
    from peer_optaplanner import improve

    return improve(model, seconds, threads, begun)


SOLVERS = {"highs": solve_highs, "cpsat": solve_cpsat, "optaplanner": solve_optaplanner}


def main() -> None:
    """Load, solve, write the answer."""
    begun = time.perf_counter()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("solver", choices=SOLVERS)
    parser.add_argument("model", type=Path)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with np.load(options.model) as file:
        model = {name: file[name] for name in file.files}
    model["arcs"] = int(model["arcs"])
    solve = SOLVERS[options.solver]
    taken, bound, build, note = solve(model, options.seconds, options.threads, begun)
    answer = {"bound": np.nan if bound is None else bound, "build": build, "note": note}
    if taken is not None:
        answer["taken"] = taken
    np.savez(options.answer, **answer)


if __name__ == "__main__":
    main()
