"""An upper bound on the covered demand that holds in integers, and what it lets one leave out.

Price every row i with ``0 <= price[i] <= demand[i]``. Whatever P sites are open, the covered demand
is at most ``sum(demand - price) + sum of the P largest worths``, the worth of a site being the
prices of the rows that it covers (Galvão & ReVelle, EJOR 88 (1996) 114-123,
doi 10.1016/0377-2217(94)00159-6). Prices are whole multiples of 1/`SCALE`, so sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dispatch.siting_kernel import descend

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.siting_cover import Cover

    Integers = NDArray[np.int64]

SCALE = 1_024
_FIRST_STEP = 0.3
_START = 0.3


@dataclass(frozen=True, slots=True)
class CoverBound:
    """A proven upper bound, with what proves it.

    Attributes
    ----------
    value : int
        No choice of the posts covers more.
    worth : (candidates,) int64
        In units of 1/`SCALE`.
    threshold : int
        The worth of the last post taken, in the same units.
    total : int
        The bound in the same units, before rounding down.
    price : (rows,) int64
        What proves it, in the same units.
    """

    value: int
    worth: Integers
    threshold: int
    total: int
    price: Integers

    def may_help(self, covered: int) -> NDArray[np.bool_]:
        """Tell which candidates can be in a choice that covers more than `covered`.

        A choice with j instead of one of the P worthiest is bounded by the total, less what j is
        worth less than the last of these.
        """
        lost = np.maximum(self.threshold - self.worth, 0)
        return np.asarray(self.total - lost >= (covered + 1) * SCALE, np.bool_)


def evaluate(cover: Cover, price: Integers, posts: int) -> CoverBound:
    """Return the bound that prices prove, (rows,) int64 in units of 1/`SCALE`."""
    price = np.clip(price, 0, cover.demand * SCALE)
    worth = np.asarray(cover.rows_of.astype(np.int64) @ price, np.int64)
    taken = np.sort(worth)[::-1][:posts]
    total = int((cover.demand * SCALE - price).sum() + taken.sum())
    value = min(total // SCALE, int(cover.demand.sum()))
    return CoverBound(value, worth, int(taken[-1]), total, price)


def ascend(cover: Cover, posts: int, steps: int) -> CoverBound:
    """Look for good prices and return the bound that they prove, exactly."""
    demand = cover.demand.astype(np.float64)
    price = descend(
        cover.rows_of.indptr,
        cover.rows_of.indices,
        demand,
        posts,
        steps,
        _FIRST_STEP,
        _START * demand,
    )
    return evaluate(cover, np.rint(price * SCALE).astype(np.int64), posts)
