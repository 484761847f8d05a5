"""Kernels that release the interpreter's lock, over parts of a range, side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

T = TypeVar("T")

_PARTS_A_WORKER = 4
"""Parts cost unlike much; with some each, the workers end at about the same time."""


def in_parts(work: Callable[[int, int], T], size: int, workers: int) -> list[T]:
    """Call ``work(first, last)`` for parts of ``range(size)``, `workers` at the same time.

    Returns
    -------
    list of T
        What each part gave, in their order; one part where there is one worker or little to do.
    """
    parts = workers * _PARTS_A_WORKER
    if workers <= 1 or size < parts:
        return [work(0, size)]
    cuts = np.linspace(0, size, parts + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(workers) as threads:
        return list(threads.map(work, cuts[:-1], cuts[1:]))


def join_starts(starts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Join the starts of compressed rows whose entries are put behind each other."""
    counts = [np.diff(start) for start in starts]
    return np.concatenate(([0], np.cumsum(np.concatenate(counts)))).astype(np.int64)
