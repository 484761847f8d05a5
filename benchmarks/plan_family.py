"""Plan cities from files to files and print how good, how soon and how punctual the plans are.

    python benchmarks/plan_family.py BUNDLE... [--time-limit 60] [--workers 2] [--markdown FILE]

Each city is planned by a process of its own, as `jingge plan` does: read the bundle, plan, check,
explain, write the result. Wall time is the whole process, from Python's start to its end. *First
plan* is when the first whole roster has passed the independent checker, in seconds after the bundle
is loaded. Compiled kernels are expected to be in numba's cache: plan any city once before.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from api.jobs import plan_bundle
from dispatch.effort import Effort, Progress

_HEADINGS = (
    "city",
    "objective",
    "bound",
    "gap",
    "first plan s",
    "its gap",
    "wall s",
    "÷ limit",
    "peak MiB",
    "load",
)


@dataclass(slots=True)
class FirstPlan:
    """When the first whole roster was checked, and what it cost."""

    seconds: float | None = None
    objective: int | None = None

    def listen(self, progress: Progress) -> None:
        """Check the first roster that can be asked for."""
        if self.seconds is None and progress.roster is not None:
            begun = time.perf_counter()
            progress.roster()
            self.seconds = progress.seconds + time.perf_counter() - begun
            self.objective = progress.objective


def plan_one(bundle: Path, time_limit: float, workers: int) -> None:
    """Plan one city in this process and print its figures as JSON."""
    first = FirstPlan()
    with tempfile.TemporaryDirectory() as out:
        report = plan_bundle(
            bundle,
            Path(out),
            effort=Effort(time_limit_s=time_limit),
            workers=workers,
            seed=20_251_101,
            progress=first.listen,
        ).report
    figures = {
        "objective": report.objective,
        "bound": report.bound,
        "gap": report.gap,
        "first_s": first.seconds,
        "first_objective": first.objective,
        "seconds": report.seconds,
    }
    print(json.dumps(figures))


def measure(bundle: Path, time_limit: float, workers: int) -> list[str]:
    """Plan one city in a child process; return its row."""
    begun = time.perf_counter()
    command = [sys.executable, __file__, "--one", str(bundle)]
    command += ["--time-limit", str(time_limit), "--workers", str(workers)]
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    wall = time.perf_counter() - begun
    figures = json.loads(child.stdout.splitlines()[-1])
    print(bundle.name, figures["seconds"], file=sys.stderr)
    return [
        bundle.name,
        f"{figures['objective']:,}",
        f"{figures['bound']:,}",
        f"{figures['gap']:.2%}",
        f"{figures['first_s']:.1f}",
        f"{1 - figures['bound'] / figures['first_objective']:.1%}",
        f"{wall:.1f}",
        f"{wall / time_limit:.2f}",
        f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:,.0f}",
        f"{os.getloadavg()[0]:.1f}",
    ]


def main() -> None:
    """Plan each city and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--markdown", type=Path, help="append the table to this file")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        plan_one(options.bundles[0], options.time_limit, options.workers)
        return
    lines = [f"| {' | '.join(_HEADINGS)} |", f"| --- |{' ---: |' * (len(_HEADINGS) - 1)}"]
    print(*lines, sep="\n", flush=True)
    for bundle in options.bundles:
        lines.append(f"| {' | '.join(measure(bundle, options.time_limit, options.workers))} |")
        print(lines[-1], flush=True)
    stack = ", ".join(f"{name} {version(name)}" for name in ("jingge", "ortools", "numba", "numpy"))
    lines.append(
        f"\n{time.strftime('%Y-%m-%d')}, {os.cpu_count()} processors, {options.workers} workers, "
        f"limit {options.time_limit:g} s; {stack}, Python {platform.python_version()}.\n"
    )
    print(lines[-1])
    if options.markdown:
        with options.markdown.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines))


if __name__ == "__main__":
    main()
