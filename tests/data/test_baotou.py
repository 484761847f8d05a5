"""The shipped tables are what SOURCES.md says."""

from __future__ import annotations

import numpy as np
import pytest

from data import baotou
from grid.cells import cell_areas_km2, resolutions


@pytest.fixture(scope="module")
def district_cells():
    return baotou.load_district_cells()


def test_every_cell_of_the_city_is_owned_once(district_cells):
    assert len(district_cells) == 315_020
    assert district_cells["cell"].dtype == np.uint64
    assert district_cells["cell"].is_unique
    assert set(resolutions(district_cells["cell"].to_numpy())) == {baotou.CELL_RESOLUTION}


def test_cells_by_district(district_cells):
    assert district_cells.groupby("district_code").size().to_dict() == {
        "150202": 5291,
        "150203": 3663,
        "150204": 3250,
        "150205": 8950,
        "150206": 2812,
        "150207": 7809,
        "150221": 27073,
        "150222": 57032,
        "150223": 199140,
    }


def test_area_is_that_of_the_city(district_cells):
    area = cell_areas_km2(district_cells["cell"].to_numpy()).sum()
    # On h3's sphere; 27,563 on the ellipsoid.
    assert area == pytest.approx(27_523, abs=1)


def test_townships_and_their_communities():
    townships = baotou.load_townships()
    communities = baotou.load_communities()
    assert len(townships) == 91
    assert townships["code"].is_unique
    assert int(townships["lng"].isna().sum()) == 31
    assert (townships["lng"].isna() == townships["lat"].isna()).all()
    assert len(communities) == 855
    assert communities["code"].is_unique
    assert set(communities["township_code"]) == set(townships["code"])
    assert (communities["code"].str[:9] == communities["township_code"]).all()


def test_every_district_has_townships_and_an_outline(district_cells):
    districts = baotou.load_districts()
    assert set(districts["district_code"]) == set(baotou.load_townships()["district_code"])
    assert set(districts["outline_code"]) == set(district_cells["district_code"])
    zone = districts.set_index("district_code").loc[baotou.HIGH_TECH_ZONE]
    assert zone["outline_code"] == "150204"


def test_districts_add_up_to_the_city():
    districts = baotou.load_districts()
    assert districts["population"].sum() == 2_709_378
    assert (districts["male"] + districts["female"] == districts["population"]).all()
    assert (districts["urban"] + districts["rural"] == districts["population"]).all()


def test_age_bands_add_up_to_each_district():
    census = baotou.load_census()
    assert len(census) == 10 * 2 * 19
    by_district = census.groupby("district_code")["population"].sum()
    totals = baotou.load_districts().set_index("district_code")["population"]
    assert by_district.to_dict() == totals.to_dict()
    one = census[(census["district_code"] == "150203") & (census["sex"] == "male")]
    assert one["age_low"].tolist() == [0, 1, *range(5, 90, 5)]
    assert (one["age_low"].to_numpy()[1:] == one["age_high"].to_numpy()[:-1] + 1).all()


def test_a_caller_may_change_what_it_loaded():
    mine = baotou.load_townships()
    mine["name"] = "x"
    assert "x" not in set(baotou.load_townships()["name"])
