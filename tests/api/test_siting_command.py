"""``jingge site``: what it prints, and how it refuses."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from api.cli import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Five points 100 m apart along a meridian, and one far away."""
    path = tmp_path / "street.csv"
    lats = [40.0 + n * 100 / 111_318.8 for n in range(5)] + [41.0]
    rows = [f"{lat},110.0,{demand}" for lat, demand in zip(lats, (5, 1, 1, 1, 5, 3), strict=True)]
    path.write_text("\n".join(["lat,lng,demand", *rows, ""]), "utf-8")
    return path


def test_it_prints_points_covered_bound_and_gap(
    street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--posts", "1", "--radius", "205", "--rounds", "1"]
    assert run(["site", str(street), *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "point,lat,lng"
    assert lines[1].startswith("3,40.00")
    assert [re.findall(r"[\d.]+", line) for line in lines[2:]] == [["13", "16"], ["13"], ["0.0000"]]


def test_json_has_the_same_and_tells_points_by_their_row(
    street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--posts", "2", "--radius", "205", "--rounds", "1", "--json"]
    assert run(["site", str(street), *options]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [point["point"] for point in document["points"]] == [3, 6]
    assert (document["covered"], document["bound"], document["gap"]) == (16, 16, 0)


def test_bad_rows_end_with_two_and_a_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("lat,lng,demand\n95,2,1\n1,2,many\n", "utf-8")
    assert run(["site", str(path), "--posts", "1", "--radius", "5"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert [line.split(": ")[0] for line in said.err.splitlines()] == ["bad.csv:2", "bad.csv:3"]


def test_more_posts_than_points_are_refused(
    street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["site", str(street), "--posts", "7", "--radius", "5"]) == 2
    assert "between 1 and 6 posts" in capsys.readouterr().err


def test_both_limits_are_refused(street: Path) -> None:
    limits = ["--rounds", "1", "--time-limit", "1"]
    assert run(["site", str(street), "--posts", "1", "--radius", "5", *limits]) == 2
