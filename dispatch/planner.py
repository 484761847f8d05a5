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
2. `dispatch.bound.Ascent`: Lagrangian relaxation by person and post; its prices prove the bound.
3. `dispatch.dive`: supervisors' places are drawn to all or nothing while the prices settle.
4. `dispatch.construction`: supervisors by best response to the prices, volunteers by rounding;
   `dispatch.chains`: shortest alternating chains fill what is left open.
5. `dispatch.transfers`: supervisors move and volunteers follow, zone by zone (`dispatch.zones`).
6. `dispatch.improvement`: pieces of the city re-solved by mixed-integer programs, a town at last as
   one; a problem that is small as a whole is solved by `dispatch.exact`.
7. `dispatch.familiar`: exchanges that cost nothing and bring people back to the beats they know.
8. `dispatch.check.check`: the independent checker; a roster that fails is never returned.

References: Geoffrion (1974) on Lagrangian relaxation; Kingma & Ba (2015) for the step rule; Hart,
Nilsson & Raphael (1968) on A*; Ahuja, Ergun, Orlin & Punnen (2002, doi
10.1016/S0166-218X(01)00338-9) on very large-scale neighbourhoods by cyclic exchange; Ernst et al.
(2004, doi 10.1016/S0377-2217(03)00095-X) on staff rostering.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dispatch.bound import Ascent, Relaxation
from dispatch.chain_kernel import new_search
from dispatch.chains import SEARCH_NODES, callers, improve_by_chains
from dispatch.check import check
from dispatch.construction import Guide, construct
from dispatch.dive import dive
from dispatch.effort import Effort, Progress, Run
from dispatch.exact import MOST_ARCS, solve_exactly
from dispatch.executors import PiecePool, local_processes
from dispatch.familiar import keep_on_familiar_beats
from dispatch.gaps import find_gaps
from dispatch.improvement import improve_by_pieces, improve_whole
from dispatch.piece_model import get_ready
from dispatch.prices import price_table
from dispatch.problem import Problem, encode
from dispatch.roster import ROSTER_COLUMNS, PlanResult, Report
from dispatch.seating import Seating, objective, posts_stand
from dispatch.transfers import improve_by_transfers
from dispatch.zones import Zone, cut_zones
from grid.errors import JinggeError, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dispatch.check import CheckReport
    from dispatch.scenario import Scenario

_FIRST_STEP, _LAST_STEP, _LAST_STEP_PER_STEP = 2.0, 0.02, 0.4
"""Price steps of the ascent, as parts of the mean value of a line's first place; the last step is
the smaller, the more steps there are."""
_ROUNDS_STEPS = 1_000
_MOST_STEPS, _FEWEST_STEPS = 8_000, 60
_TIMED_STEPS = 5
_ASCENT_SHARE = 0.5
_EARLY_LINES, _EARLY_STEPS = 5, 75
"""Chains of the first roster search no further, and it waits for so many steps: prices are rough
before (demo: 765 million in 3.9 s with 40 lines after 25 steps, 745 in 0.6 s so)."""
_WORKERS_START_S = 10.0
"""With fewer seconds left, starting workers costs more than their pieces gain."""
_CONSTRUCTION_ROOM = 1.0
"""A second roster is built when so many times the seconds of the first are left."""
_DIVE_SHARE = 0.15
_CONSTRUCT_SHARE = 0.25
"""Chains of the second roster are searched until so much of the time left is spent: where all
places weigh the same they do not end, and transfers and pieces gain more in the same seconds."""
_END_SHARE, _END_SHARE_A_LINE = 2.0, 1e-4
"""Checking and explaining take so many times as long as preparing did, and so much more for each
short line (measured at city size)."""
_DOUBTS = (0.0, 0.1, 0.5, 1.0, 2.0)
"""By how much transfers may look too dear and still be tried: parts of a mean place."""
_SLACK = 0.05
_CUTS = 2
"""Ways to cut the city into pieces; when none of them gains, only the whole is left to solve."""
_TOWN_ARCS = 60_000
"""Below this, the whole is solved as one program with what is left of the effort."""
_WORKER_START_S = 3.0
"""One process starts, loads and takes the program in so many seconds."""
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
    stop: Callable[[], bool] | None = None,
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
        Told of each stage and each better figure, by threads of this process, one call at a time.
        `Progress.roster` gives the best roster so far, checked; call it when it is wanted, a
        second later at city size. What the callable raises ends the plan.
    stop : callable, optional
        Asked several times a second, by any thread, whether to end with what there is; make it
        cheap, and safe to call from threads (`threading.Event.is_set` is). Once it says so, the
        best roster so far is checked, explained and returned with the bound proven so far: a
        whole result, as at the end of a time limit. Encoding and a first roster are never cut
        short, a problem that is being solved exactly and a piece only at their own limits (20 s of
        work; 6 s or 200 nodes). A plan that was stopped is not repeatable.
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
    run = Run(effort, clock, progress, stop)
    run.enter("encode")
    problem = encode(scenario)
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(workers))
        if pool is None:
            pool = stack.enter_context(_piece_pool(problem, workers))
        search = _Search(scenario, problem, threads=threads, workers=workers, seed=seed, run=run)
        search.sketch()
        search.prepared_s = run.elapsed()
        search.keep_for_the_end()
        run.enter("bound")
        search.raise_bound(effort)
        run.enter("construct")
        search.construct()
        search.keep_for_the_end()
        run.enter("improve")
        if run.left() > _WORKERS_START_S:
            pool.get_ready(get_ready)  # workers start while supervisors are transferred
        search.improve(effort, pool)
        search.settle()
    return _finish(scenario, search, seed=seed, workers=workers, run=run)


def _piece_pool(problem: Problem, workers: int) -> PiecePool:
    """Worker processes for large problems, this process for small ones."""
    if workers == 1 or problem.arc_line.size < _SMALL_ARCS:
        return PiecePool(workers=workers)
    return PiecePool(local_processes(workers), workers=workers)


class _Search:
    """One run of the planner: what it knows, and its stages."""

    def __init__(
        self,
        scenario: Scenario,
        problem: Problem,
        *,
        threads: Executor,
        workers: int,
        seed: int,
        run: Run,
    ) -> None:
        self.problem = problem
        self.calls = callers(problem)
        self.ascent = Ascent(Relaxation(problem, threads, workers))
        self.seating = Seating.empty(problem)
        self.bound = 0
        self.prepared_s = 0.0
        self.guide = self._guide()
        self._construction_s = 0.0
        self._scenario = scenario
        self._threads = threads
        self._workers = workers
        self._seed = seed
        self._run = run

    def sketch(self) -> None:
        """Make a whole roster at once, if it can be without chains: somebody may want one soon."""
        forced = self.ascent.relaxation.forced
        for most_lines in (0, _EARLY_LINES):
            self.seating = construct(
                self.problem, self.calls, self._guide(), forced, self._seed, most_lines=most_lines
            )
            if posts_stand(self.problem, self.seating):
                self._keep(self.seating)
                break

    def keep_for_the_end(self) -> None:
        """Reserve the time in which the roster, as it is now, would be checked and explained."""
        short = np.count_nonzero(self.seating.filled < self.problem.line_required)
        shares = _END_SHARE + _END_SHARE_A_LINE * short
        self._run.keep_for_the_end(self.prepared_s * shares)

    def raise_bound(self, effort: Effort) -> None:
        """Ascend for the bound's share of the effort; a first roster is made on the way."""
        run, ascent = self._run, self.ascent
        steps, spent = _ROUNDS_STEPS, None
        if effort.time_limit_s is not None:
            steps, spent = self._timed()
        early: list[Future[None]] = []

        def look(bound: int) -> None:
            run.raise_bound(bound)
            if not early and ascent.steps >= _EARLY_STEPS:
                early.append(self._threads.submit(self._first_roster, self._guide()))

        last = min(_LAST_STEP, _LAST_STEP_PER_STEP / steps)
        ascent.climb(steps, _FIRST_STEP, last, spent=spent, report=look, stop=run.stopped)
        for roster in early:
            roster.result()
        self.bound = max(ascent.bound, 0)

    def _timed(self) -> tuple[int, Callable[[], float]]:
        """Estimate the steps that there is time for; return how to ask for the part spent."""
        run, ascent = self._run, self.ascent
        ascent.step(self.problem, _FIRST_STEP * ascent.unit)  # compiles on a first run
        begun = run.elapsed()
        for _ in range(_TIMED_STEPS):
            ascent.step(self.problem, _FIRST_STEP * ascent.unit)
        each = max((run.elapsed() - begun) / _TIMED_STEPS, 1e-5)
        budget = _ASCENT_SHARE * run.left()
        most = int(np.clip(budget / each, _FEWEST_STEPS, _MOST_STEPS))
        budget = max(min(budget, most * each), 1e-3)
        begun = run.elapsed()
        return most, lambda: (run.elapsed() - begun) / budget

    def _guide(self) -> Guide:
        """Return what the best prices so far say about rosters."""
        ascent = self.ascent
        return Guide(ascent.best.line, ascent.post_tolls(), ascent.filled, self.problem)

    def _first_roster(self, guide: Guide) -> None:
        """Make a roster that can be asked for until a better one is there."""
        begun = self._run.elapsed()
        forced = self.ascent.relaxation.forced
        seating = construct(
            self.problem,
            self.calls,
            guide,
            forced,
            self._seed,
            most_lines=_EARLY_LINES,
            stop=self._is_over,
        )
        self._keep_if_better(seating)
        self._construction_s = self._run.elapsed() - begun

    def _is_over(self) -> bool:
        return self._run.left() <= 0

    def _keep_if_better(self, seating: Seating) -> None:
        problem = self.problem
        new, old = (
            (posts_stand(problem, one), -int(objective(problem, one)))
            for one in (seating, self.seating)
        )
        if new >= old:
            self.seating = seating
            self._keep(seating)

    def _keep(self, seating: Seating) -> None:
        """Let a whole roster be asked for from now on."""
        problem, scenario = self.problem, self._scenario
        kept = seating.row_line.copy()
        self._run.have(
            int(objective(problem, seating)), lambda: _checked(scenario, problem, kept)[0]
        )

    def construct(self) -> None:
        """Dive from the best prices and build the roster to improve, if there is time for it."""
        run = self._run
        self.guide = self._guide()
        before = run.left()
        if before < _CONSTRUCTION_ROOM * self._construction_s or run.stopped():
            return  # the first roster has to do
        drawn, filled = dive(
            self.ascent, stop=lambda: before - run.left() > max(_DIVE_SHARE * before, 0)
        )
        self.guide = self.guide._replace(drawn=drawn, filled=filled)
        forced = self.ascent.relaxation.forced
        self._keep_if_better(
            construct(
                self.problem,
                self.calls,
                self.guide,
                forced,
                self._seed,
                stop=lambda: self._is_over() or before - run.left() > _CONSTRUCT_SHARE * before,
            )
        )

    def improve(self, effort: Effort, pool: PiecePool) -> None:
        """Transfers, then pieces round by round, until the effort is spent or nothing gains."""
        run, problem = self._run, self.problem

        def improved(gain: int) -> None:
            run.objective = (run.objective or 0) - gain
            run.tell()

        def may_go_on() -> bool:
            return (effort.rounds is None or turn < effort.rounds) and run.left() > 0

        turn = idle = 0
        self._transfer(turn)
        if problem.arc_line.size <= MOST_ARCS and not run.stopped():
            self._solve_exactly(effort)
        while may_go_on():
            if run.objective == self.bound or idle == _CUTS:
                break
            gained = improve_by_pieces(
                problem,
                self.calls,
                self.seating,
                turn=turn,
                pool=pool,
                seconds_left=None if effort.rounds is not None else run.left,
                improved=improved,
                stop=self._is_over,
            )
            turn += 1
            gained += self._transfer(turn)
            idle = 0 if gained else idle + 1
        if idle == _CUTS and problem.arc_line.size <= _TOWN_ARCS and may_go_on():
            self._solve_whole(effort)

    def settle(self) -> None:
        """Bring people to beats that they know, where that costs nothing."""
        gained = keep_on_familiar_beats(self.problem, self.seating)
        self._run.objective = (self._run.objective or 0) - gained
        self._keep(self.seating)

    def _solve_whole(self, effort: Effort) -> None:
        """Solve a town as one program with what is left of the effort."""
        run = self._run
        if run.objective == self.bound or run.left() < _WORKERS_START_S:
            return
        # A process of its own can be ended at once, when somebody says stop.
        with PiecePool(local_processes(1)) as pool:
            gained = improve_whole(
                self.problem,
                self.calls,
                self.seating,
                pool=pool,
                seconds=None if effort.rounds is not None else run.left() - _WORKER_START_S,
                stop=self._is_over,
            )
        run.objective = (run.objective or 0) - gained
        self._keep(self.seating)

    def _transfer(self, turn: int) -> int:
        """Try transfers and chains, first by zones side by side, then over the whole city."""
        run, problem, unit = self._run, self.problem, self.ascent.unit
        zones = cut_zones(problem, self._workers, turn) if self._workers > 1 else []
        everywhere = Zone(
            problem, np.ones(problem.num_lines, np.bool_), np.flatnonzero(problem.is_staff)
        )
        gained = 0
        for doubt in _DOUBTS:
            for side_by_side in (zones, [everywhere]):
                if run.left() <= 0:
                    break
                work = [
                    self._threads.submit(self._improve_zone, zone, int(doubt * unit))
                    for zone in side_by_side
                ]
                gained += sum(each.result() for each in work)
            self._keep(self.seating)
            self.keep_for_the_end()
        return gained

    def _improve_zone(self, zone: Zone, doubt: int) -> int:
        """Transfers and chains in a zone; return the gain."""
        price = self.guide.price
        search = new_search(zone.problem, SEARCH_NODES)
        stop = self._is_over
        gained = improve_by_transfers(
            zone.problem,
            self.calls,
            self.seating,
            price,
            self.guide.toll,
            people=zone.supervisors,
            doubt=doubt,
            stop=stop,
            search=search,
        )
        if stop():
            return gained
        return gained + improve_by_chains(
            zone.problem,
            self.calls,
            self.seating,
            price,
            slack=int(_SLACK * self.ascent.unit),
            lines=zone.lines,
            stop=stop,
            search=search,
        )

    def _solve_exactly(self, effort: Effort) -> None:
        """Solve a small problem as a whole; its bound counts, too."""
        run = self._run
        seconds = None if effort.time_limit_s is None else run.left()
        bound = solve_exactly(self.problem, self.calls, self.seating, seconds=seconds)
        self.bound = max(self.bound, bound)
        run.raise_bound(self.bound)
        self._keep(self.seating)


def _roster(scenario: Scenario, problem: Problem, row_line: NDArray[np.int32]) -> pd.DataFrame:
    """Rows of the roster, sorted."""
    rows = np.flatnonzero(row_line >= 0)
    demand = scenario.demand.iloc[problem.line_of[row_line[rows]]]
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


def _checked(
    scenario: Scenario, problem: Problem, row_line: NDArray[np.int32]
) -> tuple[pd.DataFrame, CheckReport]:
    """Roster and what the independent checker says of it: nothing is broken, or an error."""
    roster = _roster(scenario, problem, row_line)
    checked = check(scenario, roster)
    if any(checked.violations.values()):
        raise PlanError(f"Expected a roster without violations, got {checked.violations}.")
    return roster, checked


def _finish(
    scenario: Scenario, search: _Search, *, seed: int, workers: int, run: Run
) -> PlanResult:
    """Check the roster independently, explain its gaps and write the report."""
    run.enter("check")
    roster, checked = _checked(scenario, search.problem, search.seating.row_line)
    run.objective, bound = checked.objective, search.bound
    if bound > checked.objective:
        raise PlanError(f"Expected bound <= objective, got {bound} > {checked.objective}.")
    run.enter("explain")
    gaps = find_gaps(scenario, roster, workers=workers)
    prices = price_table(scenario, search.problem, search.ascent.best.line, roster)
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
