"""The planner: who works where in a horizon of shifts, and how far that is from the best possible.

Model
-----
Sets: people p with tier, home, profession and qualifications; dated shifts s; beats b; a post is a
(beat, shift); a demand line l is a role on a post with ``required[l]`` places of non-increasing
weights ``weight[l, 1] >= weight[l, 2] >= …``. Variables: ``x[p, l] = 1`` when p fills a place of l.

Hard rules (docs/planning.md has them in full):

- H1 ``x[p, l] = 0`` unless p can come on the line's shift;
- H2 unless the role's tier is p's and p has one of its professions or qualifications;
- H3 of p's shifts in time order, each starts at least `min_rest_hours` after the one before ends;
- H4 ``sum_l x[p, l] <= max_shifts[p]``;
- H5 volunteers: great circle × `travel_factor` ≤ their limit; staff: beats of their own station;
- H6 on each post, volunteers in supervised roles ≤ `volunteers_per_supervisor` × staff there;
- H7 a post has no volunteer or at least `min_volunteers_per_post`;
- H8 a volunteer is insured on the local date on which the shift ends, and in no hazardous role;
- H9 ``sum_p x[p, l] <= required[l]``, nobody twice, pins kept.

Objective, an integer to minimise::

    unmet * (sum of the weights of unfilled places; places are filled from the first)
    + travel_per_100m * sum of floor(distance / 100 m + 1/2) over assignments
    + sum over people of extra_shift[1] + … + extra_shift[number of their shifts]
    + sum of dislike(p, s) over assignments

Method
------
1. `dispatch.problem.encode`: tables to arrays, all arcs that rules of one assignment allow.
2. `dispatch.bound.ascend`: Lagrangian relaxation by person and post; its prices prove the bound.
3. `dispatch.construction.construct`: supervisors by best response against the prices, volunteers by
   rounding; `dispatch.chains`: alternating chains fill what is left open.
4. `dispatch.improvement`: pieces of the city re-solved exactly by mixed-integer programs.
5. `dispatch.check.check`: the independent checker; a roster that fails is never returned.

References: Geoffrion (1974) on Lagrangian relaxation; Kingma & Ba (2015) for the step rule; Ahuja,
Ergun, Orlin & Punnen (2002, doi 10.1016/S0166-218X(01)00338-9) on very large-scale neighbourhoods
by cyclic exchange; Ernst et al. (2004, doi 10.1016/S0377-2217(03)00095-X) on staff rostering.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dispatch.bound import Ascent, Relaxation
from dispatch.chains import callers, improve_by_chains
from dispatch.check import check
from dispatch.construction import construct
from dispatch.effort import Effort, Progress, Run
from dispatch.executors import PiecePool, local_processes
from dispatch.gaps import find_gaps
from dispatch.improvement import improve_by_pieces
from dispatch.piece_model import get_ready
from dispatch.prices import price_table
from dispatch.problem import Problem, encode
from dispatch.roster import ROSTER_COLUMNS, PlanResult, Report
from dispatch.seating import Seating, objective
from grid.errors import JinggeError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dispatch.chains import Callers
    from dispatch.scenario import Scenario

_FIRST_STEP, _LAST_STEP = 1.0, 0.0003
"""Price steps of the ascent, as parts of the mean value of a line's first place."""
_ROUNDS_STEPS = 600
_MOST_STEPS, _FEWEST_STEPS = 1_500, 60
_ASCENT_SHARE = 0.4
_END_SHARE = 4.0
"""Checking and explaining take so many times as long as encoding (measured: 3.2 at city size)."""
_REACH = 300
_CUTS = 2
"""Ways to cut the city into pieces; when none of them gains, the search ends."""
_SMALL_ARCS = 200_000
"""Below this, starting worker processes costs more than they save."""


class PlanError(JinggeError):
    """A plan that the independent checker refuses: never published."""


def plan(
    scenario: Scenario,
    *,
    effort: Effort,
    workers: int = 1,
    seed: int = 0,
    clock: Callable[[], float],
    progress: Callable[[Progress], None] | None = None,
    pool: PiecePool | None = None,
) -> PlanResult:
    """Plan a scenario: a checked roster, a proven bound, the gaps explained, the prices.

    Parameters
    ----------
    scenario : Scenario
    effort : Effort
        With `rounds`, the same scenario, seed and workers give the same roster.
    workers : int
        Threads of the relaxation and pieces that are solved at a time.
    seed : int
        Orders people where the order matters.
    clock : callable
        Seconds, rising; the planner reads no clock of its own.
    progress : callable, optional
        Told of each stage and each better figure.
    pool : PiecePool, optional
        Where pieces are solved, and left open; with as many workers as `workers` says the roster
        is the same as without it. Without it: processes of this machine, or this process where
        the problem is small.

    Raises
    ------
    ScenarioError
        When pins make the scenario impossible, or `pool` has another number of workers.
    PlanError
        When the independent checker finds a broken rule.
    """
    if workers < 1:
        raise ScenarioError(f"Expected workers >= 1, got {workers}.")
    if pool is not None and pool.workers != workers:
        raise ScenarioError(f"Expected a pool of {workers} workers, got {pool.workers}.")
    run = Run(effort, clock, progress)
    run.enter("encode")
    problem = encode(scenario)
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(workers))
        if pool is None:
            pool = stack.enter_context(_piece_pool(problem, workers))
        pool.get_ready(get_ready)  # workers start while the bound is raised
        relaxation = Relaxation(problem, threads, workers)
        run.enter("bound")
        ascent = _raise_bound(relaxation, effort, run)
        run.enter("construct")
        calls = callers(problem)
        seating = construct(problem, calls, ascent, relaxation.forced, seed)
        run.objective = int(objective(problem, seating))
        run.tell()
        run.enter("improve")
        _improve(problem, calls, seating, effort=effort, pool=pool, run=run)
    return _finish(scenario, problem, seating, ascent, seed=seed, workers=workers, run=run)


def _piece_pool(problem: Problem, workers: int) -> PiecePool:
    """Worker processes for large problems, this process for small ones."""
    if workers == 1 or problem.arc_line.size < _SMALL_ARCS:
        return PiecePool(workers=workers)
    return PiecePool(local_processes(workers), workers=workers)


def _raise_bound(relaxation: Relaxation, effort: Effort, run: Run) -> Ascent:
    """Ascend for the share of the effort that the bound gets."""
    ascent = Ascent(relaxation)
    steps = _ROUNDS_STEPS
    deadline = float("inf")
    if effort.time_limit_s is not None:
        run.keep_for_the_end(_END_SHARE * run.elapsed())
        relaxation.evaluate(ascent.prices())  # compiles on a first run
        begun = run.elapsed()
        for _ in range(3):
            run.raise_bound(relaxation.evaluate(ascent.prices()).bound)
        each = max((run.elapsed() - begun) / 3, 1e-5)
        budget = _ASCENT_SHARE * run.left()
        steps = int(np.clip(budget / each, _FEWEST_STEPS, _MOST_STEPS))
        deadline = run.elapsed() + 1.5 * budget
    ascent.climb(
        steps,
        _FIRST_STEP,
        _LAST_STEP,
        stop=lambda: run.elapsed() > deadline,
        report=run.raise_bound,
    )
    return ascent


def _improve(
    problem: Problem,
    calls: Callers,
    seating: Seating,
    *,
    effort: Effort,
    pool: PiecePool,
    run: Run,
) -> None:
    """Solve pieces round by round until the effort is spent or nothing gains any more."""

    def improved(gain: int) -> None:
        run.objective = (run.objective or 0) - gain
        run.tell()

    turn = idle = 0
    while (effort.rounds is None or turn < effort.rounds) and run.left() > 0:
        if run.objective == run.bound or idle == _CUTS:
            break
        gained = improve_by_pieces(
            problem,
            calls,
            seating,
            turn=turn,
            pool=pool,
            seconds_left=None if effort.rounds is not None else run.left,
            improved=improved,
        )
        if run.left() > 0:
            gained += improve_by_chains(problem, calls, seating, _REACH)
        run.objective = int(objective(problem, seating))
        run.tell()
        turn += 1
        idle = 0 if gained else idle + 1


def _roster(scenario: Scenario, problem: Problem, seating: Seating) -> pd.DataFrame:
    """Rows of the roster, sorted."""
    rows = np.flatnonzero(seating.row_line >= 0)
    demand = scenario.demand.iloc[problem.line_of[seating.row_line[rows]]]
    person = problem.person_of[problem.row_person[rows]]
    return (
        pd.DataFrame(
            {
                "person_id": scenario.people["person_id"].to_numpy()[person],
                "beat_id": demand["beat_id"].to_numpy(),
                "shift_id": demand["shift_id"].to_numpy(),
                "role": demand["role"].to_numpy(),
            },
            columns=list(ROSTER_COLUMNS),
        )
        .sort_values(list(ROSTER_COLUMNS), kind="stable")
        .reset_index(drop=True)
    )


def _finish(
    scenario: Scenario,
    problem: Problem,
    seating: Seating,
    ascent: Ascent,
    *,
    seed: int,
    workers: int,
    run: Run,
) -> PlanResult:
    """Check the roster independently, explain its gaps and write the report."""
    run.enter("check")
    roster = _roster(scenario, problem, seating)
    checked = check(scenario, roster)
    if any(checked.violations.values()):
        raise PlanError(f"Expected a roster without violations, got {checked.violations}.")
    run.objective = checked.objective
    bound = max(ascent.bound, 0)
    if bound > checked.objective:
        raise PlanError(f"Expected bound <= objective, got {bound} > {checked.objective}.")
    run.enter("explain")
    gaps = find_gaps(scenario, roster)
    prices = price_table(scenario, problem, ascent.best.line, roster)
    run.enter("")
    return PlanResult(
        roster=roster,
        report=Report(
            objective=checked.objective,
            bound=bound,
            gap=(checked.objective - bound) / checked.objective if checked.objective else 0.0,
            weighted_unmet=checked.weighted_unmet,
            unmet=checked.unmet,
            travel_cost=checked.travel_cost,
            fairness_cost=checked.fairness_cost,
            dislike_cost=checked.dislike_cost,
            assigned=checked.assigned,
            violations=checked.violations,
            seconds=run.seconds,
            seed=seed,
            workers=workers,
            scenario_sha256="",
            versions={},
        ),
        gaps=gaps.table,
        prices=prices,
        remedies=gaps.remedies,
    )
