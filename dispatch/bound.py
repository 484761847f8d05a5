"""The proven lower bound: a Lagrangian relaxation that falls apart by person and by post.

Let x be the people on the lines, y the filled places, o the posts that have volunteers. Every
roster that keeps H1-H9 also keeps

- ``sum_k y[l, k] <= sum_p x[p, l]`` on every line l: no more places are filled than people come;
- ``sum over volunteer lines l of q of x[p, l] <= o[q]`` for each person p and post q: a visit needs
  an open post (and the same for supervised lines and supervised company).

The first get a price, the second a toll, all >= 0. What is left are two independent problems,

    bound(price, toll) = sum of all place values
        - sum over people  max (price - toll - cost) of a schedule that keeps H1-H5, H8
        - sum over posts   max (value - price, and tolls if open) of a seating (H6, H7, H9)

and both are solved exactly (`dispatch.schedules`, `dispatch.posts`), in 64-bit integers. So all
prices and tolls, however they were found, prove a bound, and no solver's tolerance enters it. (Weak
duality; Geoffrion, "Lagrangean relaxation for integer programming", 1974.) The second family says
nothing new about rosters, but it keeps the relaxation from opening half a post for one whole
person, as the strong formulation of facility location does (Erlenkotter 1978).

The best multipliers are sought by subgradient steps. A price's step is scaled by the line's
imbalances so far (Kingma & Ba, "Adam", 2015, with a long memory), a toll's is plain, and only the
few visits that were ever overdrawn carry one. Steps fall geometrically. They overshoot from side to
side of the ridges of a piecewise linear function, so the running averages prove more than the
points themselves (Polyak & Juditsky, 1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dispatch.posts import IMPOSSIBLE, seat_posts, supervisor_gains
from dispatch.problem import STAFF
from dispatch.schedules import FORCED, price_people
from dispatch.tolls_kernel import Charge, Ledger, charge, step_tolls, visits_of
from grid.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from dispatch.problem import Problem

_MOMENTUM = 0.97
_MEMORY = 0.999
_HALF_LIFE = 12
_LONG_HALF_LIFE = 40
_FIRST_LOOK, _LOOK_EVERY = 25, 50
_TOLL_STEP = 0.05
"""A toll's step as a part of a price's (measured: 0.03 to 0.1 alike, 0.3 worse)."""
_TOLL_MOMENTUM = 0.5


@dataclass(frozen=True, slots=True)
class Prices:
    """Multipliers of the relaxation; any of them prove a bound.

    Attributes
    ----------
    line : (L,) int64
        What a person on each line costs a post.
    toll : (V, 2) int64
        What each visit pays for company, and for supervised company (`dispatch.tolls_kernel`).
    """

    line: NDArray[np.int64]
    toll: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The bound that multipliers prove, and what both halves want at them.

    Attributes
    ----------
    bound : int
    demand : (L,) int64
        Places that the posts take.
    imbalance : (L,) int64
        `demand` less the people who want the line; a subgradient of the bound.
    chosen : (R,) int64
        Arc that each row's person takes, -1 for none.
    is_open : (Q, 2) bool
        Posts that take volunteers, and supervised ones.
    """

    bound: int
    demand: NDArray[np.int64]
    imbalance: NDArray[np.int64]
    chosen: NDArray[np.int64]
    is_open: NDArray[np.bool_]


class Relaxation:
    """The Lagrangian relaxation of a problem.

    Parameters
    ----------
    problem : Problem
    threads : Executor
        Runs the kernels, which release the interpreter lock.
    workers : int
        Into how many parts the people are cut; the result does not depend on it.
    """

    def __init__(self, problem: Problem, threads: Executor, workers: int) -> None:
        self.problem = problem
        self.visits = visits_of(problem)
        self._threads = threads
        self.forced = forced_places(problem)
        arcs = problem.arc_start[problem.row_start]
        cuts = np.searchsorted(arcs, np.linspace(0, arcs[-1], workers + 1)[1:-1])
        self._parts = np.concatenate(([0], cuts, [problem.num_people])).astype(np.int64)
        self.highest = highest_prices(problem)
        most = int(self.highest.max(initial=0)) * int(problem.max_shifts.max(initial=0))
        if most >= FORCED // 8:  # else prices could outweigh pins, and prove too much
            raise ScenarioError(
                f"Expected a week's places and the seats they open to be worth less than "
                f"{FORCED // 8:,} to one person, got {most:,}: lower `unmet` or the weights."
            )

    def evaluate(self, prices: Prices) -> Evaluation:
        """Prove a bound from any prices and tolls >= 0.

        Tolls of staff and of pinned rows count for nothing.

        Raises
        ------
        ScenarioError
            When the pins of some post contradict H6 or H7.
        """
        charged = Charge.nothing(self.problem)
        charge(self.problem, self.visits, self.payable(prices.toll), *charged)
        return self.at(self.problem, prices.line, charged)

    def payable(self, toll: NDArray[np.int64]) -> NDArray[np.int64]:
        """Set the tolls of staff and of pinned rows to zero."""
        problem, visits = self.problem, self.visits
        kind = problem.line_kind[problem.arc_line[visits.start[:-1]]]
        free = (kind == STAFF) | problem.row_forced[visits.row]
        return np.where(free[:, None], 0, toll)

    def at(self, problem: Problem, price: NDArray[np.int64], charged: Charge) -> Evaluation:
        """Evaluate `problem`, which may differ from the relaxation's own in its values alone."""
        loads = [np.zeros(problem.num_lines, np.int64) for _ in self._parts[1:]]
        chosen = np.empty(problem.row_shift.size, np.int64)
        running = [
            self._threads.submit(
                price_people, problem, first, last, price, charged.arc, load, chosen
            )
            for first, last, load in zip(self._parts[:-1], self._parts[1:], loads, strict=True)
        ]
        demand = np.empty(problem.num_lines, np.int64)
        is_open = np.empty((problem.num_posts, 2), np.bool_)
        posts = seat_posts(
            problem, 0, problem.num_posts, price, self.forced, charged.post, demand, is_open
        )
        people = sum(int(part.result()) for part in running)
        if posts == IMPOSSIBLE:
            raise ScenarioError(
                "Expected the fixed pins of each post to leave room for enough supervisors (H6) "
                "and volunteers (H7)."
            )
        bound = problem.worst - people - int(posts)
        return Evaluation(bound, demand, demand - sum(loads), chosen, is_open)

    @property
    def num_parts(self) -> int:
        """Parts of the people."""
        return self._parts.size - 1

    def step_tolls(
        self, ledger: Ledger, met: Evaluation, step: float, keep: float, charged: Charge
    ) -> None:
        """Move the tolls one step, the parts side by side, and what is charged with them."""
        problem = self.problem
        rows = problem.row_start[self._parts]
        changes = [np.zeros_like(charged.post) for _ in rows[1:]]
        running = [
            self._threads.submit(
                step_tolls,
                problem,
                self.visits,
                ledger,
                first,
                last,
                part,
                met.chosen,
                met.is_open,
                step,
                _TOLL_MOMENTUM,
                keep,
                charged.arc,
                change,
            )
            for part, (first, last, change) in enumerate(
                zip(rows[:-1], rows[1:], changes, strict=True)
            )
        ]
        for one in running:
            one.result()
        charged.post[:] += sum(changes)

    def start(self) -> NDArray[np.float64]:
        """Prices to start from: half the value of each line's first place."""
        first = self.problem.place_value[self.problem.place_start[:-1]]
        return 0.5 * first.astype(np.float64)


def forced_places(problem: Problem) -> NDArray[np.int64]:
    """(L,) how many places of each line the fixed pins fill."""
    rows = np.flatnonzero(problem.row_forced)
    pinned = problem.arc_line[problem.arc_start[rows]]
    return np.bincount(pinned, minlength=problem.num_lines).astype(np.int64)


def highest_prices(problem: Problem) -> NDArray[np.int64]:
    """(L,) prices above which no post takes a place of the line, tolls aside.

    A volunteer line's first place is worth no more than its value; a supervisor's place is worth
    its own value and that of the seats it opens.
    """
    first = problem.place_value[problem.place_start[:-1]]
    nothing = np.zeros(problem.num_lines, np.int64)
    gain_start, gain = supervisor_gains(problem, nothing, nothing)
    opened = gain[gain_start[:-1]] * (np.diff(gain_start) > 0)
    return np.where(problem.line_kind == STAFF, first + opened[problem.line_post], first)


class Ascent:
    """Prices and tolls on their way up, and the best bound that they have proven.

    Parameters
    ----------
    relaxation : Relaxation

    Attributes
    ----------
    best : Prices
        The multipliers with the best bound.
    bound : int
        What they prove.
    steps : int
        Taken so far.
    filled : (L,) float64
        Places of each line that the relaxation fills, averaged over the last steps. As the steps
        shrink this tends to an optimum of the linear relaxation (Larsson, Patriksson & Strömberg,
        1999, doi 10.1007/s101070050090), and most of it is near whole numbers: a guide for rosters.
    """

    def __init__(self, relaxation: Relaxation) -> None:
        self.relaxation = relaxation
        problem = relaxation.problem
        start = relaxation.start()
        self.unit = max(2.0 * float(start.mean()) if start.size else 1.0, 1.0)
        self.price = start.copy()
        self.bound = -1
        self._average = start.copy()
        self._mean = np.zeros(start.size)
        self._square = np.zeros(start.size)
        self._filled = np.zeros(start.size)
        self._ledger = Ledger.empty(relaxation.visits, relaxation.num_parts)
        self._charge = Charge.nothing(problem)
        self.steps = 0
        self.best = self.prices()

    @property
    def filled(self) -> NDArray[np.float64]:
        """Places that the relaxation fills, averaged over the last steps."""
        weight = max(1 - 0.5 ** (self.steps / _LONG_HALF_LIFE), 1e-9)
        return np.asarray(self._filled / weight)

    def prices(self) -> Prices:
        """Return the running averages as whole numbers."""
        return Prices(
            np.rint(self._average).astype(np.int64),
            np.rint(self._ledger.average).astype(np.int64),
        )

    def post_tolls(self) -> NDArray[np.int64]:
        """(Q, 2) what each post earns at the best multipliers by being open."""
        relaxation = self.relaxation
        charged = Charge.nothing(relaxation.problem)
        charge(relaxation.problem, relaxation.visits, relaxation.payable(self.best.toll), *charged)
        return charged.post

    def climb(
        self,
        steps: int,
        first_step: float,
        last_step: float,
        *,
        spent: Callable[[], float] | None = None,
        report: Callable[[int], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        """Raise the bound by subgradient steps.

        Parameters
        ----------
        steps : int
            How many, where `spent` does not say when to end.
        first_step, last_step : float
            By how much a price may change in the first and in the last step, as a part of the mean
            value of a line's first place; in between the limit falls geometrically.
        spent : callable, optional
            Asked before each step which part of the effort is spent; at 1 the climb ends.
        report : callable, optional
            Told of each better bound.
        stop : callable, optional
            Asked before each step whether to end.
        """
        done, step = steps < 1, 0
        while not done:
            step += 1
            part = step / steps if spent is None else min(spent(), 1.0)
            if stop is not None and stop():
                part = 1.0
            length = first_step * (last_step / first_step) ** part
            met = self.step(self.relaxation.problem, length * self.unit)
            done = part >= 1 or not (met.imbalance.any() or self._ledger.size.any())
            if done or step == _FIRST_LOOK or step % _LOOK_EVERY == 0:
                self.look(report)

    def look(self, report: Callable[[int], None] | None = None) -> None:
        """Prove what the running averages prove; keep it where it is the best so far."""
        prices = self.prices()
        bound = self.relaxation.evaluate(prices).bound
        if bound > self.bound:
            self.bound, self.best = bound, prices
            if report is not None:
                report(bound)

    def step(self, problem: Problem, length: float) -> Evaluation:
        """Move all multipliers one step.

        Parameters
        ----------
        problem : Problem
            The relaxation's own, or one with other values of places.
        length : float
            Longest change of a price, in units of the objective.
        """
        relaxation = self.relaxation
        met = relaxation.at(problem, np.rint(self.price).astype(np.int64), self._charge)
        keep, keep_filled = 0.5 ** (1 / _HALF_LIFE), 0.5 ** (1 / _LONG_HALF_LIFE)
        relaxation.step_tolls(self._ledger, met, _TOLL_STEP * length, keep, self._charge)
        self.steps += 1
        self._mean += (1 - _MOMENTUM) * (met.imbalance - self._mean)
        self._square += (1 - _MEMORY) * (met.imbalance.astype(np.float64) ** 2 - self._square)
        direction = self._mean / (1 - _MOMENTUM**self.steps)
        scale = np.sqrt(self._square / (1 - _MEMORY**self.steps)) + 1e-3
        self.price += length * direction / scale
        # What a post earns in tolls it can pay for a place, besides what the place is worth.
        earned = self._charge.post.sum(axis=1)[problem.line_post]
        np.clip(self.price, 0, relaxation.highest + earned, out=self.price)
        self._average += (1 - keep) * (self.price - self._average)
        self._filled += (1 - keep_filled) * (met.demand - self._filled)
        return met
