"""Beats' codes, names, reporting points and shapes, against dissolved geometry."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyproj import Geod

from grid.beats import BEAT_COLUMNS, beat_names, build_beats, community_name, reporting_cells
from grid.cells import cell_centres, cells_at, dissolve, neighbour_cells
from grid.districting import draw_beats, plane_xy_m
from grid.lattice import build_lattice
from grid.travel import EARTH_RADIUS_M

SPHERE = Geod(a=EARTH_RADIUS_M, b=EARTH_RADIUS_M)
STATIONS = pd.DataFrame(
    {
        "station_id": ["150204008", "150204100"],
        "name": ["乌素图派出所", "青福镇派出所"],
        "district_code": ["150204", "150204"],
    }
)
COMMUNITIES = pd.DataFrame(
    {"name": ["利民社区居委会", "大庙村委会"], "township_code": ["150204008", "150204008"]}
)


@pytest.fixture(scope="module")
def ground():
    """A patch of 青山区 around the two stations' offices, cut into 12 beats."""
    lat, lng = np.meshgrid(np.linspace(40.63, 40.67, 45), np.linspace(109.89, 109.97, 70))
    lattice = build_lattice(np.unique(cells_at(lat.ravel(), lng.ravel(), 9)))
    lat, lng = cell_centres(lattice.cells)
    station = (lng < 109.93).astype(np.int32)
    workload = np.exp(-(((lat - 40.65) / 0.02) ** 2)) * (1 + np.arange(lat.size) % 3)
    drawn = draw_beats(lattice.neighbours(), station, workload, plane_xy_m(lat, lng), 12)
    return lattice, lat, lng, workload, drawn


@pytest.fixture(scope="module")
def beats(ground):
    lattice, lat, lng, workload, drawn = ground
    return build_beats(
        drawn.beat,
        drawn.station_of_beat,
        STATIONS,
        lattice.cells,
        lattice.neighbours(),
        lat=lat,
        lng=lng,
        workload=workload,
        communities=COMMUNITIES,
    )


def test_table_has_a_row_a_beat_with_codes_of_its_station(beats, ground):
    assert tuple(beats.columns) == BEAT_COLUMNS
    assert beats["beat_id"].is_unique
    assert (beats["beat_id"].str[:9] == beats["station_id"]).all()
    first = beats.groupby("station_id", sort=False)["beat_id"].first()
    assert first.tolist() == ["150204008-001", "150204100-001"]
    assert beats["num_cells"].sum() == ground[0].cells.size
    assert beats["workload"].sum() == pytest.approx(ground[3].sum())


def test_outlines_agree_with_dissolved_polygons(beats, ground):
    lattice, drawn = ground[0], ground[4]
    for b, row in enumerate(beats.itertuples()):
        shape = dissolve(lattice.cells[drawn.beat == b])
        rings = [r for part in shape.geoms for r in (part.exterior, *part.interiors)]
        perimeter_km = sum(SPHERE.line_length(*np.array(r.coords).T) for r in rings) / 1000
        area_km2 = abs(SPHERE.geometry_area_perimeter(shape)[0]) / 1e6
        assert row.perimeter_km == pytest.approx(perimeter_km, rel=1e-6)
        assert row.area_km2 == pytest.approx(area_km2, rel=1e-4)
        assert row.polsby_popper == pytest.approx(4 * np.pi * area_km2 / perimeter_km**2, rel=1e-4)


def test_a_hole_counts_as_outline():
    # A ring of six around a cell of another beat.
    cells = np.unique(cells_at([40.65], [109.93], 9))
    lattice = build_lattice(np.concatenate([cells, neighbour_cells(cells).ravel()]))
    lat, lng = cell_centres(lattice.cells)
    beat = (lattice.cells == cells[0]).astype(np.int32)
    table = build_beats(
        beat,
        np.zeros(2, np.int32),
        STATIONS,
        lattice.cells,
        lattice.neighbours(),
        lat=lat,
        lng=lng,
        workload=np.ones(7),
    )
    assert table["perimeter_km"][0] == pytest.approx(4 * table["perimeter_km"][1], rel=1e-3)


def test_people_report_inside_their_beat_near_the_work(beats, ground):
    lattice, lat, lng, workload, drawn = ground
    at = lattice.index_at(beats["lat"].to_numpy(), beats["lng"].to_numpy())
    assert drawn.beat[at].tolist() == list(range(12))
    xy = plane_xy_m(lat, lng)
    for b in range(12):
        own = np.flatnonzero(drawn.beat == b)
        away = np.hypot(*(xy[own, None] - xy[None, own]).transpose(2, 0, 1))
        cost = away @ workload[own]
        chosen = cost[own == at[b]][0]
        # The exact 1-median by trying every cell; snapping the continuous one costs a little.
        assert chosen <= 1.1 * cost.min()


def test_a_beat_without_workload_reports_amid_its_cells():
    xy = np.array([[0.0, 0], [100, 0], [200, 0], [900, 0]])
    chosen = reporting_cells(np.array([0, 0, 0, 1], np.int32), 2, xy, np.array([0.0, 0, 0, 5]))
    assert chosen.tolist() == [1, 3]


def test_communities_are_dealt_in_order():
    ids = np.array(["150204008"] * 5 + ["150204100"])
    assert beat_names(ids, STATIONS, COMMUNITIES) == [
        "利民社区第1警格",
        "利民社区第2警格",
        "利民社区第3警格",
        "大庙村第1警格",
        "大庙村第2警格",
        "青福镇警格",
    ]


def test_more_communities_than_beats_name_each_beat_once():
    assert beat_names(np.array(["150204008"]), STATIONS, COMMUNITIES) == ["利民社区警格"]


@pytest.mark.parametrize(
    ("committee", "place"),
    [
        ("环西社区居委会", "环西社区"),
        ("大庙村委会", "大庙村"),
        ("大庙村委", "大庙村"),
        ("新民村村民委员会", "新民村"),
        ("二道沙河北村村委会", "二道沙河北村"),
        ("十一分公司居委会", "十一分公司社区"),
        ("敖龙忽洞嘎查村委会", "敖龙忽洞嘎查"),
        ("金帝社区", "金帝社区"),
    ],
)
def test_community_names(committee, place):
    assert community_name(committee) == place
