"""Bad bundles: every problem is named by file, line and column; nothing else ever comes out."""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portions import portion
from tiny_city import HAIWEI, HUASHENG, pins_table, tiny_scenario

from data.bundle import BundleError, read_bundle, write_bundle
from grid.cells import cells_at, format_cells, parents

if TYPE_CHECKING:
    from pathlib import Path

CELL, OTHER_CELL = format_cells(cells_at(*np.array([HAIWEI, HUASHENG]).T, 9)).tolist()
PARENT = format_cells(parents(cells_at(*np.array([HAIWEI]).T, 9), 8)).tolist()[0]


@dataclass
class Bundle:
    """A bundle on disk that tests break."""

    directory: Path

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.directory / file
        text = path.read_text("utf-8")
        assert old in text, f"{old!r} not in {file}"
        path.write_text(text.replace(old, new, 1), "utf-8")

    def append(self, file: str, line: str) -> None:
        with (self.directory / file).open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")

    def problems(self) -> tuple[str, ...]:
        with pytest.raises(BundleError) as caught:
            read_bundle(self.directory)
        return caught.value.problems

    def only_problem(self) -> str:
        (problem,) = self.problems()
        return problem


@pytest.fixture(scope="module")
def good_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("good") / "week"
    cells = pd.DataFrame(
        {
            "cell": cells_at(*np.array([HAIWEI, HUASHENG]).T, 9),
            "beat_id": pd.Series(["haiwei", "huasheng"], dtype="str"),
            "weight": [2.0, 3.5],
        }
    )
    pins = pins_table(("li", "haiwei", "evening", "auxiliary", "fixed"))
    write_bundle(tiny_scenario(cells=cells, pins=pins), directory)
    return directory


@pytest.fixture
def bundle(good_bundle: Path, tmp_path: Path) -> Bundle:
    shutil.copytree(good_bundle, tmp_path / "week")
    return Bundle(tmp_path / "week")


# wang, li, zhao, chen, liu, sun stand on lines 2-7 of people.csv.
ONE_WRONG_VALUE = [
    ("people.csv", "chen,volunteer", "wang,volunteer", "people.csv:5: person_id: "),
    ("people.csv", "chen,volunteer", ",volunteer", "people.csv:5: person_id: "),
    ("people.csv", "chen,volunteer", "ch;en,volunteer", "people.csv:5: person_id: "),
    ("people.csv", "chen,volunteer", "ch\x07en,volunteer", "people.csv:5: person_id: "),
    ("people.csv", "chen,volunteer", "chen,vigilante", "people.csv:5: tier: "),
    ("people.csv", ",5,,,1\n", ",x,,,1\n", "people.csv:2: max_shifts: "),
    ("people.csv", ",5,,,1\n", ",-1,,,1\n", "people.csv:2: max_shifts: "),
    ("people.csv", ",5,,,1\n", ",1.5,,,1\n", "people.csv:2: max_shifts: "),
    ("people.csv", ",5,,,1\n", ",,,,1\n", "people.csv:2: max_shifts: "),
    ("people.csv", ",5,,,1\n", f",{10**30},,,1\n", "people.csv:2: max_shifts: "),
    ("people.csv", ",5,,,1\n", ",5,-3,,1\n", "people.csv:2: travel_limit_m: "),
    ("people.csv", ",5,,,1\n", ",5,nan,,1\n", "people.csv:2: travel_limit_m: "),
    ("people.csv", ",5,,,1\n", ",5,,,0\n", "people.csv:2: show_up: "),
    ("people.csv", ",5,,,1\n", ",5,,,1.01\n", "people.csv:2: show_up: "),
    ("people.csv", ",5,,,1\n", ",5,,,inf\n", "people.csv:2: show_up: "),
    ("people.csv", "109.82,40.672,5,,,1\n", "180.5,40.672,5,,,1\n", "people.csv:2: lng: "),
    ("people.csv", "109.82,40.672,5,,,1\n", "109.82,-91,5,,,1\n", "people.csv:2: lat: "),
    ("people.csv", "2026-12-31", "2026-02-30", "people.csv:5: insured_until: "),
    ("people.csv", "2026-12-31", "31.12.2026", "people.csv:5: insured_until: "),
    ("people.csv", "2026-12-31", "2026-12-31T08:00", "people.csv:5: insured_until: "),
    ("beats.csv", "huasheng,kunbei", "haiwei,kunbei", "beats.csv:3: beat_id: "),
    ("beats.csv", "109.82,", "NaN,", "beats.csv:2: lng: "),
    ("cells.csv", CELL, CELL[:-1], "cells.csv:2: cell: "),
    ("cells.csv", CELL, "8" + "f" * 14, "cells.csv:2: cell: "),
    ("cells.csv", CELL, PARENT, "cells.csv:2: cell: "),
    ("cells.csv", CELL, OTHER_CELL.upper(), "cells.csv:3: cell: "),
    ("cells.csv", "haiwei", "mars", "cells.csv:2: beat_id: "),
    ("cells.csv", ",2\n", ",-2\n", "cells.csv:2: weight: "),
    ("cells.csv", ",2\n", ",1e999\n", "cells.csv:2: weight: "),
    ("shifts.csv", "evening,", "morning,", "shifts.csv:3: shift_id: "),
    ("shifts.csv", "11:00:00+08:00", "11:00:00", "shifts.csv:2: ends_at: "),
    ("shifts.csv", "11:00:00+08:00", "noon", "shifts.csv:2: ends_at: "),
    ("shifts.csv", "11:00:00+08:00", "07:00:00+08:00", "shifts.csv:2: ends_at: "),
    ("roles.csv", "officer,officer", "auxiliary,officer", "roles.csv:3: role: "),
    ("roles.csv", "patrol_guard,volunteer", "patrol_guard,militia", "roles.csv:5: tier: "),
    ("roles.csv", "officer,officer,false", "officer,officer,maybe", "roles.csv:2: hazardous: "),
    ("roles.csv", "officer,officer,false", "officer,officer,", "roles.csv:2: hazardous: "),
    ("roles.csv", ",false\n", ",no\n", "roles.csv:7: supervised: "),
    ("availability.csv", "wang,morning", "wong,morning", "availability.csv:2: person_id: "),
    ("availability.csv", "wang,morning", "wang,noon", "availability.csv:2: shift_id: "),
    ("availability.csv", "wang,morning", "wang,evening", "availability.csv:3: person_id, shift_id"),
    ("availability.csv", "wang,morning,0", "wang,morning,-1", "availability.csv:2: dislike: "),
    ("demand.csv", "haiwei,morning", "mars,morning", "demand.csv:2: beat_id: "),
    ("demand.csv", "huasheng,night,responder", "huasheng,night,nobody", "demand.csv:8: role: "),
    ("demand.csv", "school_guard,2,4;3", "school_guard,-2,4;3", "demand.csv:2: required: "),
    ("demand.csv", "school_guard,2,4;3", "school_guard,2,3;4", "demand.csv:2: weight: "),
    ("demand.csv", "school_guard,2,4;3", "school_guard,2,4;3;2", "demand.csv:2: weight: "),
    ("demand.csv", "school_guard,2,4;3", "school_guard,2,4;0", "demand.csv:2: weight: "),
    ("demand.csv", "school_guard,2,4;3", "school_guard,2,", "demand.csv:2: weight: "),
    ("demand.csv", "school_guard,2,4;3", "school_guard,2,4.5", "demand.csv:2: weight: "),
    ("demand.csv", "evening,officer", "evening,patrol_guard", "demand.csv:7: beat_id, shift_id"),
    ("pins.csv", "fixed", "glued", "pins.csv:2: kind: "),
    ("pins.csv", "li,", "lo,", "pins.csv:2: person_id: "),
    ("scenario.json", '"version": 1', '"version": 2', "scenario.json: version: "),
    ("scenario.json", "Asia/Shanghai", "Asia/Baotou", "scenario.json: timezone: "),
    ("scenario.json", "Asia/Shanghai", "../etc/passwd", "scenario.json: timezone: "),
    ("scenario.json", '"cell_resolution": 9', '"cell_resolution": 16', "scenario.json: cell_"),
    ("scenario.json", '"min_rest_hours": 8', '"min_rest_hours": -8', "scenario.json: rules.min"),
    ("scenario.json", '"unmet": 10000', '"unmet": 10000.5', "scenario.json: costs.unmet: "),
    ("scenario.json", '"unmet": 10000', '"unmet": true', "scenario.json: costs.unmet: "),
    ("scenario.json", '"travel_factor": 1.3', '"travel_factor": NaN', "scenario.json: "),
    ("scenario.json", "    120,\n", "    10,\n", "scenario.json: costs: "),
]


@pytest.mark.parametrize(("file", "old", "new", "expected"), ONE_WRONG_VALUE)
def test_one_wrong_value_is_one_problem(
    bundle: Bundle, file: str, old: str, new: str, expected: str
) -> None:
    bundle.edit(file, old, new)
    first, *others = bundle.problems()
    assert first.startswith(expected)
    assert "expected" in first
    # A renamed id is also unknown wherever it is used; nothing else may be blamed.
    renamed = expected.split(": ")[1] in {"person_id", "beat_id", "shift_id", "role", "cell"}
    assert renamed or not others


def test_the_message_has_the_contracts_form(bundle: Bundle) -> None:
    bundle.edit("people.csv", ",5,,,1\n", ",x,,,1\n")
    assert bundle.only_problem() == "people.csv:2: max_shifts: expected an integer ≥ 0, got 'x'"


@pytest.mark.parametrize(
    "file",
    [
        *("scenario.json", "beats.csv", "cells.csv", "shifts.csv", "roles.csv", "people.csv"),
        *("availability.csv", "demand.csv"),
    ],
)
def test_a_missing_file_is_named(bundle: Bundle, file: str) -> None:
    (bundle.directory / file).unlink()
    assert bundle.only_problem().startswith(f"{file}: expected ")


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="expected a directory"):
        read_bundle(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("file", "column"),
    [("people.csv", "insured_until"), ("demand.csv", "weight"), ("cells.csv", "cell")],
)
def test_a_missing_column_is_named(bundle: Bundle, file: str, column: str) -> None:
    bundle.edit(file, column, f"{column}_2")
    assert bundle.only_problem().startswith(f"{file}: {column}: expected this column")


def test_a_column_that_stands_twice_is_named(bundle: Bundle) -> None:
    bundle.edit("cells.csv", "cell,beat_id,weight", "cell,cell,weight")
    assert "cells.csv: cell: expected this column once, got it 2 times" in bundle.problems()


def test_both_formats_of_one_table_are_refused(bundle: Bundle) -> None:
    pd.read_csv(bundle.directory / "cells.csv").to_parquet(bundle.directory / "cells.parquet")
    assert bundle.only_problem() == "cells: expected one file, got cells.csv and cells.parquet"


def test_rows_of_the_wrong_length_are_named_by_line(bundle: Bundle) -> None:
    bundle.append("cells.csv", f"{CELL},haiwei")
    bundle.append("cells.csv", "")
    bundle.append("cells.csv", f"{CELL},haiwei,1,2")
    assert bundle.problems() == (
        "cells.csv:4: expected 3 values, got 2",
        "cells.csv:6: expected 3 values, got 4",
    )


def test_lines_are_counted_past_quoted_line_breaks_and_blank_lines(bundle: Bundle) -> None:
    bundle.edit("people.csv", "chen,volunteer,kunbei,lawyer", 'chen,volunteer,kunbei,"la\nw\nyer"')
    bundle.edit("people.csv", "liu,volunteer", "\nliu,volunteer")
    bundle.edit("people.csv", "sun,volunteer", "sun,nobody")
    # chen takes lines 5-7, line 8 is blank, liu stands on 9 and sun on 10.
    assert bundle.only_problem().startswith("people.csv:10: tier: ")


def test_text_that_is_not_utf8_is_named_by_line(bundle: Bundle) -> None:
    path = bundle.directory / "beats.csv"
    path.write_bytes(path.read_bytes() + "新,kunbei,u,名,109,40,a,b\n".encode("gb18030"))
    assert bundle.only_problem() == "beats.csv:5: expected UTF-8, got byte 0xd0"


@pytest.mark.parametrize("body", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_named(bundle: Bundle, body: bytes) -> None:
    (bundle.directory / "cells.csv").write_bytes(body)
    assert bundle.only_problem() == "cells.csv: expected a header row, got an empty file"


def test_a_table_of_no_rows_is_no_problem(bundle: Bundle) -> None:
    (bundle.directory / "cells.csv").write_text("cell,beat_id,weight\n")
    assert read_bundle(bundle.directory).cells.empty


@pytest.mark.parametrize("body", ["", "[]", "{", "[" * 100_000, '{"version": 1}', "\ufeff{}"])
def test_settings_that_are_none_are_named(bundle: Bundle, body: str) -> None:
    (bundle.directory / "scenario.json").write_text(body, "utf-8")
    assert all(problem.startswith("scenario.json") for problem in bundle.problems())


@pytest.mark.parametrize("value", [None, [], "x", -1, 1e400, {}, True, 10**400, 2**63])
@pytest.mark.parametrize(
    "key", ["version", "name", "timezone", "cell_resolution", "rules", "costs"]
)
def test_settings_of_any_kind_give_problems_not_tracebacks(
    bundle: Bundle, key: str, value: Any
) -> None:
    path = bundle.directory / "scenario.json"
    content = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(content | {key: value}), "utf-8")
    if (key == "name" and value == "x") or (key in {"rules", "costs"} and value == {}):
        read_bundle(bundle.directory)
    else:
        assert all(problem.startswith("scenario.json: ") for problem in bundle.problems())


def test_a_parquet_file_that_is_none_is_named(bundle: Bundle) -> None:
    (bundle.directory / "cells.csv").rename(bundle.directory / "cells.parquet")
    assert bundle.only_problem().startswith("cells.parquet: expected a table, got ")


def test_all_problems_are_kept_and_fifty_printed(bundle: Bundle) -> None:
    for n in range(70):
        bundle.append("cells.csv", f"cell{n},haiwei,1")
    with pytest.raises(BundleError) as caught:
        read_bundle(bundle.directory)
    assert len(caught.value.problems) == 70
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("cells.csv:4: cell: ")
    assert lines[49].startswith("cells.csv:53: cell: ")
    assert lines[50:] == ["… and 20 more problems"]


def test_an_objective_beyond_64_bits_is_refused(bundle: Bundle) -> None:
    bundle.edit("scenario.json", '"unmet": 10000', '"unmet": 1000000000000')
    bundle.edit("demand.csv", "patrol_guard,2,1\n", "patrol_guard,90000,1000000000\n")
    assert "2**62" in bundle.only_problem()


def test_pins_that_cannot_be_kept_are_named_by_line(bundle: Bundle) -> None:
    bundle.append("pins.csv", "li,huasheng,night,responder,fixed")
    assert bundle.only_problem() == (
        "pins.csv:3: expected 8 h between a person's shifts, got 'li' on 'haiwei' in 'evening' as "
        "'auxiliary' and 'li' on 'huasheng' in 'night' as 'responder' (H3)"
    )


@given(data=st.data())
@settings(
    max_examples=portion(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_damage_is_told_or_harmless(
    good_bundle: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Bytes cut out of, or put into, any file: a bundle is read or a BundleError tells why not."""
    directory = tmp_path_factory.mktemp("damaged") / "week"
    shutil.copytree(good_bundle, directory)
    path = data.draw(st.sampled_from(sorted(directory.iterdir())))
    body = path.read_bytes()
    start = data.draw(st.integers(0, len(body)))
    stop = data.draw(st.integers(start, min(len(body), start + 20)))
    noise = st.sampled_from([b"", b'"', b",", b"\n", b"\r", b"\0", b"\xff", b";", b"9" * 40, b"{"])
    path.write_bytes(body[:start] + data.draw(noise) + body[stop:])
    # Any error but a BundleError fails the test.
    with contextlib.suppress(BundleError):
        read_bundle(directory)
