"""H3 cells as ``uint64`` arrays: the one typed door to h3.

No other module imports h3. What h3 stores in the bits of an index (resolution, parents, validity,
hexadecimal text) is vectorised here. What needs h3's geometry is one C call a cell through h3-py,
which has no vectorised surface: `_each` is the one place where that loop stands. It takes about
1 µs a call, so a city of 315,020 cells costs 0.3 s for centres and 0.5 s for areas.

The bits of an index, from the top: 1 reserved, 4 mode (1 for a cell), 3 reserved, 4 resolution,
7 base cell, then 15 digits of 3 bits, 7 past the resolution
(https://h3geo.org/docs/core-library/h3Indexing).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import h3
import h3.api.basic_int as h3_int
import h3.api.numpy_int as h3_numpy
import numpy as np
import shapely
from numpy.typing import NDArray

from grid.errors import CellError, GeometryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import ArrayLike

Cells: TypeAlias = NDArray[np.uint64]

MAX_RESOLUTION = 15
MAX_CELLS_OF_AREA = 20_000_000
"""What would give more cells than this is refused before h3 allocates them."""

_TEXT_LENGTH = 15
_NO_HEX = 255
_NUM_BASE_CELLS = 122
_PENTAGON_BASE_CELLS = np.array([4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117])
_TOP_BITS_OF_A_CELL = 8  # reserved 0, mode 0001, reserved 000
_NIBBLE_SHIFTS = np.arange(4 * (_TEXT_LENGTH - 1), -1, -4, dtype=np.uint64)
_DIGIT_SHIFTS = np.arange(3 * (MAX_RESOLUTION - 1), -1, -3, dtype=np.uint64)


def _hex_values() -> NDArray[np.uint8]:
    values = np.full(128, _NO_HEX, dtype=np.uint8)
    for digits in (b"0123456789abcdef", b"0123456789ABCDEF"):
        values[np.frombuffer(digits, dtype=np.uint8)] = np.arange(16)
    return values


_HEX_VALUES = _hex_values()
_HEX_CHARACTERS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


# ---- making arrays of cells ---------------------------------------------------------------------


def as_cells(cells: ArrayLike) -> Cells:
    """Return whole numbers as a flat ``uint64`` array, without asking whether they are cells.

    Raises
    ------
    CellError
        Where a value is no whole number in ``0..2**64 - 1``: a float cannot hold 64 bits.
    """
    array = np.asarray(cells)
    if array.dtype == np.uint64 or array.size == 0:
        return _canonical(array.ravel())
    if array.dtype.kind not in "iu" or (array < 0).any():
        raise CellError(
            f"Expected H3 cells as whole numbers >= 0, got {array.dtype} {array!r:.60}."
        )
    return array.astype(np.uint64).ravel()


def _canonical(array: ArrayLike) -> Cells:
    """Return h3's numbers as numpy's own ``uint64``.

    h3 makes ``ulonglong``, which is as wide and compares equal, but pandas cannot join on it.
    """
    return np.array(array).astype(np.uint64).view(np.uint64)


def parse_cells(texts: Iterable[str]) -> Cells:
    """Read cells from their 15 hexadecimal digits (upper or lower case), vectorised.

    Raises
    ------
    CellError
        For the first text that is no valid cell, with its position counted from 0.
    """
    values = list(texts)
    # A text of another length (or a number) becomes an empty one, whose character 0 is no digit.
    usable = [
        text if isinstance(text, str) and len(text) == _TEXT_LENGTH else "" for text in values
    ]
    codes = np.array(usable, dtype=f"<U{_TEXT_LENGTH}").view(np.uint32)
    nibbles = _HEX_VALUES[np.minimum(codes, 127)].reshape(len(values), _TEXT_LENGTH)
    cells = np.zeros(len(values), dtype=np.uint64)
    for column in nibbles.T:
        cells = (cells << np.uint64(4)) | column
    valid = (nibbles != _NO_HEX).all(axis=1) & is_valid_cells(cells)
    if not valid.all():
        at = int(np.argmin(valid))
        got = repr(values[at])[:40]
        raise CellError(f"Expected an H3 cell of 15 hex digits at position {at}, got {got}.")
    return cells


def format_cells(cells: ArrayLike) -> NDArray[np.str_]:
    """Write cells as 15 lower-case hexadecimal digits."""
    values = as_cells(cells)
    nibbles = (values[:, None] >> _NIBBLE_SHIFTS) & np.uint64(15)
    codes = _HEX_CHARACTERS[nibbles].astype(np.uint32)
    return np.ascontiguousarray(codes).view(f"<U{_TEXT_LENGTH}").ravel()


def is_valid_cells(cells: ArrayLike) -> NDArray[np.bool_]:
    """Tell which numbers are H3 cells, by the same rules as ``h3.is_valid_cell``."""
    values = as_cells(cells)
    resolution = ((values >> np.uint64(52)) & np.uint64(15)).astype(np.int8)[:, None]
    base = (values >> np.uint64(45)) & np.uint64(127)
    digits = ((values[:, None] >> _DIGIT_SHIFTS) & np.uint64(7)).astype(np.int8)
    used = np.arange(MAX_RESOLUTION, dtype=np.int8) < resolution
    valid: NDArray[np.bool_] = (values >> np.uint64(56)) == _TOP_BITS_OF_A_CELL
    valid &= base < _NUM_BASE_CELLS
    valid &= ((digits == 7) != used).all(axis=1)
    # A pentagon has no child in direction 1, so neither have its descendants at the centre.
    first = np.argmax((digits > 0) & used, axis=1)
    leading = np.where(used[:, 0], digits[np.arange(len(values)), first], 0)
    deleted: NDArray[np.bool_] = (leading == 1) & np.isin(base, _PENTAGON_BASE_CELLS)
    return valid & ~deleted


def valid_cells(cells: ArrayLike) -> Cells:
    """Return `cells` as an array; raise a CellError that names the first that is none."""
    values = as_cells(cells)
    valid = is_valid_cells(values)
    if not valid.all():
        at = int(np.argmin(valid))
        raise CellError(f"Expected an H3 cell at position {at}, got {int(values[at]):#x}.")
    return values


def check_resolution(resolution: int) -> int:
    """Return `resolution`; raise a CellError outside 0..15."""
    if not 0 <= resolution <= MAX_RESOLUTION:
        raise CellError(f"Expected resolution in 0..15, got {resolution}.")
    return resolution


# ---- the hierarchy ------------------------------------------------------------------------------


def resolutions(cells: ArrayLike) -> NDArray[np.int8]:
    """Return each cell's resolution, 0..15."""
    return ((as_cells(cells) >> np.uint64(52)) & np.uint64(15)).astype(np.int8)


def common_resolution(cells: ArrayLike) -> int:
    """Return the one resolution that all cells share; raise a CellError if there is none."""
    found = np.unique(resolutions(cells))
    if len(found) != 1:
        raise CellError(f"Expected cells of one resolution, got {found.tolist()}.")
    return int(found[0])


def parents(cells: ArrayLike, resolution: int) -> Cells:
    """Return the ancestor of each cell at a coarser (or its own) resolution."""
    values = as_cells(cells)
    check_resolution(resolution)
    if len(values) and resolution > resolutions(values).min():
        finest = int(resolutions(values).min())
        raise CellError(f"Expected a resolution of parents in 0..{finest}, got {resolution}.")
    field = np.uint64(15) << np.uint64(52)
    unused = np.uint64((1 << 3 * (MAX_RESOLUTION - resolution)) - 1)
    return (values & ~field) | (np.uint64(resolution) << np.uint64(52)) | unused


def uncompact(cells: ArrayLike, resolution: int) -> Cells:
    """Return all descendants at `resolution`, a parent's together, parents in the given order."""
    values = valid_cells(cells)
    check_resolution(resolution)
    if len(values) and resolution < resolutions(values).max():
        raise CellError(
            f"Expected a resolution of at least {resolutions(values).max()}, got {resolution}."
        )
    num_cells = float((7.0 ** (resolution - resolutions(values))).sum())
    if num_cells > MAX_CELLS_OF_AREA:
        raise CellError(f"Expected at most {MAX_CELLS_OF_AREA:,} cells, got {num_cells:,.0f}.")
    return _canonical(h3_numpy.uncompact_cells(values, resolution))


def compact(cells: ArrayLike) -> Cells:
    """Return the fewest cells that cover exactly the same descendants, in ascending order."""
    values = valid_cells(cells)
    if len(values) == 0:
        return values
    common_resolution(values)
    return np.sort(_canonical(h3_numpy.compact_cells(np.unique(values))))


# ---- geometry: one h3 call a cell ---------------------------------------------------------------


def _each(function: Callable[[int], Any], cells: ArrayLike) -> Iterable[Any]:
    """Call an h3 function on every cell. h3 answers rubbish for some invalid ones: check first."""
    return map(function, valid_cells(cells).tolist())


def cells_at(lat: ArrayLike, lng: ArrayLike, resolution: int) -> Cells:
    """Return the cell that holds each point.

    `Lattice.index_at` is about fifteen times as fast for the cells of one city.

    Parameters
    ----------
    lat, lng : array_like of float
        WGS-84 degrees, of one length.
    resolution : int
        0..15.
    """
    check_resolution(resolution)
    lats, lngs = check_degrees(lat, lng)
    found = map(h3_int.latlng_to_cell, lats.tolist(), lngs.tolist(), [resolution] * len(lats))
    return np.fromiter(found, np.uint64, len(lats))


def check_degrees(
    lat: ArrayLike, lng: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points as two flat float64 arrays; raise a CellError for the first off the globe."""
    lats, lngs = np.broadcast_arrays(
        np.atleast_1d(np.asarray(lat, dtype=np.float64)),
        np.atleast_1d(np.asarray(lng, dtype=np.float64)),
    )
    lats, lngs = lats.ravel(), lngs.ravel()
    inside = (np.abs(lats) <= 90) & (np.abs(lngs) <= 360)  # false for NaN
    if not inside.all():
        at = int(np.argmin(inside))
        raise CellError(
            f"Expected latitude in -90..90 and longitude in -360..360 at position {at}, "
            f"got {lats[at]}, {lngs[at]}."
        )
    return lats, lngs


def cell_centres(cells: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return latitude and longitude of the cells' centres, degrees."""
    points = chain.from_iterable(_each(h3_int.cell_to_latlng, cells))
    flat = np.fromiter(points, np.float64).reshape(-1, 2)
    return np.ascontiguousarray(flat[:, 0]), np.ascontiguousarray(flat[:, 1])


def cell_areas_km2(cells: ArrayLike) -> NDArray[np.float64]:
    """Return each cell's own area on the sphere of radius 6,371.007 km, square kilometres.

    H3's average of a resolution is off by a fifth at Baotou: 0.105 instead of 0.087.
    """
    return np.fromiter(_each(h3_int.cell_area, cells), np.float64)


def cell_polygons(cells: ArrayLike) -> NDArray[np.object_]:
    """Return each cell as a shapely Polygon in (lng, lat), not split at the antimeridian."""
    rings = list(_each(h3_int.cell_to_boundary, cells))
    if not rings:
        return np.empty(0, dtype=object)
    lengths = np.fromiter(map(len, rings), np.intp, len(rings))
    numbers = chain.from_iterable(chain.from_iterable(rings))
    corners = np.fromiter(numbers, np.float64).reshape(-1, 2)[:, ::-1]
    outlines = shapely.linearrings(corners, indices=np.repeat(np.arange(len(rings)), lengths))
    return np.asarray(shapely.polygons(outlines), dtype=object)


def dissolve(cells: ArrayLike) -> shapely.MultiPolygon:
    """Return the outline of cells of one resolution in (lng, lat), exact to the cells' corners."""
    values = np.unique(valid_cells(cells))
    if len(values) == 0:
        return shapely.MultiPolygon()
    common_resolution(values)
    shape = h3_numpy.cells_to_h3shape(values, tight=False)
    return shapely.MultiPolygon(
        [
            shapely.Polygon(_flipped(polygon.outer), [_flipped(hole) for hole in polygon.holes])
            for polygon in shape
        ]
    )


def _flipped(ring: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(lng, lat) for lat, lng in ring]


def cells_of_area(geometry: shapely.Polygon | shapely.MultiPolygon, resolution: int) -> Cells:
    """Return the cells whose centre lies inside an outline, in ascending order.

    Inside means in the plane of longitude and latitude, as GeoJSON draws edges. h3 fills the
    convex hull (few corners), shapely's indexed test decides each centre: an outline of 10⁵
    corners then takes a second, where h3 alone compares every cell with every edge.

    Parameters
    ----------
    geometry : Polygon or MultiPolygon
        WGS-84, (lng, lat). A centre that lies exactly on the edge is inside.
    resolution : int
        0..15.

    Raises
    ------
    GeometryError
        If the outline leaves the globe or would hold more than `MAX_CELLS_OF_AREA` cells.
    """
    check_resolution(resolution)
    if geometry.is_empty:
        return np.empty(0, dtype=np.uint64)
    candidates = _cells_of_hull(geometry, resolution)
    lat, lng = cell_centres(candidates)
    shapely.prepare(geometry)
    return np.sort(candidates[shapely.intersects_xy(geometry, lng, lat)])


def _cells_of_hull(geometry: shapely.Polygon | shapely.MultiPolygon, resolution: int) -> Cells:
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise GeometryError(
            f"Expected longitude in -180..180 and latitude in -90..90, got {geometry.bounds}."
        )
    if east - west >= 180:  # h3 takes an edge of half a turn for one across the antimeridian
        raise GeometryError(f"Expected an outline under 180 degrees wide, got {east - west:.3f}.")
    # One degree squared is at most 12,400 km²; a hair wider, so that no edge case of h3 matters.
    hull = geometry.convex_hull.buffer(1e-9, quad_segs=1)
    num_cells = hull.area * 12_400 / h3_int.average_hexagon_area(resolution)
    if num_cells > MAX_CELLS_OF_AREA:
        raise GeometryError(
            f"Expected an outline of at most {MAX_CELLS_OF_AREA:,} cells of resolution "
            f"{resolution}, got about {num_cells:,.0f}."
        )
    return _canonical(h3_numpy.geo_to_cells(hull, resolution))


# ---- the lattice --------------------------------------------------------------------------------


def local_ij(origin: int, cells: ArrayLike) -> NDArray[np.int32]:
    """Return cells in the (i, j) coordinates around `origin`, shape (n, 2).

    Raises
    ------
    CellError
        If h3 has no such coordinates: too far from the origin, or behind a pentagon.
    """
    start = int(valid_cells([origin])[0])
    try:
        pairs = chain.from_iterable(_each(lambda cell: h3_int.cell_to_local_ij(start, cell), cells))
        return np.fromiter(pairs, np.int32).reshape(-1, 2)
    except h3.H3BaseException as error:
        raise CellError(f"Expected cells on one plane around {start:x}, got {error}") from error


def neighbour_cells(cells: ArrayLike) -> Cells:
    """Return the cells around each cell, shape (n, 6), ascending; 0 for a pentagon's sixth."""
    around = np.zeros((len(as_cells(cells)), 6), dtype=np.uint64)
    for row, ring in zip(around, _each(lambda cell: h3_int.grid_ring(cell, 1), cells), strict=True):
        row[: len(ring)] = sorted(ring)
    return around


def pentagon_cells(resolution: int) -> Cells:
    """Return the twelve pentagons of a resolution: their centres are the icosahedron's corners."""
    return np.array(sorted(h3_int.get_pentagons(check_resolution(resolution))), dtype=np.uint64)
