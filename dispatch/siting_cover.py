"""Who covers whom: the sparse cover matrix of a siting problem, and what may be left out of it.

A point is covered by a post when their great-circle distance is at most the radius. Where two
programs disagree about a pair at the edge their covered demand differs, so the published form is
followed to the bit: the angle by ``arccos`` in double precision, rounded to single precision,
times 6,378,100 m in single precision (Máximo, Cordeau & Nascimento, ITOR 2023,
doi 10.1111/itor.13387). A tree of chords only screens the pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from grid.errors import JinggeError
from grid.travel import unit_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

EARTH_RADIUS_M = 6_378_100.0
MAX_PAIRS = 60_000_000
"""More pairs in reach than this would not fit into the memory of a usual machine."""
_MAX_OVERLAPS = 150_000_000
_MARGIN_M = 5.0


class SitingError(JinggeError):
    """A siting problem that cannot be posed or solved."""


@dataclass(frozen=True, slots=True)
class Cover:
    """A maximal covering problem without what cannot matter.

    Points that the same candidates cover are one row; a candidate whose rows another one covers
    too is left out. Both leave the best covered demand as it is.

    Attributes
    ----------
    rows_of : csr_array, (candidates, rows)
        Rows that each candidate covers; ones, sorted.
    candidates_of : csr_array, (rows, candidates)
        The same the other way round.
    demand : (rows,) int64
    candidate : (candidates,) int64
        The point that a candidate is; rising.
    """

    rows_of: csr_array
    candidates_of: csr_array
    demand: Integers
    candidate: Integers


def covered_pairs(lat: Floats, lng: Floats, radius_m: float) -> csr_array:
    """Find which points cover which.

    Parameters
    ----------
    lat, lng : (n,) float64
        Degrees.
    radius_m : float
        At least 0.

    Returns
    -------
    csr_array, (n, n) int32
        Symmetric, ones, with the diagonal: a point covers itself.

    Raises
    ------
    SitingError
        More than `MAX_PAIRS` pairs are in reach.
    """
    count = len(lat)
    points = unit_vectors(lat, lng)
    angle = min((radius_m + _MARGIN_M) / EARTH_RADIUS_M * (1 + 1e-6), np.pi)
    chord = 2 * np.sin(angle / 2) + 1e-12
    tree = cKDTree(points)
    near = np.asarray(tree.query_ball_point(points, chord, return_length=True), np.int64)
    if (pairs := int(near.sum())) > MAX_PAIRS:
        raise SitingError(
            f"Expected a radius with at most {MAX_PAIRS:,} pairs of points in reach, "
            f"got {radius_m:g} m with {pairs:,}."
        )
    one, other = tree.query_pairs(chord, output_type="ndarray").T
    inside = distance_m(lat[one], lng[one], lat[other], lng[other]) <= radius_m
    one, other, own = one[inside], other[inside], np.arange(count)
    row = np.concatenate((one, other, own))
    column = np.concatenate((other, one, own))
    ones = np.ones(row.size, np.int32)
    matrix = csr_array((ones, (row, column)), shape=(count, count))
    matrix.sort_indices()
    return matrix


def distance_m(lat1: Floats, lng1: Floats, lat2: Floats, lng2: Floats) -> Floats:
    """Return great-circle metres as the published instances count them (see the module).

    Points at the same place, whose cosine may round to above 1, are 0 m apart.
    """
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    cosine = np.cos(phi1) * np.cos(phi2) * np.cos(np.radians(lng2 - lng1))
    cosine += np.sin(phi1) * np.sin(phi2)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0)).astype(np.float32)
    return np.asarray(angle * np.float32(EARTH_RADIUS_M), np.float64)


def build_cover(lat: Floats, lng: Floats, demand: Integers, radius_m: float) -> Cover:
    """Pose the covering problem over points that are all candidates.

    Parameters
    ----------
    lat, lng : (n,) float64
        Degrees.
    demand : (n,) int64
        At least 0.
    radius_m : float
        At least 0.
    """
    pairs = covered_pairs(lat, lng, radius_m)
    asking = np.flatnonzero(demand > 0)
    return reduced(pairs[asking], demand[asking], np.arange(len(lat)))


def reduced(candidates_of: csr_array, demand: Integers, candidate: Integers) -> Cover:
    """Merge rows with the same candidates, leave out candidates that others contain."""
    rows, weight = _merged(candidates_of, demand)
    kept = _undominated(rows)
    if len(kept) < rows.shape[1]:
        rows, weight = _merged(rows[:, kept], weight)
    rows_of = csr_array(rows.T.tocsr())
    rows_of.sort_indices()
    return Cover(rows_of, rows, weight, candidate[kept])


def restricted(cover: Cover, chosen: Integers) -> Cover:
    """Give the problem over some candidates; its `candidate` holds their positions in `cover`."""
    rows = csr_array(csr_array(cover.rows_of[chosen]).T.tocsr())
    some = np.flatnonzero(np.diff(rows.indptr))
    return reduced(rows[some], cover.demand[some], np.asarray(chosen, np.int64))


def _merged(rows: csr_array, demand: Integers) -> tuple[csr_array, Integers]:
    """Add up the demand of rows with the same columns."""
    rows.sort_indices()
    first: dict[bytes, int] = {}
    group = np.empty(rows.shape[0], np.int64)
    for at in range(rows.shape[0]):
        key = rows.indices[rows.indptr[at] : rows.indptr[at + 1]].tobytes()
        group[at] = first.setdefault(key, len(first))
    total = np.zeros(len(first), np.int64)
    np.add.at(total, group, demand)
    _, kept = np.unique(group, return_index=True)
    return csr_array(rows[kept]), total


def _undominated(rows: csr_array) -> NDArray[Any]:
    """Find the columns whose rows no other column contains; of equal ones the first."""
    every = np.arange(rows.shape[1])
    size = np.diff(csr_array(rows.T.tocsr()).indptr)
    wide = np.diff(rows.indptr).astype(np.int64)
    if int((wide * wide).sum()) > _MAX_OVERLAPS:
        return every  # worth less than the memory that finding them takes
    shared = (rows.T @ rows).tocoo()
    whole = (shared.data == size[shared.row]) & (shared.row != shared.col)
    inner, outer = shared.row[whole], shared.col[whole]
    dominated = (size[outer] > size[inner]) | (outer < inner)
    lost = np.zeros(rows.shape[1], np.bool_)
    lost[inner[dominated]] = True
    lost |= size == 0
    return np.flatnonzero(~lost) if not lost.all() else every[:1]
