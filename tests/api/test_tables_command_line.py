"""``jingge template``, ``import KIND`` and ``export``: as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from icalendar import Calendar
from sqlalchemy import select
from tiny_city import any_roster, tiny_scenario

from api import cli
from api.commands import exporting, previewing
from data.bundle import write_bundle
from data.importers.kinds import KINDS
from data.store.bundle_io import read_record
from data.store.engine import open_store
from data.store.records_from_bundle import fill_records
from data.store.tables.teams import Team
from grid.cells import cells_at, uncompact

if TYPE_CHECKING:
    from dispatch.scenario import Scenario

FIXTURE = Path(__file__).parents[1] / "data" / "fixtures" / "office_people.xlsx"


@pytest.fixture
def scenario() -> Scenario:
    """Return the tiny city on the cells around its beats."""
    city = tiny_scenario()
    cells = cells_at(city.beats["lat"], city.beats["lng"], 7)
    ground = [
        pd.DataFrame({"cell": uncompact([cell], 9), "beat_id": beat, "weight": 1.0})
        for cell, beat in zip(cells, city.beats["beat_id"], strict=True)
    ]
    table = pd.concat(ground, ignore_index=True).drop_duplicates("cell", ignore_index=True)
    return replace(city, cells=table.astype({"beat_id": "str"}))


@pytest.fixture
def bundle(tmp_path: Path, scenario: Scenario) -> Path:
    write_bundle(scenario, tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.fixture
def roster(tmp_path: Path, scenario: Scenario) -> Path:
    table = any_roster(random.Random(3), scenario).drop_duplicates(["person_id", "shift_id"])
    assert len(table) > 1
    table.to_csv(tmp_path / "roster.csv", index=False)
    return tmp_path / "roster.csv"


def test_the_kinds_are_those_of_the_importers() -> None:
    assert tuple(KINDS) == previewing.KINDS == get_args(exporting.KindName)


def test_a_template_is_written(tmp_path: Path) -> None:
    out = tmp_path / "people.xlsx"
    assert cli.run(["template", "people", str(out), "--language", "en"]) == 0
    assert openpyxl.load_workbook(out).worksheets[0]["A1"].value == "Person ID *"


def test_a_preview_says_what_would_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["import", "people", str(FIXTURE), "--preview"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "4" in lines[0]
    assert "爱好" in lines[1]
    assert len(lines) == 10
    assert lines[2].startswith("office_people.xlsx")


def test_a_preview_as_json_and_against_itself(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["import", "people", str(FIXTURE), "--preview", "--json"]
    assert cli.run([*arguments, "--against", str(FIXTURE)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["num_new"], found["num_changed"], found["num_unchanged"]) == (0, 0, 4)
    assert found["refusals"][0]["row"] == 8


def test_checked_rows_are_written_and_import_again(tmp_path: Path) -> None:
    out = tmp_path / "checked.csv"
    assert cli.run(["import", "people", str(FIXTURE), "--out", str(out)]) == 1
    again = ["import", "people", str(out), "--preview", "--system", "wgs84"]
    assert cli.run(again) == 0


def test_without_preview_it_is_taken_into_the_records(
    capsys: pytest.CaptureFixture[str],
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JINGGE_DATABASE_URL", f"sqlite:///{tmp_path / 'store.db'}")
    assert cli.run(["db", "upgrade"]) == 0
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    now = datetime(2026, 11, 25, 4, tzinfo=UTC)
    record = read_record(bundle)
    store.submit(lambda s: fill_records(s, record, bureau_name="包头市公安局", now=now))
    store.close()
    file = tmp_path / "teams.csv"
    file.write_text("队伍编号,队伍名称\nT9,九队\n", encoding="utf-8")
    capsys.readouterr()
    assert cli.run(["import", "teams", str(file)]) == 0
    first = capsys.readouterr().out
    assert cli.run(["import", "teams", str(file)]) == 0
    assert capsys.readouterr().out != first
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    with store.read() as session:
        assert session.scalars(select(Team.name)).all() == ["九队"]
    store.close()
    assert cli.run(["import", "teams", str(file), "--bundle", str(bundle)]) == 2


def test_a_file_that_is_none_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    assert cli.run(["import", "teams", str(tmp_path / "a.csv"), "--preview"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_bundle_says_what_may_be_named(
    bundle: Path, tmp_path: Path, scenario: Scenario, capsys: pytest.CaptureFixture[str]
) -> None:
    beat, shift = scenario.beats["beat_id"].iloc[0], scenario.shifts["shift_id"].iloc[0]
    role = scenario.roles["role"].iloc[0]
    text = f"警格,班次,岗位角色,需要人数\n{beat},{shift},{role},2\nnowhere,{shift},{role},1\n"
    (tmp_path / "demand.csv").write_text(text, encoding="utf-8")
    command = ["import", "demand", str(tmp_path / "demand.csv"), "--preview"]
    assert cli.run([*command, "--bundle", str(bundle)]) == 1
    assert "nowhere" in capsys.readouterr().out


@pytest.mark.parametrize("by", get_args(exporting.ScopeName)[:2])
def test_rosters_are_written(
    bundle: Path, roster: Path, tmp_path: Path, scenario: Scenario, by: str
) -> None:
    out = tmp_path / "sheets"
    arguments = ["export", "roster", str(bundle), str(roster), "--out", str(out), "--by", by]
    assert cli.run(arguments) == 0
    rows = list(csv.DictReader(io.StringIO(roster.read_text(encoding="utf-8"))))
    duties = 0
    for path in out.iterdir():
        for sheet in openpyxl.load_workbook(path):
            duties += sheet.max_row - 3
    assert duties == len(rows)


def test_a_roster_as_one_csv_file(bundle: Path, roster: Path, tmp_path: Path) -> None:
    out = tmp_path / "roster-names.csv"
    assert cli.run(["export", "roster", str(bundle), str(roster), "--out", str(out)]) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert len(rows) == len(roster.read_text(encoding="utf-8").splitlines()) - 1
    assert {"name", "role_label", "starts_at"} <= rows[0].keys()


def test_one_persons_calendar(bundle: Path, roster: Path, tmp_path: Path) -> None:
    person = roster.read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    out = tmp_path / "calendars"
    arguments = ["export", "calendars", str(bundle), str(roster), "--out", str(out)]
    assert cli.run([*arguments, "--only", person]) == 0
    (path,) = out.iterdir()
    assert Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    assert cli.run([*arguments, "--only", "nobody"]) == 2


@pytest.mark.parametrize("suffix", ["gpkg", "geojson"])
def test_beats_with_their_coverage(
    bundle: Path, roster: Path, tmp_path: Path, scenario: Scenario, suffix: str
) -> None:
    out = tmp_path / f"beats.{suffix}"
    assert cli.run(["export", "beats", str(bundle), str(roster), "--out", str(out)]) == 0
    layer = gpd.read_file(out, engine="pyogrio")
    assert layer["beat_id"].tolist() == scenario.beats["beat_id"].tolist()
    assert layer["coverage_5min_all"].dropna().between(0, 1).all()
    assert cli.run(["export", "beats", str(bundle), str(roster), "--out", str(tmp_path / "x")]) == 2
