"""A city's cells as one dense array: look-up, neighbours and distance by arithmetic.

H3 lays its hexagons on the twenty faces of an icosahedron, each face seen from the globe's centre
(the gnomonic projection; https://h3geo.org/docs/core-library/overview). On one face the cells of a
resolution are a plane hexagonal lattice, so the local (i, j) of a cell is a projective map of its
unit vector v::

    (a, b, w) = to_ij @ v        i = a / w        j = b / w        w = cosine to the face's centre

The third row is the face's normal, known from the icosahedron. The first two are fitted to the
city's cells by least squares and then verified on *every* cell, so a lattice that exists is right.
Rounding (i, j) to the nearest hexagon gives the same cell as h3, for every point on earth: a cell
is only admitted when its whole hexagon lies on the face. A city across an edge of the icosahedron
or at one of its corners gets a `SortedCellIndex`, which answers the same questions by h3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from grid import cells as h3_cells
from grid.errors import CellError, LatticeError
from grid.travel import unit_vectors

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from grid.cells import Cells

DIRECTIONS = np.array([(1, 0), (1, 1), (0, 1), (-1, 0), (-1, -1), (0, -1)], dtype=np.int32)
"""Steps in (row, col) to a cell's six neighbours, in turn around it."""

MAX_RESIDUAL = 1e-6
"""Largest distance allowed between a fitted and an exact (i, j), in cells. Real cities: 1e-10."""

_CORNERS = np.array([(2, 1), (1, 2), (-1, 1), (-2, -1), (-1, -2), (1, -1)]) / 3
_NUM_FITTED = 4096
_Scalar = TypeVar("_Scalar", bound=np.generic)


class CellIndex(Protocol):
    """Finds a city's cells by place, by number and by neighbourhood. -1 means: not of the city."""

    @property
    def resolution(self) -> int:
        """H3 resolution of all cells."""
        ...

    @property
    def cells(self) -> Cells:
        """The city's cells, shape (n,). Positions that the methods return count into it."""
        ...

    def index_at(self, lat: ArrayLike, lng: ArrayLike) -> NDArray[np.int32]:
        """Return the position of the cell that holds each point (degrees)."""
        ...

    def neighbours(self) -> NDArray[np.int32]:
        """Return the positions of the six cells around each cell, shape (n, 6)."""
        ...

    def positions(self, cells: ArrayLike) -> NDArray[np.int32]:
        """Return the position of each given cell."""
        ...

    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return latitude and longitude of the cells' centres, degrees."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """The cells of a city on one face of the icosahedron. Made by `build_lattice`; read-only.

    Attributes
    ----------
    resolution : int
        H3 resolution of all cells.
    cells : ndarray of uint64, shape (n,)
        The cells, row by row.
    row, col : ndarray of int32, shape (n,)
        Place of each cell in the dense array: H3's local i and j, counted from the smallest.
    shape : tuple of int
        Rows and columns of the dense array.
    index : ndarray of int32, shape `shape`
        Position in `cells`, or -1 where the city has no cell.
    to_ij : ndarray of float64, shape (3, 3)
        Unit vector to (row · w, col · w, w); w is positive on the city's half of the globe.
    residual : float
        Largest difference between the map and a cell's true row or column, in cells.
    """

    resolution: int
    cells: Cells
    row: NDArray[np.int32]
    col: NDArray[np.int32]
    shape: tuple[int, int]
    index: NDArray[np.int32]
    to_ij: NDArray[np.float64]
    residual: float
    _sorter: NDArray[np.intp] = field(repr=False)

    def __len__(self) -> int:
        return len(self.cells)

    def index_at(self, lat: ArrayLike, lng: ArrayLike) -> NDArray[np.int32]:
        """Return the position of the cell that holds each point, -1 outside the city.

        The same cell as ``h3.latlng_to_cell``, by arithmetic: 0.1 µs a point.

        Parameters
        ----------
        lat, lng : array_like of float, shape (n,)
            WGS-84 degrees. NaN is nowhere, as is a latitude beyond a pole.
        """
        row, col = round_to_hexagons(*self.rows_at(lat, lng))
        return self.index_of(row, col)

    def rows_at(
        self, lat: ArrayLike, lng: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each point's exact, fractional row and column; NaN off this half of the globe."""
        a, b, w = self.to_ij @ unit_vectors(lat, lng).T
        w = np.where((w > 0) & (np.abs(lat) <= 90), w, np.nan)
        return a / w, b / w

    def latlng_of(
        self, row: ArrayLike, col: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the points (degrees) at fractional rows and columns: undoes `rows_at`."""
        rows, cols = np.broadcast_arrays(np.asarray(row, float), np.asarray(col, float))
        ones = np.ones_like(rows)
        x, y, z = np.tensordot(np.linalg.inv(self.to_ij), np.stack((rows, cols, ones)), axes=1)
        return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))

    def index_of(self, row: ArrayLike, col: ArrayLike) -> NDArray[np.int32]:
        """Return the position of the cell at each whole row and column, -1 where there is none."""
        rows, cols = np.asarray(row), np.asarray(col)
        inside = (rows >= 0) & (rows < self.shape[0]) & (cols >= 0) & (cols < self.shape[1])
        places = np.where(inside, rows * self.shape[1] + cols, 0)
        found: NDArray[np.int32] = np.where(inside, self.index.ravel()[places], np.int32(-1))
        return found

    def neighbours(self) -> NDArray[np.int32]:
        """Return the positions of the cells around each, shape (n, 6), in turn as `DIRECTIONS`.

        Two cells in adjacent columns (k, k + 1) are themselves neighbours. -1 where none.
        """
        framed = np.full((self.shape[0] + 2, self.shape[1] + 2), -1, dtype=np.int32)
        framed[1:-1, 1:-1] = self.index
        rows = self.row[:, None] + (1 + DIRECTIONS[:, 0])
        cols = self.col[:, None] + (1 + DIRECTIONS[:, 1])
        around: NDArray[np.int32] = framed[rows, cols]
        return around

    def positions(self, cells: ArrayLike) -> NDArray[np.int32]:
        """Return the position of each given cell, -1 where it is not of the city."""
        return _find(self.cells, self._sorter, h3_cells.as_cells(cells))

    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return latitude and longitude of the cells' centres, degrees (to 1 µm of h3's)."""
        return self.latlng_of(self.row, self.col)

    def corners(self) -> NDArray[np.float64]:
        """Return the cells' corners in (lat, lng) degrees, shape (n, 6, 2), counter-clockwise."""
        lat, lng = self.latlng_of(
            self.row[:, None] + _CORNERS[:, 0], self.col[:, None] + _CORNERS[:, 1]
        )
        return np.stack((lat, lng), axis=-1)


def round_to_hexagons(
    row: NDArray[np.float64], col: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row and column of the hexagon that holds each fractional row and column.

    Rounds the three cube coordinates and recomputes the one that was off most, so that they again
    add up to zero (https://www.redblobgames.com/grids/hexagons/#rounding). Where the input is not
    finite or beyond int32, the answer is -1, -1.
    """
    usable = (np.abs(row) < 2**31) & (np.abs(col) < 2**31)  # false for NaN
    x, y = np.where(usable, row, -1.0), np.where(usable, -col, 1.0)
    z = -x - y
    round_x, round_y, round_z = np.rint(x), np.rint(y), np.rint(z)
    off_x, off_y, off_z = np.abs(round_x - x), np.abs(round_y - y), np.abs(round_z - z)
    fix_x = (off_x > off_y) & (off_x > off_z)
    fix_y = ~fix_x & (off_y > off_z)
    rows = np.where(fix_x, -round_y - round_z, round_x)
    cols = np.where(fix_y, round_x + round_z, -round_y)
    return rows.astype(np.int64), cols.astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class SortedCellIndex:
    """Any set of cells of one resolution, sorted: the same answers as `Lattice` by way of h3.

    For a city across an edge of the icosahedron or near one of its twelve corners, where cells are
    no plane lattice. About fifteen times slower.

    Attributes
    ----------
    resolution : int
        H3 resolution of all cells.
    cells : ndarray of uint64, shape (n,)
        The cells, ascending.
    """

    resolution: int
    cells: Cells

    def __len__(self) -> int:
        return len(self.cells)

    def index_at(self, lat: ArrayLike, lng: ArrayLike) -> NDArray[np.int32]:
        """Return the position of the cell that holds each point, -1 outside the city."""
        lats, lngs = np.atleast_1d(np.asarray(lat, float)), np.atleast_1d(np.asarray(lng, float))
        known = (np.abs(lats) <= 90) & np.isfinite(lngs)
        turns = np.remainder(lngs[known], 360)
        found = np.full(len(lats), -1, dtype=np.int32)
        found[known] = self.positions(h3_cells.cells_at(lats[known], turns, self.resolution))
        return found

    def neighbours(self) -> NDArray[np.int32]:
        """Return the positions of the cells around each, shape (n, 6), in no special order."""
        around = h3_cells.neighbour_cells(self.cells)
        return self.positions(around).reshape(around.shape)

    def positions(self, cells: ArrayLike) -> NDArray[np.int32]:
        """Return the position of each given cell, -1 where it is not of the city."""
        return _find(self.cells, None, h3_cells.as_cells(cells))

    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return latitude and longitude of the cells' centres, degrees."""
        return h3_cells.cell_centres(self.cells)


def build_index(cells: ArrayLike) -> CellIndex:
    """Return the `Lattice` of the cells, or a `SortedCellIndex` where they lie on no one face."""
    try:
        return build_lattice(cells)
    except LatticeError:
        values = _checked(cells)
        return SortedCellIndex(h3_cells.common_resolution(values), _frozen(values))


def build_lattice(cells: ArrayLike) -> Lattice:
    """Find the lattice of a city's cells and verify it on every one.

    Parameters
    ----------
    cells : array_like of uint64, shape (n,)
        Distinct cells of one resolution, in any order, at least one.

    Raises
    ------
    CellError
        If a cell is invalid, given twice or of another resolution, or there is none.
    LatticeError
        If a cell's hexagon leaves the face of the icosahedron on which the city lies.
    """
    values = _checked(cells)
    vectors = unit_vectors(*h3_cells.cell_centres(values))
    face = _face_of(vectors)
    origin = values[np.argmax(vectors @ vectors.sum(axis=0))]
    ij = _local_ij(origin, values)
    to_ij = _fit(*_fitted_cells(origin, values, vectors, ij, face), face.normal)
    residual = _verify(values, vectors, ij, to_ij, face)
    to_ij[:2] -= np.outer(ij.min(axis=0), face.normal)
    ij = ij - ij.min(axis=0)
    order = np.lexsort((ij[:, 1], ij[:, 0]))
    values, row, col = values[order], ij[order, 0], ij[order, 1]
    shape = (int(row.max()) + 1, int(col.max()) + 1)
    index = np.full(shape, -1, dtype=np.int32)
    index[row, col] = np.arange(len(values), dtype=np.int32)
    return Lattice(
        resolution=h3_cells.common_resolution(values),
        cells=_frozen(values),
        row=_frozen(row),
        col=_frozen(col),
        shape=shape,
        index=_frozen(index),
        to_ij=_frozen(to_ij),
        residual=residual,
        _sorter=_frozen(np.argsort(values)),
    )


def _checked(cells: ArrayLike) -> Cells:
    """Return the cells ascending, so that what follows does not depend on their order."""
    values = np.sort(h3_cells.valid_cells(cells))
    if len(values) == 0:
        raise CellError("Expected at least one cell, got none.")
    h3_cells.common_resolution(values)
    twice = values[1:][values[1:] == values[:-1]]
    if len(twice):
        raise CellError(f"Expected distinct cells, got {h3_cells.format_cells(twice)[0]} twice.")
    return values


def _icosahedron() -> NDArray[np.float64]:
    """Return the unit normals of the twenty faces, from the twelve corners (H3's pentagons)."""
    corners = unit_vectors(*h3_cells.cell_centres(h3_cells.pentagon_cells(0)))
    triples = np.array(list(combinations(range(12), 3)))
    cosines = corners @ corners.T
    near = [cosines[triples[:, a], triples[:, b]] > 0.4 for a, b in ((0, 1), (0, 2), (1, 2))]
    faces = corners[triples[np.all(near, axis=0)]].sum(axis=1)
    return np.asarray(faces / np.linalg.norm(faces, axis=1, keepdims=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """A face of the icosahedron: its normal (3,) and those of the planes through its edges (3, 3).

    An edge's plane halves the angle between two faces; its normal points to our side.
    """

    normal: NDArray[np.float64]
    edges: NDArray[np.float64]


def _face_of(vectors: NDArray[np.float64]) -> _Face:
    """Return the face nearest to the middle of the cells."""
    faces = _icosahedron()
    normal = faces[np.argmax(faces @ vectors.sum(axis=0))]
    beside = np.argsort(faces @ normal)[-4:-1]
    edges = normal - faces[beside]
    return _Face(normal, edges / np.linalg.norm(edges, axis=1, keepdims=True))


def _local_ij(origin: np.uint64, values: Cells) -> NDArray[np.int32]:
    try:
        return h3_cells.local_ij(int(origin), values)
    except CellError as error:
        raise LatticeError(f"Expected cells on one face of the icosahedron: {error}") from error


def _fitted_cells(
    origin: np.uint64,
    values: Cells,
    vectors: NDArray[np.float64],
    ij: NDArray[np.int32],
    face: _Face,
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return unit vectors and (i, j) of evenly chosen cells, and of some around the middle one.

    Those around it make the fit possible where the city is one cell or a line of cells.
    """
    chosen = np.unique(np.linspace(0, len(values) - 1, _NUM_FITTED).astype(np.intp))
    around = h3_cells.neighbour_cells([origin]).ravel()
    around = around[around != 0]
    beside = unit_vectors(*h3_cells.cell_centres(around))
    on_face = (beside @ face.edges.T > 0).all(axis=1)
    return (
        np.vstack((vectors[chosen], beside[on_face])),
        np.vstack((ij[chosen], _local_ij(origin, around[on_face]))),
    )


def _fit(
    vectors: NDArray[np.float64], ij: NDArray[np.int32], normal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return `to_ij`: least squares in the face's plane, where the map is affine.

    Six numbers; well conditioned because the plane's coordinates are taken from the middle of the
    cells and scaled to about 1.
    """
    plane = vectors / (vectors @ normal)[:, None]
    middle = plane.mean(axis=0)
    axes = np.linalg.svd(normal[None, :])[2][1:]
    flat = (plane - middle) @ axes.T
    scale = np.abs(flat).max()
    design = np.column_stack((flat / scale, np.ones(len(flat))))
    solution, _, rank, _ = np.linalg.lstsq(design, ij.astype(np.float64), rcond=None)
    if rank < 3:
        raise LatticeError("Expected cells around which H3's lattice is plane, got a pentagon.")
    linear = (solution[:2] / scale).T @ axes
    shift = solution[2] - linear @ middle
    return np.vstack((linear + np.outer(shift, normal), normal))


def _verify(
    values: Cells,
    vectors: NDArray[np.float64],
    ij: NDArray[np.int32],
    to_ij: NDArray[np.float64],
    face: _Face,
) -> float:
    """Return the largest residual; raise a LatticeError where a cell is off the map or the face."""
    a, b, w = to_ij @ vectors.T
    off = np.hypot(a / w - ij[:, 0], b / w - ij[:, 1])
    # The circumradius in the face's plane is a little more than on the sphere: the safe side.
    linear = to_ij[:2] - np.outer(to_ij[:2] @ face.normal, face.normal)
    circumradius = np.linalg.norm(np.linalg.pinv(linear), axis=0).max() / np.sqrt(3)
    inside = (vectors @ face.edges.T > circumradius).all(axis=1)
    bad = ~(off < MAX_RESIDUAL) | ~inside
    if bad.any():
        first = h3_cells.format_cells(values[bad])[0]
        raise LatticeError(
            f"Expected cells inside one face of the icosahedron, got {bad.sum()} of {len(values)} "
            f"beyond it, the first {first}."
        )
    return float(off.max())


def _find(cells: Cells, sorter: NDArray[np.intp] | None, wanted: Cells) -> NDArray[np.int32]:
    """Return where each wanted cell stands in `cells` (ascending, or by `sorter`), else -1."""
    place = np.minimum(np.searchsorted(cells, wanted, sorter=sorter), len(cells) - 1)
    place = place if sorter is None else sorter[place]
    return np.where(cells[place] == wanted, place, -1).astype(np.int32)


def _frozen(array: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """Return an array that nobody can write to: a lattice is shared between threads."""
    result = np.ascontiguousarray(array)
    result.flags.writeable = False
    return result
