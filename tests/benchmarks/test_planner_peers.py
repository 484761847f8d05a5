"""The table of peers: the flat model is the problem, and a peer that fails is a row."""

from __future__ import annotations

import argparse
import random
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from oracle import optimum, with_pins
from peer_models import flat_model, full_hint, roster_of, taken_arcs
from planner_peers import City, Row, judge, measure, prepare, put, run, table
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from tiny_city import random_scenario

from data.demo import write_demo
from dispatch.check import check
from dispatch.greedy import greedy_roster
from dispatch.problem import encode

if TYPE_CHECKING:
    from pathlib import Path


def matrix_of(model: dict[str, Any]) -> csr_array:
    parts = (model["data"], model["indices"], model["indptr"])
    return csr_array(parts, shape=(model["lower"].size, model["cost"].size))


@pytest.mark.parametrize("seed", range(25))
def test_the_flat_model_has_the_optimum_of_the_problem(seed: int) -> None:
    scenario = random_scenario(seed)
    if seed % 2:
        scenario = with_pins(scenario, random.Random(seed))
    problem = encode(scenario)
    if not problem.arc_line.size:
        return
    model = flat_model(problem)
    solved = milp(
        model["cost"],
        integrality=model["whole"].astype(int),
        bounds=Bounds(model["floor"], 1),
        constraints=LinearConstraint(matrix_of(model), model["lower"], model["upper"]),
    )
    roster = roster_of(scenario, problem, solved.x[: problem.arc_line.size] > 0.5)
    report = check(scenario, roster)
    assert not any(report.violations.values())
    assert report.objective == round(solved.fun) + int(model["worst"])
    assert report.objective == optimum(scenario)[0]


def test_greedys_roster_is_a_point_of_the_flat_model_with_its_objective(tmp_path: Path) -> None:
    scenario = write_demo(tmp_path / "city", 250).scenario
    problem = encode(scenario)
    model = flat_model(problem)
    roster = greedy_roster(scenario)
    taken = taken_arcs(scenario, problem, roster)
    assert roster_of(scenario, problem, taken).equals(roster)
    point = full_hint(problem, taken)
    sides = matrix_of(model) @ point
    assert (sides >= model["lower"] - 1e-9).all()
    assert (sides <= model["upper"] + 1e-9).all()
    assert (point >= model["floor"]).all()
    objective = round(model["cost"] @ point) + int(model["worst"])
    assert objective == check(scenario, roster).objective


def test_a_peer_that_takes_too_long_or_too_much_is_stopped() -> None:
    slow = run([sys.executable, "-c", "import time; time.sleep(60)"], 0.5, 4)
    assert slow.note == "stopped after 0 s"
    assert slow.seconds < 30
    large = "x = bytearray(400_000_000); import time; time.sleep(60)"
    greedy = run([sys.executable, "-c", large], 60, 0.2)
    assert greedy.note == "stopped at 0.2 GiB"
    assert greedy.peak_gib > 0.2
    broken = run([sys.executable, "-c", "raise SystemExit('no such tool')"], 60, 4)
    assert broken.note == "ended with 1: no such tool"


def test_memory_of_children_counts() -> None:
    child = "x = bytearray(300_000_000); import time; time.sleep(1.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert run([sys.executable, "-c", parent], 60, 4).peak_gib > 0.28


def test_a_table_has_a_row_a_peer_whatever_became_of_it(tmp_path: Path) -> None:
    write_demo(tmp_path / "city", 60)
    city: City = prepare("a hamlet", tmp_path / "city", tmp_path)
    options = argparse.Namespace(seconds=2.0, threads=1, seed=1, memory_gib=4.0, tools_python=None)
    rows = [measure(peer, city, options, tmp_path) for peer in ("greedy", "cpsat", "highs")]
    objective = check(city.scenario, city.greedy).objective
    assert rows[0].objective == objective
    assert rows[1].objective is not None
    assert rows[1].bound is not None
    assert rows[1].bound <= rows[1].objective <= objective
    assert (rows[2].objective, rows[2].note) == (None, "not run: no --tools-python")
    lines = table(city, rows, options).splitlines()
    names = [line.split(" | ")[0] for line in lines if line.startswith("| ")]
    assert names[2:] == ["| greedy", "| CP-SAT, flat model", "| HiGHS, flat MIP"]


def test_an_invalid_or_missing_roster_is_told(tmp_path: Path) -> None:
    write_demo(tmp_path / "city", 60)
    city = prepare("a hamlet", tmp_path / "city", tmp_path)
    options = argparse.Namespace(
        seconds=2.0, threads=1, seed=1, memory_gib=4.0, tools_python=sys.executable
    )
    # Our own Python has no optapy: the process fails and the row says so.
    row = measure("optaplanner", city, options, tmp_path)
    assert row.objective is None
    assert row.note.startswith("ended with 1: ModuleNotFoundError")
    everything = np.ones(city.problem.arc_line.size, bool)
    np.savez(tmp_path / "cpsat-answer.npz", taken=everything, bound=0.0, build=0.0, note="")
    judged = judge(Row("cpsat", "", 1.0, 1.0), city, tmp_path / "cpsat-answer")
    assert judged.objective is None
    assert judged.note.startswith("invalid roster {'H")


def test_a_table_replaces_the_one_of_the_same_city_alone(tmp_path: Path) -> None:
    file = tmp_path / "table.md"
    file.write_text("# Head\n\ntext\n", "utf-8")
    put(file, "1/30", "old")
    put(file, "1/10", "other")
    put(file, "1/30", "new")
    text = file.read_text("utf-8")
    assert "old" not in text
    assert text.index("text") < text.index("new") < text.index("other")
