"""Importing a user's outlines: formats, coordinate systems, columns, reports."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import mapping

from data.importers.boundaries import (
    CELLS_FILE,
    REPORT_FILE,
    import_boundaries,
    run_import,
)
from data.importers.vector_files import read_outlines
from data.sheets import InputError
from grid.cells import cells_of_area, parse_cells
from grid.coordinates import CoordinateSystem, from_wgs84
from grid.errors import CellError, GeometryError

if TYPE_CHECKING:
    from pathlib import Path

WEST = shapely.box(109.90, 40.60, 109.94, 40.63)
EAST = shapely.box(109.94, 40.60, 109.98, 40.63)
DISTRICTS = gpd.GeoDataFrame(
    {"code": ["150207", "150204"], "name": ["九原区", "青山区"]},
    geometry=[WEST, EAST],
    crs="EPSG:4326",
)
OWNERS = dict.fromkeys(cells_of_area(WEST, 9).tolist(), "150207") | dict.fromkeys(
    cells_of_area(EAST, 9).tolist(), "150204"
)


def shifted(system: str) -> gpd.GeoDataFrame:
    """The two districts as a map service of that system would hand them out."""

    def move(points: np.ndarray) -> np.ndarray:
        lat, lng = from_wgs84(points[:, 1], points[:, 0], system)
        return np.column_stack((lng, lat))

    return DISTRICTS.set_geometry(shapely.transform(DISTRICTS.geometry.to_numpy(), move), crs=4326)


def owners(table: pd.DataFrame) -> dict[int, str]:
    return dict(zip(table["cell"].tolist(), table["district_id"], strict=True))


def geojson(path: Path, *features: dict[str, object], **extra: object) -> Path:
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features, **extra}), encoding="utf-8"
    )
    return path


def feature(geometry: object, **properties: object) -> dict[str, object]:
    shape = mapping(geometry) if isinstance(geometry, shapely.Geometry) else geometry
    return {"type": "Feature", "properties": properties, "geometry": shape}


# ---- coordinate systems


@pytest.mark.parametrize("system", list(CoordinateSystem))
def test_outlines_of_any_system_give_the_same_cells(tmp_path, system):
    path = tmp_path / "districts.geojson"
    shifted(system).to_file(path, driver="GeoJSON")
    table, report = import_boundaries(path, system)
    # A box moved by a smooth shift keeps its corners, not quite its straight sides: the cells
    # whose centres lie within a metre of a side may differ.
    same = sum(owners(table).get(cell) == code for cell, code in OWNERS.items())
    assert same >= len(OWNERS) - 2
    assert report.system == system
    assert table["cell"].dtype.type is np.uint64
    assert table["cell"].is_monotonic_increasing


def test_a_shifted_file_taken_for_wgs84_gives_other_cells(tmp_path):
    path = tmp_path / "districts.geojson"
    shifted("gcj02").to_file(path, driver="GeoJSON")
    table, _ = import_boundaries(path, "wgs84")
    assert set(table["cell"].tolist()) != set(OWNERS)


@pytest.mark.parametrize("epsg", [4490, 4547, 3857])
def test_a_declared_reference_system_is_undone_first(tmp_path, epsg):
    path = tmp_path / "districts.gpkg"
    DISTRICTS.to_crs(epsg).to_file(path, driver="GPKG")
    table, report = import_boundaries(path, "cgcs2000")
    assert owners(table) == OWNERS
    assert report.declared_crs == f"EPSG:{epsg}"


def test_a_projected_file_of_shifted_points_is_undone_twice(tmp_path):
    path = tmp_path / "districts.gpkg"
    shifted("gcj02").to_crs(3857).to_file(path, driver="GPKG")
    table, _ = import_boundaries(path, "gcj02")
    assert sum(owners(table).get(cell) == code for cell, code in OWNERS.items()) >= len(OWNERS) - 2


# ---- formats


def shapefile(folder: Path, encoding: str) -> Path:
    path = folder / "districts.shp"
    table = DISTRICTS.rename(columns={"code": "代码", "name": "名称"})
    table.to_file(path, driver="ESRI Shapefile", encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("declared", [True, False])
def test_chinese_columns_of_a_shapefile_are_read(tmp_path, encoding, declared):
    path = shapefile(tmp_path, encoding)
    if not declared:
        path.with_suffix(".cpg").unlink()
        table = bytearray(path.with_suffix(".dbf").read_bytes())
        table[29] = 0
        path.with_suffix(".dbf").write_bytes(table)
    table, report = import_boundaries(path, "wgs84")
    assert owners(table) == OWNERS
    assert (report.id_field, report.name_field) == ("代码", "名称")
    assert {area.area_id: area.name for area in report.jurisdiction.areas} == {
        "150207": "九原区",
        "150204": "青山区",
    }


def zipped(path: Path, folder: str = "") -> Path:
    target = path.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(path.parent.glob(f"{path.stem}.*")):
            if part != target:
                archive.write(part, folder + part.name)
    return target


def test_a_zipped_shapefile_is_read_from_any_folder_in_it(tmp_path):
    path = zipped(shapefile(tmp_path, "GBK"), "边界/包头/")
    table, report = import_boundaries(path, "wgs84")
    assert owners(table) == OWNERS
    assert report.driver == "ESRI Shapefile"


def test_a_shapefile_without_its_table_says_so(tmp_path):
    path = shapefile(tmp_path, "UTF-8")
    path.with_suffix(".dbf").unlink()
    with pytest.raises(InputError, match=r"districts\.shp: expected a \.dbf file"):
        import_boundaries(path, "wgs84")


def test_a_geojson_in_gbk_is_read(tmp_path):
    path = tmp_path / "districts.geojson"
    text = json.dumps(
        {"type": "FeatureCollection", "features": [feature(WEST, id="1", name="九原区")]},
        ensure_ascii=False,
    )
    path.write_bytes(text.encode("gbk"))
    _, report = import_boundaries(path, "wgs84")
    assert report.jurisdiction.areas[0].name == "九原区"


def test_the_name_of_a_file_says_nothing(tmp_path):
    path = tmp_path / "districts.shp"
    DISTRICTS.to_file(tmp_path / "real.gpkg", driver="GPKG")
    (tmp_path / "real.gpkg").rename(path)
    table, report = import_boundaries(path, "wgs84")
    assert owners(table) == OWNERS
    assert report.driver == "GPKG"


def test_a_geopackage_of_two_layers_needs_a_word(tmp_path):
    path = tmp_path / "city.gpkg"
    DISTRICTS.to_file(path, driver="GPKG", layer="districts")
    DISTRICTS.iloc[:1].to_file(path, driver="GPKG", layer="beats")
    with pytest.raises(InputError, match="expected one layer of outlines, got districts, beats"):
        import_boundaries(path, "wgs84")
    _, report = import_boundaries(path, "wgs84", layer="beats")
    assert (report.layer, report.num_features) == ("beats", 1)
    with pytest.raises(InputError, match="expected a layer of districts, beats, got 'roads'"):
        import_boundaries(path, "wgs84", layer="roads")


# ---- columns


def test_a_column_that_does_not_tell_areas_apart_is_not_guessed(tmp_path):
    features = [feature(WEST, Id=0, dm="a"), feature(EAST, Id=0, dm="b")]
    _, report = import_boundaries(geojson(tmp_path / "a.json", *features), "wgs84")
    assert report.id_field == "dm"


def test_areas_without_an_id_are_numbered(tmp_path):
    path = geojson(tmp_path / "a.json", feature(WEST), feature(EAST))
    _, report = import_boundaries(path, "wgs84")
    assert report.id_field is None
    assert [area.area_id for area in report.jurisdiction.areas] == ["1", "2"]


def test_features_of_one_id_are_one_area(tmp_path):
    path = geojson(tmp_path / "a.json", feature(WEST, key="x"), feature(EAST, key="x"))
    table, report = import_boundaries(path, "wgs84", id_field="key", name_field="key")
    assert set(table["cell"].tolist()) == set(OWNERS)
    assert report.merged_ids == ("x",)
    assert report.jurisdiction.repairs == report.jurisdiction.overlaps == ()


def test_numbers_are_ids_without_a_decimal_point(tmp_path):
    path = geojson(tmp_path / "a.json", feature(WEST, id=150207.0), feature(EAST, id=150204))
    table, _ = import_boundaries(path, "wgs84")
    assert owners(table) == OWNERS


def test_an_unknown_column_is_answered_with_the_known_ones(tmp_path):
    path = geojson(tmp_path / "a.json", feature(WEST, code="1", 名称="x"))
    with pytest.raises(InputError, match=r"a\.json: expected a column of code, 名称, got 'nope'"):
        import_boundaries(path, "wgs84", id_field="nope")


def test_what_cannot_be_an_id_is_named_with_its_feature(tmp_path):
    bad = ("", "a;b", "=1+1", "@x", "\x07", None)
    features = [feature(WEST, code=text) for text in ("1", *bad)]
    with pytest.raises(InputError) as caught:
        import_boundaries(geojson(tmp_path / "a.json", *features), "wgs84", id_field="code")
    expected = "code: expected an id without ';' that begins with none of = + - @, got"
    assert caught.value.problems == tuple(
        f"a.json: feature {number}: {expected} {text!r}"
        for number, text in enumerate(("", "a;b", "=1+1", "@x", "", ""), 2)
    )


def test_names_lose_what_cannot_be_seen(tmp_path):
    path = geojson(tmp_path / "a.json", feature(WEST, id="1", name=" 九原\u202e区\n\x1b[2J "))
    _, report = import_boundaries(path, "wgs84")
    assert report.jurisdiction.areas[0].name == "九原 区 [2J"


# ---- what is written


def test_the_result_is_a_table_and_a_report(tmp_path):
    path = geojson(tmp_path / "a.json", feature(WEST, id="b"), feature(EAST, id="a"))
    out = tmp_path / "new" / "out"
    report = run_import(path, "wgs84", out)
    assert sorted(file.name for file in out.iterdir()) == [CELLS_FILE, REPORT_FILE]
    table = pd.read_csv(out / CELLS_FILE, dtype=str)
    assert list(table.columns) == ["cell", "district_id"]
    assert parse_cells(table["cell"]).tolist() == sorted(OWNERS)
    written = json.loads((out / REPORT_FILE).read_text("utf-8"))
    assert written == json.loads(json.dumps(report.to_dict()))
    assert "重叠 overlaps: 0" in str(report)
    assert [file.name for file in out.parent.iterdir()] == ["out"]


def test_a_refused_file_leaves_the_former_result_alone(tmp_path):
    out = tmp_path / "out"
    run_import(geojson(tmp_path / "a.json", feature(WEST, id="b")), "wgs84", out)
    before = (out / CELLS_FILE).read_bytes()
    with pytest.raises(InputError):
        run_import(geojson(tmp_path / "b.json", feature(shapely.Point(1, 1))), "wgs84", out)
    assert (out / CELLS_FILE).read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.json", "b.json", "out"]


# ---- what is wrong with geometry


def test_every_bad_feature_is_named(tmp_path):
    path = geojson(
        tmp_path / "city.geojson",
        feature(WEST, id="1"),
        feature(shapely.Point(109.9, 40.6), id="2"),
        feature(None, id="3"),
        feature(shapely.Polygon(), id="4"),
        feature(shapely.box(40.60, 109.90, 40.63, 109.94), id="5"),
    )
    with pytest.raises(InputError) as caught:
        import_boundaries(path, "wgs84")
    assert caught.value.problems == (
        "city.geojson: feature 2: geometry: expected Polygon or MultiPolygon, got Point",
        "city.geojson: feature 3: geometry: expected Polygon or MultiPolygon, got nothing",
        "city.geojson: feature 4: geometry: expected corners, got an empty Polygon",
        "city.geojson: feature 5: geometry: expected longitude in -180..180 and latitude in "
        "-90..90, got 40.63, 109.9 (latitude and longitude seem swapped)",
    )


def test_metres_without_a_reference_system_are_explained(tmp_path):
    path = tmp_path / "districts.shp"
    DISTRICTS.to_crs(4547).to_file(path, driver="ESRI Shapefile")
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match="names no reference system"):
        import_boundaries(path, "cgcs2000")


def test_a_self_intersection_is_mended_and_told(tmp_path):
    bow_tie = shapely.Polygon([(109.90, 40.60), (109.94, 40.63), (109.94, 40.60), (109.90, 40.63)])
    table, report = import_boundaries(
        geojson(tmp_path / "a.json", feature(bow_tie, id="bow")), "wgs84"
    )
    (repair,) = report.jurisdiction.repairs
    assert repair.problem.startswith("Self-intersection")
    assert len(table) == report.jurisdiction.num_cells > 0


def test_heights_are_dropped(tmp_path):
    high = shapely.force_3d(WEST, 1000.0)
    table, _ = import_boundaries(geojson(tmp_path / "a.json", feature(high, id="1")), "wgs84")
    assert set(table["cell"].tolist()) == set(cells_of_area(WEST, 9).tolist())


def test_other_resolutions_and_filled_gaps(tmp_path):
    ring = shapely.difference(WEST, shapely.box(109.91, 40.61, 109.93, 40.62))
    path = geojson(tmp_path / "a.json", feature(ring, id="1"))
    table, report = import_boundaries(path, "wgs84", resolution=10, fill_gaps=True)
    assert set(table["cell"].tolist()) == set(cells_of_area(WEST, 10).tolist())
    assert report.jurisdiction.gaps[0].given_to == ("1",)


def test_an_unknown_system_or_resolution_is_refused_before_reading(tmp_path):
    with pytest.raises(GeometryError, match="Expected a coordinate system of wgs84"):
        import_boundaries(tmp_path / "none", "utm")
    with pytest.raises(CellError, match="Expected resolution"):
        import_boundaries(tmp_path / "none", "wgs84", resolution=16)


def test_columns_come_as_text(tmp_path):
    path = geojson(
        tmp_path / "a.json", feature(WEST, n=1.5, flag=True), feature(EAST, n=None, flag=False)
    )
    raw = read_outlines(path)
    assert raw.fields["n"] == ("1.5", "")
    assert raw.declared_crs == "EPSG:4326"
