"""Plan the same cities with this planner and with others, and print one table a city.

    python benchmarks/planner_peers.py --tools-python TOOLS/bin/python
    python benchmarks/planner_peers.py --parts 30 --seconds 20 --peers ours,greedy,cpsat
    python benchmarks/planner_peers.py BUNDLE … --markdown docs/benchmarks.md

`TOOLS` is an environment with what the project itself does not need, and a Java 17 on the PATH::

    python3.11 -m venv TOOLS
    TOOLS/bin/pip install optapy==9.37.0b0 jpype1==1.4.1 highspy 'numpy<2'

Each peer runs in a process of its own, is stopped when it takes more than ``--memory-gib`` or a
minute more than ``--seconds``, and its roster goes through the independent checker. HiGHS, CP-SAT
and OptaPlanner get the arcs of this planner (the time for those counts as theirs) and the greedy
roster to start from. Memory is the greatest sum of resident sizes of the peer and its children.
``--markdown`` replaces the part of a file between the markers of each city.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from peer_models import flat_model, full_hint, roster_of, taken_arcs

from data.bundle import read_bundle
from data.demo import VOLUNTEERS, write_demo
from data.results import read_roster
from data.tables import write_table
from dispatch.check import check
from dispatch.greedy import greedy_roster
from dispatch.problem import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from dispatch.problem import Problem
    from dispatch.scenario import Scenario

HERE = Path(__file__).resolve().parent
GRACE_S = 60.0
LOOK_EVERY_S = 0.2
NAMES = {
    "ours": "this planner",
    "greedy": "greedy",
    "highs": "HiGHS, flat MIP",
    "cpsat": "CP-SAT, flat model",
    "optaplanner": "OptaPlanner (optapy)",
}


@dataclass(frozen=True, slots=True)
class City:
    """A bundle with what all peers start from."""

    title: str
    bundle: Path
    scenario: Scenario
    problem: Problem
    greedy: pd.DataFrame
    model: Path
    encoding_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, what it took and the last that it said."""

    seconds: float
    peak_gib: float
    note: str


@dataclass(frozen=True, slots=True)
class Row:
    """What a peer achieved; no objective where it has no valid roster."""

    peer: str
    note: str
    seconds: float
    peak_gib: float
    build_s: float | None = None
    objective: int | None = None
    bound: float | None = None


def run(command: Sequence[str], limit_s: float, memory_gib: float) -> Ended:
    """Run a process; stop it and its children when they take too long or too much memory."""
    begun = time.perf_counter()
    peak, note = 0.0, ""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
        while process.poll() is None:
            time.sleep(LOOK_EVERY_S)
            now = resident_gib(process.pid)
            peak = max(peak, now)
            if now > memory_gib:
                note = f"stopped at {memory_gib:g} GiB"
            elif time.perf_counter() - begun > limit_s:
                note = f"stopped after {limit_s:.0f} s"
            if note:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        seconds = time.perf_counter() - begun
        if process.returncode and not note:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            last = lines[-1][:120] if lines else ""
            note = f"ended with {process.returncode}: {last}"
    return Ended(seconds, peak, note)


def resident_gib(session: int) -> float:
    """Add up the resident memory of the processes of a session."""
    pages = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[3]) == session:
            pages += int(fields[21])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**30


def prepare(title: str, bundle: Path, work: Path) -> City:
    """Read a bundle, encode it and write the flat model for those who want it."""
    scenario = read_bundle(bundle)
    encode(scenario)  # so that compiling is not counted
    begun = time.perf_counter()
    problem = encode(scenario)
    model = flat_model(problem)
    seconds = time.perf_counter() - begun
    greedy = greedy_roster(scenario)
    hint = full_hint(problem, taken_arcs(scenario, problem, greedy))
    names = (
        *("line_post", "line_kind", "line_required", "shift_prev", "max_shifts", "steps", "seats"),
        *("row_person", "row_shift", "row_forced", "arc_start", "arc_line", "arc_cost"),
        *("place_start", "place_value", "min_volunteers"),
    )
    arrays = {name: np.asarray(getattr(problem, name)) for name in names}
    path = work / "model.npz"
    np.savez(
        path,
        **model,
        **arrays,
        hint=hint,
        arcs=np.array(problem.arc_line.size),
        posts=np.array(problem.num_posts),
        unmet=np.array(scenario.costs.unmet),
    )
    return City(title, bundle, scenario, problem, greedy, path, seconds)


def measure(peer: str, city: City, options: argparse.Namespace, work: Path) -> Row:
    """Let one peer plan a city and judge what it gives."""
    answer = work / f"{peer}-answer"
    limit = options.seconds + GRACE_S
    if peer == "greedy":
        command = [sys.executable, __file__, "--greedy", str(city.bundle), str(answer)]
    elif peer == "ours":
        command = [
            *(sys.executable, "-c", "from api.cli import main; main()", "plan", str(city.bundle)),
            *("--out", str(answer), "--time-limit", str(options.seconds)),
            *("--workers", str(options.threads), "--seed", str(options.seed)),
        ]
    else:
        python = sys.executable if peer == "cpsat" else options.tools_python
        if python is None:
            return Row(peer, "not run: no --tools-python", 0.0, 0.0)
        command = [
            *(python, str(HERE / "peer_solve.py"), peer, str(city.model), f"{answer}.npz"),
            *("--seconds", str(options.seconds), "--threads", str(options.threads)),
        ]
    ended = run(command, limit, options.memory_gib)
    row = Row(peer, ended.note, ended.seconds, ended.peak_gib)
    if ended.note:
        return row
    try:
        return judge(row, city, answer)
    except (OSError, ValueError, KeyError) as error:
        return replace(row, note=f"no usable answer: {str(error)[:100]}")


def judge(row: Row, city: City, answer: Path) -> Row:
    """Read what a peer wrote, check its roster and note objective and bound."""
    if row.peer == "ours":
        report = json.loads((answer / "report.json").read_text("utf-8"))
        roster = read_roster(answer / "roster.csv", city.scenario)
        stages = report["seconds"]
        row = replace(row, bound=report["bound"], build_s=stages.get("encode"))
    elif row.peer == "greedy":
        roster = read_roster(answer / "roster.csv", city.scenario)
    else:
        with np.load(f"{answer}.npz") as file:
            found = {name: file[name] for name in file.files}
        bound = float(found["bound"])
        row = replace(
            row,
            bound=bound if np.isfinite(bound) and bound > 0 else None,
            build_s=city.encoding_s + float(found["build"]),
            note=str(found["note"]),
        )
        if "taken" not in found:
            return row
        roster = roster_of(city.scenario, city.problem, found["taken"])
    report = check(city.scenario, roster)
    broken = {rule: count for rule, count in report.violations.items() if count}
    if broken:
        return replace(row, note=f"invalid roster {broken}")
    return replace(row, objective=report.objective)


def table(city: City, rows: Sequence[Row], options: argparse.Namespace) -> str:
    """Write the rows of a city as a Markdown table."""
    bounds = [row.bound for row in rows if row.bound is not None]
    best = max(bounds, default=0.0)
    ours = next((row.objective for row in rows if row.peer == "ours"), None)
    lines = [
        f"**{city.title}**: {len(city.scenario.people):,} people, "
        f"{city.problem.num_lines:,} lines, {city.problem.arc_line.size:,} arcs; "
        f"{options.seconds:g} s a peer, {options.threads} threads; best bound {best:,.0f}.",
        "",
        "| planner | objective | ÷ ours | gap to the best bound | own bound | build s | total s "
        "| peak GiB | note |",
        "|" + " --- |" * 9,
    ]
    for row in rows:
        objective = "–" if row.objective is None else f"{row.objective:,}"
        ratio = f"{row.objective / ours:.3f}" if row.objective and ours else "–"
        gap = f"{1 - best / row.objective:.2%}" if row.objective else "–"
        bound = "–" if row.bound is None else f"{row.bound:,.0f}"
        build = "–" if row.build_s is None else f"{row.build_s:.1f}"
        lines.append(
            f"| {NAMES[row.peer]} | {objective} | {ratio} | {gap} | {bound} | {build} "
            f"| {row.seconds:.0f} | {row.peak_gib:.2f} | {row.note} |"
        )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[2]
    lines += [
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GiB, load of the "
        f"last 15 minutes {load:.1f}; jingge {version('jingge')}, ortools {version('ortools')}, "
        f"numpy {version('numpy')}, Python {platform.python_version()}.",
    ]
    return "\n".join(lines)


def put(file: Path, title: str, text: str) -> None:
    """Replace what stands between the markers of a city, or append it with markers."""
    first, last = f"<!-- peers {title} -->", f"<!-- end {title} -->"
    content = file.read_text("utf-8") if file.exists() else "# Benchmarks\n"
    block = f"{first}\n{text}\n{last}"
    if first in content and last in content:
        head, rest = content.split(first, 1)
        content = head + block + rest.split(last, 1)[1]
    else:
        content = f"{content.rstrip()}\n\n{block}\n"
    file.write_text(content, "utf-8")


def write_greedy(bundle: Path, out: Path) -> None:
    """Be the greedy peer."""
    out.mkdir(parents=True, exist_ok=True)
    write_table(greedy_roster(read_bundle(bundle)), out / "roster.csv")


def arguments() -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundles", type=Path, nargs="*", metavar="BUNDLE")
    parser.add_argument("--parts", default="30,10,1", help="of the demo city: 30 is a thirtieth")
    parser.add_argument("--peers", default=",".join(NAMES), help="joined by commas")
    parser.add_argument("--seconds", type=float, default=120.0, help="a peer, building included")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20_261_130)
    parser.add_argument("--memory-gib", type=float, default=12.0)
    parser.add_argument("--tools-python", "--optapy-python", help="with optapy and highspy")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the tables there")
    parser.add_argument("--greedy", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.peers.split(",")) - set(NAMES):
        parser.error(f"Expected peers among {', '.join(NAMES)}, got {', '.join(unknown)}.")
    return options


def main() -> None:
    """Measure every peer on every city, one after another."""
    options = arguments()
    if options.greedy:
        write_greedy(*options.greedy)
        return
    with tempfile.TemporaryDirectory() as folder:
        cities = [(path.name, path) for path in options.bundles]
        for part in [] if options.bundles else map(int, options.parts.split(",")):
            bundle = Path(folder) / f"part-{part}"
            write_demo(bundle, round(VOLUNTEERS / part))
            cities.append(("the demo city" if part == 1 else f"1/{part} of the demo city", bundle))
        for number, (title, bundle) in enumerate(cities):
            work = Path(folder) / f"work-{number}"
            work.mkdir()
            city = prepare(title, bundle, work)
            rows = []
            for peer in options.peers.split(","):
                rows.append(measure(peer, city, options, work))
                print(rows[-1], file=sys.stderr, flush=True)
            text = table(city, rows, options)
            print(text, end="\n\n", flush=True)
            if options.markdown:
                put(options.markdown, title, text)


if __name__ == "__main__":
    main()
