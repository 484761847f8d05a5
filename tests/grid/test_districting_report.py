"""The report and the check find what is wrong, and imported beats are held to the same rules."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grid.cells import cells_at, format_cells, neighbour_cells
from grid.districting_report import QUANTILES, districting_report, verify_districting
from grid.errors import BeatError
from grid.imported_beats import beats_from_cells

# A row of six cells; each has a neighbour before and behind it.
ROW = np.full((6, 6), -1, np.int32)
ROW[1:, 0] = np.arange(5)
ROW[:-1, 3] = np.arange(1, 6)
ONE_STATION = np.zeros(6, np.int32)


def test_a_valid_districting_passes():
    check = verify_districting(np.array([0, 0, 1, 1, 2, 2], np.int32), ONE_STATION, ROW, 3)
    assert check.is_valid


@pytest.mark.parametrize(
    ("beat", "station", "broken"),
    [
        ([0, 0, 1, 1, 2, -1], [0] * 6, {"cells_without_beat": [5]}),
        ([0, 0, 1, 1, 2, 9], [0] * 6, {"cells_without_beat": [5]}),
        ([0, 0, 2, 2, 2, 2], [0] * 6, {"empty_beats": [1]}),
        ([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 1], {"crossing_beats": [0]}),
        ([0, 1, 0, 1, 1, 2], [0] * 6, {"broken_beats": [0, 1]}),
    ],
)
def test_each_fault_is_found(beat, station, broken):
    check = verify_districting(np.array(beat, np.int32), np.array(station, np.int32), ROW, 3)
    assert not check.is_valid
    for fault in ("cells_without_beat", "empty_beats", "crossing_beats", "broken_beats"):
        assert getattr(check, fault).tolist() == broken.get(fault, []), fault


@given(st.lists(st.integers(0, 3), min_size=6, max_size=6))
@settings(deadline=None)
def test_contiguity_agrees_with_networkx(beats):
    path = nx.path_graph(6)
    check = verify_districting(np.array(beats, np.int32), ONE_STATION, ROW, 4)
    expected = [
        b
        for b in range(4)
        if (cells := [i for i in range(6) if beats[i] == b])
        and not nx.is_connected(path.subgraph(cells))
    ]
    assert check.broken_beats.tolist() == expected


def test_report_of_a_row_by_hand():
    beat = np.array([0, 0, 1, 1, 1, 2], np.int32)
    station = np.array([0, 0, 0, 0, 0, 1], np.int32)
    report = districting_report(
        beat, station, np.array([1.0, 1, 2, 2, 2, 5]), ROW, np.array([0.6, 0.5, 0.9])
    )
    # Station 0 carries 2 + 6, mean 4; station 1 has one beat.
    assert dict(zip(QUANTILES, report.deviation, strict=True))[0.0] == pytest.approx(-0.5)
    assert dict(zip(QUANTILES, report.deviation, strict=True))[1.0] == pytest.approx(0.5)
    assert report.cv_within_stations == pytest.approx((0.5 / 3) ** 0.5)
    assert report.within_25 == pytest.approx(1 / 3)
    assert report.cv_between_stations == pytest.approx(0.5 / 4.5)
    assert (report.num_beats, report.num_stations, report.num_cells) == (3, 2, 6)
    assert report.contiguous_share == 1
    # Of the four pairs inside station 0 one is cut.
    assert report.cut_share == pytest.approx(1 / 4)
    # Two cells in a row have 10 sides, three have 14.
    assert report.hexagon_quotient[0] == pytest.approx(48 * 3 / 14**2)
    assert report.polsby_popper[3] == pytest.approx(0.6)
    assert report.num_indivisible == 0


def test_report_owns_up_to_an_indivisible_cell():
    beat = np.array([0, 1, 1, 1, 1, 1], np.int32)
    report = districting_report(beat, ONE_STATION, np.array([15.0, 1, 1, 1, 1, 1]), ROW, np.ones(2))
    assert report.num_indivisible == 1
    assert report.least_max_deviation == pytest.approx(0.5)
    assert report.deviation[-1] == pytest.approx(0.5)


def test_report_refuses_land_without_a_beat():
    with pytest.raises(BeatError, match="1 cells and 0 beats without"):
        districting_report(
            np.array([0, 0, 0, 1, 1, -1], np.int32), ONE_STATION, np.ones(6), ROW, np.ones(2)
        )


@pytest.fixture
def town():
    """Cells around 白云鄂博: a centre and the ring around it, in two stations."""
    centre = cells_at([41.77], [109.97], 9)
    cells = np.concatenate([centre, neighbour_cells(centre).ravel()])
    index = {int(cell): i for i, cell in enumerate(cells)}
    around = neighbour_cells(cells)
    neighbours = np.array([[index.get(int(c), -1) for c in row] for row in around], np.int32)
    touching = neighbours[1:][neighbours[1:] > 0]
    assert touching.size == 12
    station = np.zeros(7, np.int32)
    station[6] = 1
    return cells, station, neighbours


def test_imported_beats_keep_their_ids(town):
    cells, station, neighbours = town
    table = pd.DataFrame({"cell": cells[::-1], "beat_id": ["北格", *["南格"] * 6]})
    beats = beats_from_cells(table, cells, station, neighbours)
    assert beats.beat_ids == ("北格", "南格")
    assert beats.beat.tolist() == [1] * 6 + [0]
    assert beats.station_of_beat.tolist() == [1, 0]
    assert beats.broken_beats == ()
    assert beats.cells_without_beat.size == 0


def test_imported_beats_that_fall_apart_or_leave_land_are_reported(town):
    cells, station, neighbours = town
    # Of the ring without its centre, two cells that do not touch.
    far = next(i for i in range(2, 6) if i not in neighbours[1])
    table = pd.DataFrame({"cell": cells[[1, far]], "beat_id": ["甲", "甲"]})
    beats = beats_from_cells(table, cells, station, neighbours)
    assert beats.broken_beats == ("甲",)
    assert set(beats.cells_without_beat) == set(cells) - {cells[1], cells[far]}


def test_a_cell_in_two_beats_is_refused(town):
    cells, station, neighbours = town
    table = pd.DataFrame({"cell": cells[[0, 0]], "beat_id": ["甲", "乙"]})
    with pytest.raises(BeatError, match=f"every cell once.*{format_cells(cells[:1])[0]}"):
        beats_from_cells(table, cells, station, neighbours)


def test_a_cell_outside_the_city_is_refused(town):
    cells, station, neighbours = town
    table = pd.DataFrame({"cell": cells_at([40.6], [109.9], 9), "beat_id": ["甲"]})
    with pytest.raises(BeatError, match="cells of the city, got 1"):
        beats_from_cells(table, cells, station, neighbours)


def test_a_beat_across_stations_is_refused(town):
    cells, station, neighbours = town
    table = pd.DataFrame({"cell": cells, "beat_id": ["跨所格"] * 7})
    with pytest.raises(BeatError, match="1 across: 跨所格"):
        beats_from_cells(table, cells, station, neighbours)


def test_an_empty_table_is_refused(town):
    cells, station, neighbours = town
    table = pd.DataFrame({"cell": cells[:0], "beat_id": pd.Series([], dtype="str")})
    with pytest.raises(BeatError, match="empty table"):
        beats_from_cells(table, cells, station, neighbours)
