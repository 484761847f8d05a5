"""A bound that keeps whole regions of the city together: stronger than pricing every point.

The Lagrangian bound of `siting_bound` is that of the linear relaxation, which opens halves of
posts. Here the candidates are split into regions. A point whose candidates all lie in one region
stays in that region's own mixed-integer program; only the points at borders keep their prices::

    covered <= sum over border points of (demand - price)
             + posts * fee
             + sum over regions of max (demand of own points + prices of border points
                                        that the region's open sites cover - fee * sites)

It holds for any prices in [0, demand] and any fee, and with the best ones of the relaxation it is
never weaker than the relaxation: each region is solved in whole posts. Every region's own bound
may be used where its optimum is not found in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from dispatch.siting_bound import SCALE
from dispatch.siting_model import solve_region

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from dispatch.siting_cover import Cover

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a covering problem with prices at its border.

    Attributes
    ----------
    candidates_of : csr_array, (rows, candidates)
    weight : (rows,) float64
        Demand of own rows, prices of border rows.
    """

    candidates_of: csr_array
    weight: Floats


def split(place: Floats, opened: Integers, size: int) -> Integers:
    """Cut the plane in two again and again until no part has more than `size` open sites.

    Parameters
    ----------
    place : (candidates, 2) float64
        Where they are; any unit.
    opened : (posts,) int64
        Candidates of a good choice.
    size : int
        At least 1.

    Returns
    -------
    (candidates,) int64
        The part of each candidate.
    """
    part = np.zeros(len(place), np.int64)
    waiting, count = [0], 1
    while waiting:
        here = waiting.pop()
        mine = place[opened[part[opened] == here]]
        if len(mine) <= size:
            continue
        axis = int(np.ptp(mine, axis=0).argmax())
        middle = np.sort(mine[:, axis])
        half = len(middle) // 2
        cut = (middle[half - 1] + middle[half]) / 2
        beyond = (part == here) & (place[:, axis] > cut)
        if not beyond[opened].any():
            continue  # all at one place
        part[beyond] = count
        waiting += [here, count]
        count += 1
    return part


def cut_regions(cover: Cover, part: Integers, price: Integers) -> tuple[list[Region], float]:
    """Cut a problem into regions, with prices in units of 1/`SCALE` on rows at borders.

    Returns
    -------
    list of Region, float
        And the sum of ``demand - price`` over the border rows. Rows without candidates are in none.
    """
    rows = cover.candidates_of
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    of = part[rows.indices]
    low = np.full(rows.shape[0], len(part) + 1)
    high = np.full(rows.shape[0], -1)
    np.minimum.at(low, row, of)
    np.maximum.at(high, row, of)
    border = low < high
    paid = np.clip(price, 0, cover.demand * SCALE) / SCALE
    weight = np.where(border, paid, cover.demand)
    regions = []
    for number in np.unique(part):
        own = csr_array(rows[:, np.flatnonzero(part == number)])
        touched = np.flatnonzero((np.diff(own.indptr) > 0) & (weight > 0))
        regions.append(Region(csr_array(own[touched]), weight[touched].astype(np.float64)))
    return regions, float((cover.demand - paid)[border].sum())


@dataclass(frozen=True, slots=True)
class Regions:
    """A covering problem and the region of each of its candidates.

    Attributes
    ----------
    cover : Cover
    part : (candidates,) int64
    posts : int
    """

    cover: Cover
    part: Integers
    posts: int

    def bound(
        self, price: Integers, fee: float, pool: Executor, seconds: Callable[[int], float]
    ) -> int:
        """Return the bound that regions prove, by the word of their solver.

        Parameters
        ----------
        price : (rows,) int64
            In units of 1/`SCALE`.
        fee : float
            For each open site; about what the last of the posts is worth.
        pool : Executor
            Solves regions side by side.
        seconds : callable
            Seconds that a region may take, given how many have not begun (it counts too).
        """
        regions, rest = cut_regions(self.cover, self.part, price)
        # The smallest first: what they leave of their time goes to the larger ones.
        regions.sort(key=lambda region: region.candidates_of.nnz)
        jobs = [
            pool.submit(_solve, region, fee, seconds, len(regions) - nth)
            for nth, region in enumerate(regions)
        ]
        total = rest + self.posts * fee + sum(job.result() for job in jobs)
        return int(np.floor(total + _TOLERANCE))


def _solve(region: Region, fee: float, seconds: Callable[[int], float], still: int) -> float:
    return solve_region(region.candidates_of, region.weight, fee, seconds(still))
