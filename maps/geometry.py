"""What a browser needs to know of a city's cells to find, draw and name them, in a few KB.

For each resolution of the pyramid: the 3 x 3 matrix from unit vector to (row, col), which cells of
the dense array belong to the city (row runs), and how (row, col) becomes an H3 index. The last
needs only integers: below one base cell H3's digits are aperture-7 arithmetic on lattice
coordinates, so a rotation and a shift a base cell suffice. All of it is verified for every cell
before it is sent.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypedDict

import numpy as np

from grid.cells import cell_polygons, format_cells, parents
from grid.errors import LatticeError
from grid.lattice import Lattice, build_lattice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grid.cells import Cells
    from grid.lattice import CellIndex

MIN_RESOLUTION: Final = 4
"""Coarser cells are larger than any city: no map needs them."""

_UNIT_STEPS: Final = np.array(
    [(0, 0), (-1, -1), (0, 1), (-1, 0), (1, 0), (0, -1), (1, 1)], dtype=np.int64
)
"""H3's digits 0 to 6 as steps along the axes i and j."""


class Frame(TypedDict):
    """How (row, col) becomes the (i, j) counted from the centre of base cell `base`."""

    base: int
    turn: list[int]
    shift: list[int]


class LevelSpec(TypedDict):
    """One resolution as the browser reads it; see `maps/assets/lattice.js`."""

    resolution: int
    rows: int
    cols: int
    count: int
    matrix: list[float]
    runs: str
    frames: list[Frame]


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """A city's lattice and those of its cells' ancestors, finest first.

    Attributes
    ----------
    levels : tuple of Lattice
        Resolutions r, r - 1, ...; each holds exactly the parents of the one before.
    """

    levels: tuple[Lattice, ...]

    def spec(self) -> list[LevelSpec]:
        """Return the levels as plain values for JSON."""
        return [_level_spec(level) for level in self.levels]


def build_pyramid(lattice: Lattice, *, depth: int = 4) -> Pyramid:
    """Return the lattice with up to `depth - 1` coarser ones, as far as they lie on one face.

    Parents reach over the edge of their children, so a city close to an edge of the icosahedron has
    fewer levels; the map then draws its coarsest one when zoomed out.
    """
    levels = [lattice]
    while len(levels) < depth and levels[-1].resolution > MIN_RESOLUTION:
        finer = levels[-1]
        try:
            coarser = build_lattice(np.unique(parents(finer.cells, finer.resolution - 1)))
            _level_spec(coarser)
        except LatticeError:
            break
        levels.append(coarser)
    return Pyramid(tuple(levels))


def _level_spec(lattice: Lattice) -> LevelSpec:
    rows, cols = lattice.shape
    return LevelSpec(
        resolution=lattice.resolution,
        rows=rows,
        cols=cols,
        count=len(lattice.cells),
        matrix=lattice.to_ij.ravel().tolist(),
        runs=b64encode(varints(row_runs(lattice.index >= 0))).decode("ascii"),
        frames=frames(lattice),
    )


def row_runs(present: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the runs of a mask, row by row: their number, then (skipped, present) for each.

    Parameters
    ----------
    present : ndarray of bool, shape (rows, cols)
    """
    framed = np.zeros((present.shape[0], present.shape[1] + 2), dtype=np.int8)
    framed[:, 1:-1] = present
    row, edge = np.nonzero(np.diff(framed, axis=1))
    first = np.diff(row, prepend=-1) > 0
    # Edges alternate between start and end; the first start of a row counts from column 0.
    steps = np.diff(edge, prepend=0)
    steps[first] = edge[first]
    counts = np.bincount(row, minlength=len(present)) // 2
    where = np.searchsorted(row, np.arange(len(present)))
    return np.insert(steps, where, counts).astype(np.int64)


def varints(numbers: NDArray[np.int64]) -> bytes:
    """Return numbers >= 0 as bytes of seven bits, lowest first, the top bit set but on the last."""
    left = np.asarray(numbers, dtype=np.int64).copy()
    columns = []
    while True:
        more = left > 0x7F
        columns.append(np.where(left >= 0, (left & 0x7F) | (more << 7), -1))
        left = np.where(more, left >> 7, -1)
        if not more.any():
            break
    table = np.column_stack(columns)
    return table[table >= 0].astype(np.uint8).tobytes()


def frames(lattice: Lattice) -> list[Frame]:
    """Return how each base cell counts the lattice, verified for every cell.

    Raises
    ------
    LatticeError
        If some cells of a base cell do not fit one rotation (near a pentagon).
    """
    base = (lattice.cells >> np.uint64(45)) & np.uint64(0x7F)
    ij = base_coordinates(lattice.cells, lattice.resolution)
    own = np.column_stack((lattice.row, lattice.col)).astype(np.int64)
    return [
        Frame(base=int(b), **_turn_and_shift(own[base == b], ij[base == b]))
        for b in np.unique(base)
    ]


class _Motion(TypedDict):
    turn: list[int]
    shift: list[int]


def _turn_and_shift(own: NDArray[np.int64], wanted: NDArray[np.int64]) -> _Motion:
    """Return the one of six rotations (a sixth of a turn each) and the shift that fit."""
    sixth = np.array([(1, -1), (1, 0)])
    turn = np.eye(2, dtype=np.int64)
    for _ in range(6):
        shift = wanted[0] - turn @ own[0]
        if np.array_equal(own @ turn.T + shift, wanted):
            return _Motion(turn=turn.ravel().tolist(), shift=shift.tolist())
        turn = sixth @ turn
    raise LatticeError("Expected cells of a base cell on one lattice, got a pentagon's.")


def base_coordinates(cells: Cells, resolution: int) -> NDArray[np.int64]:
    """Return (i, j) of each cell counted from the centre of its base cell, from its digits.

    H3's ``_h3ToFaceIjkWithInitializedFijk``: at each resolution the coordinates are multiplied by
    sqrt(7) and turned, one way at odd resolutions and the other at even ones, and the digit's step
    is added (https://h3geo.org/docs/core-library/overview).

    Returns
    -------
    ndarray of int64, shape (n, 2)
    """
    i = np.zeros(len(cells), dtype=np.int64)
    j = np.zeros(len(cells), dtype=np.int64)
    for r in range(1, resolution + 1):
        i, j = (2 * i + j, 3 * j - i) if r % 2 else (3 * i - j, i + 2 * j)
        digit = ((cells >> np.uint64(3 * (15 - r))) & np.uint64(7)).astype(np.int64)
        i, j = i + _UNIT_STEPS[digit, 0], j + _UNIT_STEPS[digit, 1]
    return np.column_stack((i, j))


def geometry_spec(index: CellIndex, *, depth: int = 4) -> dict[str, Any]:
    """Return what the browser needs to find, draw and name the cells, as plain values for JSON.

    A city on one face of the icosahedron is a lattice. Any other gets its tiles' tables from the
    server (`tile_table`), one level, and the cells' names as they are.
    """
    if isinstance(index, Lattice):
        try:
            return {"kind": "lattice", "levels": build_pyramid(index, depth=depth).spec()}
        except LatticeError:
            pass
    return {
        "kind": "tiles",
        "resolution": index.resolution,
        "count": len(index.cells),
        "names": format_cells(index.cells).tolist(),
        "outlines": [
            [[lat, lng] for lng, lat in polygon.exterior.coords[:-1]]
            for polygon in cell_polygons(index.cells)
        ],
    }


def tile_table(index: CellIndex, zoom: int, x: int, y: int, size: int = 256) -> NDArray[np.int32]:
    """Return the position of the cell at the centre of each pixel of a Web Mercator tile, or -1.

    Returns
    -------
    ndarray of int32, shape (size, size)
        Rows from the north.
    """
    steps = (np.arange(size) + 0.5) / size
    lng = (x + steps) / 2**zoom * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + steps) / 2**zoom))))
    lats, lngs = np.meshgrid(lat, lng, indexing="ij")
    return index.index_at(lats.ravel(), lngs.ravel()).reshape(size, size)
