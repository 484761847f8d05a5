"""Compare bound and plan with the exact optimum of random small scenarios.

    python benchmarks/small_scenarios.py [--each 60]

Scenarios are those of the tests (odd rules, two stations, every second one with pins); the optimum
is that of a flat CP-SAT model which shares no code with the planner. The first table is the planner
as it is, which finishes small problems exactly; the second one leaves that step out and shows what
the relaxation proves and the other stages find where one choice weighs much.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / "support")]

from oracle import optimum, with_pins  # noqa: E402
from tiny_city import random_scenario  # noqa: E402

from dispatch import planner  # noqa: E402
from dispatch.effort import Effort  # noqa: E402

SIZES = (7, 15, 30, 60, 120)
"""People in a scenario."""


@dataclass(slots=True)
class Tally:
    """What was found in the scenarios of one size."""

    proven: list[float] = field(default_factory=list)
    excess: list[float] = field(default_factory=list)
    optimal: int = 0
    too_high: int = 0

    def add(self, bound: int, best: int, cost: int) -> None:
        """Note one scenario: what was proven, what is possible, what was found."""
        self.too_high += bound > best
        self.optimal += cost == best
        self.proven.append(bound / best if best else 1.0)
        self.excess.append(cost / best - 1 if best else 0.0)

    def row(self, name: str) -> str:
        """Return a row of the table."""
        return (
            f"| {name} | {len(self.proven)} | {self.too_high} | {fmean(self.proven):.2%} | "
            f"{min(self.proven):.1%} | {fmean(self.excess):.3%} | {max(self.excess):.1%} | "
            f"{self.optimal} |"
        )


def main() -> None:
    """Plan every scenario both ways and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=60, help="scenarios of each size")
    options = parser.parse_args()
    scenarios = {size: [] for size in SIZES}
    for size in SIZES:
        for seed in range(options.each):
            scenario = random_scenario(1_000 * size + seed, people=size)
            if seed % 2:
                scenario = with_pins(scenario, random.Random(seed))  # noqa: S311 - repeatable
            scenarios[size].append((scenario, optimum(scenario)[0]))
    for title, most_arcs in (("The planner", planner.MOST_ARCS), ("Without the exact step", 0)):
        planner.MOST_ARCS = most_arcs
        print(f"\n{title}, 2 rounds:\n")
        print("| people | scenarios | bound > optimum | bound ÷ optimum, mean | least ", end="")
        print("| plan above optimum, mean | most | optimal |")
        print("| --- |" + " ---: |" * 7)
        every = Tally()
        for size, cases in scenarios.items():
            tally = Tally()
            for scenario, best in cases:
                plan = planner.plan(scenario, effort=Effort(rounds=2), clock=time.perf_counter)
                for each in (tally, every):
                    each.add(plan.report.bound, best, plan.report.objective)
            print(tally.row(str(size)), flush=True)
        print(every.row("all"))


if __name__ == "__main__":
    main()
