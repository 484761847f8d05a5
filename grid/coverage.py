"""Coverage: the chance that somebody on duty reaches a place within a few minutes.

For a cell c in a shift, and a ring of T minutes, coverage is ``1 − Π(1 − pᵢ)`` over the people i on
duty who reach c's centre within T; pᵢ is the chance that i shows up (independent of the others).
A *gap* is a cell that matters and whose coverage is under a set level.

People stand at few points (the beats), so who reaches what is one sparse 0/1 matrix a ring, and a
shift's coverage is that matrix times the points' sums of ``log(1 − pᵢ)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

from grid.errors import GeometryError
from grid.travel import GreatCircleTravel, Mode, chord, unit_vectors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike, NDArray

    from grid.lattice import CellIndex
    from grid.travel import Travel

RINGS_MIN = (1, 3, 5)
"""Minutes of the rings (快速处警圈) that the programme uses."""

TIER_MODES: Mapping[str, Mode] = MappingProxyType(
    {"officer": Mode.CAR, "auxiliary": Mode.EBIKE, "volunteer": Mode.FOOT}
)
"""How each tier moves unless a city says otherwise, by the value of `dispatch.rules.Tier`."""

GAP_LEVEL = 0.5
"""Coverage under which a cell that matters is a gap."""

_POINTS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Ring:
    """What may be reached in `minutes` by one mode.

    Attributes
    ----------
    minutes : float
        From the alert to the arrival, > 0.
    mode : Mode
        How the person moves.
    """

    minutes: float
    mode: Mode

    def __post_init__(self) -> None:
        if not 0 < self.minutes < np.inf:
            raise GeometryError(f"Expected the minutes of a ring > 0, got {self.minutes}.")

    def radius_m(self, travel: Travel | None = None) -> float:
        """Return the ring's great-circle radius, metres: speed × minutes / travel factor."""
        return (travel or GreatCircleTravel()).radius_m(self.minutes, self.mode)


def reach(
    lattice: CellIndex, lat: ArrayLike, lng: ArrayLike, radius_m: float
) -> sparse.csr_array[np.uint8, tuple[int, int]]:
    """Tell which cells each point reaches: their centre lies within `radius_m` of it.

    The cell in which a point lies is reached whatever the radius.

    Parameters
    ----------
    lattice : CellIndex
        The city's cells.
    lat, lng : array_like of float, shape (n_points,)
        WGS-84 degrees.
    radius_m : float
        Great-circle metres, >= 0.

    Returns
    -------
    csr_array of uint8, shape (n_cells, n_points)
        1 where the point reaches the cell; rows in the lattice's order, columns ascending.
    """
    if not 0 <= radius_m < np.inf:
        raise GeometryError(f"Expected a radius >= 0 metres, got {radius_m}.")
    points = unit_vectors(lat, lng)
    if not np.isfinite(points).all():
        raise GeometryError("Expected points with finite coordinates, got NaN or infinity.")
    own = lattice.index_at(lat, lng)
    inside = np.flatnonzero(own >= 0).astype(np.int32)
    near_cells, near_points = _pairs_within(unit_vectors(*lattice.centres()), points, radius_m)
    rows = np.concatenate((near_cells, own[inside]))
    columns = np.concatenate((near_points, inside))
    shape = (len(lattice.cells), len(points))
    ones = np.ones(len(rows), dtype=np.uint8)
    matrix = sparse.csr_array((ones, (rows, columns)), shape=shape)
    matrix.data[:] = 1  # own cells were mostly there already: ones that stood twice add up to 2
    return matrix


def _pairs_within(
    centres: NDArray[np.float64], points: NDArray[np.float64], radius_m: float
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return (cell, point) of every pair no farther apart than the radius.

    A great-circle distance and its chord grow together, so a tree in space is exact.
    """
    tree = KDTree(centres, compact_nodes=False, balanced_tree=False)
    radius = chord(radius_m)
    cells: list[NDArray[np.int32]] = []
    counts: list[NDArray[np.int32]] = []
    for first in range(0, len(points), _POINTS_AT_ONCE):
        part = points[first : first + _POINTS_AT_ONCE]
        found = [np.array(one, dtype=np.int32) for one in tree.query_ball_point(part, radius)]
        counts.append(np.array([len(one) for one in found], dtype=np.int32))
        cells.extend(found)
    if not cells:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    owners = np.arange(len(points), dtype=np.int32)
    return np.concatenate(cells), np.repeat(owners, np.concatenate(counts))


def coverage_by_shift(
    reached: sparse.csr_array[np.uint8, tuple[int, int]], log_absence: ArrayLike
) -> Iterator[NDArray[np.float32]]:
    """Yield each shift's coverage of all cells in turn, float32 of shape (n_cells,).

    Parameters
    ----------
    reached : csr_array, shape (n_cells, n_points)
        Of `reach`.
    log_absence : array_like of float, shape (n_points, n_shifts)
        Sum of ``log(1 − pᵢ)`` over the people on duty at each point; 0 where nobody is, ``-inf``
        where somebody surely comes.
    """
    absence = np.asarray(log_absence)
    if absence.ndim != 2 or absence.shape[0] != reached.shape[1]:
        raise GeometryError(
            f"Expected log_absence of shape ({reached.shape[1]}, shifts), got {absence.shape}."
        )
    if not (absence <= 0).all():
        raise GeometryError("Expected logarithms of probabilities (<= 0) in log_absence.")
    # Most cells are reached by nobody: only the others are computed.
    touched = np.flatnonzero(np.diff(reached.indptr))
    weights = reached[touched].astype(np.float64)
    for shift in range(absence.shape[1]):
        covered = np.zeros(reached.shape[0], dtype=np.float32)
        covered[touched] = -np.expm1(weights @ absence[:, shift].astype(np.float64))
        yield covered


def ring_coverage(
    reached: sparse.csr_array[np.uint8, tuple[int, int]], log_absence: ArrayLike
) -> NDArray[np.float32]:
    """Return the coverage of every cell in every shift, shape (n_shifts, n_cells).

    4 bytes a value: 44 MB for 35 shifts of 315,020 cells. `coverage_by_shift` takes one shift at a
    time, and describes the arguments.
    """
    covered = np.empty((np.shape(log_absence)[1], reached.shape[0]), dtype=np.float32)
    for row, values in zip(covered, coverage_by_shift(reached, log_absence), strict=True):
        row[:] = values
    return covered


def weighted_coverage(
    coverage: NDArray[np.floating], weight: ArrayLike, group: ArrayLike, num_groups: int
) -> NDArray[np.float64]:
    """Return the mean coverage of each group of cells, weighted by how much each cell matters.

    Parameters
    ----------
    coverage : ndarray of float, shape (n_cells,) or (n_shifts, n_cells)
        Of `ring_coverage`.
    weight : array_like of float, shape (n_cells,)
        >= 0.
    group : array_like of int, shape (n_cells,)
        The cell's beat, station or district, counted from 0; -1 for none.
    num_groups : int
        Number of groups.

    Returns
    -------
    ndarray of float64, shape (num_groups,) or (n_shifts, num_groups)
        NaN for a group whose cells weigh nothing: it has no coverage to speak of.
    """
    weights, groups = np.asarray(weight, dtype=np.float64), np.asarray(group)
    if weights.shape != groups.shape or coverage.shape[-1:] != weights.shape:
        raise GeometryError(
            f"Expected weight and group a cell of {coverage.shape}, got {weights.shape} and "
            f"{groups.shape}."
        )
    if not ((weights >= 0) & (groups >= -1) & (groups < num_groups)).all():
        raise GeometryError(f"Expected weights >= 0 and groups in -1..{num_groups - 1}.")
    member = np.flatnonzero((groups >= 0) & (weights > 0))
    by_group = sparse.csr_array(
        (weights[member], (groups[member], member)), shape=(num_groups, len(weights))
    )
    total = np.bincount(groups[member], weights[member], num_groups)
    sums = np.stack([by_group @ row for row in np.atleast_2d(coverage)])
    mean = np.full(sums.shape, np.nan)
    np.divide(sums, total, out=mean, where=total > 0)
    return mean.reshape((*coverage.shape[:-1], num_groups))


def gaps(
    coverage: NDArray[np.floating], weight: ArrayLike, level: float = GAP_LEVEL
) -> NDArray[np.bool_]:
    """Return the gaps: cells of positive weight whose coverage is under `level`.

    Parameters
    ----------
    coverage : ndarray of float, shape (n_cells,) or (n_shifts, n_cells)
        Of `ring_coverage`.
    weight : array_like of float, shape (n_cells,)
        How much each cell matters.
    level : float
        0..1.
    """
    if not 0 <= level <= 1:
        raise GeometryError(f"Expected a level in 0..1, got {level}.")
    return (coverage < level) & (np.asarray(weight) > 0)
