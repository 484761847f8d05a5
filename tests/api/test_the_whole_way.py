"""From nothing to a served map, as `jingge run` goes; plans and interruptions on the way."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

import pytest

from api import cli
from api.jobs import DemoError, ensure_demo, finished_result
from data.bundle import bundle_sha256, read_bundle
from data.catalogue import labels
from data.demo import write_demo
from data.results import read_result
from dispatch.check import check

if TYPE_CHECKING:
    from pathlib import Path

# A runner in the background may ignore SIGINT, and children inherit that.
CODE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from api.cli import main; main()"
)
START = [sys.executable, "-c", CODE]
ENVIRONMENT = {**os.environ, "JINGGE_LANG": "en"}


def test_plan_is_written_whole_with_its_proof(bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    plan = ["plan", str(bundle), "--out", str(out), "--rounds", "1", "--workers", "1"]
    assert cli.run([*plan, "--seed", "7"]) == 0
    result = read_result(out)
    found = check(read_bundle(bundle), result.roster)
    assert not any(found.violations.values())
    assert result.report.objective == found.objective
    assert 0 <= result.report.bound <= result.report.objective
    assert result.report.scenario_sha256 == bundle_sha256(bundle)
    assert (result.report.seed, result.report.workers) == (7, 1)
    assert {"jingge", "ortools", "numpy"} <= result.report.versions.keys()
    first = (out / "roster.csv").read_bytes()
    assert cli.run([*plan, "--seed", "7"]) == 0
    assert (out / "roster.csv").read_bytes() == first
    assert finished_result(bundle, out) is not None


def test_remedies_are_written_in_both_languages_with_labels(tmp_path: Path) -> None:
    bundle, out = tmp_path / "bundle", tmp_path / "out"
    write_demo(bundle, 300)
    assert cli.run(["plan", str(bundle), "--out", str(out), "--rounds", "0", "--workers", "1"]) == 0
    gaps = read_result(out).gaps
    codes = "|".join(labels("zh"))
    assert not gaps["remedy"].str.contains(codes).any()
    assert gaps["remedy"].str.contains("任辅警|作为辅警|作为民警").any()
    assert gaps["remedy_en"].str.contains("as auxiliary|as officer").any()
    assert not gaps["remedy_en"].str.contains("_").any()


def test_a_plan_of_another_bundle_is_not_used_again(
    bundle: Path, result_dir: Path, tmp_path: Path
) -> None:
    assert finished_result(bundle, result_dir) is not None
    assert finished_result(bundle, tmp_path / "nowhere") is None
    other = tmp_path / "other"
    other.mkdir()
    for file in bundle.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    settings = json.loads((other / "scenario.json").read_text(encoding="utf-8"))
    settings["name"] = "Another"
    (other / "scenario.json").write_text(json.dumps(settings), encoding="utf-8")
    assert finished_result(other, result_dir) is None


def test_run_never_overwrites_what_it_did_not_write(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "mine.txt").touch()
    with pytest.raises(DemoError, match="written by `jingge run`"):
        ensure_demo(tmp_path, volunteers=300, seed=1)
    assert [path.name for path in (tmp_path / "bundle").iterdir()] == ["mine.txt"]


def start_run(home: Path) -> tuple[subprocess.Popen[str], list[str]]:
    """Start ``jingge run`` on a small city; return it with what it said before the address."""
    small = ["--volunteers", "300", "--rounds", "0", "--workers", "1", "--port", "0"]
    records = {
        "JINGGE_DATABASE_URL": f"sqlite:///{home / 'jingge.db'}",
        "JINGGE_SECRET_KEY_FILE": str(home / "secret.key"),
    }
    process = subprocess.Popen(
        [*START, "run", "--dir", str(home), *small],
        env=ENVIRONMENT | records,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Open http://"):
            return process, said
    pytest.fail(f"{said} {process.stderr.read() if process.stderr else ''}")


def logged_in(address: str, login: str, password: str) -> urllib.request.OpenerDirector:
    """Log in as a browser does."""
    jar = urllib.request.HTTPCookieProcessor()
    opener = urllib.request.build_opener(jar)
    fields = urllib.parse.urlencode({"login": login, "password": password}).encode()
    opener.open(address + "login", fields).close()
    return opener


@pytest.mark.slow
def test_run_goes_the_whole_way_and_not_twice(tmp_path: Path) -> None:
    written, passwords = 0, {}
    for again in (False, True):
        process, said = start_run(tmp_path)
        with process:
            address = said[-1].split()[1]
            passwords |= dict(re.findall(r"^  (\w+) +(\S+) ", "".join(said), re.M))
            assert len(passwords) == 9
            reviewer = logged_in(address, "reviewer", passwords["reviewer"])
            with reviewer.open(address + "api/v1/summary") as answer:
                body = json.load(answer)
            volunteer = logged_in(address, "volunteer", passwords["volunteer"])
            with volunteer.open(address + "m/me") as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "Traceback" not in errors
        assert any(said_line.startswith("Using the demo city") for said_line in said) == again
        assert body["scenario_sha256"] == bundle_sha256(tmp_path / "bundle")
        assert not any(body["violations"].values())
        assert body["filled_share"] <= body["filled_share_bound"] <= 1
        report = tmp_path / "result" / "report.json"
        assert (report.stat().st_mtime_ns == written) == again
        written = report.stat().st_mtime_ns


@pytest.mark.slow
def test_an_interrupted_demo_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "demo"
    with subprocess.Popen(
        [*START, "demo", str(target), "--volunteers", "12000"],  # whose files take seconds to write
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while process.poll() is None and not list(tmp_path.iterdir()):
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip() == "Interrupted."
    assert list(tmp_path.iterdir()) == []
