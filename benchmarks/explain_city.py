"""Time the explanations of a whole city's shortfalls, and try a sample of the remedies.

    python benchmarks/explain_city.py BUNDLE ROSTER.csv [--sample 300] [--seed 1]

Prints the seconds of `find_gaps` (what ``gaps.csv`` costs), how many remedies there are of each
kind, and for a sample, spread over the kinds, whether the independent checker agrees: no rule
broken, the objective changed as stated.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np

from data.bundle import read_bundle
from data.results import read_roster
from dispatch.gaps import find_gaps
from dispatch.remedy_trial import try_remedy


def main() -> None:
    """Read, explain, try, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("roster", type=Path)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    scenario = read_bundle(options.bundle)
    roster = read_roster(options.roster, scenario)
    find_gaps(scenario, roster)  # compiles
    begun, cpu = time.perf_counter(), time.process_time()
    gaps = find_gaps(scenario, roster)
    print(f"{len(gaps.table):,} short lines in {time.perf_counter() - begun:.1f} s", end=" ")
    print(f"({time.process_time() - cpu:.1f} s of processor)")
    changes = Counter(len(remedy.changes) for remedy in gaps.remedies if not remedy.obstacle)
    for number, count in sorted(changes.items()):
        print(f"{number} changes: {count:,} lines")
    print(f"no remedy: {sum(bool(remedy.obstacle) for remedy in gaps.remedies):,} lines")
    rng = np.random.default_rng(options.seed)
    kinds: dict[tuple[object, ...], list[int]] = {}
    for n, remedy in enumerate(gaps.remedies):
        if not remedy.obstacle:
            kinds.setdefault((remedy.kinds, len(remedy.moves), bool(remedy.emptied)), []).append(n)
    print(f"{len(kinds)} sorts of remedy")
    each = max(1, options.sample // max(1, len(kinds)))
    tried = wrong = 0
    for some in kinds.values():
        for n in rng.choice(some, min(each, len(some)), replace=False):
            trial = try_remedy(scenario, roster, gaps.remedies[n])
            tried += 1
            wrong += bool(trial.broken) or trial.delta != gaps.remedies[n].delta
    print(f"tried {tried}, wrong {wrong}")


if __name__ == "__main__":
    main()
