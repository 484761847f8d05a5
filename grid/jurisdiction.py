"""Jurisdictions (辖区): outlines turned into cells, each owned once, and what was wrong with them.

A cell belongs to the area that holds its centre. Outlines that people have are never clean:
neighbours overlap or leave slivers, rings cross themselves. Nothing of that is passed over in
silence: the report says what was found, where, how much, and what was done about it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import KDTree

from grid.cells import cell_areas_km2, cell_centres, cells_of_area, dissolve, format_cells
from grid.errors import GeometryError
from grid.lattice import build_index
from grid.stations import label_pieces
from grid.travel import unit_vectors

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from grid.cells import Cells

_AUTHALIC_RADIUS_KM = 6_371.007
_MAX_LISTED = 1000


@dataclass(frozen=True, slots=True)
class AreaReport:
    """One area: its outline's size on the sphere, its cells, and in how many parts they lie."""

    area_id: str
    name: str
    outline_km2: float
    num_cells: int
    cells_km2: float
    num_parts: int
    num_cells_off_main_part: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """Cells that two or more areas claim; the area whose id sorts first keeps them."""

    kept_by: str
    also_claimed_by: tuple[str, ...]
    num_cells: int
    km2: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole: cells enclosed by areas and claimed by none; `given_to` is empty if left so."""

    num_cells: int
    km2: float
    lat: float
    lng: float
    first_cell: str
    given_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repair:
    """An outline that was invalid, why, and by how much mending it changed its size."""

    area_id: str
    problem: str
    km2_before: float
    km2_after: float


@dataclass(frozen=True, slots=True)
class JurisdictionReport:
    """What became of outlines: totals, each area, overlaps, gaps and repairs."""

    resolution: int
    num_cells: int
    km2: float
    areas: tuple[AreaReport, ...]
    overlaps: tuple[Overlap, ...]
    gaps: tuple[Gap, ...]
    repairs: tuple[Repair, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values that JSON can hold."""
        return asdict(self)


def assign_cells(
    outlines: gpd.GeoDataFrame, resolution: int = 9, *, fill_gaps: bool = False
) -> tuple[pd.DataFrame, JurisdictionReport]:
    """Give every cell whose centre lies in an outline to exactly one area.

    Parameters
    ----------
    outlines : GeoDataFrame
        ``id`` (str, distinct), ``name`` (str), ``geometry`` (Polygon or MultiPolygon in WGS-84).
    resolution : int
        H3 resolution of the cells.
    fill_gaps : bool
        Whether enclosed cells that nobody claims go to the area with the nearest cell.

    Returns
    -------
    table : DataFrame
        ``cell`` (uint64, ascending, each once), ``area_id`` (str).
    report : JurisdictionReport

    Raises
    ------
    GeometryError
        If there is no outline, an id stands twice, or a geometry is no polygon, empty, not finite
        or off the globe.
    """
    areas = _checked(outlines)
    shapes, repairs = _valid_shapes(areas)
    claims = [cells_of_area(shape, resolution) for shape in shapes]
    cells, owner, overlaps = _settle(claims, areas["id"].tolist())
    cells, owner, gaps = _enclosed(cells, owner, areas["id"].tolist(), resolution, fill=fill_gaps)
    described = _describe(areas, shapes, cells, owner)
    report = JurisdictionReport(
        resolution=resolution,
        num_cells=len(cells),
        km2=sum(area.cells_km2 for area in described),
        areas=described,
        overlaps=overlaps,
        gaps=gaps,
        repairs=repairs,
    )
    table = pd.DataFrame({"cell": cells, "area_id": areas["id"].to_numpy()[owner]})
    return table.astype({"area_id": "str"}), report


def outline_km2(geometry: shapely.Geometry) -> float:
    """Return the area of a (lng, lat) outline on the sphere, square kilometres.

    By Lambert's equal-area cylinder: x = longitude in radians, y = sine of the latitude.
    """

    def to_cylinder(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack((np.radians(points[:, 0]), np.sin(np.radians(points[:, 1]))))

    return float(shapely.area(shapely.transform(geometry, to_cylinder))) * _AUTHALIC_RADIUS_KM**2


def _checked(outlines: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return ``id, name, geometry`` by ascending id: the order of a file changes nothing."""
    if len(outlines) == 0:
        raise GeometryError("Expected at least one outline, got none.")
    areas = pd.DataFrame(
        {
            "id": outlines["id"].astype(str).to_numpy(),
            "name": outlines["name"].astype(str).to_numpy(),
            "geometry": outlines.geometry.to_numpy(),
        }
    ).sort_values("id", ignore_index=True)
    twice = areas["id"][areas["id"].duplicated()]
    if len(twice):
        raise GeometryError(f"Expected distinct ids of areas, got {twice.iloc[0]!r} twice.")
    for area_id, shape in zip(areas["id"], areas["geometry"], strict=True):
        check_outline(shape, f"area {area_id!r}")
    return areas


def check_outline(shape: object, label: str) -> None:
    """Raise a GeometryError that begins with `label` where a value is no usable outline."""
    if not isinstance(shape, (shapely.Polygon, shapely.MultiPolygon)):
        got = getattr(shape, "geom_type", None) or "nothing"
        raise GeometryError(f"{label}: expected Polygon or MultiPolygon, got {got}.")
    if shape.is_empty:
        raise GeometryError(f"{label}: expected corners, got an empty {shape.geom_type}.")
    points = shapely.get_coordinates(shape)
    if not np.isfinite(points).all():
        at = points[~np.isfinite(points).all(axis=1)][0]
        raise GeometryError(f"{label}: expected finite coordinates, got {at.tolist()}.")
    outside = (np.abs(points[:, 0]) > 180) | (np.abs(points[:, 1]) > 90)
    if outside.any():
        lng, lat = points[outside][0]
        hint = " (latitude and longitude seem swapped)" if abs(lng) <= 90 < abs(lat) <= 180 else ""
        raise GeometryError(
            f"{label}: expected longitude in -180..180 and latitude in -90..90, "
            f"got {lng:g}, {lat:g}{hint}."
        )


def _valid_shapes(
    areas: pd.DataFrame,
) -> tuple[list[shapely.Polygon | shapely.MultiPolygon], tuple[Repair, ...]]:
    shapes, repairs = [], []
    for area_id, shape in zip(areas["id"], areas["geometry"], strict=True):
        if shape.is_valid:
            shapes.append(shape)
            continue
        problem = shapely.is_valid_reason(shape)
        mended = _polygons_of(shapely.make_valid(shape, method="structure", keep_collapsed=False))
        repairs.append(Repair(area_id, problem, outline_km2(shape), outline_km2(mended)))
        shapes.append(mended)
    return shapes, tuple(repairs)


def _polygons_of(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Return the polygons among a geometry's parts: mending can leave lines and points behind."""
    parts = shapely.get_parts(shapely.get_parts([shape]))
    return shapely.MultiPolygon([part for part in parts if isinstance(part, shapely.Polygon)])


def _settle(
    claims: list[Cells], ids: list[str]
) -> tuple[Cells, NDArray[np.intp], tuple[Overlap, ...]]:
    """Return each claimed cell once with the first area that claims it, and the overlaps."""
    claimed = np.concatenate(claims)
    claimant = np.repeat(np.arange(len(claims)), [len(claim) for claim in claims])
    # A stable sort: among the claims of one cell, the smallest id stays in front.
    order = np.argsort(claimed, kind="stable")
    claimed, claimant = claimed[order], claimant[order]
    cells, first, times = np.unique(claimed, return_index=True, return_counts=True)
    sizes: Counter[tuple[int, ...]] = Counter()
    areas_km2: Counter[tuple[int, ...]] = Counter()
    shared = np.flatnonzero(times > 1)
    for at, km2 in zip(shared, cell_areas_km2(cells[shared]), strict=True):
        who = tuple(claimant[first[at] : first[at] + times[at]].tolist())
        sizes[who] += 1
        areas_km2[who] += km2
    overlaps = tuple(
        Overlap(ids[who[0]], tuple(ids[one] for one in who[1:]), size, float(areas_km2[who]))
        for who, size in sorted(sizes.items())
    )
    return cells, claimant[first], overlaps


def _enclosed(
    cells: Cells, owner: NDArray[np.intp], ids: list[str], resolution: int, *, fill: bool
) -> tuple[Cells, NDArray[np.intp], tuple[Gap, ...]]:
    """Find enclosed cells without an owner, describe each hole, and fill them where asked to."""
    holes = [shapely.Polygon(hole) for part in dissolve(cells).geoms for hole in part.interiors]
    found = [np.setdiff1d(cells_of_area(hole, resolution), cells) for hole in holes]
    found = sorted((hole for hole in found if len(hole)), key=lambda hole: (-len(hole), hole[0]))
    if not found:
        return cells, owner, ()
    empty = np.concatenate(found)
    nearest = owner[_nearest(empty, cells)]
    given = np.split(nearest, np.cumsum([len(hole) for hole in found])[:-1])
    gaps = tuple(
        _gap(hole, [ids[one] for one in np.unique(new)] if fill else [])
        for hole, new in zip(found[:_MAX_LISTED], given, strict=False)
    )
    if not fill:
        return cells, owner, gaps
    cells, owner = np.concatenate((cells, empty)), np.concatenate((owner, nearest))
    order = np.argsort(cells)
    return cells[order], owner[order], gaps


def _nearest(wanted: Cells, cells: Cells) -> NDArray[np.intp]:
    """Return the position in `cells` of the one whose centre is nearest to each wanted cell."""
    tree = KDTree(unit_vectors(*cell_centres(cells)), compact_nodes=False, balanced_tree=False)
    return np.asarray(tree.query(unit_vectors(*cell_centres(wanted)))[1], dtype=np.intp)


def _gap(hole: Cells, given_to: list[str]) -> Gap:
    lat, lng = cell_centres(hole)
    return Gap(
        num_cells=len(hole),
        km2=float(cell_areas_km2(hole).sum()),
        lat=float(lat.mean()),
        lng=float(lng.mean()),
        first_cell=str(format_cells(hole[:1])[0]),
        given_to=tuple(given_to),
    )


def _describe(
    areas: pd.DataFrame,
    shapes: list[shapely.Polygon | shapely.MultiPolygon],
    cells: Cells,
    owner: NDArray[np.intp],
) -> tuple[AreaReport, ...]:
    num_areas = len(areas)
    num_cells = np.bincount(owner, minlength=num_areas)
    km2 = np.bincount(owner, cell_areas_km2(cells), num_areas)
    parts: list[NDArray[np.intp]] = [np.empty(0, dtype=np.intp)] * num_areas
    if len(cells):
        index = build_index(cells)
        label = owner[np.searchsorted(cells, index.cells)].astype(np.int32)
        piece = label_pieces(label, index.neighbours())
        sizes = np.bincount(piece)
        area_of = np.zeros(len(sizes), dtype=np.intp)
        area_of[piece] = label
        parts = [sizes[area_of == area] for area in range(num_areas)]
    return tuple(
        AreaReport(
            area_id=area_id,
            name=name,
            outline_km2=outline_km2(shapes[at]),
            num_cells=int(num_cells[at]),
            cells_km2=float(km2[at]),
            num_parts=len(parts[at]),
            num_cells_off_main_part=int(parts[at].sum() - parts[at].max(initial=0)),
        )
        for at, (area_id, name) in enumerate(zip(areas["id"], areas["name"], strict=True))
    )
