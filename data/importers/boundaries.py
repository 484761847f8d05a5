"""A user's outlines of districts, stations or beats as cells: ``jingge import boundaries``.

`run_import` is the whole command: it reads the file (`vector_files`), moves the outlines to WGS-84
(`grid.coordinates`), gives each cell one owner (`grid.jurisdiction`) and writes, all or nothing,

=======================  =========================================================================
``district_cells.csv``   ``cell, district_id``: 15 hex digits, ascending; every cell once
``report.json``          what was in the file, what was wrong with it and what was done about it
=======================  =========================================================================

It raises `data.sheets.InputError` (a `JinggeError`) with one line a problem, and writes nothing
then. ``str(report)`` is the summary for a terminal.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.files import whole_directory
from data.importers.vector_files import read_outlines
from data.sheets import InputError, Problems
from grid.cells import check_resolution, format_cells
from grid.coordinates import CoordinateSystem, coordinate_system, transform_geometry
from grid.errors import GeometryError
from grid.jurisdiction import JurisdictionReport, assign_cells, check_outline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from data.importers.vector_files import RawOutlines

CELLS_FILE = "district_cells.csv"
REPORT_FILE = "report.json"

ID_FIELDS = (
    "district_id", "district_code", "station_id", "beat_id", "adcode", "code", "pac", "xzqdm",
    "dm", "gb", "id", "行政区划代码", "区划代码", "辖区代码", "代码", "编码", "编号",
)  # fmt: skip
"""Columns that are taken for the id, in this order, when none is named; case does not matter."""
NAME_FIELDS = ("name", "name_zh", "xzqmc", "mc", "名称", "辖区名称", "区划名称", "label", "title")
"""Columns that are taken for the name when none is named."""

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How a file of outlines was understood, and what came of it.

    Attributes
    ----------
    file, driver, layer : str
        Name of the file without its folder, its format and layer.
    declared_crs : str or None
        The reference system that the file names.
    system : str
        What its numbers were taken for: one of `CoordinateSystem`.
    id_field, name_field : str or None
        Columns used; without an id field, areas are numbered as in the file, from 1.
    num_features : int
        Features in the file. Features of the same id are one area.
    merged_ids : tuple of str
        Ids that several features share.
    jurisdiction : JurisdictionReport
        Areas, overlaps, gaps and repairs.
    """

    file: str
    driver: str
    layer: str
    declared_crs: str | None
    system: str
    id_field: str | None
    name_field: str | None
    num_features: int
    merged_ids: tuple[str, ...]
    jurisdiction: JurisdictionReport

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values that JSON can hold."""
        return asdict(self)

    def __str__(self) -> str:
        """Return a summary of a few lines, Chinese first."""
        found = self.jurisdiction
        in_overlaps = sum(overlap.num_cells for overlap in found.overlaps)
        in_gaps = sum(gap.num_cells for gap in found.gaps)
        empty = sum(area.num_cells == 0 for area in found.areas)
        apart = sum(area.num_parts > 1 for area in found.areas)
        return "\n".join(
            (
                f"{self.file} ({self.driver}, {self.system})",
                f"辖区 areas: {len(found.areas)}  要素 features: {self.num_features}",
                f"网格 cells: {found.num_cells:,}  面积 area: {found.km2:,.2f} km²",
                f"重叠 overlaps: {len(found.overlaps)} ({in_overlaps:,} 格 cells)",
                f"空洞 gaps: {len(found.gaps)} ({in_gaps:,} 格 cells)",
                f"修复 repaired outlines: {len(found.repairs)}",
                f"分离 areas in several parts: {apart}  无格 areas without a cell: {empty}",
            )
        )


class _Columns(NamedTuple):
    id_field: str | None
    name_field: str | None
    ids: tuple[str, ...]
    names: tuple[str, ...]


def run_import(
    path: Path,
    crs: CoordinateSystem | str,
    out: Path,
    *,
    id_field: str | None = None,
    name_field: str | None = None,
    layer: str | None = None,
    resolution: int = 9,
    fill_gaps: bool = False,
) -> ImportReport:
    """Import a file of outlines into the directory `out`; return the report that stands there too.

    Parameters are those of `import_boundaries`.
    """
    table, report = import_boundaries(
        path,
        crs,
        id_field=id_field,
        name_field=name_field,
        layer=layer,
        resolution=resolution,
        fill_gaps=fill_gaps,
    )
    write_boundaries(table, report, out)
    return report


def import_boundaries(
    path: Path,
    crs: CoordinateSystem | str,
    *,
    id_field: str | None = None,
    name_field: str | None = None,
    layer: str | None = None,
    resolution: int = 9,
    fill_gaps: bool = False,
) -> tuple[pd.DataFrame, ImportReport]:
    """Read outlines and give every cell in them one owner.

    Parameters
    ----------
    path : Path
        GeoJSON, GeoPackage, zipped Shapefile, or a ``.shp`` with its other files beside it.
    crs : CoordinateSystem or str
        What the numbers mean. Files of Chinese map services declare WGS-84 and hold GCJ-02 or
        BD-09, so the user has to say. A projected file is unprojected by what it declares first.
    id_field, name_field : str, optional
        Columns of the area's id and name; by default the first of `ID_FIELDS` that is filled and
        distinct, and the first of `NAME_FIELDS`.
    layer : str, optional
        Layer of a GeoPackage that has several.
    resolution : int
        H3 resolution of the cells.
    fill_gaps : bool
        Whether enclosed cells without an owner go to the nearest area.

    Returns
    -------
    table : DataFrame
        ``cell`` (uint64, ascending, each once), ``district_id`` (str).
    report : ImportReport

    Raises
    ------
    InputError
        With one line a problem: ``city.geojson: feature 3: geometry: expected Polygon or
        MultiPolygon, got Point``.
    GeometryError, CellError
        For an unknown `crs` or `resolution`.
    """
    system = coordinate_system(crs)
    check_resolution(resolution)
    raw = read_outlines(path, layer=layer)
    problems = Problems()
    columns = _columns(raw, path.name, id_field, name_field, problems)
    _check_shapes(raw, path.name, problems)
    problems.raise_if_any()
    shapes = transform_geometry(np.array(raw.shapes, dtype=object), system)
    outlines, merged = _areas(columns, shapes)
    try:
        table, found = assign_cells(outlines, resolution, fill_gaps=fill_gaps)
    except GeometryError as error:
        raise InputError([f"{path.name}: {_plain(error)}"]) from None
    report = ImportReport(
        file=path.name,
        driver=raw.driver,
        layer=raw.layer,
        declared_crs=raw.declared_crs,
        system=system.value,
        id_field=columns.id_field,
        name_field=columns.name_field,
        num_features=len(raw.shapes),
        merged_ids=merged,
        jurisdiction=found,
    )
    return table.rename(columns={"area_id": "district_id"}), report


def write_boundaries(table: pd.DataFrame, report: ImportReport, out: Path) -> None:
    """Write cells and report to a directory, which appears whole or not at all."""
    with whole_directory(out) as fresh:
        texts = table.assign(cell=format_cells(table["cell"].to_numpy()))
        texts.to_csv(fresh / CELLS_FILE, index=False, lineterminator="\n")
        text = json.dumps(report.to_dict(), ensure_ascii=False, indent=1)
        (fresh / REPORT_FILE).write_text(text + "\n", encoding="utf-8")


# ---- which column is which


def _columns(
    raw: RawOutlines,
    file: str,
    id_field: str | None,
    name_field: str | None,
    problems: Problems,
) -> _Columns:
    """Choose the columns of id and name and clean their texts; note what cannot be an id."""
    for wanted in (id_field, name_field):
        if wanted is not None and wanted not in raw.fields:
            known = ", ".join(raw.fields) or "none"
            problems.add(file, f"expected a column of {known}, got {wanted!r}")
    problems.raise_if_any()
    id_field = id_field or _guessed_id(raw.fields)
    name_field = name_field or next(iter(_known(raw.fields, NAME_FIELDS)), None)
    numbers = tuple(str(number) for number in range(1, len(raw.shapes) + 1))
    ids = tuple(map(_clean, raw.fields[id_field])) if id_field else numbers
    names = tuple(map(_clean, raw.fields[name_field])) if name_field else ids
    if id_field:
        for number, text in zip(numbers, ids, strict=True):
            if not text or ";" in text or text.startswith(_FORMULA):
                expected = "expected an id without ';' that begins with none of = + - @"
                problems.add(f"{file}: feature {number}", f"{id_field}: {expected}, got {text!r}")
    return _Columns(id_field, name_field, ids, names)


def _guessed_id(fields: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the first likely column that tells all features apart (many hold 0 throughout)."""
    for field in _known(fields, ID_FIELDS):
        texts = [text.strip() for text in fields[field]]
        if all(texts) and len(set(texts)) == len(texts):
            return field
    return None


def _known(fields: Mapping[str, tuple[str, ...]], wanted: tuple[str, ...]) -> list[str]:
    by_lower = {field.lower(): field for field in reversed(list(fields))}
    return [by_lower[name] for name in wanted if name in by_lower]


def _clean(text: str) -> str:
    """Return a text in NFC, without control or invisible characters and blanks around it."""
    kept = (" " if unicodedata.category(char)[0] == "C" else char for char in text)
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


# ---- shapes


def _check_shapes(raw: RawOutlines, file: str, problems: Problems) -> None:
    if not raw.shapes:
        problems.add(file, "expected at least one feature, got none")
    hint = "" if raw.declared_crs else "; the file names no reference system (a missing .prj?)"
    for number, shape in enumerate(raw.shapes, 1):
        try:
            check_outline(shape, "geometry")
        except GeometryError as error:
            off_globe = hint if "-180..180" in str(error) else ""
            problems.add(f"{file}: feature {number}", _plain(error) + off_globe)


def _plain(error: GeometryError) -> str:
    return str(error).removesuffix(".")


def _areas(
    columns: _Columns, shapes: NDArray[np.object_]
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return one area an id, the first of its names, and the ids that several features share."""
    features = pd.DataFrame({"id": columns.ids, "name": columns.names, "geometry": shapes})
    merged = tuple(sorted(features["id"][features["id"].duplicated()].unique()))
    rows = [
        (area_id, group["name"].iloc[0], _merged(group["geometry"].tolist()))
        for area_id, group in features.groupby("id")
    ]
    ids, names, geometry = zip(*rows, strict=True)
    areas = gpd.GeoDataFrame({"id": ids, "name": names}, geometry=list(geometry), crs="EPSG:4326")
    return areas, merged


def _merged(shapes: list[BaseGeometry]) -> BaseGeometry:
    """Return several shapes as one. Invalid ones stay apart, so that mending them is reported."""
    if all(shape.is_valid for shape in shapes):
        return shapely.union_all(shapes) if len(shapes) > 1 else shapes[0]
    return shapely.MultiPolygon([part for shape in shapes for part in shapely.get_parts(shape)])
