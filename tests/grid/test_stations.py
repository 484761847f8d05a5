"""Stations own every cell once, their ground hangs together, and made-up offices say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from grid.errors import BeatError
from grid.stations import (
    STATION_COLUMNS,
    assign_stations,
    build_stations,
    label_pieces,
    station_name,
)
from grid.travel import great_circle_m


@pytest.mark.parametrize(
    ("township", "station"),
    [
        ("乌素图街道", "乌素图派出所"),
        ("青福镇", "青福镇派出所"),
        ("达尔汗苏木", "达尔汗苏木派出所"),
        ("包钢厂区办事处", "包钢厂区派出所"),
        ("内蒙古包头钢铁冶金开发区管委会石拐产业园", "石拐产业园派出所"),
        ("包头市装备制造产业园区", "装备制造产业园区派出所"),
    ],
)
def test_station_names(township, station):
    assert station_name(township) == station


def row_of_cells(count, step=0.003):
    """Cells in a row from west to east, each next to the ones beside it."""
    neighbours = np.full((count, 6), -1, np.int32)
    neighbours[1:, 0] = np.arange(count - 1)
    neighbours[:-1, 3] = np.arange(1, count)
    return np.full(count, 40.6), 109.8 + step * np.arange(count), neighbours


def stations_at(lng, district):
    return pd.DataFrame(
        {
            "station_id": [f"s{i}" for i in range(len(lng))],
            "name": [f"s{i}" for i in range(len(lng))],
            "district_code": district,
            "lat": 40.6,
            "lng": lng,
            "office_is_synthetic": False,
        }
    )


def test_cells_go_to_the_nearest_office_of_their_own_district():
    lat, lng, neighbours = row_of_cells(40)
    district = np.where(np.arange(40) < 25, "a", "b")
    stations = stations_at([109.81, 109.86, 109.875], ["a", "a", "b"])
    given = assign_stations(stations, lat, lng, district, neighbours)
    distance = great_circle_m(
        lat[:, None], lng[:, None], stations["lat"].to_numpy(), stations["lng"].to_numpy()
    )
    other = stations["district_code"].to_numpy(str)[None, :] != district[:, None]
    assert given.station.tolist() == np.where(other, np.inf, distance).argmin(axis=1).tolist()
    assert (given.num_islands, given.num_exclaves) == (0, 0)


def test_an_island_goes_to_the_station_that_it_borders():
    # A horseshoe: the far end of the row bends back next to office 0, whose ground it does not
    # touch. Cells 8 and 9 are nearest to it, cells 4 to 7 to office 1.
    _, _, neighbours = row_of_cells(10)
    lng = 109.8 + 0.003 * np.array([0, 1, 2, 3, 4, 4, 3, 2, 1, 0])
    lat = 40.6 + np.array([0.0] * 5 + [0.01] * 5)
    stations = stations_at([109.8, 109.812], ["a", "a"])
    given = assign_stations(stations, lat, lng, np.array(["a"] * 10), neighbours)
    assert given.station.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    assert given.num_islands == 1
    assert given.num_exclaves == 0


def test_an_exclave_stays_with_its_own_district():
    lat, lng, neighbours = row_of_cells(9)
    district = np.array(["a"] * 5 + ["b"] * 3 + ["a"])
    given = assign_stations(
        stations_at([109.8, 109.817], ["a", "b"]), lat, lng, district, neighbours
    )
    assert given.station.tolist() == [0] * 5 + [1] * 3 + [0]
    assert (given.num_exclaves, given.num_exclave_cells) == (1, 1)


def test_a_district_without_a_station_is_refused():
    lat, lng, neighbours = row_of_cells(3)
    with pytest.raises(BeatError, match="got none in b"):
        assign_stations(
            stations_at([109.8], ["a"]), lat, lng, np.array(["a", "a", "b"]), neighbours
        )


def test_pieces_are_numbered_in_order_of_their_first_cells():
    neighbours = row_of_cells(7)[2]
    label = np.array([5, 5, 2, 5, 2, 2, 0], np.int32)
    assert label_pieces(label, neighbours).tolist() == [0, 0, 1, 2, 3, 3, 4]


def townships(rows):
    return pd.DataFrame(rows, columns=["code", "name", "district_code", "lat", "lng"])


def test_a_street_is_placed_near_streets_and_a_town_far_away():
    lat, lng = (
        a.ravel() for a in np.meshgrid(np.linspace(40.5, 40.7, 60), np.linspace(109.8, 110.2, 90))
    )
    table = townships(
        [
            ("1", "甲街道", "a", 40.6, 109.85),
            ("2", "乙街道", "a", np.nan, np.nan),
            ("3", "丙镇", "a", np.nan, np.nan),
        ]
    )
    stations = build_stations(table, lat, lng, np.full(lat.size, "a"))
    assert tuple(stations.columns) == STATION_COLUMNS
    assert stations["office_is_synthetic"].tolist() == [False, True, True]
    away = great_circle_m(40.6, 109.85, stations["lat"].to_numpy(), stations["lng"].to_numpy())
    assert away[0] == 0
    assert 500 < away[1] < 4_500
    assert away[2] > 10_000
    # Placed offices stand on the centre of a cell.
    assert set(zip(stations["lat"][1:], stations["lng"][1:], strict=True)) <= set(
        zip(lat, lng, strict=True)
    )


def test_a_district_with_no_known_office_gets_some_inside_it():
    lat, lng, _ = row_of_cells(30)
    district = np.where(np.arange(30) < 20, "a", "b")
    table = townships(
        [("1", "甲街道", "a", 40.6, 109.81)]
        + [(str(i), f"{i}苏木", "b", np.nan, np.nan) for i in (2, 3)]
    )
    stations = build_stations(table, lat, lng, district)
    assert stations["lng"][1:].between(lng[20], lng[-1]).all()
    assert stations["lng"].nunique() == 3
