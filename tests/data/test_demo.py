"""The demo city: real ground, made-up people, the same for a seed, and every promise kept."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import baotou
from data.bundle import bundle_sha256, read_bundle
from data.catalogue import (
    load_professions,
    load_qualifications,
    load_roles,
    load_shift_templates,
)
from data.demo import SEED, Demo, build_demo, write_demo
from data.demo.eligible import capacity, come_and_insured
from data.demo.figures import figures, station_fill
from data.demo.programme import KINDS, build_programme
from data.demo.shifts import build_shifts, hours_covered
from data.demo.signups import granted, with_posts_by_signups
from dispatch.check import check
from dispatch.greedy import greedy_roster
from dispatch.impossible import impossible_pins
from dispatch.rules import Tier
from dispatch.scenario import Scenario
from grid.cells import cells_at
from grid.errors import ScenarioError

if TYPE_CHECKING:
    from pathlib import Path

NINE_DUTY_ROLES = (
    *("community_reporter", "mediator", "patrol_guard", "relief_worker", "order_steward"),
    *("law_educator", "civility_inspector", "service_helper", "incident_responder"),
)


@pytest.fixture(scope="module")
def small_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "small"


@pytest.fixture(scope="module")
def small(small_dir: Path) -> Demo:
    return write_demo(small_dir, 1_500)


@pytest.fixture(scope="module")
def volunteers(small: Demo) -> pd.DataFrame:
    table = pd.concat([small.scenario.people, small.people_extra], axis=1)
    return table[table["tier"] == "volunteer"].reset_index(drop=True)


def test_the_bundle_reads_back_as_it_was_made(small: Demo, small_dir: Path) -> None:
    read = read_bundle(small_dir)
    for field in fields(Scenario):
        made, found = getattr(small.scenario, field.name), getattr(read, field.name)
        if isinstance(made, pd.DataFrame):
            pd.testing.assert_frame_equal(found[made.columns], made, obj=field.name)
        else:
            assert made == found


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    said: list[str] = []
    write_demo(tmp_path / "one", 200, seed=1, progress=said.append)
    write_demo(tmp_path / "two", 200, seed=1)
    write_demo(tmp_path / "three", 200, seed=2)
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert one == two
    assert bundle_sha256(tmp_path / "one") != bundle_sha256(tmp_path / "three")
    assert said


def test_a_file_in_the_way_is_told_before_anything_is_made(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="got the file"):
        write_demo(tmp_path / "file", 200, progress=said.append)
    assert not said


def test_a_small_city_is_small_throughout(small: Demo) -> None:
    found = figures(small.scenario)
    part = 1_500 / 37_289
    assert found["volunteers"] == 1_500
    assert found["stations"] == round(91 * part)
    assert found["beats"] == round(1_444 * part)
    assert found["officers"] == round(1_000 * part)
    assert found["auxiliaries"] == round(2_500 * part)
    assert found["posts"] == pytest.approx(20_000 * part, rel=0.15)
    assert found["lines"] == pytest.approx(54_000 * part, rel=0.15)


def test_every_cell_is_in_one_beat_and_every_beat_reports_inside_itself(small: Demo) -> None:
    scenario = small.scenario
    assert scenario.cells["cell"].is_unique
    assert set(scenario.cells["beat_id"]) == set(scenario.beats["beat_id"])
    beats = scenario.beats
    own = scenario.cells.set_index("cell")["beat_id"]
    at = cells_at(beats["lat"].to_numpy(), beats["lng"].to_numpy(), 9)
    assert own.loc[at].tolist() == beats["beat_id"].tolist()


def test_homes_lie_in_their_stations_ground(small: Demo, volunteers: pd.DataFrame) -> None:
    home = cells_at(volunteers["lat"].to_numpy(), volunteers["lng"].to_numpy(), 9)
    row = pd.Index(small.ground.cells).get_indexer(home)
    station = small.ground.stations["station_id"].to_numpy()[small.ground.station[row]]
    assert (row >= 0).all()
    assert station.tolist() == volunteers["station_id"].tolist()
    assert (small.ground.population[row] > 0).all()


def test_teams_are_of_their_members_station(small: Demo, volunteers: pd.DataFrame) -> None:
    teams = small.teams.set_index("team_id")
    assert teams.index.is_unique
    assert set(teams["specialism"]) <= {*NINE_DUTY_ROLES, ""}
    of_team = teams["station_id"].loc[volunteers["team_id"]].tolist()
    assert of_team == volunteers["station_id"].tolist()


def test_people_are_obviously_made_up(small: Demo) -> None:
    names = small.people_extra["name"]
    assert names.str.fullmatch(r"(义警|民警|辅警)\d+").all()
    assert "合成" in small.scenario.name


def test_professions_fit_ages(volunteers: pd.DataFrame) -> None:
    assert volunteers["age"].between(18, 75).all()
    assert set(volunteers["profession"]) <= set(load_professions()["profession"])
    age = volunteers.groupby("profession")["age"].mean()
    assert age["student"] < 25
    assert age["retired"] > 60


def test_habits_fit_professions(small: Demo, volunteers: pd.DataFrame) -> None:
    """Riders come in the evening and at night, teachers at school hours, pensioners by day."""
    shifts = small.scenario.availability.merge(
        volunteers[["person_id", "profession"]], on="person_id"
    )
    template = shifts["shift_id"].str.split("-").str[1]
    share = pd.crosstab(shifts["profession"], template, normalize="index")
    assert share.loc["delivery_rider", ["evening", "night"]].sum() > 0.6
    assert share.loc["teacher", ["morning", "afternoon"]].sum() > 0.6
    assert share.loc["retired", ["morning", "day", "afternoon"]].sum() > 0.8
    disliked = shifts[shifts["dislike"] > 0]
    assert disliked["dislike"].between(5, 30).all()
    assert 0.1 < len(disliked) / len(shifts) < 0.7


def test_one_in_twelve_is_not_insured_and_some_only_for_part_of_the_week(
    volunteers: pd.DataFrame,
) -> None:
    until = volunteers["insured_until"]
    sunday = pd.Timestamp("2026-12-06")
    assert ((until < sunday) | until.isna()).mean() == pytest.approx(0.08, abs=0.025)
    assert until.between("2026-11-30", "2026-12-05").any()


def test_numbers_are_in_their_ranges(volunteers: pd.DataFrame) -> None:
    assert volunteers["show_up"].between(0.5, 0.98).all()
    assert volunteers["max_shifts"].between(1, 5).all()
    assert (volunteers["max_shifts"] <= 3).mean() > 0.85
    assert 0.2 < volunteers["travel_limit_m"].isna().mean() < 0.6


def test_the_nine_duty_roles_and_the_school_gate_are_asked_for(small: Demo) -> None:
    roles = small.scenario.roles.set_index("role")
    assert {*NINE_DUTY_ROLES, "school_guard", "officer", "auxiliary"} <= set(roles.index)
    assert not roles.loc["school_guard", "supervised"]
    assert roles.loc[list(NINE_DUTY_ROLES), "supervised"].all()
    assert (roles.loc[roles["hazardous"], "tier"] == Tier.OFFICER).all()
    assert set(small.scenario.demand["role"]) == set(roles.index)
    assert set(small.scenario.people["qualifications"].explode().dropna()) <= set(
        load_qualifications()["qualification"]
    )


def test_school_gates_open_on_workdays_at_school_hours(small: Demo) -> None:
    gates = small.scenario.demand[small.scenario.demand["role"] == "school_guard"]
    times = gates["shift_id"].str.split("-", expand=True)
    assert set(times[1]) == {"morning", "afternoon"}
    assert set(times[0]) == {"1130", "1201", "1202", "1203", "1204"}
    assert all(weight[0] >= 7 for weight in gates["weight"])


def test_weights_are_between_one_and_ten_and_higher_where_risk_is(small: Demo) -> None:
    demand = small.scenario.demand
    assert demand["weight"].map(min).min() == 1
    assert demand["weight"].map(max).max() == 10
    assert demand["required"].between(1, 6).all()
    ground = small.ground
    risk = ground.risk.by_area(ground.beat, len(ground.beats), hours_covered(small.scenario.shifts))
    evening = demand["shift_id"].str.endswith("-evening")
    first = demand[evening & (demand["role"] == "auxiliary")]
    beat = pd.Index(ground.beats["beat_id"]).get_indexer(first["beat_id"])
    shift = pd.Index(small.scenario.shifts["shift_id"]).get_indexer(first["shift_id"])
    rank = pd.Series(risk[beat, shift]).rank()
    assert rank.corr(first["weight"].str[0].reset_index(drop=True).rank()) > 0.3


def test_some_stations_can_be_filled_and_some_cannot(small: Demo) -> None:
    """By capacity: where staff places outnumber the shifts that staff may work, none fills them."""
    scenario = small.scenario
    people, demand = scenario.people, scenario.demand
    staff = people["tier"] != "volunteer"
    shifts = pd.Series(capacity(scenario))[staff].groupby(people["station_id"][staff]).sum()
    tier = demand["role"].map(scenario.roles.set_index("role")["tier"])
    station = demand["beat_id"].map(scenario.beats.set_index("beat_id")["station_id"])
    asked = demand["required"][tier != "volunteer"].groupby(station).sum()
    models = small.ground.stations["station_id"][small.programme.by_signups]
    assert (asked[models] <= shifts[models]).all()
    assert (asked > shifts).any()
    filled = station_fill(scenario, greedy_roster(scenario))["filled"]
    assert filled[models].min() > 0.9  # and a plan fills more than this simple roster
    assert filled.max() > 0.95
    assert filled.drop(models).max() < filled[models].min()
    assert filled.min() < 0.75


def test_station_fill_agrees_with_the_checker(small: Demo) -> None:
    pins = small.scenario.pins
    fixed = pins[pins["kind"] == "fixed"].drop(columns="kind").reset_index(drop=True)
    fill, report = station_fill(small.scenario, fixed), check(small.scenario, fixed)
    assert fill["unmet_weight"].sum() == report.weighted_unmet
    assert fill["missing"].sum() == report.unmet
    empty = station_fill(small.scenario, fixed.head(0))
    assert (empty["filled"] == 0).all()
    assert (empty["missing"] == empty["places"]).all()


def test_posts_by_signups_only_ever_shrink_and_only_where_wanted(small: Demo) -> None:
    """Cut every station but one of the finished city: lines keep their heaviest places."""
    scenario = small.scenario
    stations = scenario.beats["station_id"].unique()
    after = with_posts_by_signups(scenario, stations[1:]).demand
    line = ["beat_id", "shift_id", "role"]
    both = scenario.demand.merge(after, how="left", on=line, suffixes=("", "_after"))
    kept = both["required_after"].fillna(0)
    own = both["beat_id"].map(scenario.beats.set_index("beat_id")["station_id"]) == stations[0]
    assert (kept[own] == both["required"][own]).all()
    assert (kept <= both["required"]).all()
    assert (kept < both["required"]).any()
    weights = both[kept > 0]
    for before, now in zip(weights["weight"], weights["weight_after"], strict=True):
        assert now == before[: len(now)]
    assert [len(places) for places in after["weight"]] == after["required"].tolist()


def test_posts_by_signups_are_led_and_never_of_one_volunteer(small: Demo) -> None:
    scenario = small.scenario
    models = small.ground.stations["station_id"][small.programme.by_signups]
    own = scenario.beats["beat_id"][scenario.beats["station_id"].isin(models)]
    roles = scenario.roles.set_index("role")
    lines = scenario.demand[scenario.demand["beat_id"].isin(own)].join(roles, on="role")
    volunteer = lines["tier"] == Tier.VOLUNTEER
    post = [lines["beat_id"], lines["shift_id"]]

    def heads(chosen: pd.Series) -> pd.Series:
        return lines["required"].where(chosen, 0).groupby(post).sum()

    assert (heads(volunteer & lines["supervised"]) <= 8 * heads(~volunteer)).all()
    assert (heads(volunteer) != 1).all()
    assert heads(volunteer).sum() > 0


def test_a_station_that_nobody_serves_gives_up_all_its_posts(small: Demo) -> None:
    scenario = replace(small.scenario, availability=small.scenario.availability.head(0))
    assert with_posts_by_signups(scenario, scenario.beats["station_id"].unique()).demand.empty


@given(num=st.integers(1, 40), seed=st.integers(0, 9))
def test_granted_places_are_the_heaviest_within_each_groups_limit(num: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked, group, weight = rng.integers(0, 5, num), rng.integers(0, 4, num), rng.integers(1, 9, num)
    limit = rng.uniform(0, 9, 4)
    given_ = granted(asked, group, limit[group], weight)
    for one in range(4):
        own = group == one
        assert given_[own].sum() == min(asked[own].sum(), int(limit[one]))
        wanting = weight[own][given_[own] < asked[own]].max(initial=0)
        assert (weight[own][given_[own] > 0] >= wanting).all()


def test_kinds_of_stations_are_spread_over_small_and_large_ones(small: Demo) -> None:
    assert set(small.programme.kind) == set(range(len(KINDS)))
    again = build_programme(small.ground, SEED)
    np.testing.assert_array_equal(again.kind, small.programme.kind)
    np.testing.assert_array_equal(again.staffing, small.programme.staffing)
    assert (small.programme.staffing > 0).all()
    assert (small.programme.joining > 0).all()


def test_the_fixed_pins_alone_are_a_roster_that_keeps_every_rule(small: Demo) -> None:
    pins = small.scenario.pins
    fixed = pins[pins["kind"] == "fixed"].drop(columns="kind").reset_index(drop=True)
    assert len(fixed) >= 9
    assert (pins["kind"] == "forbidden").sum() >= 3
    assert impossible_pins(small.scenario) == []
    assert not any(check(small.scenario, fixed).violations.values())


def test_the_weeks_shifts_are_five_a_day(small: Demo) -> None:
    shifts = small.scenario.shifts
    assert len(shifts) == 35
    assert shifts["shift_id"].tolist()[:5] == [
        f"1130-{name}" for name in load_shift_templates()["template"]
    ]
    assert shifts["starts_at"].is_monotonic_increasing
    assert (shifts["ends_at"] > shifts["starts_at"]).all()


def test_hours_covered_add_up_to_the_shifts_lengths() -> None:
    shifts = build_shifts()
    hours = (shifts["ends_at"] - shifts["starts_at"]) / pd.Timedelta(hours=1)
    covered = hours_covered(shifts)
    np.testing.assert_allclose(covered.sum(axis=1), hours)
    sunday_night = covered[-1]
    assert sunday_night[[166, 167, 0, 1]].tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(("count", "seed"), [(0, 1), (-5, 1), (19, 1), (100, -1)])
def test_impossible_cities_are_refused(count: int, seed: int) -> None:
    with pytest.raises(ScenarioError, match="Expected at least 20 volunteers"):
        build_demo(count, seed)


@pytest.mark.parametrize("count", [20, 97])
def test_the_smallest_cities_can_be_made(count: int) -> None:
    scenario = build_demo(count).scenario
    assert (scenario.people["tier"] == "volunteer").sum() == count
    assert len(scenario.demand) > 0


def test_the_catalogue_has_both_languages() -> None:
    for load in (load_roles, load_professions, load_qualifications, load_shift_templates):
        table = load()
        assert (table["label_zh"] != "").all()
        assert (table["label_en"] != "").all()
        assert table.iloc[:, 0].is_unique
    assert len(load_professions()) == 15


@pytest.mark.slow
def test_the_whole_city_has_baotous_size_and_census() -> None:
    demo = build_demo(seed=SEED)
    found = figures(demo.scenario)
    assert len(demo.teams) == 414
    assert {name: found[name] for name in ("stations", "beats", "cells", "volunteers")} == {
        "stations": 91,
        "beats": 1_444,
        "cells": 315_020,
        "volunteers": 37_289,
    }
    assert (found["officers"], found["auxiliaries"]) == (1_000, 2_500)
    assert 18_000 < found["posts"] < 22_000
    assert 50_000 < found["lines"] < 60_000
    assert 110_000 < found["places"] < 125_000
    assert 2_000_000 < found["candidate_pairs"] < 4_000_000
    living = pd.Series(demo.ground.population).groupby(demo.ground.district).sum()
    census = baotou.load_districts().set_index("district_code")["population"]
    assert living.to_dict() == census.to_dict()
    assert come_and_insured(demo.scenario).any(axis=1).mean() > 0.85
    assert impossible_pins(demo.scenario) == []
