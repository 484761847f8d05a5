"""The typed door to h3: every vectorised function against h3 itself, a cell at a time."""

from __future__ import annotations

import h3
import h3.api.basic_int as oracle
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from grid.cells import (
    as_cells,
    cell_areas_km2,
    cell_centres,
    cell_polygons,
    cells_at,
    cells_of_area,
    common_resolution,
    compact,
    dissolve,
    format_cells,
    is_valid_cells,
    local_ij,
    neighbour_cells,
    parents,
    parse_cells,
    pentagon_cells,
    resolutions,
    uncompact,
)
from grid.errors import CellError, GeometryError

CITY_HALL = oracle.latlng_to_cell(40.6213, 109.9532, 9)
AROUND = np.array(oracle.grid_disk(CITY_HALL, 12), dtype=np.uint64)
PENTAGON = oracle.get_pentagons(9)[3]
NEAR_PENTAGON = np.array(oracle.grid_disk(PENTAGON, 3), dtype=np.uint64)

points = st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 15))
some_cells = st.lists(points, min_size=1, max_size=20).map(
    lambda rows: [oracle.latlng_to_cell(*row) for row in rows]
)


# ---- texts and numbers


@given(some_cells)
def test_texts_are_h3s_and_read_back(cells):
    texts = format_cells(cells)
    assert texts.tolist() == [oracle.int_to_str(cell) for cell in cells]
    assert parse_cells(texts).tolist() == cells
    assert parse_cells([text.upper() for text in texts]).tolist() == cells


def test_a_column_of_a_table_is_read():
    column = pd.Series(["892834292c7ffff", format_cells([CITY_HALL])[0]])
    assert format_cells(parse_cells(column)).tolist() == column.tolist()


def test_no_texts_are_no_cells():
    assert parse_cells([]).dtype == np.uint64
    assert format_cells([]).tolist() == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "89283082803ffff ",
        "89283082803fff",
        "x9283082803ffff",
        "8928308280-ffff",
        "警928308280fffff",
        "000000000000000",
        "8f283082803ffff",  # digits missing at resolution 15
        "0x9283082803fff",
        None,
        float("nan"),
        617700169958293503,
        "8" * 100_000,
    ],
)
def test_the_first_bad_text_is_named_with_its_position(text):
    with pytest.raises(CellError, match="Expected an H3 cell of 15 hex digits at position 1, got"):
        parse_cells(["89283082803ffff", text, ""])


@given(st.lists(st.one_of(st.integers(0, 2**64 - 1), st.integers(8 << 56, (9 << 56) - 1))))
def test_validity_is_h3s_for_any_number(numbers):
    assert is_valid_cells(np.array(numbers, dtype=np.uint64)).tolist() == [
        oracle.is_valid_cell(number) for number in numbers
    ]


@given(some_cells, st.integers(0, 63))
def test_validity_is_h3s_after_a_flipped_bit(cells, bit):
    flipped = [cell ^ (1 << bit) for cell in cells]
    assert is_valid_cells(np.array(flipped, dtype=np.uint64)).tolist() == [
        oracle.is_valid_cell(number) for number in flipped
    ]


def test_the_deleted_children_of_a_pentagon_are_no_cells():
    around = np.array(
        [cell for base in oracle.get_pentagons(0) for cell in oracle.cell_to_children(base, 2)],
        dtype=np.uint64,
    )
    for digit in range(7):
        shift = np.uint64(39)
        candidates = (around & ~(np.uint64(7) << shift)) | (np.uint64(digit) << shift)
        expected = [oracle.is_valid_cell(int(cell)) for cell in candidates]
        assert is_valid_cells(candidates).tolist() == expected
        assert not all(expected) or digit != 1


@pytest.mark.parametrize("wrong", [[-1], [1.5], ["89283082803ffff"], [None], [True]])
def test_what_is_no_whole_number_is_refused(wrong):
    with pytest.raises(CellError, match="Expected H3 cells as whole numbers"):
        as_cells(wrong)


def test_signed_numbers_of_a_database_are_taken():
    assert as_cells(np.array([CITY_HALL], dtype=np.int64)).dtype == np.uint64


@pytest.mark.parametrize(
    "function", [cell_areas_km2, cell_centres, cell_polygons, dissolve, compact, neighbour_cells]
)
def test_an_invalid_cell_never_reaches_h3(function):
    with pytest.raises(CellError, match="Expected an H3 cell at position 1, got 0x5"):
        function([CITY_HALL, 5])


# ---- hierarchy


@given(some_cells)
def test_parents_are_h3s(cells):
    finest = int(resolutions(cells).min())
    assert resolutions(cells).tolist() == [oracle.get_resolution(cell) for cell in cells]
    for resolution in range(finest + 1):
        expected = [oracle.cell_to_parent(cell, resolution) for cell in cells]
        assert parents(cells, resolution).tolist() == expected


def test_parents_are_never_finer():
    with pytest.raises(CellError, match=r"Expected a resolution of parents in 0\.\.9, got 10"):
        parents(AROUND, 10)


def test_compacting_keeps_the_ground():
    packed = compact(AROUND)
    assert len(packed) < len(AROUND)
    assert np.array_equal(np.sort(uncompact(packed, 9)), np.sort(AROUND))


def test_no_cells_can_be_compacted_and_uncompacted():
    assert len(compact([])) == len(uncompact([], 9)) == 0


def test_an_explosion_of_descendants_is_refused_before_it_happens():
    with pytest.raises(CellError, match="Expected at most 20,000,000 cells"):
        uncompact(oracle.get_res0_cells(), 15)


def test_descendants_are_never_coarser():
    with pytest.raises(CellError, match="Expected a resolution of at least 9, got 8"):
        uncompact([CITY_HALL], 8)


def test_one_resolution_is_one():
    assert common_resolution(AROUND) == 9
    with pytest.raises(CellError, match=r"Expected cells of one resolution, got \[8, 9\]"):
        common_resolution([CITY_HALL, oracle.cell_to_parent(CITY_HALL, 8)])


# ---- geometry


@given(some_cells)
def test_places_and_areas_are_h3s(cells):
    lat, lng = cell_centres(cells)
    assert list(zip(lat, lng, strict=True)) == [oracle.cell_to_latlng(cell) for cell in cells]
    assert cell_areas_km2(cells).tolist() == [oracle.cell_area(cell) for cell in cells]
    for cell, *point in zip(cells, lat, lng, strict=True):
        assert cells_at(*point, oracle.get_resolution(cell))[0] == cell


def test_a_cell_at_baotou_is_smaller_than_h3s_average():
    assert cell_areas_km2([CITY_HALL])[0] == pytest.approx(0.087, abs=0.001)
    assert h3.average_hexagon_area(9) == pytest.approx(0.105, abs=0.001)


@pytest.mark.parametrize("point", [(91, 0), (0, 361), (float("nan"), 0), (0, float("inf"))])
def test_a_point_off_the_globe_is_named(point):
    with pytest.raises(CellError, match="at position 1, got"):
        cells_at([40, point[0]], [109, point[1]], 9)


@pytest.mark.parametrize("resolution", [-1, 16])
def test_the_resolution_is_in_range(resolution):
    with pytest.raises(CellError, match=rf"Expected resolution in 0\.\.15, got {resolution}\."):
        cells_at([40], [109], resolution)


def test_polygons_have_the_cells_corners_also_at_a_pentagon():
    cells = np.concatenate((AROUND[:3], NEAR_PENTAGON))
    for cell, polygon in zip(cells.tolist(), cell_polygons(cells), strict=True):
        corners = [(lng, lat) for lat, lng in oracle.cell_to_boundary(cell)]
        assert list(polygon.exterior.coords)[:-1] == corners


def test_no_cells_have_no_polygons_and_an_empty_outline():
    assert len(cell_polygons([])) == 0
    assert dissolve([]).is_empty


def test_a_dissolved_ring_has_a_hole_and_the_cells_area():
    ring = np.array(oracle.grid_ring(CITY_HALL, 3), dtype=np.uint64)
    outline = dissolve(np.concatenate((ring, ring)))
    assert isinstance(outline, shapely.MultiPolygon)
    assert [len(part.interiors) for part in outline.geoms] == [1]
    assert outline.area == pytest.approx(shapely.area(cell_polygons(ring)).sum(), rel=1e-9)


def test_an_area_holds_the_cells_whose_centres_it_holds():
    outline = shapely.Polygon(
        [(109.90, 40.60), (109.98, 40.61), (109.97, 40.66), (109.93, 40.62), (109.89, 40.65)],
        [[(109.92, 40.605), (109.94, 40.607), (109.93, 40.615)]],
    )
    found = cells_of_area(outline, 9)
    assert found.tolist() == sorted(oracle.geo_to_cells(outline, 9))
    lat, lng = cell_centres(found)
    assert shapely.contains_xy(outline, lng, lat).all()


def test_parts_of_an_area_are_all_filled():
    parts = shapely.MultiPolygon(
        [shapely.box(109.8, 40.6, 109.83, 40.62), shapely.box(110.2, 40.7, 110.23, 40.72)]
    )
    each = [cells_of_area(part, 9) for part in parts.geoms]
    assert cells_of_area(parts, 9).tolist() == np.sort(np.concatenate(each)).tolist()


def test_the_outline_of_cells_gives_the_cells_back():
    assert cells_of_area(dissolve(AROUND), 9).tolist() == sorted(AROUND.tolist())


def test_an_empty_outline_holds_nothing():
    assert len(cells_of_area(shapely.Polygon(), 9)) == 0


def test_an_outline_off_the_globe_is_refused():
    with pytest.raises(GeometryError, match=r"latitude in -90\.\.90"):
        cells_of_area(shapely.box(40.0, 109.0, 41.0, 110.0), 9)


def test_half_the_globe_is_refused():
    with pytest.raises(GeometryError, match="under 180 degrees wide, got 180"):
        cells_of_area(shapely.box(-90, 0, 90, 1), 9)


def test_too_many_cells_are_refused_before_h3_makes_them():
    with pytest.raises(GeometryError, match="at most 20,000,000 cells of resolution 15"):
        cells_of_area(shapely.box(109, 40, 111, 42), 15)


def test_local_coordinates_are_h3s():
    expected = [list(oracle.cell_to_local_ij(CITY_HALL, cell)) for cell in AROUND.tolist()]
    assert local_ij(CITY_HALL, AROUND).tolist() == expected


def test_there_are_no_local_coordinates_to_the_other_side_of_the_globe():
    far = oracle.latlng_to_cell(-40.0, -70.0, 9)
    with pytest.raises(CellError, match="Expected cells on one plane"):
        local_ij(CITY_HALL, [far])


def test_a_pentagon_has_five_neighbours_and_a_cell_six():
    around = neighbour_cells([PENTAGON, CITY_HALL])
    assert around[0, -1] == 0
    assert set(around[0, :5].tolist()) == set(oracle.grid_ring(PENTAGON, 1))
    assert set(around[1].tolist()) == set(oracle.grid_ring(CITY_HALL, 1))


def test_there_are_twelve_pentagons():
    assert pentagon_cells(4).tolist() == sorted(oracle.get_pentagons(4))
