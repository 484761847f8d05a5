"""The command line: what it prints, what it exits with, what it leaves on the disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, get_args

import pytest
from portions import IS_LONG

from api import cli
from api.commands import importing, planning
from api.commands.shared import TEXTS
from api.settings import Settings, SettingsError, read_settings
from data.bundle import read_bundle
from data.demo import SEED, VOLUNTEERS, figures
from grid.coordinates import CoordinateSystem
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMANDS = {"demo", "plan", "check", "repair", "map", "import", "serve", "run"}


def jingge(*arguments: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    return subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", *arguments],
        env={**os.environ, "JINGGE_LANG": lang, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == "jingge 0.1.0\n"


@pytest.mark.parametrize(
    ("lang", "words"), [("zh-CN", "覆盖地图"), ("en", "plans, dispatches and maps")]
)
def test_help_in_both_languages(lang: str, words: str) -> None:
    shown = jingge("--help", lang=lang)
    assert shown.returncode == 0
    assert words in shown.stdout
    for command in COMMANDS:
        assert command in shown.stdout


def test_help_waits_for_no_array_library() -> None:
    code = "import sys, api.cli; sys.exit(int(bool({'numpy', 'fastapi'} & set(sys.modules))))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_commands_that_work(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("explain", "site", "backup"):
        assert cli.run([name]) == 2
    assert cli.run(["plan", "here", "--out", "there", "--scheduler", "x"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_defaults_are_the_demo_city() -> None:
    assert (planning.DEFAULT_VOLUNTEERS, planning.DEFAULT_SEED) == (VOLUNTEERS, SEED)
    assert set(get_args(importing.System)) == {system.value for system in CoordinateSystem}


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "{tmp}/nowhere", "{tmp}/roster.csv"],
        ["check", "{bundle}", "{tmp}/roster.csv"],
        ["plan", "{tmp}", "--out", "{tmp}/out"],
        ["map", "{tmp}/nowhere", "{tmp}/roster.csv", "--out", "{tmp}/map.html"],
        ["load", "{bundle}", "{tmp}/nowhere"],
        ["import", "boundaries", "{tmp}/nowhere.geojson", "--crs", "gcj02", "--out", "{tmp}/out"],
        ["demo", "{tmp}/a-file"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_bad_input_is_told_in_lines_and_leaves_nothing(
    arguments: list[str], bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a-file").touch()
    arguments = [part.format(tmp=tmp_path, bundle=bundle) for part in arguments]
    assert cli.run(arguments) == 2
    told = capsys.readouterr().err
    assert told.strip()
    assert "Traceback" not in told
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "x"],
        ["plan", "x", "--out", "y", "--time-limit", "-1"],
        ["plan", "x", "--out", "y", "--time-limit", "5", "--rounds", "2"],
        ["demo", "x", "--volunteers", "0"],
        ["serve", "--port", "70000"],
        ["nothing"],
    ],
    ids=" ".join,
)
def test_bad_options_are_refused(arguments: list[str]) -> None:
    assert cli.run(arguments) == 2


def test_many_problems_are_cut_at_fifty() -> None:
    class ManyError(JinggeError):
        problems = tuple(f"people.csv:{n}: bad\nline" for n in range(60))

    lines = list(cli.problem_lines(ManyError()))
    assert len(lines) == 51
    assert lines[0] == "people.csv:0: bad line"
    assert lines[-1] == TEXTS("cli.more_problems", count=10)


def test_check_prints_json_and_exits_by_it(
    bundle: Path, result_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roster = result_dir / "roster.csv"
    assert cli.run(["check", str(bundle), str(roster)]) == 0
    report = json.loads(capsys.readouterr().out)
    told = json.loads((result_dir / "report.json").read_text(encoding="utf-8"))
    assert report["objective"] == told["objective"]
    assert report["scenario_sha256"] == told["scenario_sha256"]
    assert not any(report["violations"].values())

    broken = tmp_path / "roster.csv"
    lines = roster.read_text(encoding="utf-8")
    broken.write_text(lines + "chen,limin,night,patrol_guard\n", encoding="utf-8")
    assert cli.run(["check", str(bundle), str(broken)]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["violations"]["H5"] == 1
    assert any("chen" in row["detail"] for row in report["details"])


def test_map_is_one_file_without_addresses(bundle: Path, result_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "map.html"
    roster = str(result_dir / "roster.csv")
    assert cli.run(["map", str(bundle), roster, "--out", str(file)]) == 0
    page = file.read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert 'src="http' not in page
    assert [path.name for path in file.parent.iterdir()] == ["map.html"]


@pytest.fixture
def records(tiny_file: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a store with the tiny city, nobody's account and its key."""
    shutil.copy(tiny_file, tmp_path / "store.db")
    key = tmp_path / "secret.key"
    key.write_text((b"tiny" * 8).hex(), encoding="ascii")
    key.chmod(0o600)
    return {
        "JINGGE_DATABASE_URL": f"sqlite:///{tmp_path / 'store.db'}",
        "JINGGE_SECRET_KEY_FILE": str(key),
    }


@pytest.fixture
def served(records: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start ``jingge serve`` on a free port; yield the process and its address."""
    # A runner in the background may ignore SIGINT, and children inherit that.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from api.cli import main; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--port", "0"],
        env={**os.environ, **records, "JINGGE_LANG": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[0].startswith("Account admin, first password "), lines
        assert lines[2].startswith("Open http://127.0.0.1:"), lines
        yield process, lines[2].split()[1]
        process.kill()


STOPS = [(signal.SIGINT, 130), (signal.SIGTERM, -15)]


@pytest.mark.parametrize(("sent", "code"), STOPS if IS_LONG else STOPS[:1])
def test_serve_says_where_and_stops_when_told(
    served: tuple[subprocess.Popen[str], str], sent: signal.Signals, code: int
) -> None:
    process, address = served
    with urllib.request.urlopen(address + "healthz") as answer:  # noqa: S310 - http, ours
        assert json.load(answer)["status"] == "ok"
    process.send_signal(sent)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert "Traceback" not in errors


def test_a_taken_port_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert cli.run(["serve", "--port", port]) == 2
    assert f"127.0.0.1:{port} to be free" in capsys.readouterr().err


def test_accounts_from_the_terminal(
    records: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in records.items():
        monkeypatch.setenv(name, value)
    assert (
        cli.run(["user", "add", "Wu", "--role", "station_dispatcher", "--station", "kunbei"]) == 0
    )
    password = capsys.readouterr().out.split()[-1]
    assert cli.run(["user", "add", "wu", "--role", "reviewer"]) == 2
    assert cli.run(["user", "add", "zhou", "--role", "community_officer"]) == 2
    assert cli.run(["user", "add", "zhou", "--role", "volunteer", "--person", "nobody"]) == 2
    assert cli.run(["user", "add", "zhou", "--role", "volunteer", "--person", "liu"]) == 0
    for command in ("lock", "unlock", "reset"):
        assert cli.run(["user", command, "WU"]) == 0
        assert cli.run(["user", command, "nobody"]) == 2
    told = capsys.readouterr()
    assert password not in told.out
    assert "Traceback" not in told.err
    assert cli.run(["user", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["wu", "active"], ["zhou", "active"]]
    assert cli.run(["audit", "verify"]) == 0


def test_settings_come_from_the_environment() -> None:
    given = {"JINGGE_PORT": "9000", "JINGGE_DOCS": "yes", "JINGGE_LANG": "en", "OTHER": "x"}
    assert read_settings(given) == Settings(port=9000, docs=True, lang="en")
    assert read_settings({}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JINGGE_PORT", "http"),
        ("JINGGE_PORT", "65536"),
        ("JINGGE_DOCS", "perhaps"),
        ("JINGGE_TILE_CRS", "bd09"),
        ("JINGGE_TILE_URL", "https://tiles.example/{z}/{x}.png"),
        ("JINGGE_TILE_URL", "javascript:{z}{x}{y}"),
    ],
)
def test_settings_that_cannot_be_used_are_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: value})


def squares(*, ring: bool = False) -> str:
    """Two areas in one column of squares, of 0.02 degrees; or four around an empty one."""
    places = [(0, 0), (1, 0)]
    if ring:
        places = [(x, y) for x in range(3) for y in range(3) if (x, y) != (1, 1)]
    features = []
    for number, (x, y) in enumerate(places):
        west, south = 109.8 + 0.02 * x, 40.6 + 0.02 * y
        corners = [(0, 0), (0.02, 0), (0.02, 0.02), (0, 0.02), (0, 0)]
        outline = [[west + a, south + b] for a, b in corners]
        fields = {"oid": 0, "kod": f"d{number}", "wie": f"区{number}"}
        geometry = {"type": "Polygon", "coordinates": [outline]}
        features.append({"type": "Feature", "properties": fields, "geometry": geometry})
    return json.dumps({"type": "FeatureCollection", "features": features})


def test_import_takes_the_columns_and_the_resolution_that_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "areas.geojson", tmp_path / "out"
    file.write_text(squares(), encoding="utf-8")
    command = ["import", "boundaries", str(file), "--crs", "wgs84", "--out", str(out)]
    columns = ["--id-field", "kod", "--name-field", "wie", "--resolution", "8"]
    assert cli.run([*command, *columns]) == 0
    assert "areas: 2" in capsys.readouterr().out
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert (report["id_field"], report["name_field"]) == ("kod", "wie")
    assert {area["name"] for area in report["jurisdiction"]["areas"]} == {"区0", "区1"}
    rows = (out / "district_cells.csv").read_text("utf-8").splitlines()[1:]
    assert {row.split(",")[1] for row in rows} == {"d0", "d1"}
    assert {row[:2] for row in rows} == {"88"}  # resolution 8
    assert cli.run([*command, "--id-field", "nowhere"]) == 2
    assert "expected a column of" in capsys.readouterr().err
    assert cli.run([*command, "--layer", "nowhere"]) == 2
    assert cli.run([*command, "--resolution", "16"]) == 2


def test_import_fills_gaps_only_when_asked_to(tmp_path: Path) -> None:
    file = tmp_path / "areas.geojson"
    file.write_text(squares(ring=True), encoding="utf-8")
    cells = []
    for name, options in (("open", []), ("filled", ["--fill-gaps"])):
        out = tmp_path / name
        command = ["import", "boundaries", str(file), "--crs", "wgs84", "--out", str(out)]
        assert cli.run([*command, *options]) == 0
        cells.append(len((out / "district_cells.csv").read_text("utf-8").splitlines()) - 1)
    assert cells[1] > cells[0] * 1.08  # an eighth of the ring, less its border


def test_demo_tells_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["demo", str(tmp_path / "city"), "--volunteers", "50"]) == 0
    told = capsys.readouterr().err
    assert str(tmp_path / "city") in told
    found = figures(read_bundle(tmp_path / "city"))
    counts = {name: f"{count:,}" for name, count in found.items()}
    assert TEXTS("cli.demo.figures", **counts) in told
