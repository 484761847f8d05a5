"""The plane on which nearest search sorts points into bins, and how far bins are apart for sure.

A plane is a gnomonic map: unit vector → (row · w, col · w, w), with w the cosine to the plane's
middle. A city's `Lattice` is one; each bin is then the parallelogram around one cell's centre, or
around s × s of them. A city that lies on no one face of the icosahedron gets a plane of its own.

The proof on which the search stops: the gnomonic map stretches a line at angle t from the middle
by at most 1/cos²(t), great circles become straight lines, and t is greatest at a line's end. So two
points that are d metres apart lie at most ``d / R / cos²(t)`` apart on the plane, t being that of
the farther one; whatever lies farther on the plane is farther on the ground than d.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from grid.cells import cell_areas_km2
from grid.errors import GeometryError
from grid.lattice import CellIndex, Lattice
from grid.travel import EARTH_RADIUS_M, unit_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

MARGIN: Final = 8
"""Bins around a city that is no lattice, so that people who live just outside it have one, too."""

MAX_CELLS_PER_BIN: Final = 64
"""Cells along one side of a bin, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """A gnomonic plane in bins of one size.

    Attributes
    ----------
    to_bin : ndarray of float64, shape (3, 3)
        Unit vector to (row · w, col · w, w); a bin's middle has whole row and column.
    shape : tuple of int
        Rows and columns; what lies beyond is kept apart and always looked at.
    form : ndarray of float64, shape (3,)
        ``form[0] Δrow² + 2 form[1] Δrow Δcol + form[2] Δcol²`` is a squared distance on the
        plane, in earth radii.
    stretch : float
        Greatest 1/cos² of a point of the bins.
    """

    to_bin: NDArray[np.float64]
    shape: tuple[int, int]
    form: NDArray[np.float64]
    stretch: float

    def coarser(self, cells: int) -> Plane:
        """Return the same plane in bins of `cells` × `cells` of this one's."""
        if not 1 <= cells <= MAX_CELLS_PER_BIN:
            raise GeometryError(f"Expected 1 to {MAX_CELLS_PER_BIN} cells a bin, got {cells}.")
        to_bin = self.to_bin.copy()
        to_bin[:2] = to_bin[:2] / cells + (0.5 / cells - 0.5) * to_bin[2]
        rows, cols = (-(-size // cells) for size in self.shape)
        return _plane(to_bin, (rows, cols))


def plane_of(cells: CellIndex) -> Plane:
    """Return the plane of a city's cells: their lattice, or one about their middle."""
    if isinstance(cells, Lattice):
        return _plane(np.array(cells.to_ij), cells.shape)
    vectors = unit_vectors(*cells.centres())
    middle = vectors.sum(axis=0)
    normal = middle / np.linalg.norm(middle)
    side = np.sqrt(cell_areas_km2(cells.cells[:1])[0]) * 1000 / EARTH_RADIUS_M
    axes = np.linalg.svd(normal[None, :])[2][1:] / side
    places = (vectors @ axes.T) / (vectors @ normal)[:, None]
    low = np.floor(places.min(axis=0)) - MARGIN
    rows, cols = (np.ceil(places.max(axis=0)) + MARGIN - low + 1).astype(int)
    to_bin = np.vstack((axes - np.outer(low, normal), normal))
    return _plane(to_bin, (int(rows), int(cols)))


def plane_for(plane: Plane, count: int) -> Plane:
    """Return the plane in bins that suit so many points: about as many bins as points."""
    cells = 1
    while cells < MAX_CELLS_PER_BIN and plane.shape[0] * plane.shape[1] > 2 * count * cells**2:
        cells *= 2
    return plane.coarser(cells)


def _plane(to_bin: NDArray[np.float64], shape: tuple[int, int]) -> Plane:
    normal = to_bin[2]
    axes = np.linalg.svd(normal[None, :])[2][1:]
    to_plane = np.linalg.inv(to_bin[:2] @ axes.T)
    form = to_plane.T @ to_plane
    rows, cols = shape
    corners = np.array([(r, c, 1.0) for r in (-0.5, rows - 0.5) for c in (-0.5, cols - 0.5)])
    vectors = np.linalg.solve(to_bin, corners.T).T
    cosines = (vectors @ normal) / np.linalg.norm(vectors, axis=1)
    if cosines.min() < 0.1:
        raise GeometryError("Expected a city smaller than half the globe, got a larger one.")
    stretch = float((1 / cosines**2).max())
    return Plane(to_bin, shape, np.array([form[0, 0], form[0, 1], form[1, 1]]), stretch)
