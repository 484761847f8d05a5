"""Baotou's ground at full size: ten sub-bureaus, 91 stations, 1,444 beats."""

from __future__ import annotations

import numpy as np
import pytest

from data import baotou
from grid.beats import build_beats
from grid.districting import DistrictingRules, draw_beats, plane_xy_m
from grid.districting_report import districting_report, verify_districting
from grid.lattice import build_lattice
from grid.stations import assign_stations

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ground():
    table = baotou.load_sub_bureau_cells()
    lattice = build_lattice(table["cell"].to_numpy())
    table = table.iloc[np.argsort(lattice.positions(table["cell"].to_numpy()))]
    return lattice, table.reset_index(drop=True)


@pytest.fixture(scope="module")
def stations():
    return baotou.load_stations()


@pytest.fixture(scope="module")
def assignment(ground, stations):
    lattice, table = ground
    return assign_stations(
        stations,
        table["lat"].to_numpy(),
        table["lng"].to_numpy(),
        table["district_code"].to_numpy(str),
        lattice.neighbours(),
    )


def test_only_the_zone_is_cut_out_of_its_outline(ground):
    sub_bureau = ground[1].set_index("cell")["district_code"]
    outline = baotou.load_district_cells().set_index("cell")["district_code"]
    outline = outline.loc[sub_bureau.index]
    moved = sub_bureau != outline
    assert set(sub_bureau[moved]) == {baotou.HIGH_TECH_ZONE}
    assert set(outline[moved]) == {"150204"}
    assert sub_bureau.nunique() == 10


def test_stations_and_their_offices(stations, ground):
    townships = baotou.load_townships()
    assert stations["station_id"].tolist() == townships["code"].tolist()
    assert int(stations["office_is_synthetic"].sum()) == 31
    assert stations["name"].is_unique
    assert "乌素图派出所" in set(stations["name"])
    known = ~stations["office_is_synthetic"]
    assert (stations.loc[known, "lat"] == townships.loc[known, "lat"]).all()
    # A made-up office stands on ground of its own sub-bureau, and on nobody else's spot.
    made_up = stations[~known]
    at = ground[0].index_at(made_up["lat"].to_numpy(), made_up["lng"].to_numpy())
    assert (ground[1]["district_code"].to_numpy(str)[at] == made_up["district_code"]).all()
    assert not stations.duplicated(["lat", "lng"]).any()


def test_every_station_has_ground_in_its_own_sub_bureau(assignment, stations, ground):
    district = stations["district_code"].to_numpy(str)[assignment.station]
    assert (district == ground[1]["district_code"].to_numpy(str)).all()
    assert np.unique(assignment.station).size == 91
    # One cell of 昆都仑区 and five of 九原区 lie apart from the rest of theirs.
    assert (assignment.num_exclaves, assignment.num_exclave_cells) == (2, 6)


def test_beats_of_the_whole_city(assignment, stations, ground):
    lattice, table = ground
    lat, lng = table["lat"].to_numpy(), table["lng"].to_numpy()
    neighbours = lattice.neighbours()
    offices = np.column_stack([stations["lat"], stations["lng"]])[assignment.station]
    away = np.hypot(lat - offices[:, 0], lng - offices[:, 1]) * 111
    workload = np.exp(-away / 2) + 0.01
    workload = np.minimum(workload, workload.sum() / 1_444 / 4)
    drawn = draw_beats(
        neighbours,
        assignment.station,
        workload,
        plane_xy_m(lat, lng),
        rules=DistrictingRules(starts=1),
    )
    assert verify_districting(drawn.beat, assignment.station, neighbours, 1_444).is_valid
    beats = build_beats(
        drawn.beat,
        drawn.station_of_beat,
        stations,
        lattice.cells,
        neighbours,
        lat=lat,
        lng=lng,
        workload=workload,
        communities=baotou.load_communities(),
    )
    assert beats["beat_id"].is_unique
    assert not beats.duplicated(["station_id", "name"]).any()
    report = districting_report(
        drawn.beat, assignment.station, workload, neighbours, beats["polsby_popper"].to_numpy()
    )
    assert report.contiguous_share == 1
    assert report.num_crossing == 0
    assert report.within_25 >= 0.95
    assert report.polsby_popper[3] >= 0.5
