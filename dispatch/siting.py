"""Where to put P posts so that they cover the most demand, and how far from the best that may be.

Maximal covering (Church & ReVelle, Papers of the Regional Science Association 32 (1974) 101-118,
doi 10.1007/BF01942293)::

    maximise    sum_i demand[i] y[i]
    subject to  y[i] <= sum of x[j] over the points j within the radius of i
                sum_j x[j] = P,   x, y in {0, 1}

Every point may be a post and every point may be covered. The search (`siting_search`) anneals and
merges; the bound (`siting_bound`) is Lagrangian and exact in integers; what bound and search
together rule out is left out, and HiGHS tries to prove the rest (`siting_model`), region by region
where it is large (`siting_regions`).
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from dispatch.siting_bound import SCALE, ascend
from dispatch.siting_cover import Cover, SitingError, build_cover, restricted
from dispatch.siting_model import Solved, solve_cover
from dispatch.siting_regions import Regions, split
from dispatch.siting_search import PROPOSALS, Search, filled_up, greedy_sites

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dispatch.effort import Effort
    from dispatch.siting_bound import CoverBound

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

MAX_DEMAND = 2**50
_STEPS, _MORE_STEPS = 800, 3_000
_SEARCH_PART, _END_PART = 0.55, 0.04
"""Of a time limit: before the proof begins; kept for what follows it."""
_LONG_SEARCH_PART, _DENSE, _TOO_DENSE = 0.75, 150_000, 2_000_000
"""Where so many sites reach so many points, regions prove little; at the last, nothing in time."""
_ASCENT_PART, _FEW_STEPS = 0.15, 10
_MERGE_PART, _ROUND_PART, _FEWEST = 0.08, 0.1, 20_000
_PROOF_ENTRIES = 60_000
"""Pairs of row and candidate that one program can have: else regions are solved."""
_REGIONS, _WORTH_TRYING = 4, 0.4
"""Regions at first; halved while so much of the time for proofs is left."""
_PROOF_NODES = 50


@dataclass(frozen=True, slots=True)
class Siting:
    """A choice of posts with what it covers and what no choice can exceed.

    Attributes
    ----------
    points : (posts,) int64
        Rows of the points to choose, rising.
    covered : int
        Demand within the radius of one of them.
    bound : int
        Proven: no choice covers more.
    exact_bound : int
        The Lagrangian bound, proven in integers; `bound` may be less by the word of HiGHS,
        which computes with tolerances.
    demand : int
        Of all points.
    rounds : int
        Rounds of search that were made.
    """

    points: Integers
    covered: int
    bound: int
    exact_bound: int
    demand: int
    rounds: int

    @property
    def gap(self) -> float:
        """How much of the bound is missing at most, 0 where the choice is proven best."""
        return 0.0 if self.bound == self.covered else 1 - self.covered / self.bound


def site(
    lat: Floats,
    lng: Floats,
    demand: Integers,
    *,
    posts: int,
    radius_m: float,
    effort: Effort,
    clock: Callable[[], float],
    workers: int = 1,
    seed: int = 0,
) -> Siting:
    """Choose posts that cover much demand, with a proven bound.

    Parameters
    ----------
    lat, lng : (n,) float64
        Degrees, WGS-84.
    demand : (n,) int64
        At least 0.
    posts : int
        1..n.
    radius_m : float
        At least 0; great circle on a sphere of 6,378,100 m, as published instances have it.
    effort : Effort
        With rounds, the answer is the same on every machine, for any number of workers.
    clock : callable
        Seconds, such as `time.perf_counter`.
    workers : int
        Threads.
    seed : int
        Of the search.

    Raises
    ------
    SitingError
        The arguments pose no problem that can be solved.
    """
    _validate(lat, lng, demand, posts, radius_m)
    deadline = np.inf if effort.time_limit_s is None else clock() + effort.time_limit_s
    total = int(demand.sum())
    if total == 0:
        return Siting(np.arange(posts), 0, 0, 0, 0, 0)
    cover = build_cover(lat, lng, demand, radius_m)
    inner = min(posts, len(cover.candidate))
    if inner == len(cover.candidate):
        sites, best, bound, exact, rounds = np.arange(inner), total, total, total, 0
    else:
        east = lng * np.cos(np.radians(lat))
        place = np.stack((lat, east), axis=1)[cover.candidate]
        solver = _Solver(
            Search(cover, inner, seed), place, effort, clock, deadline, workers=workers
        )
        sites, best, bound, exact, rounds = solver.run()
    chosen = cover.candidate[sites]
    others = np.setdiff1d(np.arange(len(lat)), chosen)[: posts - len(chosen)]
    points = np.sort(np.concatenate((chosen, others))).astype(np.int64)
    return Siting(points, best, bound, exact, total, rounds)


@dataclass(frozen=True, slots=True)
class _Shares:
    """Shares the time that is left among regions of which so many have not begun."""

    left: Callable[[], float]
    workers: int

    def __call__(self, still: int) -> float:
        return max(0.1, self.left() / -(-still // self.workers))


class _Solver:
    """One run: search, bound and proof side by side."""

    def __init__(
        self,
        search: Search,
        place: Floats,
        effort: Effort,
        clock: Callable[[], float],
        deadline: float,
        *,
        workers: int,
    ) -> None:
        self._search, self._cover, self._posts = search, search.cover, search.posts
        self._effort, self._clock, self._deadline = effort, clock, deadline
        self._workers, self._place = workers, place
        self._speed = 0.0

    def run(self) -> tuple[Integers, int, int, int, int]:
        """Return sites, covered demand, bound, exact bound and rounds."""
        search = self._search
        search.note(greedy_sites(self._cover, self._posts))
        bound = ascend(self._cover, self._posts, self._steps(_STEPS, _ASCENT_PART))
        search.note(np.argsort(-bound.worth, kind="stable")[: self._posts].astype(np.int64))
        with ThreadPoolExecutor(self._workers) as pool:
            if self._effort.rounds is None:
                proven, bound = self._in_time(bound, pool)
            else:
                proven, bound = self._in_rounds(bound, self._effort.rounds, pool)
        best, sites = search.best
        return sites, best, max(best, min(bound.value, proven)), bound.value, search.rounds

    def _left(self) -> float:
        limit = self._effort.time_limit_s or np.inf
        return self._deadline - _END_PART * limit - self._clock()

    def _done(self, bound: CoverBound) -> bool:
        return self._search.best[0] >= bound.value

    def _in_rounds(
        self, bound: CoverBound, rounds: int, pool: ThreadPoolExecutor
    ) -> tuple[int, CoverBound]:
        for _ in range(rounds):
            if self._done(bound):
                return bound.value, bound
            self._search.round(pool, PROPOSALS * self._search.patience, None)
        bound = self._better(bound)
        problem = self._rest(bound)
        if problem is None or not rounds or problem.rows_of.nnz > _PROOF_ENTRIES:
            return bound.value if problem is not None else self._search.best[0], bound
        return self._prove(problem, None, _PROOF_NODES), bound

    def _in_time(self, bound: CoverBound, pool: ThreadPoolExecutor) -> tuple[int, CoverBound]:
        limit = self._effort.time_limit_s or 0.0
        better: Future[CoverBound] | None = None
        dense = self._cover.rows_of.nnz > _DENSE
        part = _LONG_SEARCH_PART if dense else _SEARCH_PART
        while self._left() > (1 - part) * limit and not self._done(bound):
            if better is None and self._search.rounds == 1:
                better = pool.submit(self._better, bound)
            self._timed_round(pool)
        if better is not None:
            bound = better.result()
        useful = bound.may_help(self._search.best[0])
        if self._left() <= 0 or int(np.diff(self._cover.rows_of.indptr)[useful].sum()) > _TOO_DENSE:
            while self._left() > 0 and not self._done(bound):
                self._timed_round(pool)
            return bound.value, bound
        problem = self._rest(bound)
        if problem is None:
            return self._search.best[0], bound
        if problem.rows_of.nnz > _PROOF_ENTRIES:
            return self._prove_by_regions(bound, pool), bound
        with ThreadPoolExecutor(1) as prover:
            proof = prover.submit(self._prove, problem, self._left(), None)
            while self._workers > 1 and not proof.done() and self._left() > 0:
                self._timed_round(pool)
            return proof.result(), bound

    def _prove_by_regions(self, bound: CoverBound, pool: ThreadPoolExecutor) -> int:
        """Solve regions side by side, then fewer and larger ones, in the time that is left."""
        before, opened = self._search.best
        useful = bound.may_help(before)
        useful[opened] = True
        kept = np.flatnonzero(useful)
        rest = Cover(
            csr_array(self._cover.rows_of[kept]),
            csr_array(self._cover.candidates_of[:, kept]),
            self._cover.demand,
            kept,
        )
        proven, count = bound.value, _REGIONS
        begun = self._left()
        while count and self._left() > _WORTH_TRYING * begun:
            size = max(1, -(-self._posts // count))
            part = split(self._place[kept], np.searchsorted(kept, opened), size)
            regions = Regions(rest, part, self._posts)
            seconds = _Shares(self._left, self._workers)
            fee = bound.threshold / SCALE
            proven = min(proven, regions.bound(bound.price, fee, pool, seconds))
            count //= 2
        return max(before, proven)

    def _timed_round(self, pool: ThreadPoolExecutor) -> None:
        """Make a round that takes a small part of the time, by the speed of the last one."""
        limit, begun = self._effort.time_limit_s or 0.0, self._clock()
        wanted = PROPOSALS * self._search.patience
        most = self._speed * min(_ROUND_PART * limit, self._left() / 2)
        proposals = int(min(wanted, max(most, _FEWEST)))
        merging = max(0.05, min(_MERGE_PART * limit, self._left() / 3))
        self._search.round(pool, proposals, merging)
        self._speed = proposals / max(self._clock() - begun, 1e-3)

    def _better(self, bound: CoverBound) -> CoverBound:
        """Return a better bound after more steps; the old one if they found none."""
        steps = self._steps(_MORE_STEPS, _ASCENT_PART)
        return min((bound, ascend(self._cover, self._posts, steps)), key=lambda b: b.total)

    def _steps(self, wanted: int, part: float) -> int:
        """Return the steps that a part of the time allows, by the speed of a few of them."""
        if self._effort.time_limit_s is None:
            return wanted
        begun = self._clock()
        ascend(self._cover, self._posts, _FEW_STEPS)
        each = max(self._clock() - begun, 1e-9) / _FEW_STEPS
        return int(np.clip(part * self._left() / each, _FEW_STEPS, wanted))

    def _rest(self, bound: CoverBound) -> Cover | None:
        """Give the problem over the candidates that a better choice could open, if any could."""
        useful = np.flatnonzero(bound.may_help(self._search.best[0]))
        if self._done(bound) or len(useful) < self._posts:
            return None
        return restricted(self._cover, useful)

    def _prove(self, problem: Cover, seconds: float | None, nodes: int | None) -> int:
        """Solve the rest; note what is found and return what no choice can exceed."""
        before = self._search.best[0]
        posts = min(self._posts, len(problem.candidate))
        found: Solved = solve_cover(problem, posts, seconds=seconds, nodes=nodes)
        if found.sites is not None:
            sites = problem.candidate[found.sites]
            self._search.note(filled_up(sites, self._posts, self._cover))
        return max(before, found.bound)


def _validate(lat: Floats, lng: Floats, demand: Integers, posts: int, radius_m: float) -> None:
    if not len(lat):
        raise SitingError("Expected at least one point, got none.")
    if not 1 <= posts <= len(lat):
        raise SitingError(f"Expected between 1 and {len(lat)} posts (one a point), got {posts}.")
    if not 0 <= radius_m < np.inf:
        raise SitingError(f"Expected a radius >= 0 m, got {radius_m}.")
    if (np.abs(lat) > 90).any() or (np.abs(lng) > 180).any() or not np.isfinite(lat + lng).all():
        raise SitingError("Expected latitudes in -90..90 and longitudes in -180..180.")
    if (demand < 0).any() or sum(map(int, demand)) > MAX_DEMAND:
        raise SitingError(f"Expected demand >= 0 with a sum of at most {MAX_DEMAND}.")
