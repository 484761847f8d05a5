"""How well the demo city's stations are covered, by their standing.

    python benchmarks/demo_stations.py [--roster ROSTER.csv]

Makes the demo city and takes the greedy roster, or one that was planned for a bundle of
``jingge demo``, and prints for model, ordinary and stretched stations what part of the weighted
demand is filled, and how many of them are filled to 98 %.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from data.demo import build_demo
from data.demo.figures import station_fill
from data.demo.programme import KINDS
from data.results import read_roster
from dispatch.greedy import greedy_roster


def main() -> None:
    """Print one row a kind of station, and one for the city."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--roster", type=Path)
    given = parser.parse_args()
    demo = build_demo()
    scenario = demo.scenario
    roster = read_roster(given.roster, scenario) if given.roster else greedy_roster(scenario)
    fill = station_fill(scenario, roster).loc[demo.ground.stations["station_id"]]
    print(
        "| stations | number | places | unfilled | filled, by weight | median | ≥ 98 % | < 75 % |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    kinds = np.array(KINDS)[demo.programme.kind]
    for kind in (*KINDS, "city"):
        own = fill if kind == "city" else fill[kinds == kind]
        share = 1 - own["unmet_weight"].sum() / own["weight"].sum()
        print(
            f"| {kind} | {len(own)} | {own['places'].sum():,} | {own['missing'].sum():,} "
            f"| {share:.1%} | {own['filled'].median():.1%} | {(own['filled'] >= 0.98).sum()} "
            f"| {(own['filled'] < 0.75).sum()} |"
        )


if __name__ == "__main__":
    main()
