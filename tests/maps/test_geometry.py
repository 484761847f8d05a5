"""Row runs, varints, and H3 indices from lattice coordinates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grid.cells import cells_at, parents, uncompact
from grid.errors import LatticeError
from grid.lattice import Lattice, SortedCellIndex, build_lattice
from maps.geometry import (
    Pyramid,
    base_coordinates,
    build_pyramid,
    frames,
    geometry_spec,
    row_runs,
    tile_table,
    varints,
)


def unpacked(data: bytes) -> list[int]:
    numbers, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value)
            value = shift = 0
    return numbers


def painted(runs: list[int], shape: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    rest = iter(runs)
    for row in range(shape[0]):
        col = 0
        for _ in range(next(rest)):
            col += next(rest)
            length = next(rest)
            mask[row, col : col + length] = True
            col += length
    assert next(rest, None) is None
    return mask


@given(st.lists(st.integers(0, 2**40)))
def test_varints_come_back(numbers: list[int]) -> None:
    assert unpacked(varints(np.array(numbers, dtype=np.int64))) == numbers


@settings(deadline=None)  # the first example reads what is compiled
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_row_runs_paint_the_mask(mask: np.ndarray) -> None:
    np.testing.assert_array_equal(painted(row_runs(mask).tolist(), mask.shape), mask)


def test_each_level_holds_exactly_the_parents(pyramid: Pyramid) -> None:
    assert [level.resolution for level in pyramid.levels] == [9, 8, 7, 6]
    for finer, coarser in zip(pyramid.levels, pyramid.levels[1:], strict=False):
        expected = np.unique(parents(finer.cells, coarser.resolution))
        np.testing.assert_array_equal(np.sort(coarser.cells), expected)


@pytest.mark.parametrize("resolution", [6, 7, 8, 9])
def test_base_coordinates_step_as_the_lattice_does(resolution: int) -> None:
    top = cells_at([-1.29], [36.82], resolution - 3)  # Nairobi
    lattice = build_lattice(uncompact(top, resolution))
    (frame,) = frames(lattice)
    own = np.column_stack((lattice.row, lattice.col))
    turn = np.array(frame["turn"]).reshape(2, 2)
    assert round(np.linalg.det(turn)) == 1
    np.testing.assert_array_equal(
        own @ turn.T + frame["shift"], base_coordinates(lattice.cells, resolution)
    )


def test_cells_that_fit_no_rotation_are_refused(lattice: Lattice) -> None:
    with pytest.raises(LatticeError, match="of a base cell on one lattice"):
        frames(replace(lattice, row=np.roll(lattice.row, 1)))


def test_pyramid_stops_where_parents_leave_the_face(lattice: Lattice) -> None:
    assert len(build_pyramid(lattice, depth=2).levels) == 2


def test_city_off_the_lattice_gets_names_outlines_and_tables(lattice: Lattice) -> None:
    cells = np.sort(lattice.cells[:50])
    index = SortedCellIndex(9, cells)
    spec = geometry_spec(index)
    assert (spec["kind"], spec["count"], len(spec["names"])) == ("tiles", 50, 50)
    lat, lng = np.array(spec["outlines"][7]).mean(axis=0)
    np.testing.assert_array_equal(cells_at([lat], [lng], 9), cells[7:8])


def test_tile_table_has_the_cell_at_every_pixel_centre(lattice: Lattice) -> None:
    zoom, x, y = 12, 3297, 1540
    table = tile_table(lattice, zoom, x, y, size=16)
    column, row = 5, 11
    lng = (x + (column + 0.5) / 16) / 2**zoom * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + (row + 0.5) / 16) / 2**zoom))))
    expected = lattice.positions(cells_at([lat], [lng], 9))[0]
    assert table[row, column] == expected
    assert (table >= 0).any()
    assert geometry_spec(lattice)["kind"] == "lattice"
