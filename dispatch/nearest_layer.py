"""The things that travel at one pace: most of them in bins for good, those that moved in others.

Whoever moves leaves a dead row behind and joins the small second set, which is sorted anew with
every batch of moves; `settled` sorts everything anew when the second set has grown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from dispatch.nearest_bins import Bins, Columns, sorted_into
from dispatch.nearest_kernel import GONE
from dispatch.nearest_plane import plane_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.nearest_plane import Plane

MOST_MOVED: Final = 20_000
"""How many may be in the second set before everything should be sorted anew."""

_FEW: Final = 1024


class Layer:
    """Things of one pace, by number; numbers are the caller's, from 0 on.

    Parameters
    ----------
    plane : Plane
        The city's, in bins of one cell.
    capacity : int
        Numbers are below this.
    """

    def __init__(self, plane: Plane, capacity: int) -> None:
        self._plane = plane
        self._row_of = np.full(capacity, -1, np.int64)  # in the first set
        self._moved = np.zeros(0, np.int64)  # numbers in the second set, ascending
        self._first: Bins | None = None
        self._second: Bins | None = None
        self._second_row = np.zeros(0, np.int32)

    def sets(self) -> tuple[Bins, ...]:
        """Give the sets of bins to search."""
        return tuple(bins for bins in (self._first, self._second) if bins is not None)

    @property
    def is_unsettled(self) -> bool:
        """Whether so many have moved that sorting everything anew pays."""
        settled = 0 if self._first is None else len(self._first.tags)
        return len(self._moved) > min(MOST_MOVED, max(_FEW, settled // 2))

    def grow(self, capacity: int) -> None:
        """Make room for numbers below `capacity`."""
        more = capacity - len(self._row_of)
        if more > 0:
            self._row_of = np.concatenate((self._row_of, np.full(more, -1, np.int64)))

    def fill(self, numbers: NDArray[np.int64], columns: Columns) -> None:
        """Sort all things anew."""
        self._row_of[:] = -1
        self._moved, self._second = np.zeros(0, np.int64), None
        self._first = None
        if len(numbers):
            plane = plane_for(self._plane, len(numbers))
            self._first, order = sorted_into(plane, columns, numbers)
            self._row_of[numbers[order]] = np.arange(len(numbers))

    def take(self, numbers: NDArray[np.int64], columns: Columns) -> None:
        """Add things, or put them elsewhere."""
        self._leave_first(numbers)
        self._sort_moved(np.union1d(self._moved, numbers), columns)

    def drop(self, numbers: NDArray[np.int64], columns: Columns) -> None:
        """Let things go that are in this layer."""
        self._leave_first(numbers)
        if np.isin(numbers, self._moved, assume_unique=True).any():
            self._sort_moved(np.setdiff1d(self._moved, numbers), columns)

    def renew(self, numbers: NDArray[np.int64], columns: Columns) -> None:
        """Take over state and words of things that are in this layer and stay."""
        rows = self._row_of[numbers]
        here = rows >= 0
        if self._first is not None:
            self._first.state[rows[here]] = columns.state[numbers[here]]
            self._first.words[rows[here]] = columns.words[numbers[here]]
        moved = numbers[~here]
        if self._second is not None and len(moved):
            at = np.searchsorted(self._moved, moved)
            self._second.state[self._second_row[at]] = columns.state[moved]
            self._second.words[self._second_row[at]] = columns.words[moved]

    def _leave_first(self, numbers: NDArray[np.int64]) -> None:
        rows = self._row_of[numbers]
        if self._first is not None:
            self._first.state[rows[rows >= 0]] |= np.uint64(GONE)
        self._row_of[numbers] = -1

    def _sort_moved(self, moved: NDArray[np.int64], columns: Columns) -> None:
        self._moved, self._second = moved, None
        if len(moved):
            plane = plane_for(self._plane, len(moved))
            self._second, order = sorted_into(plane, columns, moved)
            self._second_row = np.empty(len(moved), np.int32)
            self._second_row[order] = np.arange(len(moved), dtype=np.int32)
