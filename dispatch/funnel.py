"""Who remains for each demand line after each rule, and who is one step from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from dispatch.funnel_kernel import funnels
from dispatch.side_by_side import in_parts, join_starts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.standing import Standing

MAX_GROUP: Final = 16
"""Largest group of volunteers who come together (H7) that is looked for."""


class Funnel(NamedTuple):
    """What `funnel` finds for every demand line; people are rows of ``scenario.people``.

    Attributes
    ----------
    counts : (L, 5) int64
        People of the role's tier that remain: in reach, qualified, insured, available, free.
    reasons : (L, 4) int64
        Of those available, how many are not free because they work that very shift; would rest
        too little; are at their limit of shifts; are shut out by a pin. Each counts once, under
        the first of these that applies.
    free, free_cost : (L, K) int64, float64
        The cheapest people free for the line (-1: no more), and what each adds to the objective
        in travel, extra shift and dislike.
    fix, fix_cost, fix_m : (L, NUM_FIXES, CHOICES)
        The cheapest people who fail one rule alone (-1: nobody), see `funnel_kernel`; what each
        would add to the objective, and the distance to the beat in metres.
    caller_start, caller_pair : (L + 1,) int64, (n,) int32
        Pairs (of `Standing`) of those who could fill the line if relieved elsewhere.
    """

    counts: NDArray[np.int64]
    reasons: NDArray[np.int64]
    free: NDArray[np.int64]
    free_cost: NDArray[np.float64]
    fix: NDArray[np.int64]
    fix_cost: NDArray[np.float64]
    fix_m: NDArray[np.float64]
    caller_start: NDArray[np.int64]
    caller_pair: NDArray[np.int32]


def funnel(standing: Standing, workers: int = 1) -> Funnel:
    """Apply the rules of one assignment to everybody, for every demand line.

    Parameters
    ----------
    workers : int
        Threads; what is found does not depend on it.
    """
    keep = max(2, min(standing.min_volunteers, MAX_GROUP))
    parts = in_parts(
        lambda first, last: Funnel(*funnels(standing, keep, first, last)),
        standing.line_beat.size,
        workers,
    )
    if len(parts) == 1:
        return parts[0]
    joined = Funnel(*(np.concatenate(tables) for tables in zip(*parts, strict=True)))
    return joined._replace(caller_start=join_starts([part.caller_start for part in parts]))
