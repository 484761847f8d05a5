"""Measure the error of the prices: really add people to a plan, one at a time, and optimise again.

    python benchmarks/price_error.py BUNDLE RESULT [--sample 300] [--seed 1]

For each of a sample of short lines one made-up suitable person, living at the beat, is free for
that line alone. From the roster, made optimal under chains of moves first so that nothing else can
be gained, the chains that the planner uses (`dispatch.chains`) look for what the person makes
possible: the place itself, seats that a supervisor opens, people whom the person relieves. The fall
of the objective is compared with the price of the line. A bias above 0 means that prices promise
more than one person brings.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from data.bundle import read_bundle
from data.results import read_result
from dispatch.chains import callers, improve_by_chains
from dispatch.problem import STAFF, encode
from dispatch.remedy_search import Survey
from dispatch.rules import Tier
from dispatch.seating import Seating, assign, objective
from dispatch.shadow_prices import line_worth

_LINE = ["beat_id", "shift_id", "role"]


def newcomers(scenario, lines):
    """Return one suitable person for each line, at its beat, free for its shift only."""
    beats = scenario.beats.set_index("beat_id").loc[lines["beat_id"]]
    roles = scenario.roles.set_index("role").loc[lines["role"]]
    ids = [f"newcomer-{n}" for n in range(len(lines))]
    people = pd.DataFrame(
        {
            "person_id": ids,
            "tier": roles["tier"].to_numpy(),
            "station_id": beats["station_id"].to_numpy(),
            "profession": [next(iter(wanted), "") for wanted in roles["professions"]],
            "qualifications": roles["qualifications"].to_numpy(),
            "lng": beats["lng"].to_numpy(),
            "lat": beats["lat"].to_numpy(),
            "max_shifts": 1,
            "travel_limit_m": np.nan,
            "insured_until": scenario.shifts["ends_at"].max().tz_localize(None).normalize()
            + pd.Timedelta(days=30),
            "show_up": 1.0,
        }
    )
    columns = {name: people.get(name) for name in scenario.people.columns}
    dtypes = {name: kind for name, kind in scenario.people.dtypes.items() if name in people}
    people = pd.DataFrame(columns).astype(dtypes)
    available = pd.DataFrame({"person_id": ids, "shift_id": lines["shift_id"], "dislike": 0})
    return people, available


def seat(scenario, problem, roster):
    """Return the roster as a seating of the problem."""
    seating = Seating.empty(problem)
    person_of = {
        who: n for n, who in enumerate(scenario.people["person_id"].to_numpy()[problem.person_of])
    }
    demand = pd.MultiIndex.from_frame(scenario.demand.iloc[problem.line_of][_LINE])
    line = demand.get_indexer(pd.MultiIndex.from_frame(roster[_LINE]))
    shift = problem.post_shift[problem.line_post[line]]
    for who, at, when in zip(roster["person_id"], line, shift, strict=True):
        person = person_of[who]
        rows = range(problem.row_start[person], problem.row_start[person + 1])
        row = next(r for r in rows if problem.row_shift[r] == when)
        arcs = slice(problem.arc_start[row], problem.arc_start[row + 1])
        arc = problem.arc_start[row] + int(np.argmax(problem.arc_line[arcs] == at))
        assign(problem, seating, row, at, int(problem.arc_cost[arc]))
    return seating


def as_roster(scenario, problem, seating):
    """Return a seating as rows."""
    rows = np.flatnonzero(seating.row_line >= 0)
    demand = scenario.demand.iloc[problem.line_of[seating.row_line[rows]]]
    who = scenario.people["person_id"].to_numpy()[problem.person_of[problem.row_person[rows]]]
    return demand[_LINE].assign(person_id=who).reset_index(drop=True)


def near(problem, calls, seating, line):
    """Lines of the post, and those that people who are on the line or its post could fill."""
    mask = np.zeros(problem.num_lines, bool)
    post = problem.line_post[line]
    mask[problem.post_start[post] : problem.post_start[post + 1]] = True
    rows = calls.row[calls.start[line] : calls.start[line + 1]]
    for row in rows[seating.row_line[rows] == line]:
        person = problem.row_person[row]
        first, last = problem.row_start[person], problem.row_start[person + 1]
        mask[problem.arc_line[problem.arc_start[first] : problem.arc_start[last]]] = True
    return mask


def sample_lines(scenario, result, sample, rng):
    """Draw short lines, half of staff and half of volunteers."""
    short = result.gaps[_LINE].merge(result.prices, on=_LINE)
    roles = scenario.roles.set_index("role").loc[short["role"]]
    staffed = (roles["tier"] != Tier.VOLUNTEER).to_numpy()
    barred = roles["hazardous"].to_numpy() & ~staffed
    picks = []
    for kind in (staffed, ~staffed & ~barred):
        rows = np.flatnonzero(kind)
        picks.append(rng.choice(rows, min(sample // 2, rows.size), replace=False))
    return short.iloc[np.concatenate(picks)].reset_index(drop=True)


def add_one_by_one(problem, calls, seating, new, lines):
    """Let in one newcomer at a time; return by how much the objective falls for each."""
    anything = np.zeros(problem.num_lines, np.int64)
    at_home = problem.max_shifts.copy()
    at_home[new] = 0
    base = problem._replace(max_shifts=at_home)
    before = int(objective(base, seating))
    while improve_by_chains(base, calls, seating, anything):
        pass
    start = int(objective(base, seating))
    print(f"objective {before:,}; optimal under chains {start:,}")
    fell = []
    for person, line in zip(new, lines, strict=True):
        limits = at_home.copy()
        limits[person] = 1
        trial = Seating(*(table.copy() for table in seating))
        with_one = problem._replace(max_shifts=limits)
        mask = near(problem, calls, seating, line)
        while improve_by_chains(with_one, calls, trial, anything, lines=mask):
            pass
        fell.append(start - int(objective(with_one, trial)))
    return np.array(fell)


def print_table(prices, fell, is_staff):
    """Print the errors of each kind of price."""
    print("| price | lines | n | mean price | mean fall | bias | mean abs. error | rank corr. |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    groups = {
        "officers, auxiliaries": is_staff,
        "volunteers": ~is_staff,
        "all": np.ones(fell.size, bool),
    }
    for kind, stated in prices.items():
        for name, which in groups.items():
            p, f = stated[which], fell[which]
            print(
                f"| {kind} | {name} | {which.sum()} | {p.mean():,.0f} | {f.mean():,.0f} | "
                f"{(p - f).mean():+,.0f} | {np.abs(p - f).mean():,.0f} | "
                f"{spearmanr(p, f).statistic:.2f} |"
            )


def main() -> None:
    """Read, add, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begun = time.perf_counter()
    scenario, result = read_bundle(options.bundle), read_result(options.result)
    lines = sample_lines(scenario, result, options.sample, np.random.default_rng(options.seed))
    people, available = newcomers(scenario, lines)
    larger = replace(
        scenario,
        people=pd.concat([scenario.people, people], ignore_index=True),
        availability=pd.concat([scenario.availability, available], ignore_index=True),
    )
    problem = encode(larger)
    calls = callers(problem)
    rows = np.arange(len(scenario.people), len(larger.people))
    new = np.searchsorted(problem.person_of, rows)
    assert (problem.person_of[new] == rows).all()
    demand = pd.MultiIndex.from_frame(larger.demand.iloc[problem.line_of][_LINE])
    index = demand.get_indexer(pd.MultiIndex.from_frame(lines[_LINE]))
    seating = seat(larger, problem, result.roster)
    fell = add_one_by_one(problem, calls, seating, new, index)
    survey = Survey.of(scenario, as_roster(larger, problem, seating))
    shadow = scenario.demand[_LINE].assign(worth=line_worth(survey))
    prices = {
        "dual": lines["price"].to_numpy(float),
        "shadow": lines.merge(shadow, on=_LINE, how="left")["worth"].to_numpy(float),
    }
    print_table(prices, fell, problem.line_kind[index] == STAFF)
    print(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
