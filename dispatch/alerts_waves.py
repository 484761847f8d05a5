"""The smallest set of people to call so that somebody arrives in time with the chance wanted.

People answer independently, person i arrives in time with chance pᵢ. The chance that at least m of
a set arrive grows when a member is replaced by a likelier one, whatever m; so among all sets of
one size the likeliest people are best, and the shortest prefix of people sorted by pᵢ that reaches
the target is a smallest set. (The number that arrive is Poisson binomial: Hong, 2013,
doi:10.1016/j.csda.2012.10.006; with m = 1 the chance is ``1 − Π(1 − pᵢ)``.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dispatch.alerts import AlertError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

LEAST_USE: Final = 0.01
"""Who is of use with less than this chance is not disturbed: there in time, and still needed.

With one person needed that is by how much the call would lift the chance of an arrival. Calls that
lift it by most for their number are those with a common least gain at every incident, so the rule
also spends a month's calls where they do most.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """Whom to call.

    Attributes
    ----------
    chosen : ndarray of int64
        Positions among the candidates, the likeliest first.
    chance : float
        That enough arrive, with those who were called already.
    reached : bool
        Whether that is the chance wanted.
    """

    chosen: NDArray[np.int64]
    chance: float
    reached: bool


def chance_of_enough(chances: ArrayLike, needed: int) -> float:
    """Return the chance that at least `needed` of independent people arrive.

    Parameters
    ----------
    chances : array_like of float, shape (n,)
        Each in 0..1.
    needed : int
        Nobody needed: 1.
    """
    fewer = _start(needed)
    for chance in np.asarray(chances, float):
        fewer = _with(fewer, chance)
    return float(1 - fewer.sum())


def smallest_wave(
    chances: ArrayLike,
    target: float,
    *,
    already: ArrayLike = (),
    needed: int = 1,
    most: int = 500,
    least: float = LEAST_USE,
    prefer: ArrayLike | None = None,
) -> Wave:
    """Return the smallest set that lifts the chance of enough arrivals to the target.

    Where nothing reaches it: the `most` likeliest who are of use.

    Parameters
    ----------
    chances : array_like of float, shape (n,)
        Of the candidates.
    target : float
        In (0, 1).
    already : array_like of float
        Chances of those who were called before and may still come.
    needed : int
        How many have to arrive.
    most : int
        Largest set.
    least : float
        Least chance of being of use: of arriving in time while fewer than `needed` others do.
    prefer : array_like of float, shape (n,), optional
        Among equally likely people those with smaller numbers come first: calls they had lately.
    """
    if not 0 < target < 1:
        raise AlertError(f"Expected a target in (0, 1), got {target}.")
    p = np.asarray(chances, float)
    if not ((p >= 0) & (p <= 1)).all():
        raise AlertError("Expected chances in 0..1, got one that is not.")
    second = np.zeros(len(p)) if prefer is None else np.asarray(prefer, float)
    order = np.lexsort((second, -p))
    fewer = _start(needed)
    for chance in np.asarray(already, float):
        fewer = _with(fewer, chance)
    count = 0
    for person in order[:most]:
        short = float(fewer.sum())
        if 1 - short >= target or p[person] * short < least:
            break
        fewer = _with(fewer, p[person])
        count += 1
    chance = float(1 - fewer.sum())
    return Wave(order[:count], chance, chance >= target)


def _start(needed: int) -> NDArray[np.float64]:
    """Return the chances that exactly 0, 1, … needed − 1 have come, before anybody is called."""
    fewer = np.zeros(max(needed, 0))
    fewer[:1] = 1.0
    return fewer


def _with(fewer: NDArray[np.float64], chance: float) -> NDArray[np.float64]:
    after = fewer * (1 - chance)
    after[1:] += fewer[:-1] * chance
    return after
