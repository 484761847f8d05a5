"""Results on disk, and rosters that people bring."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portions import portion
from tiny_city import any_roster, roster_table, scenarios, tiny_scenario

from data.results import ResultError, read_result, read_roster, write_result
from dispatch.roster import GAP_COLUMNS, PRICE_COLUMNS, PlanResult, Report

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from dispatch.scenario import Scenario

REPORT = Report(
    objective=120_000,
    bound=110_000,
    gap=1 / 12,
    weighted_unmet=11,
    unmet=4,
    travel_cost=9_000,
    fairness_cost=980,
    dislike_cost=20,
    assigned=3,
    violations={"H1": 0, "H2": 0},
    seconds={"candidates": 0.25, "bound": 1.5},
    seed=7,
    workers=2,
    scenario_sha256="ab" * 32,
    versions={"jingge": "0.1.0"},
)
ROSTER = roster_table(
    ("li", "haiwei", "evening", "auxiliary"), ("sun", "haiwei", "evening", "patrol_guard")
)
GAPS = pd.DataFrame(
    [("haiwei", "evening", "patrol_guard", 1, 1, "available", 9, 7, 6, 2, 0, 0, "再招 1 人, 晚班")],
    columns=list(GAP_COLUMNS),
).astype(dict.fromkeys(("beat_id", "shift_id", "role", "cause", "remedy"), "str"))
PRICES = pd.DataFrame(
    [("haiwei", "evening", "patrol_guard", 10_000), ("haiwei", "evening", "auxiliary", 0)],
    columns=list(PRICE_COLUMNS),
).astype(dict.fromkeys(PRICE_COLUMNS[:-1], "str"))
RESULT = PlanResult(ROSTER, REPORT, GAPS, PRICES)


def assert_same(one: PlanResult, other: PlanResult) -> None:
    assert one.report == other.report
    for name in ("roster", "gaps", "prices"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def test_a_result_comes_back(tmp_path: Path) -> None:
    write_result(RESULT, tmp_path / "out")
    assert_same(RESULT, read_result(tmp_path / "out"))


def test_an_empty_result_comes_back(tmp_path: Path) -> None:
    empty = PlanResult(ROSTER.iloc[:0], REPORT, GAPS.iloc[:0], PRICES.iloc[:0])
    write_result(empty, tmp_path / "out")
    assert_same(empty, read_result(tmp_path / "out"))


def test_gaps_in_english_come_back_and_go_with_the_next_result(tmp_path: Path) -> None:
    out = tmp_path / "out"
    english = replace(RESULT, gaps=GAPS.assign(remedy_en=pd.Series(["one more"], dtype="str")))
    write_result(english, out)
    assert_same(english, read_result(out))
    assert (out / "gaps_en.csv").read_text("utf-8").count("one more") == 1
    write_result(RESULT, out)
    assert_same(RESULT, read_result(out))


def test_english_gaps_of_another_plan_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_result(replace(RESULT, gaps=GAPS.assign(remedy_en=GAPS["remedy"])), out)
    text = (out / "gaps.csv").read_text("utf-8")
    (out / "gaps.csv").write_text(text.replace(",1,1,", ",2,1,"), "utf-8")
    with pytest.raises(ResultError, match="expected the rows of gaps"):
        read_result(out)


def test_prices_may_be_fractions(tmp_path: Path) -> None:
    result = replace(RESULT, prices=PRICES.assign(price=[0.5, 1 / 3]))
    write_result(result, tmp_path / "out")
    assert_same(result, read_result(tmp_path / "out"))


def test_the_files_are_the_contracts(tmp_path: Path) -> None:
    write_result(RESULT, tmp_path)
    assert (tmp_path / "roster.csv").read_text("utf-8") == (
        "person_id,beat_id,shift_id,role\n"
        "li,haiwei,evening,auxiliary\n"
        "sun,haiwei,evening,patrol_guard\n"
    )
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert list(report) == [field.name for field in fields(Report)]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("roster.csv", "report.json", "gaps.csv", "prices.csv")
    }


def test_a_result_replaces_the_one_before_and_leaves_the_map(tmp_path: Path) -> None:
    write_result(RESULT, tmp_path)
    (tmp_path / "map.html").write_text("map")
    again = replace(RESULT, report=replace(REPORT, seed=8))
    write_result(again, tmp_path)
    assert_same(again, read_result(tmp_path))
    assert (tmp_path / "map.html").read_text() == "map"


def test_a_result_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    write_result(RESULT, tmp_path / "out")
    broken = replace(RESULT, report=replace(REPORT, gap=float("nan")))
    with pytest.raises(ValueError, match="JSON"):
        write_result(broken, tmp_path / "out")
    assert_same(RESULT, read_result(tmp_path / "out"))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("report.json", '"unmet": 4', '"unmet": "4"', "report.json: expected a report as JSON"),
        ("report.json", '"seed"', '"sead"', "report.json: expected a report as JSON, got: no seed"),
        ("gaps.csv", ",9,7,", ",nine,7,", "gaps.csv:2: in_reach: expected an integer ≥ 0"),
        ("prices.csv", "10000", "-1", "prices.csv:2: price: expected a number ≥ 0"),
        ("roster.csv", "role\n", "job\n", "roster.csv: role: expected this column"),
        ("roster.csv", "li,", "l;i,", "roster.csv:2: person_id: expected an id"),
    ],
)
def test_bad_results_are_told(tmp_path: Path, file: str, old: str, new: str, expected: str) -> None:
    write_result(RESULT, tmp_path)
    text = (tmp_path / file).read_text("utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ResultError) as caught:
        read_result(tmp_path)
    assert caught.value.problems[0].startswith(expected)


def test_a_missing_result_names_every_file(tmp_path: Path) -> None:
    with pytest.raises(ResultError) as caught:
        read_result(tmp_path)
    assert len(caught.value.problems) == 4


def test_a_roster_of_unknown_people_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "role,shift_id,beat_id,person_id\n"
        "auxiliary,evening,haiwei,li\n"
        "auxiliary,dawn,haiwei,nobody\n",
        "utf-8",
    )
    with pytest.raises(ResultError) as caught:
        read_roster(path, tiny_scenario())
    assert caught.value.problems == (
        "mine.csv:3: person_id: expected an id of people, got 'nobody'",
        "mine.csv:3: shift_id: expected an id of shifts, got 'dawn'",
    )


@given(scenario=scenarios(), rng=st.randoms(use_true_random=False))
@settings(max_examples=portion(15), deadline=None)
def test_any_roster_of_known_ids_is_read_rules_or_not(
    tmp_path_factory: pytest.TempPathFactory, scenario: Scenario, rng: random.Random
) -> None:
    roster = any_roster(rng, scenario)
    path = tmp_path_factory.mktemp("roster") / "roster.csv"
    roster.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_roster(path, scenario), roster)
