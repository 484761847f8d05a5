"""Outlines to cells: every cell owned once, and an honest report."""

from __future__ import annotations

import json

import geopandas as gpd
import h3.api.basic_int as oracle
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from portions import portion

from grid.cells import cell_areas_km2, cells_of_area
from grid.errors import GeometryError
from grid.jurisdiction import assign_cells, outline_km2

WEST = shapely.box(109.90, 40.60, 109.94, 40.63)
EAST = shapely.box(109.94, 40.60, 109.98, 40.63)
BOW_TIE = shapely.Polygon([(109.90, 40.60), (109.94, 40.63), (109.94, 40.60), (109.90, 40.63)])


def outlines(**shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"id": list(shapes), "name": [name.upper() for name in shapes]},
        geometry=list(shapes.values()),
        crs="EPSG:4326",
    )


def test_neighbours_share_the_ground_without_rest():
    table, report = assign_cells(outlines(west=WEST, east=EAST))
    whole = cells_of_area(shapely.union(WEST, EAST), 9)
    assert table["cell"].tolist() == whole.tolist()
    assert table["cell"].dtype.type is np.uint64
    assert report.overlaps == report.gaps == report.repairs == ()
    assert report.num_cells == len(whole)
    assert report.km2 == pytest.approx(cell_areas_km2(whole).sum())
    assert [(area.area_id, area.name) for area in report.areas] == [
        ("east", "EAST"),
        ("west", "WEST"),
    ]
    for area in report.areas:
        assert area.num_cells == (table["area_id"] == area.area_id).sum()
        assert area.num_parts == 1
        assert area.outline_km2 == pytest.approx(area.cells_km2, rel=0.1)


def test_an_overlap_goes_to_the_id_that_sorts_first_whatever_the_order():
    wide = shapely.box(109.93, 40.60, 109.98, 40.63)
    table, report = assign_cells(outlines(west=WEST, east=wide))
    again, _ = assign_cells(outlines(east=wide, west=WEST))
    assert table.equals(again)
    both = cells_of_area(shapely.intersection(WEST, wide), 9)
    (overlap,) = report.overlaps
    assert (overlap.kept_by, overlap.also_claimed_by) == ("east", ("west",))
    assert overlap.num_cells == len(both)
    assert overlap.km2 == pytest.approx(cell_areas_km2(both).sum())
    assert set(table["area_id"][table["cell"].isin(both)]) == {"east"}


def ring_with_hole() -> tuple[shapely.Geometry, shapely.Geometry]:
    hole = shapely.box(109.93, 40.61, 109.95, 40.62)
    return shapely.difference(WEST, hole), shapely.difference(EAST, hole)


def test_a_hole_is_reported_and_left_alone():
    west, east = ring_with_hole()
    table, report = assign_cells(outlines(west=west, east=east))
    (gap,) = report.gaps
    assert gap.num_cells > 10
    assert gap.given_to == ()
    assert 40.61 < gap.lat < 40.62
    assert 109.93 < gap.lng < 109.95
    assert int(gap.first_cell, 16) not in set(table["cell"])


def test_a_hole_is_filled_by_the_nearest_where_asked_for():
    west, east = ring_with_hole()
    table, report = assign_cells(outlines(west=west, east=east), fill_gaps=True)
    whole = cells_of_area(shapely.union(WEST, EAST), 9)
    assert table["cell"].tolist() == whole.tolist()
    (gap,) = report.gaps
    assert gap.given_to == ("east", "west")
    assert report.num_cells == len(whole)


def test_an_enclave_is_no_hole():
    inner = shapely.box(109.93, 40.61, 109.95, 40.62)
    outer = shapely.difference(shapely.union(WEST, EAST), inner)
    _, report = assign_cells(outlines(inner=inner, outer=outer))
    assert report.gaps == report.overlaps == ()


def test_a_crossing_outline_is_mended_and_told():
    table, report = assign_cells(outlines(bow=BOW_TIE))
    (repair,) = report.repairs
    assert repair.area_id == "bow"
    assert repair.problem.startswith("Self-intersection")
    assert repair.km2_after == pytest.approx(outline_km2(WEST) / 2, rel=0.01)
    assert len(table) == pytest.approx(len(cells_of_area(WEST, 9)) / 2, rel=0.1)


def test_parts_apart_are_counted():
    far = shapely.box(110.2, 40.60, 110.21, 40.61)
    _, report = assign_cells(outlines(two=shapely.MultiPolygon([WEST, far])))
    (area,) = report.areas
    assert area.num_parts == 2
    assert area.num_cells_off_main_part == len(cells_of_area(far, 9))


def test_an_area_too_small_for_a_cell_has_none():
    _, report = assign_cells(outlines(dot=shapely.box(109.9, 40.6, 109.9001, 40.6001), west=WEST))
    assert {area.area_id: area.num_cells > 0 for area in report.areas} == {
        "dot": False,
        "west": True,
    }
    table, report = assign_cells(outlines(dot=shapely.box(109.9, 40.6, 109.9001, 40.6001)))
    assert len(table) == report.num_cells == report.areas[0].num_parts == 0


def test_the_report_is_json():
    west, east = ring_with_hole()
    _, report = assign_cells(outlines(west=west, east=east, bow=BOW_TIE))
    assert json.loads(json.dumps(report.to_dict()))["resolution"] == 9


def test_a_degree_of_the_globe_has_its_known_size():
    assert outline_km2(shapely.box(-180, -90, 180, 90)) == pytest.approx(510.07e6, rel=1e-4)


@settings(max_examples=portion(25), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(109.90, 109.96),
            st.floats(40.60, 40.64),
            st.floats(0.001, 0.04),
            st.floats(0.001, 0.03),
        ),
        min_size=1,
        max_size=5,
    ),
    st.booleans(),
)
def test_every_cell_is_owned_once_by_an_area_that_claims_it(boxes, fill):
    shapes = [shapely.box(w, s, w + dx, s + dy) for w, s, dx, dy in boxes]
    named = {f"a{at}": shape for at, shape in enumerate(shapes)}
    table, report = assign_cells(outlines(**named), fill_gaps=fill)
    assert table["cell"].is_unique
    claimed = {cell for shape in shapes for cell in cells_of_area(shape, 9).tolist()}
    owned = set(table["cell"].tolist())
    assert claimed <= owned
    assert (claimed == owned) or fill
    for cell, area_id in zip(table["cell"].tolist(), table["area_id"], strict=True):
        if cell in claimed:
            lat, lng = oracle.cell_to_latlng(cell)
            holders = [
                key for key, shape in named.items() if shape.intersects(shapely.Point(lng, lat))
            ]
            assert area_id == min(holders)
    assert sum(area.num_cells for area in report.areas) == len(table)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (shapely.Point(109, 40), "expected Polygon or MultiPolygon, got Point"),
        (None, "expected Polygon or MultiPolygon, got nothing"),
        (shapely.Polygon(), "expected corners, got an empty Polygon"),
        (
            shapely.transform(WEST, lambda points: np.where(points == 109.90, np.nan, points)),
            "expected finite coordinates",
        ),
        (shapely.box(40.6, 109.9, 40.7, 110.0), "latitude and longitude seem swapped"),
        (shapely.box(500_000, 4_490_000, 510_000, 4_500_000), "expected longitude in -180..180"),
    ],
)
def test_what_is_no_outline_is_refused(shape, message):
    with pytest.raises(GeometryError, match=f"area 'bad': .*{message}"):
        assign_cells(outlines(bad=shape, west=WEST))


def test_there_are_outlines_with_distinct_ids():
    with pytest.raises(GeometryError, match="at least one outline"):
        assign_cells(outlines(west=WEST).iloc[:0])
    twice = outlines(west=WEST, east=EAST).assign(id="one")
    with pytest.raises(GeometryError, match="Expected distinct ids of areas, got 'one' twice"):
        assign_cells(twice)
