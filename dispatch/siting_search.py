"""Good choices of posts: annealing from many starts, and merging of what they found.

Two good choices differ in some quarters of the city and each is better in some of them. A small
mixed-integer program over all sites that the best choices open takes the best of each.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from dispatch.siting_bound import ascend
from dispatch.siting_cover import restricted
from dispatch.siting_kernel import anneal
from dispatch.siting_model import solve_cover

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from dispatch.siting_cover import Cover

    Integers = NDArray[np.int64]

SEARCHES = 4
"""Annealings a round, whatever the number of workers: so rounds are the same on all machines."""
PROPOSALS = 1_500_000
"""Of an annealing; as many times more as rounds went by in vain, doubling, up to a limit."""
_MOST_PATIENCE = 8
_HOT, _WARM, _COLD = 0.05, 0.012, 0.003
"""Temperatures as parts of what a post covers on average: from afresh, from the best; the end."""
_FAR = 0.1
_ELITES, _RECENT = 4, 8
"""Choices that are merged: the best of all, and the last ones, which are less alike."""
_MERGE_STEPS, _MERGE_NODES = 400, 50


def covered_demand(cover: Cover, sites: Integers) -> int:
    """Return the demand that open candidates cover."""
    rows = cover.rows_of[sites].indices
    return int(cover.demand[np.unique(rows)].sum())


def greedy_sites(cover: Cover, posts: int) -> Integers:
    """Open the site that adds most, again and again; of equal ones the first.

    What a site adds only falls as others open, so a site whose last known gain is not the highest
    need not be looked at (Minoux, Accelerated greedy algorithms, LNCIS 7 (1978) 234-243).
    """
    ptr, rows = cover.rows_of.indptr, cover.rows_of.indices
    left = cover.demand.copy()
    gain = np.asarray(cover.rows_of @ cover.demand, np.int64)
    waiting = [(-value, site) for site, value in enumerate(gain.tolist())]
    heapify(waiting)
    sites: list[int] = []
    while len(sites) < posts:
        known, site = heappop(waiting)
        own = rows[ptr[site] : ptr[site + 1]]
        now = -int(left[own].sum())
        if now > known:
            heappush(waiting, (now, site))
            continue
        sites.append(site)
        left[own] = 0
    return np.array(sites, np.int64)


@dataclass(slots=True)
class Search:
    """The best choices so far, and the rounds that better them."""

    cover: Cover
    posts: int
    seed: int
    elites: dict[bytes, tuple[int, Integers]] = field(default_factory=dict)
    recent: deque[Integers] = field(default_factory=lambda: deque(maxlen=_RECENT))
    rounds: int = 0
    patience: int = 1

    @property
    def best(self) -> tuple[int, Integers]:
        """Covered demand and open candidates of the best choice."""
        return max(self.elites.values(), key=lambda one: (one[0], one[1].tobytes()))

    def note(self, sites: Integers) -> int:
        """Keep a choice if it is among the best; return what it covers."""
        sites = np.sort(sites)
        value = covered_demand(self.cover, sites)
        self.elites[sites.tobytes()] = (value, sites)
        ranked = sorted(self.elites.items(), key=lambda one: (-one[1][0], one[0]))
        self.elites = dict(ranked[:_ELITES])
        return value

    def round(self, pool: Executor, proposals: int, merge_seconds: float | None) -> None:
        """Anneal from greedy's and from the best choice; then merge the best of all.

        Parameters
        ----------
        pool : Executor
            Runs the annealings, which leave Python's lock alone.
        proposals : int
            Of each of the `SEARCHES` annealings.
        merge_seconds : float, optional
            A limit for the merging besides the one in work.
        """
        before, start = self.best
        scale = before / self.posts
        jobs = []
        for nth in range(SEARCHES):
            hot = _HOT if nth % 2 or not self.rounds else _WARM * (1 + self.rounds % 3)
            number = (self.seed * 1_000 + self.rounds) * SEARCHES + nth
            jobs.append(
                pool.submit(
                    anneal,
                    self.cover.rows_of.indptr,
                    self.cover.rows_of.indices,
                    self.cover.candidates_of.indptr,
                    self.cover.candidates_of.indices,
                    self.cover.demand,
                    start,
                    proposals,
                    hot * scale + 1e-9,
                    _COLD * scale + 1e-9,
                    _FAR,
                    number % 2**32,
                )
            )
        for job in jobs:
            sites = np.asarray(job.result(), np.int64)
            self.note(sites)
            self.recent.append(sites)
        self.merge(merge_seconds)
        self.rounds += 1
        self.patience = 1 if self.best[0] > before else min(2 * self.patience, _MOST_PATIENCE)

    def merge(self, seconds: float | None) -> None:
        """Take the best of the best choices: solve the problem over their sites alone."""
        kept = [sites for _, sites in self.elites.values()]
        pool = np.unique(np.concatenate([*kept, *self.recent]))
        small = restricted(self.cover, pool)
        posts = min(self.posts, len(small.candidate))
        bound = ascend(small, posts, _MERGE_STEPS)
        useful = np.flatnonzero(bound.may_help(self.best[0]))
        if len(useful) < posts:
            return  # no other choice of these sites is better
        rest = restricted(small, useful)
        found = solve_cover(
            rest, min(posts, len(rest.candidate)), seconds=seconds, nodes=_MERGE_NODES
        )
        if found.sites is not None:
            sites = small.candidate[rest.candidate[found.sites]]
            self.note(filled_up(sites, self.posts, self.cover))


def filled_up(sites: Integers, posts: int, cover: Cover) -> Integers:
    """Add the first candidates that are not open yet until there are enough of them."""
    others = np.setdiff1d(np.arange(len(cover.candidate)), sites)
    return np.concatenate((sites, others[: posts - len(sites)])).astype(np.int64)
