"""The city's cells as an array, against h3 point by point."""

from __future__ import annotations

import h3.api.basic_int as oracle
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from portions import portion

from grid.cells import cell_areas_km2, cell_centres, cell_polygons, cells_at
from grid.errors import CellError, LatticeError
from grid.lattice import (
    Lattice,
    SortedCellIndex,
    build_index,
    build_lattice,
    round_to_hexagons,
)

BAOTOU = (40.6213, 109.9532)
PENTAGON_AT_SEA = oracle.cell_to_latlng(oracle.get_pentagons(0)[0])


def disk(lat: float, lng: float, resolution: int, radius: int) -> np.ndarray:
    return np.array(
        oracle.grid_disk(oracle.latlng_to_cell(lat, lng, resolution), radius), np.uint64
    )


def edge_of_the_icosahedron() -> tuple[float, float]:
    """Middle between two corners of the icosahedron that share an edge."""
    corners = [np.array(oracle.cell_to_latlng(cell)) for cell in oracle.get_pentagons(0)]
    vectors = [
        np.array([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)])
        for a, b in np.radians(corners)
    ]
    first = vectors[0]
    near = max(vectors[1:], key=lambda other: float(first @ other))
    x, y, z = first + near
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))


@pytest.fixture(scope="module")
def city() -> Lattice:
    """Cells around Baotou's city hall, 30 km across, with a bite taken out."""
    whole = disk(*BAOTOU, 9, 50)
    return build_lattice(np.setdiff1d(whole, disk(40.65, 109.98, 9, 9)))


def points_around(city: Lattice, num: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    lat, lng = city.centres()
    return (
        rng.uniform(lat.min() - 0.02, lat.max() + 0.02, num),
        rng.uniform(lng.min() - 0.02, lng.max() + 0.02, num),
    )


# ---- look-up


def test_a_hundred_thousand_points_have_h3s_cells(city):
    lat, lng = points_around(city, 100_000)
    found = city.index_at(lat, lng)
    assert found.dtype == np.int32
    assert np.array_equal(found, city.positions(cells_at(lat, lng, 9)))
    assert 0.4 < (found >= 0).mean() < 0.9  # points in the city and outside it


@pytest.mark.parametrize("eps", [1e-3, 4e-6, 1e-9])
def test_points_at_edges_have_h3s_cells(city, eps):
    """Just inside and outside the middle of every side; 4e-6 of a cell is 0.8 mm."""
    centre, corners = hexagons(city)
    sides = (corners + np.roll(corners, 1, axis=1)) / 2
    for scale in (1 - eps, 1 + eps):
        assert_h3s_cells(city, centre + (sides - centre) * scale)


@pytest.mark.parametrize("eps", [1e-3, 4e-6, 1e-9])
def test_points_around_corners_have_h3s_cells(city, eps):
    """Around every corner, off the three lines that meet there: on these two cells tie."""
    centre, corners = hexagons(city)
    outward = corners - centre
    aside = np.roll(outward, 1, axis=1)
    for along, across in ((-1, 0), (1, 0.37), (1, -0.37), (0.2, 1), (0.2, -0.8), (-0.6, 0.5)):
        assert_h3s_cells(city, corners + eps * (along * outward + across * aside))


def hexagons(city: Lattice) -> tuple[np.ndarray, np.ndarray]:
    centres = np.stack(cell_centres(city.cells), axis=-1)
    return centres[:, None, :], city.corners()


def assert_h3s_cells(city: Lattice, points: np.ndarray) -> None:
    lat, lng = points.reshape(-1, 2).T
    expected = city.positions(cells_at(lat, lng, 9))
    assert np.array_equal(city.index_at(lat, lng), expected)
    assert len(np.unique(expected[expected >= 0])) == len(city)


def test_every_centre_lies_in_its_own_cell(city):
    lat, lng = cell_centres(city.cells)
    assert city.index_at(lat, lng).tolist() == list(range(len(city)))
    ours = city.centres()
    assert np.abs(ours[0] - lat).max() < 1e-11
    assert np.abs(ours[1] - lng).max() < 1e-11


def test_the_map_fits_every_cell(city):
    assert city.residual < 1e-8
    row, col = city.rows_at(*cell_centres(city.cells))
    assert np.abs(row - city.row).max() <= city.residual
    assert np.abs(col - city.col).max() <= city.residual


@pytest.mark.parametrize(
    "point",
    [
        (-40.6213, -70.0468),
        (90.0, 0.0),
        (0.0, 0.0),
        (np.nan, 109.9),
        (40.6, np.nan),
        (139.4, -70.05),
    ],
    ids=["antipode", "pole", "null island", "no latitude", "no longitude", "beyond the pole"],
)
def test_nowhere_is_nowhere(city, point):
    assert city.index_at(*point).tolist() == [-1]


def test_the_whole_globe_is_not_the_city(city):
    rng = np.random.default_rng(3)
    lat, lng = rng.uniform(-90, 90, 20_000), rng.uniform(-180, 180, 20_000)
    expected = city.positions(cells_at(lat, lng, 9))
    assert np.array_equal(city.index_at(lat, lng), expected)


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
def test_rounding_is_to_the_nearest_hexagon(row, col):
    if max(abs(row), abs(col)) >= 2**31:
        assert [int(x[0]) for x in round_to_hexagons(np.array([row]), np.array([col]))] == [-1, -1]
        return
    (found_row,), (found_col,) = round_to_hexagons(np.array([row]), np.array([col]))

    def distance(r: float, c: float) -> float:  # squared, axes at 120 degrees
        return (r - row) ** 2 + (c - col) ** 2 - (r - row) * (c - col)

    near = [
        distance(np.floor(row) + i, np.floor(col) + j) for i in range(-1, 3) for j in range(-1, 3)
    ]
    assert distance(found_row, found_col) == pytest.approx(min(near), abs=1e-6)


# ---- the array


def test_cells_stand_row_by_row(city):
    flat = city.row.astype(np.int64) * city.shape[1] + city.col
    assert (np.diff(flat) > 0).all()
    assert city.index[city.row, city.col].tolist() == list(range(len(city)))
    assert (city.index >= 0).sum() == len(city)
    assert city.row.min() == city.col.min() == 0
    assert city.shape == (city.row.max() + 1, city.col.max() + 1)


def test_order_of_the_cells_does_not_matter(city):
    mixed = np.random.default_rng(1).permutation(city.cells)
    again = build_lattice(mixed)
    assert np.array_equal(again.cells, city.cells)
    assert np.array_equal(again.to_ij, city.to_ij)


def test_neighbours_are_h3s(city):
    around = city.neighbours()
    for position in range(0, len(city), 37):
        expected = city.positions(oracle.grid_ring(int(city.cells[position]), 1))
        assert sorted(around[position].tolist()) == sorted(expected.tolist())


def test_neighbours_go_in_turn_around_the_cell(city):
    around = city.neighbours()
    for position in range(0, len(city), 101):
        ring = around[position]
        if (ring < 0).any():
            continue
        for one, other in zip(ring, np.roll(ring, -1), strict=True):
            assert oracle.are_neighbor_cells(int(city.cells[one]), int(city.cells[other]))


def test_positions_find_cells_and_only_those(city):
    assert city.positions(city.cells).tolist() == list(range(len(city)))
    assert city.positions([oracle.latlng_to_cell(0, 0, 9)]).tolist() == [-1]
    assert city.positions([]).tolist() == []


def test_places_off_the_array_hold_no_cell(city):
    rows, cols = city.shape
    assert city.index_of([-1, 0, rows, 0], [0, -1, 0, cols]).tolist() == [-1] * 4


def test_corners_are_h3s_and_counter_clockwise(city):
    corners = city.corners()[::97]
    for cell, ring in zip(city.cells[::97].tolist(), corners, strict=True):
        theirs = np.array(oracle.cell_to_boundary(cell))
        gaps = np.abs(ring[:, None, :] - theirs[None]).max(axis=2).min(axis=1)
        assert gaps.max() < 1e-9
        lng, lat = ring[:, 1], ring[:, 0]
        assert (lng * np.roll(lat, -1) - np.roll(lng, -1) * lat).sum() > 0


def test_nobody_can_write_to_a_lattice(city):
    for array in (city.cells, city.row, city.col, city.index, city.to_ij):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


# ---- small cities and bad ones


@pytest.mark.parametrize("place", [(90.0, 0.0), (-90.0, 0.0), (-17.0, 180.0), (64.7, -147.6)])
def test_poles_and_the_antimeridian_are_no_edge(place):
    city = build_lattice(disk(*place, 6, 6))
    lat, lng = city.centres()
    assert np.array_equal(city.index_at(lat, lng), np.arange(len(city)))
    assert np.array_equal(city.index_at(lat, lng + 360), np.arange(len(city)))


@pytest.mark.parametrize("num", [1, 2, 3])
def test_a_city_may_have_a_single_cell_or_lie_on_a_line(num):
    start = oracle.latlng_to_cell(*BAOTOU, 9)
    line = oracle.grid_path_cells(start, oracle.latlng_to_cell(40.63, 109.9532, 9))[:num]
    small = build_lattice(line)
    lat, lng = points_around(small, 2000)
    assert np.array_equal(small.index_at(lat, lng), small.positions(cells_at(lat, lng, 9)))


def test_no_cells_are_no_city():
    with pytest.raises(CellError, match="Expected at least one cell, got none"):
        build_lattice([])


def test_a_cell_stands_once():
    cell = oracle.latlng_to_cell(*BAOTOU, 9)
    with pytest.raises(CellError, match=f"Expected distinct cells, got {cell:x} twice"):
        build_lattice([cell, cell])


def test_cells_have_one_resolution():
    cell = oracle.latlng_to_cell(*BAOTOU, 9)
    with pytest.raises(CellError, match=r"one resolution, got \[8, 9\]"):
        build_lattice([cell, oracle.cell_to_parent(cell, 8)])


# ---- cities off one face

CITIES_OFF_ONE_FACE = {
    "across an edge": (*edge_of_the_icosahedron(), 7, 12),
    "around a pentagon": (*PENTAGON_AT_SEA, 7, 12),
    "beside a pentagon": (PENTAGON_AT_SEA[0] + 0.2, PENTAGON_AT_SEA[1], 7, 12),
    "on two sides of the globe": (*BAOTOU, 9, 2),
}


def off_one_face(name: str) -> np.ndarray:
    cells = disk(*CITIES_OFF_ONE_FACE[name])
    if name == "on two sides of the globe":
        return np.concatenate((cells, disk(-35.0, -70.0, 9, 2)))
    return cells


@pytest.mark.parametrize("name", CITIES_OFF_ONE_FACE)
def test_a_city_off_one_face_is_no_lattice(name):
    with pytest.raises(LatticeError, match="one face of the icosahedron"):
        build_lattice(off_one_face(name))


@pytest.mark.parametrize("name", CITIES_OFF_ONE_FACE)
def test_a_city_off_one_face_gets_the_same_answers_from_h3(name):
    city = build_index(off_one_face(name))
    assert isinstance(city, SortedCellIndex)
    lat, lng = city.centres()
    assert city.index_at(lat, lng).tolist() == list(range(len(city)))
    assert city.index_at([np.nan, 91, 10], [0, 0, -150.0]).tolist() == [-1, -1, -1]
    assert np.array_equal(city.index_at(lat, lng + 720), np.arange(len(city)))
    around = city.neighbours()
    assert around.shape == (len(city), 6)
    for position in range(0, len(city), 17):
        ring = oracle.grid_ring(int(city.cells[position]), 1)
        known = [cell for cell in ring if (city.cells == cell).any()]
        found = around[position][around[position] >= 0]
        assert sorted(city.cells[found].tolist()) == sorted(known)


@settings(max_examples=portion(60), deadline=None)
@given(
    lat=st.floats(-89, 89),
    lng=st.floats(-180, 180),
    resolution=st.integers(3, 13),
    seed=st.integers(0, 2**32 - 1),
)
def test_anywhere_on_earth_both_ways_agree(lat, lng, resolution, seed):
    cells = disk(lat, lng, resolution, 4)
    city = build_index(cells)
    plain = SortedCellIndex(resolution, np.sort(cells))
    spread = 12 * np.sqrt(float(cell_areas_km2(cells[:1])[0])) / 111
    rng = np.random.default_rng(seed)
    lats = np.clip(lat + rng.uniform(-spread, spread, 300), -90, 90)
    lngs = lng + rng.uniform(-spread, spread, 300) / max(np.cos(np.radians(lat)), 0.02)
    ours, theirs = city.index_at(lats, lngs), plain.index_at(lats, lngs)
    assert np.array_equal(ours >= 0, theirs >= 0)
    inside = ours >= 0
    assert np.array_equal(city.cells[ours[inside]], plain.cells[theirs[inside]])


@settings(max_examples=portion(40), deadline=None)
@given(lat=st.floats(-85, 85), lng=st.floats(-179, 179))
def test_a_lattice_never_holds_a_cell_of_two_faces(lat, lng):
    cells = disk(lat, lng, 5, 5)
    city = build_index(cells)
    faces = {face for cell in cells.tolist() for face in oracle.get_icosahedron_faces(cell)}
    if len(faces) > 1:
        assert isinstance(city, SortedCellIndex)
    assume(len(faces) == 1)
    if isinstance(city, Lattice):
        outlines = cell_polygons(city.cells)
        assert {len(outline.exterior.coords) for outline in outlines} == {7}
