"""What is written is what is read, whatever the values and the format."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portions import portion
from tiny_city import AVAILABILITY, BEATS, HAIWEI, HUASHENG, pins_table, scenarios, tiny_scenario

from data.bundle import bundle_sha256, read_bundle, write_bundle
from grid.cells import cells_at

if TYPE_CHECKING:
    from pathlib import Path

    from dispatch.scenario import Scenario

CELLS = pd.DataFrame(
    {
        "cell": cells_at(*np.array([HAIWEI, HUASHENG]).T, 9),
        "beat_id": pd.Series(["haiwei", "huasheng"], dtype="str"),
        "weight": [0.1, 1 / 3],
    }
)
PINS = pins_table(
    ("li", "haiwei", "evening", "auxiliary", "fixed"),
    ("sun", "haiwei", "evening", "patrol_guard", "forbidden"),
)
FORMATS = pytest.mark.parametrize("file_format", ["csv", "parquet"])
ID_TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters=";"), min_size=1, max_size=6
)


def assert_same(one: Scenario, other: Scenario) -> None:
    for field in fields(one):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, pd.DataFrame):
            assert list(left.columns) == list(right.columns) or set(left) == set(right)
            pd.testing.assert_frame_equal(left, right[left.columns], obj=field.name)
        else:
            assert left == right, field.name


@FORMATS
def test_the_tiny_city_comes_back(tmp_path: Path, file_format: str) -> None:
    scenario = tiny_scenario(cells=CELLS, pins=PINS)
    write_bundle(scenario, tmp_path / "week", file_format=file_format)
    assert_same(scenario, read_bundle(tmp_path / "week"))


@given(scenario=scenarios(), file_format=st.sampled_from(["csv", "parquet"]))
@settings(max_examples=portion(12), deadline=None)
def test_any_scenario_comes_back(
    tmp_path_factory: pytest.TempPathFactory, scenario: Scenario, file_format: str
) -> None:
    directory = tmp_path_factory.mktemp("bundle")
    write_bundle(scenario, directory, file_format=file_format)
    assert_same(scenario, read_bundle(directory))


@given(
    ids=st.lists(ID_TEXT, min_size=3, max_size=3, unique=True),
    names=st.lists(st.text(st.characters(exclude_categories=("Cs",))), min_size=3, max_size=3),
    weights=st.lists(st.floats(0, 1e300), min_size=2, max_size=2),
    show_up=st.floats(0, 1, exclude_min=True),
    file_format=st.sampled_from(["csv", "parquet"]),
)
@settings(max_examples=portion(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_and_number_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    *,
    ids: list[str],
    names: list[str],
    weights: list[float],
    show_up: float,
    file_format: str,
) -> None:
    beats = BEATS.assign(
        beat_id=pd.Series(ids, dtype="str"),
        station_id=pd.Series(ids[::-1], dtype="str"),
        name=pd.Series(names, dtype="str"),
        station_name=pd.Series(ids, dtype="str"),
    )
    cells = CELLS.assign(beat_id=pd.Series(ids[:2], dtype="str"), weight=weights)
    empty = tiny_scenario()
    scenario = replace(
        empty,
        name=names[0],
        beats=beats,
        cells=cells,
        people=empty.people.assign(show_up=show_up),
        demand=empty.demand.iloc[:0],
    )
    directory = tmp_path_factory.mktemp("bundle")
    write_bundle(scenario, directory, file_format=file_format)
    assert_same(scenario, read_bundle(directory))


def test_times_are_written_in_the_scenarios_own_zone(tmp_path: Path) -> None:
    write_bundle(tiny_scenario(), tmp_path)
    assert "morning,2026-11-27T07:00:00+08:00,2026-11-27T11:00:00+08:00" in (
        tmp_path / "shifts.csv"
    ).read_text("utf-8")


def test_microseconds_survive(tmp_path: Path) -> None:
    shifts = tiny_scenario().shifts
    shifts = shifts.assign(ends_at=shifts["ends_at"] + timedelta(microseconds=1))
    write_bundle(tiny_scenario(shifts=shifts), tmp_path)
    pd.testing.assert_frame_equal(read_bundle(tmp_path).shifts, shifts)


def test_column_order_byte_order_mark_and_foreign_columns_do_not_matter(tmp_path: Path) -> None:
    scenario = tiny_scenario()
    write_bundle(scenario, tmp_path)
    path = tmp_path / "people.csv"
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    table = table[table.columns[::-1]].assign(phone="13800000000", note="两\n行")
    path.write_text("\ufeff" + table.to_csv(index=False, lineterminator="\r\n"), "utf-8")
    assert_same(scenario, read_bundle(tmp_path))


def test_parquet_may_hold_real_types(tmp_path: Path) -> None:
    """Another program's parquet has timestamps, dates, lists, booleans and 64-bit cells."""
    scenario = tiny_scenario(cells=CELLS)
    write_bundle(scenario, tmp_path)
    for name in ("shifts", "people", "roles", "demand", "cells", "availability"):
        table = getattr(scenario, name)
        lists = [c for c in table.columns if table[c].map(type).eq(tuple).all() and len(table)]
        table = table.assign(**{c: table[c].map(list) for c in lists})
        table.to_parquet(tmp_path / f"{name}.parquet", index=False)
        (tmp_path / f"{name}.csv").unlink()
    assert "list" in str(pq.read_schema(tmp_path / "demand.parquet").field("weight").type)
    assert_same(scenario, read_bundle(tmp_path))


def test_optional_columns_and_files_take_their_defaults(tmp_path: Path) -> None:
    scenario = tiny_scenario(availability=AVAILABILITY.assign(dislike=0))
    write_bundle(scenario, tmp_path)
    for name, column in (
        ("availability", "dislike"),
        ("roles", "supervised"),
        ("beats", "station_name"),
        ("beats", "sub_bureau_name"),
    ):
        path = tmp_path / f"{name}.csv"
        pd.read_csv(path, dtype="str", keep_default_na=False).drop(columns=column).to_csv(
            path, index=False
        )
    read = read_bundle(tmp_path)
    assert not (tmp_path / "pins.csv").exists()
    assert read.pins.empty
    assert (read.availability["dislike"] == 0).all()
    assert read.roles["supervised"].all()
    assert read.beats["station_name"].tolist() == read.beats["station_id"].tolist()


def test_extras_are_written_and_passed_over(tmp_path: Path) -> None:
    scenario = tiny_scenario()
    ages = pd.DataFrame({"age": np.arange(len(scenario.people)) + 30})
    teams = pd.DataFrame({"team_id": ["t1"], "name": ["昆北一队"]})
    write_bundle(scenario, tmp_path, extras={"people": ages, "teams": teams})
    assert pd.read_csv(tmp_path / "people.csv")["age"].tolist() == ages["age"].tolist()
    assert pd.read_csv(tmp_path / "teams.csv")["name"].tolist() == ["昆北一队"]
    assert_same(scenario, read_bundle(tmp_path))


def test_writing_in_the_other_format_leaves_one_file_a_table(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_bundle(tiny_scenario(), tmp_path, file_format="csv")
    write_bundle(tiny_scenario(), tmp_path, file_format="parquet")
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".parquet", ".txt"}
    read_bundle(tmp_path)


def test_the_fingerprint_follows_every_byte_of_the_bundle_and_nothing_else(tmp_path: Path) -> None:
    write_bundle(tiny_scenario(), tmp_path)
    first = bundle_sha256(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    assert bundle_sha256(tmp_path) == first
    for path in sorted(tmp_path.glob("*.csv")):
        before = path.read_bytes()
        path.write_bytes(before + b" ")
        assert bundle_sha256(tmp_path) != first
        path.write_bytes(before)
    assert bundle_sha256(tmp_path) == first
