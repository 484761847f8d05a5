"""Holes that hardly share people are repaired apart from each other.

Four hundred dropouts touch a whole city, and through some shared neighbour every hole hangs
together with every other: one program of all of them takes half a minute. So holes are put
together where they share most, up to a size; every person and every post belongs to the group that
has most use for them, and a chain that needs somebody else's is left out. What is left falls apart
into independent parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array

from dispatch.repair_kernel import join, root

if TYPE_CHECKING:
    from numpy.typing import NDArray


def group_holes(
    holes: int,
    must: tuple[NDArray[np.int64], NDArray[np.int64]],
    uses: tuple[NDArray[np.int64], NDArray[np.int64]],
    sizes: NDArray[np.int64],
    most: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Group holes by what they share, and give everything shared to one group.

    Parameters
    ----------
    must : (hole, thing) of int64
        Holes that need the same thing here are together, whatever their size.
    uses : (hole, thing) of int64
        One pair for each use in a chain; things are numbered from 0.
    sizes : (holes,) int64
    most : int
        Groups grow no larger than this.

    Returns
    -------
    group : (holes,) int64
    owner : (things,) int64
        Group of each thing, -1 where nobody uses it.
    """
    things = int(max(must[1].max(initial=-1), uses[1].max(initial=-1))) + 1
    parent = np.arange(holes)
    total = sizes.copy()
    join(parent, total, *_shared(holes, things, *must)[:2], np.iinfo(np.int64).max)
    first, second, shared = _shared(holes, things, *uses)
    order = np.argsort(-shared, kind="stable")
    join(parent, total, first[order], second[order], most)
    group = np.array([root(parent, hole) for hole in range(holes)], np.int64)
    owner = np.full(things, -1, np.int64)
    counts = coo_array((np.ones(uses[0].size), (uses[1], group[uses[0]])), (things, holes)).tocsr()
    counts.sum_duplicates()
    for thing in np.flatnonzero(np.diff(counts.indptr)):
        part = slice(counts.indptr[thing], counts.indptr[thing + 1])
        owner[thing] = counts.indices[part][np.argmax(counts.data[part])]
    owner[must[1]] = group[must[0]]
    return group, owner


def _shared(
    holes: int, things: int, hole: NDArray[np.int64], thing: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of holes and how many things both use."""
    table = coo_array((np.ones(hole.size, np.int64), (hole, thing)), (holes, things)).tocsr()
    table.data[:] = 1
    both = (table @ table.T).tocoo()
    upper = both.row < both.col
    return (
        both.row[upper].astype(np.int64),
        both.col[upper].astype(np.int64),
        both.data[upper].astype(np.int64),
    )
