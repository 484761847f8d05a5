"""Transfers of supervisors: move one, and let the volunteers follow.

Chains move single people between places; they never trade a whole post for another. A transfer
does: a supervisor leaves one post, the volunteers beyond H6 there are sent home, the seats that
he opens elsewhere are filled by chains, those sent home take open places, and what is gained in
all decides; otherwise everything is taken back. Which transfers are worth trying is told by the
relaxation's prices: what a post earns by its next supervisor, less what the other loses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dispatch.chain_kernel import new_search
from dispatch.chains import SEARCH_NODES
from dispatch.transfer_kernel import promises, sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dispatch.chain_kernel import Search
    from dispatch.chains import Callers
    from dispatch.problem import Problem
    from dispatch.seating import Seating

MOST_LINES = 40
_BATCH = 200
"""Transfers between two looks at the clock."""


def improve_by_transfers(
    problem: Problem,
    calls: Callers,
    seating: Seating,
    price: NDArray[np.int64],
    toll: NDArray[np.int64],
    *,
    people: NDArray[np.int64],
    doubt: int,
    most_lines: int = MOST_LINES,
    stop: Callable[[], bool] | None = None,
    search: Search | None = None,
) -> int:
    """Try transfers of supervisors, the most promising first; return by how much is gained.

    Parameters
    ----------
    price : (L,) int64
    toll : (Q, 2) int64
        What posts earn by being open, at the relaxation's best (`Ascent.post_tolls`).
    people : (n,) int64
        Supervisors who may be moved.
    doubt : int
        A transfer is tried when the prices promise to lose no more than this.
    most_lines : int
        Lines to search from at most for one chain.
    stop : callable, optional
        Asked now and then whether to end.
    search : Search, optional
        Work space to use again.
    """
    if search is None:
        search = new_search(problem, SEARCH_NODES)
    rows = np.concatenate(
        [np.arange(problem.row_start[p], problem.row_start[p + 1]) for p in people]
        or [np.zeros(0, np.int64)]
    )
    size = int((problem.arc_start[rows + 1] - problem.arc_start[rows]).sum())
    promise, arc, row = (np.empty(size, np.int64) for _ in range(3))
    n = promises(problem, seating, price, toll, people, doubt, promise, arc, row)
    order = np.argsort(-promise[:n], kind="stable")
    gained = 0
    for first in range(0, n, _BATCH):
        if stop is not None and stop():
            break
        batch = order[first : first + _BATCH]
        gained += int(
            sweep(problem, calls, seating, search, price, toll, row[batch], arc[batch], most_lines)
        )
    return gained
