"""The proven lower bound: a Lagrangian relaxation that falls apart by person and by post.

Let x be the people on the lines and y the filled places. Every roster that keeps H1-H9 fills no
more places than it has people: ``sum_k y[l, k] <= sum_p x[p, l]`` on every line l. Putting a price
``price[l] >= 0`` on these inequalities leaves two independent problems,

    bound(price) = sum of all place values
                   - sum over people  max (price - cost) of a schedule that keeps H1-H5, H8
                   - sum over posts   max (value - price) of a seating that keeps H6, H7, H9

and both are solved exactly (`dispatch.schedules`, `dispatch.posts`), in 64-bit integers. So every
price vector, however it was found, proves a bound, and no solver's tolerance enters it. (Weak
duality; Geoffrion, "Lagrangean relaxation for integer programming", 1974.)

The best prices are sought by subgradient steps scaled for each line by its recent imbalances
(Kingma & Ba, "Adam", 2015, on the integer imbalance as gradient), with geometrically falling steps.
The steps overshoot from side to side of the ridges of a piecewise linear function, so the running
average of the prices proves more than any of them (Polyak & Juditsky, 1992): it is what counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dispatch.posts import IMPOSSIBLE, seat_posts, supervisor_gains
from dispatch.problem import STAFF
from dispatch.schedules import FORCED, price_people
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
_LOOK_EVERY = 25


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The bound that a price vector proves, and by how much each line is over-asked.

    Attributes
    ----------
    bound : int
    demand : (L,) int64
        Places that the posts take.
    imbalance : (L,) int64
        `demand` less the people who want the line; a subgradient of the bound.
    """

    bound: int
    demand: NDArray[np.int64]
    imbalance: NDArray[np.int64]


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
        self._threads = threads
        self.forced = forced_places(problem)
        arcs = problem.arc_start[problem.row_start]
        cuts = np.searchsorted(arcs, np.linspace(0, arcs[-1], workers + 1)[1:-1])
        self._parts = np.concatenate(([0], cuts, [problem.num_people])).astype(np.int64)
        self.highest = highest_prices(problem)
        self._worst = problem.worst
        most = int(self.highest.max(initial=0)) * int(problem.max_shifts.max(initial=0))
        if most >= FORCED // 4:  # else prices could outweigh pins, and prove too much
            raise ScenarioError(
                f"Expected a week's places and the seats they open to be worth less than "
                f"{FORCED // 4:,} to one person, got {most:,}: lower `unmet` or the weights."
            )

    def evaluate(self, price: NDArray[np.int64]) -> Evaluation:
        """Prove a bound from any prices >= 0.

        Raises
        ------
        ScenarioError
            When the pins of some post contradict H6 or H7.
        """
        problem = self.problem
        loads = [np.zeros(problem.num_lines, np.int64) for _ in self._parts[1:]]
        running = [
            self._threads.submit(price_people, problem, first, last, price, load)
            for first, last, load in zip(self._parts[:-1], self._parts[1:], loads, strict=True)
        ]
        demand = np.empty(problem.num_lines, np.int64)
        posts = seat_posts(problem, 0, problem.num_posts, price, self.forced, demand)
        people = sum(int(part.result()) for part in running)
        if posts == IMPOSSIBLE:
            raise ScenarioError(
                "Expected the fixed pins of each post to leave room for enough supervisors (H6) "
                "and volunteers (H7)."
            )
        return Evaluation(self._worst - people - int(posts), demand, demand - sum(loads))

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
    """(L,) prices above which no post takes a place of the line.

    A volunteer line's first place is worth no more than its value; a supervisor's place is worth
    its own value and that of the seats it opens.
    """
    first = problem.place_value[problem.place_start[:-1]]
    nothing = np.zeros(problem.num_lines, np.int64)
    gain_start, gain = supervisor_gains(problem, nothing, nothing)
    opened = gain[gain_start[:-1]] * (np.diff(gain_start) > 0)
    return np.where(problem.line_kind == STAFF, first + opened[problem.line_post], first)


@dataclass(slots=True)
class Ascent:
    """Where an ascent ended.

    Attributes
    ----------
    price : (L,) int64
        The prices with the best bound.
    bound : int
        What they prove.
    filled : (L,) float64
        Places of each line that the relaxation fills, averaged over the last steps. As the steps
        shrink this tends to an optimum of the linear relaxation (Larsson, Patriksson & Strömberg,
        1999, doi 10.1007/s101070050090), and most of it is near whole numbers: a guide for rosters.
    """

    price: NDArray[np.int64]
    bound: int
    filled: NDArray[np.float64]


def ascend(
    relaxation: Relaxation,
    start: NDArray[np.float64],
    *,
    steps: int,
    first_step: float,
    last_step: float,
    stop: Callable[[int], bool],
    report: Callable[[int], None],
) -> Ascent:
    """Raise the bound by at most `steps` subgradient steps from the prices `start`.

    Parameters
    ----------
    first_step, last_step : float
        By how much a price may change in the first and in the last step, in units of the
        objective; in between the limit falls geometrically.
    stop : callable
        Asked with each best bound so far whether to end.
    report : callable
        Told of each better bound.

    Returns
    -------
    Ascent
        Its prices are whole numbers: the bound is exact.
    """
    price = start.copy()
    average = start.copy()
    mean = np.zeros(price.size)
    square = np.zeros(price.size)
    filled = np.zeros(price.size)
    best, best_price = -1, np.rint(price).astype(np.int64)
    fall = (last_step / first_step) ** (1 / max(1, steps))
    keep, keep_filled = 0.5 ** (1 / _HALF_LIFE), 0.5 ** (1 / _LONG_HALF_LIFE)
    for step in range(1, steps + 1):
        met = relaxation.evaluate(np.rint(price).astype(np.int64))
        mean += (1 - _MOMENTUM) * (met.imbalance - mean)
        square += (1 - _MEMORY) * (met.imbalance.astype(np.float64) ** 2 - square)
        direction = mean / (1 - _MOMENTUM**step)
        scale = np.sqrt(square / (1 - _MEMORY**step)) + 1e-3
        price += first_step * fall**step * direction / scale
        np.clip(price, 0, relaxation.highest, out=price)
        average += (1 - keep) * (price - average)
        filled += (1 - keep_filled) * (met.demand - filled)
        done = step == steps or not met.imbalance.any() or stop(best)
        if done or step % _LOOK_EVERY == 0:
            whole = np.rint(average).astype(np.int64)
            bound = relaxation.evaluate(whole).bound
            if bound > best:
                best, best_price = bound, whole
                report(bound)
        if done:
            filled /= 1 - keep_filled**step
            break
    return Ascent(best_price, best, filled)
