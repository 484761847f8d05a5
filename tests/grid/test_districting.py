"""Beats keep the rules whatever the ground looks like, and are balanced where it can be."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portions import portion

from grid.districting import DistrictingRules, apportion, draw_beats, plane_xy_m
from grid.errors import BeatError
from grid.travel import great_circle_m

# The six steps of a hexagonal lattice in axial coordinates.
STEPS = [(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)]
QUICK = DistrictingRules(starts=2, rounds=10, sweeps=20)


def hexagons(places):
    """Neighbours and centres (100 m apart) of the given axial coordinates."""
    number = {place: i for i, place in enumerate(places)}
    neighbours = np.array(
        [[number.get((q + dq, r + dr), -1) for dq, dr in STEPS] for q, r in places], np.int32
    )
    xy = np.array([[q + r / 2, r * 3**0.5 / 2] for q, r in places]) * 100.0
    return neighbours, xy


def rectangle(width, height):
    return hexagons([(q - r // 2, r) for r in range(height) for q in range(width)])


def graph_of(neighbours):
    graph = nx.Graph()
    graph.add_nodes_from(range(len(neighbours)))
    graph.add_edges_from((i, j) for i, row in enumerate(neighbours.tolist()) for j in row if j >= 0)
    return graph


def assert_valid(drawn, neighbours, station, num_beats):
    graph = graph_of(neighbours)
    assert drawn.beat.shape == station.shape
    assert sorted(set(drawn.beat.tolist())) == list(range(num_beats))
    for b in range(num_beats):
        cells = np.flatnonzero(drawn.beat == b)
        assert nx.is_connected(graph.subgraph(cells.tolist()))
        assert set(station[cells].tolist()) == {int(drawn.station_of_beat[b])}


@st.composite
def grounds(draw):
    """A ragged patch of hexagons cut into a few stations, with skew workloads."""
    width, height = draw(st.integers(1, 9)), draw(st.integers(1, 7))
    cells = [(q - r // 2, r) for r in range(height) for q in range(width)]
    kept = draw(st.lists(st.booleans(), min_size=len(cells), max_size=len(cells)))
    places = [cell for cell, keep in zip(cells, kept, strict=True) if keep] or cells[:1]
    neighbours, xy = hexagons(places)
    station = np.array(
        draw(st.lists(st.integers(0, 2), min_size=len(places), max_size=len(places))), np.int32
    )
    loads = st.sampled_from([0.0, 0.0, 0.1, 1.0, 3.0, 100.0])
    workload = np.array(draw(st.lists(loads, min_size=len(places), max_size=len(places))))
    graph = graph_of(neighbours)
    graph.remove_edges_from([(i, j) for i, j in graph.edges if station[i] != station[j]])
    num_beats = draw(st.integers(nx.number_connected_components(graph), len(places)))
    return neighbours, station, workload, xy, num_beats


@given(grounds(), st.integers(0, 3))
@settings(max_examples=portion(150), deadline=None)
def test_beats_are_contiguous_whole_and_inside_stations(ground, seed):
    neighbours, station, workload, xy, num_beats = ground
    drawn = draw_beats(neighbours, station, workload, xy, num_beats, seed=seed, rules=QUICK)
    assert_valid(drawn, neighbours, station, num_beats)


@given(grounds())
@settings(max_examples=portion(20), deadline=None)
def test_the_same_seed_draws_the_same_beats(ground):
    neighbours, station, workload, xy, num_beats = ground
    once, again = (
        draw_beats(neighbours, station, workload, xy, num_beats, seed=7, rules=QUICK)
        for _ in range(2)
    )
    assert once.beat.tolist() == again.beat.tolist()


def test_even_ground_is_cut_evenly_and_compactly():
    neighbours, xy = rectangle(24, 24)
    station, workload = np.zeros(576, np.int32), np.ones(576)
    drawn = draw_beats(neighbours, station, workload, xy, 16)
    size = np.bincount(drawn.beat)
    assert size.min() >= 32
    assert size.max() <= 40
    assert_valid(drawn, neighbours, station, 16)
    # 16 strips of one and a half rows have far more sides than 16 near-square patches.
    same = (neighbours >= 0) & (drawn.beat[neighbours] == drawn.beat[:, None])
    sides = np.bincount(drawn.beat, 6 - same.sum(axis=1))
    assert np.median(48 * size / sides**2) > 0.75


def test_a_crowded_town_in_empty_country_is_shared():
    neighbours, xy = rectangle(40, 40)
    station = np.zeros(1600, np.int32)
    away = np.hypot(*(xy - xy[820]).T)
    workload = np.exp(-((away / 250) ** 2)) + 0.001
    drawn = draw_beats(neighbours, station, workload, xy, 6)
    load = np.bincount(drawn.beat, workload)
    assert load.max() / load.mean() < 1.15
    assert load.min() / load.mean() > 0.85
    assert_valid(drawn, neighbours, station, 6)


def test_a_line_of_cells_is_cut_at_the_best_places():
    # On a path the best cut is known: loads 2 + 2, 4, 1 + 3.
    neighbours, xy = hexagons([(q, 0) for q in range(5)])
    drawn = draw_beats(neighbours, np.zeros(5, np.int32), np.array([2.0, 2, 4, 1, 3]), xy, 3)
    beats = drawn.beat.tolist()
    assert beats[0] == beats[1]
    assert beats[3] == beats[4]
    assert len({beats[0], beats[2], beats[3]}) == 3


def test_what_is_drawn_in_one_station_does_not_depend_on_another():
    neighbours, xy = rectangle(20, 10)
    station = (xy[:, 0] > 1000).astype(np.int32)
    workload = np.random.default_rng(3).random(200)
    before = draw_beats(neighbours, station, workload, xy, 20, rules=QUICK)
    west = station == 0
    changed = np.where(west, workload, workload[::-1])
    changed[~west] *= workload[~west].sum() / changed[~west].sum()
    after = draw_beats(neighbours, station, changed, xy, 20, rules=QUICK)
    assert before.beat[west].tolist() == after.beat[west].tolist()


def test_beats_are_numbered_by_station_then_from_north_to_south():
    neighbours, xy = rectangle(12, 12)
    station = (xy[:, 0] > 600).astype(np.int32)
    drawn = draw_beats(neighbours, station, np.ones(144), xy, 9, rules=QUICK)
    assert (np.diff(drawn.station_of_beat) >= 0).all()
    north = np.bincount(drawn.beat, xy[:, 1]) / np.bincount(drawn.beat)
    for s in (0, 1):
        assert (np.diff(north[drawn.station_of_beat == s]) <= 0).all()


@given(
    st.lists(st.tuples(st.floats(0, 100), st.integers(1, 30)), min_size=1, max_size=12),
    st.floats(0, 1),
)
@settings(deadline=None)
def test_apportionment_keeps_its_bounds(pieces, where):
    workload = np.array([w for w, _ in pieces])
    most = np.array([m for _, m in pieces], np.int64)
    num_beats = int(most.size + where * (most.sum() - most.size))
    seats = apportion(workload, most, num_beats)
    assert seats.sum() == num_beats
    assert (seats >= 1).all()
    assert (seats <= most).all()


def test_apportionment_takes_the_largest_remainders():
    # Quotas of 10 seats: 4.7, 3.3, 2.0.
    assert apportion(np.array([47.0, 33, 20]), np.array([99, 99, 99]), 10).tolist() == [5, 3, 2]


def test_apportionment_gives_a_speck_one_beat_and_the_rest_what_is_left():
    assert apportion(np.array([0.01, 60, 40]), np.array([1, 99, 99]), 11).tolist() == [1, 6, 4]


def test_apportionment_stops_at_the_cells():
    assert apportion(np.array([98.0, 1, 1]), np.array([3, 9, 9]), 10).sum() == 10
    assert apportion(np.array([98.0, 1, 1]), np.array([3, 9, 9]), 10)[0] == 3


@pytest.mark.parametrize("num_beats", [1, 7])
def test_too_few_or_too_many_beats_are_refused(num_beats):
    neighbours, xy = hexagons([(0, 0), (1, 0), (2, 0), (5, 0), (6, 0), (7, 0)])
    with pytest.raises(BeatError, match=rf"2\.\.6, got {num_beats}"):
        draw_beats(neighbours, np.zeros(6, np.int32), np.ones(6), xy, num_beats)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"workload": np.array([1.0, np.nan, 1.0])}, "finite workloads"),
        ({"workload": np.array([1.0, -1.0, 1.0])}, "finite workloads"),
        ({"workload": np.ones(2)}, r"shape \(3,\)"),
        ({"station": np.array([0, -1, 0], np.int32)}, "stations >= 0"),
        ({"neighbours": np.full((3, 6), 3, np.int32)}, r"neighbours in -1\.\.2"),
        ({"xy": np.full((3, 2), np.inf)}, "finite xy"),
    ],
)
def test_arrays_that_make_no_ground_are_refused(change, message):
    neighbours, xy = hexagons([(0, 0), (1, 0), (2, 0)])
    arrays = {
        "neighbours": neighbours,
        "station": np.zeros(3, np.int32),
        "workload": np.ones(3),
        "xy": xy,
    }
    with pytest.raises(BeatError, match=message):
        draw_beats(**(arrays | change), num_beats=1)


def test_ground_without_workload_is_cut_by_cells():
    neighbours, xy = rectangle(10, 10)
    station = np.zeros(100, np.int32)
    drawn = draw_beats(neighbours, station, np.zeros(100), xy, 5, rules=QUICK)
    assert_valid(drawn, neighbours, station, 5)


def test_plane_metres_agree_with_the_great_circle_near_by():
    lat, lng = np.array([40.60, 40.62, 40.64]), np.array([109.9, 109.92, 109.95])
    xy = plane_xy_m(lat, lng)
    assert np.hypot(*(xy[0] - xy[2])) == pytest.approx(
        great_circle_m(lat[0], lng[0], lat[2], lng[2]), rel=1e-3
    )
