"""Changes to a published roster, from files, and what a repair leaves on the disk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portions import portion
from tiny_city import roster_table, tiny_scenario

from data.changes import ChangesError, read_changes, write_repair
from data.results import read_result
from dispatch.check import check
from dispatch.gaps import find_gaps
from dispatch.repair_tables import MOVE_COLUMNS
from dispatch.roster import PRICE_COLUMNS, PlanResult, Report

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = tiny_scenario()
ABSENT = [("li", "evening"), ("sun", "")]
DEMAND = [
    ("haiwei", "night", "auxiliary", 1, (4,)),
    ("limin", "night", "patrol_guard", 3, (3, 2, 2)),
    ("limin", "evening", "patrol_guard", 2, (5, 5)),
]


def read(tmp_path: Path, text: str | bytes) -> tuple[list[tuple], list[tuple]]:
    file = tmp_path / "changes.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    changes = read_changes(file, SCENARIO)
    return (
        list(changes.absent.itertuples(index=False, name=None)),
        list(changes.demand.itertuples(index=False, name=None)),
    )


def problems_of(tmp_path: Path, text: str | bytes) -> tuple[str, ...]:
    with pytest.raises(ChangesError) as caught:
        read(tmp_path, text)
    return caught.value.problems


PLAIN = """\
absent,li,evening
absent,sun,
demand,haiwei,night,auxiliary,1,4
demand,limin,night,patrol_guard,3,3;2;2
demand,limin,evening,patrol_guard,2,5
"""
WITH_FORMS = """\
absent,person_id,shift_id
absent,li,evening

absent,sun
demand,beat_id,shift_id,role,required,weight
demand,haiwei,night,auxiliary,1,4
demand,limin,night,patrol_guard,3,3;2;2
demand,limin,evening,patrol_guard,2,5
"""
WITH_HEADING = """\
\ufeffkind,role,weight,person_id,shift_id,beat_id,required,note
absent,,,li,evening,,,ill
absent,,,sun,,,
demand,auxiliary,4,,night,haiwei,1
demand,patrol_guard,3;2;2,,night,limin,3
demand,patrol_guard,5,,evening,limin,2,"a
note"
"""


@pytest.mark.parametrize("text", [PLAIN, WITH_FORMS, WITH_HEADING, PLAIN.replace("\n", "\r\n")])
def test_every_way_of_writing_them(tmp_path, text):
    assert read(tmp_path, text) == (ABSENT, DEMAND)


def test_nothing_happened(tmp_path):
    assert read(tmp_path, "") == ([], [])
    assert read(tmp_path, "kind,person_id,shift_id\n") == ([], [])


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("absent,nobody,evening", "person_id: expected an id of people, got 'nobody'"),
        ("absent,li,noon", "shift_id: expected an id of shifts or nothing, got 'noon'"),
        ("absent", "person_id: expected an id of people, got ''"),
        (
            "absent,li,night,limin",
            "expected absent,person_id,shift_id, got 3 values after absent",
        ),
        ("gone,li,night", "kind: expected absent or demand, got 'gone'"),
        (
            "demand,limin,night,patrol_guard,1",
            "expected demand,beat_id,shift_id,role,required,weight, got 4 values after demand",
        ),
        ("demand,x,night,patrol_guard,1,1", "beat_id: expected an id of beats, got 'x'"),
        ("demand,limin,,patrol_guard,1,1", "shift_id: expected an id of shifts, got ''"),
        ("demand,limin,night,king,1,1", "role: expected an id of roles, got 'king'"),
        (
            "demand,limin,night,patrol_guard,-1,1",
            "required: expected an integer in 0..100000, got '-1'",
        ),
        (
            "demand,limin,night,patrol_guard,2,1;2",
            "weight: expected an integer ≥ 1, or 2 such integers that do not rise joined by ';', "
            "got '1;2'",
        ),
        (
            "demand,limin,night,patrol_guard,2,0",
            "weight: expected an integer ≥ 1, or 2 such integers that do not rise joined by ';', "
            "got '0'",
        ),
    ],
)
def test_a_wrong_row_is_told_by_line(tmp_path, row, told):
    assert problems_of(tmp_path, f"absent,wang,\n{row}\n") == (f"changes.csv:2: {told}",)


def test_all_problems_at_once_and_repeats(tmp_path):
    text = "absent,li,evening\nabsent,x,\n\nabsent,li,evening\ndemand,a,b,c,d,e\n"
    problems = problems_of(tmp_path, text)
    assert [problem.split(": ")[:2] for problem in problems] == [
        ["changes.csv:2", "person_id"],
        ["changes.csv:4", "person_id, shift_id"],
        *(["changes.csv:5", name] for name in ("beat_id", "shift_id", "role", "required")),
    ]
    assert problems[1].endswith("got 'li', 'evening' again after line 1")


def test_files_that_are_no_table(tmp_path):
    assert problems_of(tmp_path, b"absent,li,\nabsent,\xff,\n") == (
        "changes.csv:2: expected UTF-8, got byte 0xff",
    )
    assert problems_of(tmp_path, "kind,person_id\nabsent,li\n") == (
        "changes.csv:1: shift_id: expected this column once, got it 0 times",
    )
    assert problems_of(tmp_path, "kind,person_id,shift_id\ndemand,li,night\n") == (
        "changes.csv:2: beat_id: expected this column, got kind, person_id, shift_id",
    )
    with pytest.raises(ChangesError, match=r"nowhere\.csv: expected this file, got none"):
        read_changes(tmp_path / "nowhere.csv", SCENARIO)


def test_values_of_the_other_kind_are_refused(tmp_path):
    heading = "kind,person_id,shift_id,beat_id,role,required,weight\n"
    assert problems_of(tmp_path, heading + "absent,li,night,limin,,,\n") == (
        "changes.csv:2: beat_id: expected nothing in a row of absent, got 'limin'",
    )


@settings(max_examples=portion(150), deadline=None)
@given(st.text(alphabet='absentdm,;\n\r"0123-limnghtkd\x00é', max_size=120))
def test_any_text_is_read_or_told(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("changes") / "changes.csv"
    file.write_text(text, "utf-8", newline="")
    problems: tuple[str, ...] = ()
    try:
        read_changes(file, SCENARIO)
    except ChangesError as error:
        problems = error.problems
    assert all(problem.startswith("changes.csv:") for problem in problems)


def test_a_repair_on_the_disk(tmp_path):
    roster = roster_table(("wang", "huasheng", "evening", "officer"))
    checked = check(SCENARIO, roster)
    report = Report(
        objective=checked.objective,
        bound=0,
        gap=1.0,
        weighted_unmet=checked.weighted_unmet,
        unmet=checked.unmet,
        travel_cost=checked.travel_cost,
        fairness_cost=0,
        dislike_cost=0,
        assigned=1,
        violations=checked.violations,
        seconds={},
        seed=0,
        workers=1,
        scenario_sha256="",
        versions={},
    )
    prices = pd.DataFrame(columns=list(PRICE_COLUMNS)).astype("str")
    gaps = find_gaps(SCENARIO, roster)
    moves = pd.DataFrame(
        [("li", "evening", "haiwei", "auxiliary", "", "", "absent", "")], columns=list(MOVE_COLUMNS)
    )
    out = tmp_path / "out"
    write_repair(PlanResult(roster, report, gaps.table, prices), moves, {"people": 3}, out)
    assert sorted(path.name for path in out.iterdir()) == [
        *("changes.csv", "gaps.csv", "prices.csv", "report.json", "roster.csv")
    ]
    assert read_result(out).report == report
    assert json.loads((out / "report.json").read_text("utf-8"))["repair"] == {"people": 3}
    assert (out / "changes.csv").read_text("utf-8").splitlines() == [
        ",".join(MOVE_COLUMNS),
        "li,evening,haiwei,auxiliary,,,absent,",
    ]
