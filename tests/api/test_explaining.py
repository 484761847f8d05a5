"""``jingge explain`` and ``jingge prices``, as a user runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from rule_breakers import CHEN, LI, base
from tiny_city import roster_table

from api import cli
from data.bundle import write_bundle
from data.tables import write_table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def city(tmp_path: Path) -> tuple[str, str]:
    """One evening in Haiwei where Sun, who is free, is not on patrol."""
    write_bundle(base(min_volunteers_per_post=1), tmp_path / "bundle")
    (tmp_path / "result").mkdir()
    write_table(roster_table(LI, CHEN), tmp_path / "result" / "roster.csv")
    return str(tmp_path / "bundle"), str(tmp_path / "result")


def explained(city: tuple[str, str], *options: str) -> int:
    bundle, result = city
    post = ("--beat", "haiwei", "--shift", "evening")
    return cli.run(["explain", bundle, f"{result}/roster.csv", *post, *options])


def test_a_post_is_explained(city: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(city) == 0
    shown = capsys.readouterr().out
    assert "haiwei evening" in shown.splitlines()[0]
    assert "sun" in shown
    assert "-20,000" in shown


def test_json_has_codes_numbers_and_sentences(
    city: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert explained(city, "--json", "--role", "patrol_guard") == 0
    (line,) = json.loads(capsys.readouterr().out)["lines"]
    assert (line["missing"], line["cause"], line["funnel"]["free"]) == (1, "trade", 1)
    best = line["remedies"][0]
    assert (best["delta"], best["remedy"]["moves"][0]["person"]) == (-20_000, "sun")
    assert "sun" in best["text"]


def test_a_person_is_explained(city: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(city, "--json", "--person", "liu") == 0
    document = json.loads(capsys.readouterr().out)
    assert {reason["reason"] for reason in document["person"]} == {"unavailable"}
    assert all("liu" in reason["text"] for reason in document["person"])


def test_what_is_unknown_is_one_line(
    city: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert explained(city, "--person", "nobody") == 2
    assert capsys.readouterr().err == "Expected a person of the scenario, got 'nobody'.\n"


def test_prices_go_into_the_result(
    city: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["prices", *city]) == 0
    assert "kunbei" in capsys.readouterr().out
    shadow = (tmp_path / "result" / "shadow_prices.csv").read_text("utf-8")
    assert "haiwei evening patrol_guard" in shadow
    assert (tmp_path / "result" / "training.csv").exists()
    assert (tmp_path / "result" / "roster.csv").exists()
