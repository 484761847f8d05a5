"""Outlines of beats and districts as GeoJSON, written once and put into answers as they are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from grid.cells import dissolve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grid.cells import Cells

_DECIMALS: Final = 6  # 0.1 m


@dataclass(frozen=True, slots=True)
class Outlines:
    """Outlines and sizes of areas, by their position.

    Attributes
    ----------
    geojson : tuple of bytes
        A GeoJSON MultiPolygon an area, degrees rounded to 0.1 m.
    bounds : NDArray[float64], (areas, 4)
        West, south, east, north.
    cells : NDArray[int64], (areas,)
    area_km2 : NDArray[float64], (areas,)
    """

    geojson: tuple[bytes, ...]
    bounds: NDArray[np.float64]
    cells: NDArray[np.int64]
    area_km2: NDArray[np.float64]


def outline_areas(
    cells: Cells, cell_km2: NDArray[np.float64], area: NDArray[np.integer], num_areas: int
) -> Outlines:
    """Return the outlines of areas made of cells.

    Parameters
    ----------
    cells : Cells, (n,)
    cell_km2 : NDArray[float64], (n,)
        Size of each cell.
    area : NDArray of int, (n,)
        The area of each cell.
    num_areas : int
    """
    order = np.argsort(area, kind="stable")
    edges = np.searchsorted(area[order], np.arange(num_areas + 1))
    shapes = np.array(
        [dissolve(cells[order[a:b]]) for a, b in pairwise(edges)],
        dtype=object,
    )
    rounded = shapely.transform(shapes, lambda corners: corners.round(_DECIMALS))
    return Outlines(
        geojson=tuple(shapely.to_geojson(shape).encode() for shape in rounded),
        bounds=np.nan_to_num(shapely.bounds(rounded), nan=np.inf),
        cells=np.diff(edges).astype(np.int64),
        area_km2=np.bincount(area, cell_km2, num_areas).astype(np.float64),
    )


def coarse_outlines(outlines: Outlines, tolerance: float = 0.002, decimals: int = 4) -> bytes:
    """Return outlines as one GeoJSON FeatureCollection for small maps, without names.

    Parameters
    ----------
    outlines : Outlines
    tolerance : float
        Degrees; neighbours keep a border in common, which `shapely.coverage_simplify` sees to.
    decimals : int
        Of a degree.
    """
    shapes = shapely.from_geojson([text.decode() for text in outlines.geojson])
    coarse = shapely.coverage_simplify(shapes, tolerance)
    rounded = shapely.transform(coarse, lambda corners: corners.round(decimals))
    features = ",".join(
        f'{{"type":"Feature","properties":{{}},"geometry":{shapely.to_geojson(shape)}}}'
        for shape in rounded
    )
    return f'{{"type":"FeatureCollection","features":[{features}]}}'.encode()
