"""Things sorted into the bins of a plane: what the kernel of nearest search reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dispatch.nearest_kernel import count_refused, search_bins, sort_into_bins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.nearest_plane import Plane


@dataclass(slots=True, eq=False)
class Columns:
    """What is known of every thing, by its number; the same columns as those of `Bins`."""

    state: NDArray[np.uint64]
    words: NDArray[np.uint64]
    place: NDArray[np.float64]
    rank: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Rows of things by bin; ``state`` and ``words`` are changed in place (`dispatch.nearest`).

    Attributes
    ----------
    state : ndarray of uint64, shape (n,)
        With the bit `GONE` where the thing has left.
    words : ndarray of uint64, shape (n, 2)
        Roles, needs.
    place : ndarray of float64, shape (n, 4)
        Unit vector, and own limit in great-circle metres.
    tags : ndarray of int64, shape (n, 2)
        Rank (higher comes first) and number.
    start : ndarray of int32, shape (bins + 2,)
        First row of each bin, of those beyond all bins, and the end.
    plane : ndarray of float64, shape (13,)
        Map, form and stretch, as the kernel reads them.
    shape : tuple of int
        Rows and columns of bins.
    farthest_m : float
        Largest own limit.
    """

    state: NDArray[np.uint64]
    words: NDArray[np.uint64]
    place: NDArray[np.float64]
    tags: NDArray[np.int64]
    start: NDArray[np.int32]
    plane: NDArray[np.float64]
    shape: tuple[int, int]
    farthest_m: float

    def search(  # noqa: PLR0917 - called a thousand times a second: keywords cost
        self,
        lat: float,
        lng: float,
        masks: NDArray[np.uint64],
        excluded: NDArray[np.int64],
        reach_m: float,
        minutes_per_m: float,
        step_min: float,
        prefers: np.uint64,
        keys: NDArray[np.float64],
        who: NDArray[np.int64],
        count: int,
    ) -> int:
        """Add to the sorted list `keys`, `who`; return how many it holds (`search_bins`)."""
        found, _ = search_bins(
            *(self.state, self.words, self.place, self.tags, self.start, self.plane, *self.shape),
            *(lat, lng, masks, excluded, min(reach_m, self.farthest_m), minutes_per_m, step_min),
            *(prefers, keys, who, count),
        )
        return int(found)

    def refused(  # noqa: PLR0917
        self,
        lat: float,
        lng: float,
        rules: NDArray[np.uint64],
        excluded: NDArray[np.int64],
        reach_m: float,
        minutes_per_m: float,
        counts: NDArray[np.int64],
        minutes: NDArray[np.float64],
        distances: NDArray[np.float64],
        who: NDArray[np.int64],
    ) -> None:
        """Add to counts and nearest examples of each rule (`count_refused`)."""
        count_refused(
            *(self.state, self.words, self.place, self.tags, self.start, self.plane, *self.shape),
            *(lat, lng, rules, excluded, reach_m, minutes_per_m),
            *(counts, minutes, distances, who),
        )


def sorted_into(
    plane: Plane, columns: Columns, number: NDArray[np.int64]
) -> tuple[Bins, NDArray[np.int32]]:
    """Return the things of these numbers in bins, and the place of each row among the numbers."""
    place = columns.place[number]
    start, order = sort_into_bins(plane.to_bin, *plane.shape, place)
    taken = number[order]
    as_read = np.concatenate((plane.to_bin.ravel(), plane.form, [plane.stretch]))
    tags = np.stack((columns.rank[taken], taken), axis=1)
    farthest = float(place[:, 3].max(initial=0.0))
    state, words = columns.state[taken], columns.words[taken]
    bins = Bins(state, words, place[order], tags, start, as_read, plane.shape, farthest)
    return bins, order
