"""``jingge repair`` as a dispatcher runs it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
from tiny_city import pins_table, tiny_scenario

from api import cli
from data.bundle import read_bundle, write_bundle
from data.results import read_result
from dispatch.check import check
from dispatch.repair_changes import Changes, changed_scenario

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHED = """\
person_id,beat_id,shift_id,role
li,haiwei,evening,auxiliary
liu,haiwei,evening,patrol_guard
sun,haiwei,evening,patrol_guard
wang,huasheng,evening,officer
zhao,limin,night,auxiliary
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    write_bundle(tiny_scenario(), tmp_path / "bundle")
    (tmp_path / "roster.csv").write_text(PUBLISHED, "utf-8")
    return tmp_path


def repair(desk: Path, changes: str, *options: str) -> int:
    (desk / "changes.csv").write_text(changes, "utf-8")
    places = [str(desk / name) for name in ("bundle", "roster.csv", "changes.csv", "out")]
    arguments = ["repair", *places[:2], "--changes", places[2], "--out", places[3]]
    return cli.run([*arguments, *options])


def moves(desk: Path) -> list[tuple[str, ...]]:
    with (desk / "out" / "changes.csv").open(encoding="utf-8", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


def test_a_volunteer_drops_out(desk, capsys):
    assert repair(desk, "absent,liu,evening\n") == 0
    assert moves(desk) == [
        ("chen", "evening", "", "", "haiwei", "patrol_guard", "called", "liu"),
        ("liu", "evening", "haiwei", "patrol_guard", "", "", "absent", ""),
    ]
    told = json.loads((desk / "out" / "report.json").read_text("utf-8"))["repair"]
    assert told["people_disturbed"] == told["people_disturbed_bound"] == 1
    assert told["proven_for"] == "every roster"
    assert capsys.readouterr().out == ""


def test_the_only_supervisor_drops_out(desk):
    """Nobody else may supervise; who has to leave may as well help elsewhere."""
    assert repair(desk, "absent,li,\n") == 0
    assert [row for row in moves(desk) if row[0] == "sun"] == [
        ("sun", "evening", "haiwei", "patrol_guard", "huasheng", "patrol_guard", "moved", ""),
        ("sun", "morning", "", "", "haiwei", "school_guard", "moved", ""),
    ]
    assert {row[0] for row in moves(desk)} == {"li", "liu", "sun"}
    assert read_result(desk / "out").report.weighted_unmet == 23


def test_added_demand(desk):
    changes = "demand,huasheng,evening,patrol_guard,1,9\ndemand,haiwei,morning,auxiliary,1,2\n"
    assert repair(desk, changes, "--curve") == 0
    result = read_result(desk / "out")
    added = [
        ("huasheng", "evening", "patrol_guard", (9,)),
        ("haiwei", "morning", "auxiliary", (2,)),
    ]
    changed, _ = changed_scenario(read_bundle(desk / "bundle"), Changes.of([], added))
    checked = check(changed, result.roster)
    assert checked.ok
    assert checked.objective == result.report.objective
    curve = json.loads((desk / "out" / "report.json").read_text("utf-8"))["repair"]["curve"]
    assert curve[0]["people"] == 0
    assert [point["objective"] for point in curve] == sorted(
        (point["objective"] for point in curve), reverse=True
    )


def test_a_pinned_person_drops_out_and_it_is_said(desk, capsys, monkeypatch):
    pins = pins_table(("li", "haiwei", "evening", "auxiliary", "fixed"))
    write_bundle(tiny_scenario(pins=pins), desk / "bundle")
    assert repair(desk, "absent,li,\n") == 0
    assert "li" in capsys.readouterr().err
    report = json.loads((desk / "out" / "report.json").read_text("utf-8"))
    assert [pin["person_id"] for pin in report["repair"]["released_pins"]] == ["li"]


def test_at_most(desk, capsys):
    assert repair(desk, "absent,li,\n", "--at-most", "1") == 2
    assert "2" in capsys.readouterr().err
    assert not (desk / "out").exists()
    assert repair(desk, "absent,li,\n", "--at-most", "2") == 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ("absent,nobody,\n", "changes.csv:1: person_id: expected an id of people, got 'nobody'"),
        ("oops\n", "changes.csv:1: kind: expected absent or demand, got 'oops'"),
    ],
)
def test_bad_changes_are_told_in_lines(desk, capsys, changes, told):
    assert repair(desk, changes) == 2
    assert capsys.readouterr().err == told + "\n"
    assert not (desk / "out").exists()


def test_a_broken_roster_is_refused(desk, capsys):
    (desk / "roster.csv").write_text(
        PUBLISHED.replace("li,haiwei,evening,auxiliary\n", ""), "utf-8"
    )
    assert repair(desk, "absent,wang,\n") == 2
    assert "H6" in capsys.readouterr().err
    assert not (desk / "out").exists()


def test_bad_options(desk):
    assert repair(desk, "", "--tolerance", "-1") == 2
    assert repair(desk, "", "--at-most", "1", "--tolerance", "1") == 2
