"""Points files: values, decimals, and every problem by its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from data.demand_points import PointsError, read_points

if TYPE_CHECKING:
    from pathlib import Path


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "points.csv"
    path.write_text(text, "utf-8")
    return path


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    points = read_points(written(tmp_path, "name,demand,lng,lat\na,3,109.8,40.6\nb,0,109.9,40.7\n"))
    assert points.lat.tolist() == [40.6, 40.7]
    assert points.lng.tolist() == [109.8, 109.9]
    assert points.demand.tolist() == [3, 0]
    assert points.unit == 1


def test_decimals_become_whole_units(tmp_path: Path) -> None:
    points = read_points(written(tmp_path, "lat,lng,demand\n1,2,0.25\n1,2,3\n1,2,0.3\n"))
    assert points.demand.tolist() == [25, 300, 30]
    assert points.unit == 100


def test_every_problem_is_named_by_its_line(tmp_path: Path) -> None:
    text = "lat,lng,demand\n91,2,1\n1,181,1\n1,2,-1\n1,2,x\n1,2,\n1,2,0.1234567\n1,2,nan\n"
    with pytest.raises(PointsError) as caught:
        read_points(written(tmp_path, text))
    places = [problem.split(": ")[:2] for problem in caught.value.problems]
    assert sorted(places) == sorted(
        [
            ["points.csv:2", "lat"],
            ["points.csv:3", "lng"],
            *(["points.csv:" + str(line), "demand"] for line in (4, 5, 6, 7, 8)),
        ]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "header row"),
        ("lat,lng,demand\n", "at least one point"),
        ("lat,lng\n1,2\n", "demand"),
    ],
)
def test_files_without_points_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PointsError, match=message):
        read_points(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PointsError, match=r"nowhere\.csv"):
        read_points(tmp_path / "nowhere.csv")
