"""Plan a bundle beside greedy, and print the table of figures that the README shows.

    python benchmarks/plan_city.py BUNDLE [--time-limit 90] [--workers 2] [--seed 20251101]

One run, one machine: sizes, assignments, unmet demand, objective, proven bound, gap, seconds by
stage, memory of this process and of its workers; the greedy baseline (heaviest line first, nearest
person) with the ratio of objectives.
"""

from __future__ import annotations

import argparse
import platform
import resource
import time
from importlib.metadata import version
from pathlib import Path

from data.bundle import read_bundle
from dispatch.check import check
from dispatch.effort import Effort
from dispatch.greedy import greedy_roster
from dispatch.planner import plan


def peak_gib(who: int) -> float:
    """Return the peak resident memory of this process or of its largest child."""
    return resource.getrusage(who).ru_maxrss / 2**20


def main() -> None:
    """Read, plan, check, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--time-limit", type=float, default=90.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20_251_101)
    options = parser.parse_args()

    begun = time.perf_counter()
    scenario = read_bundle(options.bundle)
    reading = time.perf_counter() - begun
    begun = time.perf_counter()
    result = plan(
        scenario,
        effort=Effort(time_limit_s=options.time_limit),
        workers=options.workers,
        seed=options.seed,
        clock=time.perf_counter,
    )
    planning = time.perf_counter() - begun
    begun = time.perf_counter()
    greedy = check(scenario, greedy_roster(scenario))
    greedy_seconds = time.perf_counter() - begun
    report = result.report
    wanted = int(scenario.demand["weight"].map(sum).sum())
    tiers = scenario.people["tier"].value_counts()
    rows = {
        "cells, beats, stations": (
            f"{len(scenario.cells):,}, {len(scenario.beats):,}, "
            f"{scenario.beats['station_id'].nunique():,}"
        ),
        "officers, auxiliaries, volunteers": ", ".join(
            f"{tiers.get(tier, 0):,}" for tier in ("officer", "auxiliary", "volunteer")
        ),
        "demand lines, places": (
            f"{len(scenario.demand):,}, {int(scenario.demand['required'].sum()):,}"
        ),
        "assignments": f"{report.assigned:,}",
        "unfilled places": f"{report.unmet:,}",
        "weighted demand filled": f"{1 - report.weighted_unmet / wanted:.2%}",
        "objective": f"{report.objective:,}",
        "proven bound": f"{report.bound:,}",
        "gap": f"{report.gap:.2%}",
        "travel, fairness, dislike cost": (
            f"{report.travel_cost:,}, {report.fairness_cost:,}, {report.dislike_cost:,}"
        ),
        "violations": f"{sum(report.violations.values())}",
        "greedy: assignments, objective": f"{greedy.assigned:,}, {greedy.objective:,}",
        "greedy: gap to the bound": f"{1 - report.bound / greedy.objective:.2%}",
        "greedy objective / ours": f"{greedy.objective / report.objective:.3f}",
        "greedy: violations": f"{sum(greedy.violations.values())}",
        "seconds: read, plan, greedy": f"{reading:.1f}, {planning:.1f}, {greedy_seconds:.1f}",
        "seconds by stage": ", ".join(f"{k} {v:.1f}" for k, v in report.seconds.items()),
        "peak memory, GiB: planner + largest worker": (
            f"{peak_gib(resource.RUSAGE_SELF):.2f} + {peak_gib(resource.RUSAGE_CHILDREN):.2f}"
        ),
        "time limit, workers, seed": f"{options.time_limit} s, {options.workers}, {options.seed}",
        "versions": ", ".join(
            f"{name} {version(name)}" for name in ("jingge", "ortools", "numba", "numpy")
        )
        + f", Python {platform.python_version()}",
    }
    print("| what | figure |\n| --- | --- |")
    for name, value in rows.items():
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
