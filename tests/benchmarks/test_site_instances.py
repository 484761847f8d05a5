"""The table of siting instances: what it reads from a README, and its rows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from site_instances import main, parse

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

README = """# Points
| city, radius | points | P=2 | 3 | all demand |
| --- | --- | --- | --- | --- |
| Street, 205 m | 6 | 16* | 16 | 16 |
"""


def test_published_values_are_read_without_their_stars() -> None:
    assert parse(README)["Street"].radius_m == 205
    assert parse(README)["Street"].best == {2: 16, 3: 16}


def test_it_prints_a_row_an_instance_and_number_of_posts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lats = [40.0 + n * 100 / 111_318.8 for n in range(5)] + [41.0]
    rows = [f"{lat},110.0,{demand}" for lat, demand in zip(lats, (5, 1, 1, 1, 5, 3), strict=True)]
    (tmp_path / "Street.csv").write_text("\n".join(["lat,lng,demand", *rows, ""]), "utf-8")
    (tmp_path / "README.md").write_text(README, "utf-8")
    arguments = ["site_instances.py", str(tmp_path), "--seconds", "2", "--workers", "1", "--plain"]
    monkeypatch.setattr(sys, "argv", arguments)
    main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[:7] for line in lines[2:4]] == [
        ["| Street", "2", "16", "16", "+0", "16", "0.000%"],
        ["| Street", "3", "16", "16", "+0", "16", "0.000%"],
    ]
    assert lines[2].endswith("| 16 | 0.00% |")
