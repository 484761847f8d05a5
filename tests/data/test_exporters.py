"""What leaves: no formula, whatever people are called; sheets that print; calendars that follow."""

from __future__ import annotations

import csv
import io
import random
import re
import unicodedata
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from payloads import PAYLOADS
from portions import portion
from tiny_city import any_roster, tiny_scenario

from data.exporters.calendars import ENTRY_COLUMNS, next_entries, person_calendar, uid
from data.exporters.csv_tables import csv_table
from data.exporters.directory import file_name
from data.exporters.map_layers import beat_layer, cell_layer, layer_bytes
from data.exporters.plain_text import starts_formula
from data.exporters.roster_rows import SCOPES, Directory, ExportError, by_scope, roster_rows
from data.exporters.roster_sheets import HEAD_ROW, roster_workbook, sheet_title
from data.importers.cells import one_line, text_of
from data.importers.kinds import KINDS
from data.importers.templates import template
from grid.cells import cell_areas_km2, cells_at, uncompact

if TYPE_CHECKING:
    from dispatch.scenario import Scenario

FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u3000=1", "＝1+1", "＋1", "－1",
    "＠A1",
    "\u200b=1", "\xa0-1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://elsewhere.example","x")',
    "\ufeff=1", "\n=1", "﹢1", "⁺1", "\u202e=1", "=",
)  # fmt: skip
INNOCENT = ("示例甲", "a=1", "1-2", "", "1", "示例 (一)", "x@y")
HOSTILE = st.one_of(
    st.sampled_from(FORMULAS + INNOCENT + ("'=1", "''＝x", *PAYLOADS)),
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.builds(
        lambda blanks, start, rest: blanks + start + rest,
        st.text(" \t\r\n\u3000\xa0\u200b", max_size=3),
        st.sampled_from("=+-@＝＋－＠"),
        st.text(max_size=10),
    ),
)


BLANKS = re.compile(
    r"^[\s\x00-\x1f\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]*"
)


def is_formula(text: str) -> bool:
    """Say it in another way than the code under test: by what is left after folding."""
    bare = BLANKS.sub("", unicodedata.normalize("NFKC", text))
    return text[:1] in {"\t", "\r"} or (bare[:1] != "" and bare[:1] in "=+-@")


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


# ---- no formula


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_known(text):
    assert is_formula(text)
    assert starts_formula(text)


@pytest.mark.parametrize("text", INNOCENT)
def test_plain_texts_are_left_alone(text):
    assert not starts_formula(text)
    assert rows_of(csv_table(pd.DataFrame({"a": ["x", text], "b": [1, 2]})))[2][0] == text


@given(texts=st.lists(HOSTILE, min_size=1, max_size=10), heading=HOSTILE)
def test_no_csv_field_is_a_formula(texts, heading):
    table = pd.DataFrame({"a": texts, "tags": [(text, "x") for text in texts]}, dtype=object)
    rows = rows_of(csv_table(table, {"a": heading}))
    assert len(rows) == len(texts) + 1
    for row in rows:
        for field in row:
            assert not is_formula(field), field


@given(text=HOSTILE)
def test_what_we_export_we_read_as_it_was(text):
    clean = re.sub(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]", "", text)
    field = rows_of(csv_table(pd.DataFrame({"a": [clean], "b": [1]}, dtype=object)))[1][0]
    assert text_of(field) == one_line(clean)


def test_numbers_days_and_moments_in_csv():
    table = pd.DataFrame(
        {
            "number": [-1.5, np.nan],
            "count": [-3, 4],
            "flag": [True, False],
            "day": pd.to_datetime(["2026-11-30", None]),
            "moment": pd.to_datetime(["2026-11-30T10:30Z", None], utc=True),
            "list": [("a", "b"), ()],
        }
    )
    rows = rows_of(csv_table(table, timezone="Asia/Shanghai"))
    assert rows[1] == ["-1.5", "-3", "true", "2026-11-30", "2026-11-30T18:30:00+08:00", "a;b"]
    assert rows[2] == ["", "4", "false", "", "", ""]


def check_workbook(content: bytes) -> None:
    """Nothing in the file is a formula: by openpyxl, and in the XML itself."""
    for sheet in openpyxl.load_workbook(io.BytesIO(content)):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.value
                if isinstance(cell.value, str) and is_formula(cell.value):
                    assert cell.quotePrefix
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                assert not re.search(rb"<f[ >/]", archive.read(name))


def hostile_rows(texts: list[str]) -> pd.DataFrame:
    """Return roster rows in which every text is what somebody else wrote."""
    start = pd.Timestamp("2026-11-30T18:30", tz="Asia/Shanghai")
    number = len(texts)
    return pd.DataFrame(
        {
            "shift_id": texts[0],
            "starts_at": [start] * number,
            "ends_at": [start + timedelta(hours=3)] * number,
            "tier": ["volunteer"] * number,
            "beat_id": texts,
            "beat_name": texts,
            "role_label": texts,
            "name": texts,
            "person_id": texts,
        }
    )


@settings(max_examples=portion(40), deadline=None)
@given(texts=st.lists(HOSTILE, min_size=1, max_size=6), name=HOSTILE)
def test_no_cell_of_a_roster_is_a_formula(texts, name):
    check_workbook(roster_workbook(hostile_rows(texts), name, language="zh"))


def test_the_words_stay_what_they_were():
    texts = [text for text in FORMULAS + INNOCENT if text and "\r" not in text]
    content = roster_workbook(hostile_rows(texts), "x", language="en")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert [sheet.cell(HEAD_ROW + 1 + row, 4).value for row in range(len(texts))] == texts


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_cell_of_a_template_is_a_formula(kind, language):
    check_workbook(template(kind, language))


@given(names=st.lists(HOSTILE, max_size=8))
def test_sheets_have_names_that_excel_takes(names):
    taken: set[str] = set()
    titles = [sheet_title(name, taken) for name in names]
    assert len({title.lower() for title in titles}) == len(titles)
    for title in titles:
        assert 1 <= len(title) <= 31
        assert not re.search(r"[\[\]:*?/\\]", title)
        assert not title.startswith("'")
        assert not title.endswith("'")


@given(names=st.lists(st.one_of(HOSTILE, st.sampled_from(["../../x", "a/b", "..", ".", "CON"]))))
def test_files_have_names_that_lead_nowhere(names):
    taken: set[str] = set()
    files = [file_name(name, ".xlsx", taken) for name in names]
    assert len({file.lower() for file in files}) == len(files)
    for file in files:
        assert Path(file).name == file
        assert not file.startswith(".")
        assert len(file.encode()) < 120


# ---- rosters


@pytest.fixture
def scenario() -> Scenario:
    return tiny_scenario()


@pytest.fixture
def roster(scenario) -> pd.DataFrame:
    table = any_roster(random.Random(5), scenario)
    return table.drop_duplicates(["person_id", "shift_id"], ignore_index=True)


@pytest.fixture
def directory(scenario) -> Directory:
    people = scenario.people["person_id"]
    named = people.iloc[1:]
    return Directory(
        pd.DataFrame(
            {
                "person_id": named,
                "name": [f"示例{number}" for number in range(len(named))],
                "team_id": ["t1" if number else "" for number in range(len(named))],
            }
        ),
        pd.DataFrame({"team_id": ["t1"], "name": ["示例一队"]}),
    )


def test_rows_hold_every_duty_once_with_its_names(scenario, roster, directory):
    rows = roster_rows(scenario, roster, directory)
    key = ["person_id", "beat_id", "shift_id", "role"]
    assert sorted(map(tuple, rows[key].to_numpy())) == sorted(map(tuple, roster[key].to_numpy()))
    names = dict(zip(directory.people["person_id"], directory.people["name"], strict=True))
    assert rows["name"].tolist() == [names.get(person, person) for person in rows["person_id"]]
    assert str(rows["starts_at"].dt.tz) == scenario.timezone
    assert rows["starts_at"].is_monotonic_increasing


@pytest.mark.parametrize("scope", SCOPES)
def test_every_duty_stands_in_one_roster(scenario, roster, directory, scope):
    rows = roster_rows(scenario, roster, directory)
    parts = list(by_scope(rows, scope))
    expected = rows[rows["team_id"] != ""] if scope == "team" else rows
    assert sum(len(part) for _, _, part in parts) == len(expected)
    key, name, part = parts[0]
    assert set(part[f"{scope}_id"]) == {key}
    (only,) = by_scope(rows, scope, key)
    pd.testing.assert_frame_equal(only[2], part)
    assert name
    with pytest.raises(ExportError, match="got 'nowhere'"):
        list(by_scope(rows, scope, "nowhere"))


def test_a_sheet_a_shift_that_prints_on_a4(scenario, roster, directory):
    rows = roster_rows(scenario, roster, directory)
    _, name, part = next(by_scope(rows, "station"))
    book = openpyxl.load_workbook(io.BytesIO(roster_workbook(part, name, language="zh")))
    shifts = list(part.groupby("shift_id", sort=False))
    assert len(book.worksheets) == len(shifts)
    for sheet, (shift, duties) in zip(book.worksheets, shifts, strict=True):
        assert shift in sheet.title
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.orientation == "portrait"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows == f"$1:${HEAD_ROW}"
        head = [cell.value for cell in sheet[HEAD_ROW]]
        assert head[-1] == "签名"
        people = [sheet.cell(HEAD_ROW + 1 + row, 5).value for row in range(len(duties))]
        assert people == duties["person_id"].tolist()
        assert sheet["A1"].value == f"{name} 勤务排班表"
        assert f"共 {duties['person_id'].nunique()} 人" in sheet["A2"].value
        assert sheet.max_row == HEAD_ROW + len(duties)
        assert "&P" in sheet.oddFooter.center.text


def test_an_empty_roster_is_a_workbook(scenario, roster):
    rows = roster_rows(scenario, roster).iloc[:0]
    book = openpyxl.load_workbook(io.BytesIO(roster_workbook(rows, "x", language="en")))
    assert book.sheetnames == ["No duties"]


# ---- calendars

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def events(content: bytes) -> dict[str, object]:
    found = Calendar.from_ical(content).walk("VEVENT")
    assert len({str(event["uid"]) for event in found}) == len(found)
    return {str(event["uid"]): event for event in found}


def test_a_calendar_holds_a_persons_duties(scenario, roster):
    rows = roster_rows(scenario, roster)
    entries = next_entries(rows)
    assert tuple(entries.columns) == ENTRY_COLUMNS
    person = rows["person_id"].iloc[0]
    own = entries[entries["person_id"] == person]
    content = person_calendar(own, now=NOW, timezone=scenario.timezone, language="zh")
    assert b"BEGIN:VTIMEZONE" in content
    assert b"\r\n" in content
    assert person.encode() not in content
    found = events(content)
    for entry in own.itertuples():
        event = found[uid(person, entry.shift_id)]
        assert event["dtstart"].dt == entry.starts_at
        assert event["dtend"].dt == entry.ends_at
        assert event["dtstart"].params["TZID"] == scenario.timezone
        assert event["sequence"] == 0
        assert str(event["status"]) == "CONFIRMED"
        assert entry.beat_name in str(event["location"])
        assert (event["geo"].latitude, event["geo"].longitude) == (entry.lat, entry.lng)


@settings(max_examples=portion(25), deadline=None)
@given(seeds=st.lists(st.integers(0, 5), min_size=2, max_size=6))
def test_sequences_rise_when_and_only_when_something_changes(seeds):
    """Against a plain dictionary that follows the same publications."""
    city = tiny_scenario()
    told: dict[tuple[str, str], tuple[int, tuple[str, str] | None]] = {}
    entries = None
    for seed in seeds:
        table = any_roster(random.Random(seed), city)
        table = table.drop_duplicates(["person_id", "shift_id"])
        entries = next_entries(roster_rows(city, table), entries)
        now = {(row.person_id, row.shift_id): (row.beat_id, row.role) for row in table.itertuples()}
        for key in told.keys() | now.keys():
            old = told.get(key)
            new = now.get(key)
            if old is None:
                told[key] = (0, new)
            elif old[1] != new:
                told[key] = (old[0] + 1, new)
    assert entries is not None
    found = {
        (row.person_id, row.shift_id): (
            row.sequence,
            None if row.cancelled else (row.beat_id, row.role),
        )
        for row in entries.itertuples()
    }
    assert found == told


def test_what_fell_away_is_cancelled(scenario, roster):
    rows = roster_rows(scenario, roster)
    entries = next_entries(rows.iloc[1:], next_entries(rows))
    gone = rows.iloc[0]
    own = entries[entries["person_id"] == gone["person_id"]]
    found = events(person_calendar(own, now=NOW, timezone=scenario.timezone, language="zh"))
    event = found[uid(gone["person_id"], gone["shift_id"])]
    assert str(event["status"]) == "CANCELLED"
    assert event["sequence"] == 1
    assert str(event["summary"]).startswith("已取消")


def test_hostile_names_stay_inside_their_line(scenario, roster):
    rows = (
        roster_rows(scenario, roster)
        .iloc[:1]
        .assign(beat_name="x\r\nATTACH:http://elsewhere.example", role_label="a;b,c\\n")
    )
    content = person_calendar(
        next_entries(rows), now=NOW, timezone=scenario.timezone, language="en"
    )
    (event,) = events(content).values()
    assert "attach" not in {name.lower() for name in event}


def test_a_person_in_two_places_has_no_calendar(scenario, roster):
    rows = roster_rows(scenario, roster)
    with pytest.raises(ExportError, match="Expected one duty a person and shift"):
        next_entries(pd.concat([rows, rows.iloc[:1]]))


# ---- map layers


@pytest.fixture
def ground(scenario) -> Scenario:
    cells = cells_at(scenario.beats["lat"], scenario.beats["lng"], 7)
    parts = [
        pd.DataFrame({"cell": uncompact([cell], 9), "beat_id": beat, "weight": 2.0})
        for cell, beat in zip(cells, scenario.beats["beat_id"], strict=True)
    ]
    table = pd.concat(parts, ignore_index=True).drop_duplicates("cell", ignore_index=True)
    return replace(scenario, cells=table.astype({"beat_id": "str"}))


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson"])
def test_beats_as_a_layer(ground, tmp_path, suffix):
    coverage = np.linspace(0, 1, len(ground.beats))
    coverage[-1] = np.nan
    layer = beat_layer(ground, {"coverage": coverage})
    path = tmp_path / f"x{suffix}"
    path.write_bytes(layer_bytes({"beats": layer}, suffix))
    read = gpd.read_file(path, engine="pyogrio")
    assert read.crs.to_epsg() == 4326
    assert read["beat_id"].tolist() == ground.beats["beat_id"].tolist()
    np.testing.assert_allclose(read["coverage"], coverage)
    assert read["num_cells"].sum() == len(ground.cells)
    assert read["weight"].sum() == ground.cells["weight"].sum()
    km2 = cell_areas_km2(ground.cells["cell"].to_numpy())
    by_beat = pd.Series(km2).groupby(ground.cells["beat_id"].to_numpy()).sum()
    metric = read.set_index("beat_id").geometry.dropna().to_crs("EPSG:6933").area / 1e6
    np.testing.assert_allclose(metric.sort_index(), by_beat.sort_index(), rtol=0.01)


def test_cells_as_a_layer(ground, tmp_path):
    values = np.arange(len(ground.cells), dtype=float)
    layers = {"cells": cell_layer(ground, {"coverage": values}), "beats": beat_layer(ground)}
    path = tmp_path / "x.gpkg"
    path.write_bytes(layer_bytes(layers, ".gpkg"))
    cells = gpd.read_file(path, layer="cells", engine="pyogrio")
    assert cells["coverage"].tolist() == values.tolist()
    assert set(gpd.list_layers(path)["name"]) == {"cells", "beats"}
    with pytest.raises(ValueError, match=r"got 2 \.geojson"):
        layer_bytes(layers, ".geojson")
