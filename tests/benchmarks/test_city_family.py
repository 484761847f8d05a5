"""The family of cities: each of them at a small size reads back, has its oddity, and plans."""

from __future__ import annotations

import time
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from city_family import FAMILY, build
from portions import IS_LONG

from data.bundle import bundle_sha256, read_bundle, write_bundle
from dispatch.check import check
from dispatch.effort import Effort
from dispatch.impossible import impossible_pins
from dispatch.planner import plan
from dispatch.roster import ROSTER_COLUMNS
from dispatch.scenario import Scenario

if TYPE_CHECKING:
    from pathlib import Path

SMALL = 250
PLANNED = tuple(FAMILY) if IS_LONG else ("hard", "villages", "valley")
"""The strictest city, and those with a ground of their own; the long run plans each of them."""
made = cache(lambda name: build(name, SMALL))


@pytest.fixture(scope="module", params=PLANNED)
def city(request: pytest.FixtureRequest) -> tuple[str, Scenario]:
    return request.param, made(request.param)


def test_it_reads_back_as_it_was_made(city: tuple[str, Scenario], tmp_path: Path) -> None:
    _, scenario = city
    write_bundle(scenario, tmp_path / "city")
    read = read_bundle(tmp_path / "city")
    for field in fields(Scenario):
        made, found = getattr(scenario, field.name), getattr(read, field.name)
        if isinstance(made, pd.DataFrame):
            pd.testing.assert_frame_equal(found[made.columns], made, obj=field.name)
        else:
            assert made == found


def test_it_plans_without_violations(city: tuple[str, Scenario]) -> None:
    _, scenario = city
    result = plan(scenario, effort=Effort(rounds=0), workers=1, seed=1, clock=time.perf_counter)
    report = check(scenario, result.roster)
    assert sum(report.violations.values()) == 0
    assert 0 < result.report.bound <= report.objective
    assert report.assigned > 0


def test_its_fixed_pins_alone_are_a_roster(city: tuple[str, Scenario]) -> None:
    _, scenario = city
    fixed = scenario.pins[scenario.pins["kind"] == "fixed"]
    assert len(fixed) >= 9
    assert impossible_pins(scenario) == []
    # H7 may want a third at a post; the others of H1-H9 are kept by the pins as they stand.
    broken = check(scenario, fixed[list(ROSTER_COLUMNS)].reset_index(drop=True)).violations
    allowed = {"H7"} if scenario.rules.min_volunteers_per_post > 2 else set()
    assert {rule for rule, count in broken.items() if count} <= allowed


def test_the_same_options_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("hard", "compact"):
        for copy in ("one", "two"):
            write_bundle(build(name, 200), tmp_path / name / copy)
        assert bundle_sha256(tmp_path / name / "one") == bundle_sha256(tmp_path / name / "two")


def test_each_has_the_oddity_that_it_is_there_for() -> None:
    city = {name: made(name) for name in FAMILY}
    usual = city["seed7"]
    assert city["rest10"].rules.min_rest_hours == 10
    assert city["six"].rules.volunteers_per_supervisor == 6
    assert len(city["four"].shifts) == 28
    length = city["four"].shifts["ends_at"] - city["four"].shifts["starts_at"]
    assert set(length) == {pd.Timedelta(hours=6)}
    assert len(city["tight"].availability) < 0.5 * len(usual.availability)
    assert len(city["slack"].demand) < 0.6 * len(usual.demand)
    assert {weight for places in city["single"].demand["weight"] for weight in places} == {1}
    assert max(max(places) for places in city["heavy"].demand["weight"]) > 20
    stations = {name: one.beats["station_id"].nunique() for name, one in city.items()}
    assert stations["villages"] >= 2
    assert len(city["compact"].shifts) == 21
