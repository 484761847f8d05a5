"""Repair a published roster again and again, beside a greedy refill and a plan made anew.

    python benchmarks/repair.py BUNDLE ROSTER.csv [--singles 50] [--groups 3] [--share 0.01]
                                [--replan 60] [--thorough] [--curve] [--seed 1]

Who drops out is drawn at random among those who work. First one person, for the whole horizon,
`--singles` volunteers and as many officers and auxiliaries; then `--share` of all people at once,
`--groups` times; then five added demand lines. For each: milliseconds with roster and arrays in
memory (median, 90th percentile, most), assignments lost, weighted unmet, people disturbed, what is
proven. The greedy refill takes the heaviest open place first and the cheapest free person, and
moves nobody. ``--replan S`` plans the changed city anew in S seconds (0: not at all).
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.bundle import read_bundle
from data.results import read_roster
from dispatch.check import check
from dispatch.effort import Effort
from dispatch.planner import plan
from dispatch.problem import STAFF
from dispatch.repair import RepairDesk
from dispatch.repair_changes import Changes, absent_pairs
from dispatch.repair_kept import copy
from dispatch.repair_region import THOROUGH
from dispatch.repair_tables import roster_table
from dispatch.schedules import may_follow
from dispatch.seating import assign, has_seat

if TYPE_CHECKING:
    import pandas as pd

    from dispatch.repair import Repair
    from dispatch.repair_kept import Kept
    from dispatch.scenario import Scenario


@dataclass
class Line:
    """One way to answer some changes."""

    name: str
    ms: float
    weight: int
    people: int
    proven: str
    ok: bool


def is_free(kept: Kept, seating: object, row: int) -> bool:
    """Whether somebody may take a row more (H3, H4) and stands nowhere on it."""
    problem = kept.ground.problem
    person = problem.row_person[row]
    if seating.row_line[row] >= 0 or seating.taken[person] >= problem.max_shifts[person]:
        return False
    rows = range(problem.row_start[person], problem.row_start[person + 1])
    return all(
        seating.row_line[other] < 0
        or may_follow(problem.row_shift[row], problem.row_shift[other], problem.shift_prev)
        for other in rows
    )


def refill(kept: Kept) -> object:
    """Fill what was lost or added by free people, heaviest place first; then keep H6 and H7."""
    problem, calls, seating = kept.ground.problem, kept.ground.calls, copy(kept.seating)
    lines = np.flatnonzero((kept.lost + kept.added > 0) & (seating.filled < problem.line_required))
    first = kept.ground.weight[problem.place_start[lines] + seating.filled[lines]]
    staff = problem.line_kind[lines] == STAFF
    for line in lines[np.lexsort((-first, ~staff))]:
        for _ in range(int((kept.lost + kept.added)[line])):
            arcs = range(calls.start[line], calls.start[line + 1])
            free = [
                (int(calls.cost[k]), int(calls.row[k]))
                for k in arcs
                if not kept.blocked[calls.row[k]] and is_free(kept, seating, calls.row[k])
            ]
            if not free or not has_seat(problem, seating, line):
                break
            cost, row = min(free)
            assign(problem, seating, row, line, cost)
    rows = np.flatnonzero(seating.row_line >= 0)
    for row in rows[~problem.is_staff[problem.row_person[rows]]][::-1]:
        post = problem.line_post[seating.row_line[row]]
        if seating.supervised[post] > problem.seats * seating.supervisors[post]:
            assign(problem, seating, row, -1, 0)
    for row in rows[~problem.is_staff[problem.row_person[rows]]]:
        line = seating.row_line[row]
        if line >= 0 and seating.volunteers[problem.line_post[line]] < problem.min_volunteers:
            assign(problem, seating, row, -1, 0)
    return seating


def disturbed(published: pd.DataFrame, roster: pd.DataFrame, gone: set[tuple[str, str]]) -> int:
    """Count people whose assignments differ other than by their own absence."""
    before = {tuple(row) for row in published.to_numpy() if (row[0], row[2]) not in gone}
    after = {tuple(row) for row in roster.to_numpy()}
    return len({row[0] for row in before ^ after})


def answers(
    desk: RepairDesk, scenario: Scenario, published: pd.DataFrame, changes: Changes, replan: float
) -> tuple[Repair, list[Line]]:
    """Answer changes in every way; the repair's own times are taken elsewhere."""
    gone = set(absent_pairs(scenario, changes))
    found: list[Line] = []

    def add(name: str, ms: float, roster: pd.DataFrame, proven: str = "–") -> None:
        checked = check(changed, roster)
        people = disturbed(published, roster, gone)
        found.append(Line(name, ms, checked.weighted_unmet, people, proven, checked.ok))

    def timed(name: str, **wish: object) -> Repair:
        begun = time.perf_counter()
        done = desk.repair(changes, **wish)
        ms = 1000 * (time.perf_counter() - begun)
        proven = f"≥ {done.people_bound:,} in the region, ≥ {done.people_bound_anywhere:,} anywhere"
        add(name, ms, done.roster(), proven)
        return done

    changed = desk.repair(changes).scenario()
    done = timed("repair")
    if done.whole is False:
        timed("repair, thorough", growth=THOROUGH)
    kept = desk._kept(changes)
    begun = time.perf_counter()
    seating = refill(kept)
    add("greedy refill", 1000 * (time.perf_counter() - begun), roster_table(kept.ground, seating))
    if replan:
        begun = time.perf_counter()
        fresh = plan(
            changed,
            effort=Effort(time_limit_s=replan),
            workers=2,
            seed=20_261_130,
            clock=time.perf_counter,
        )
        add("plan anew", 1000 * (time.perf_counter() - begun), fresh.roster)
    return done, found


def singles(desk: RepairDesk, people: list[str], name: str) -> None:
    """Let people drop out one by one and print one row."""
    ms, lost, weight, moved, anywhere = [], [], [], [], []
    for person in people:
        changes = Changes.of([(person, "")])
        begun = time.perf_counter()
        done = desk.repair(changes)
        ms.append(1000 * (time.perf_counter() - begun))
        assert done.people == done.people_bound, person
        lost.append(done.dropped)
        weight.append(done.weighted_unmet - done.published_weight)
        moved.append(done.people)
        anywhere.append(done.people == done.people_bound_anywhere)
    print(
        f"| {name} | {len(people)} | {np.median(ms):.0f} / {np.percentile(ms, 90):.0f} / "
        f"{max(ms):.0f} | {np.mean(lost):.1f} | {np.median(weight):.0f} / {max(weight)} | "
        f"{np.median(moved):.0f} / {max(moved)} | {np.mean(anywhere):.0%} |"
    )


def groups(
    desk: RepairDesk,
    scenario: Scenario,
    published: pd.DataFrame,
    named: list[tuple[str, Changes]],
    replan: float,
) -> None:
    """Answer larger changes in every way and print a row for each."""
    print(
        "\n| changes | lost | way | ms | weighted unmet above published | of the lost weight made "
        "good | people disturbed | proven | rules kept |\n" + "| --- " * 9 + "|"
    )
    for name, changes in named:
        kept = desk._kept(changes)
        done, lines = answers(desk, scenario, published, changes, replan)
        lost = kept.weight - done.published_weight
        for line in lines:
            above = line.weight - done.published_weight
            back = (lost - above) / lost if lost else 1.0
            print(
                f"| {name} | {done.dropped:,} | {line.name} | {line.ms:,.0f} | {above:,} | "
                f"{back:.0%} | {line.people:,} | {line.proven} | {line.ok} |",
                flush=True,
            )


def main() -> None:
    """Read, prepare, repair, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("roster", type=Path)
    parser.add_argument("--singles", type=int, default=50)
    parser.add_argument("--groups", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--replan", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    scenario = read_bundle(options.bundle)
    published = read_roster(options.roster, scenario)
    begun = time.perf_counter()
    desk = RepairDesk(scenario, published)
    print(f"prepared in {time.perf_counter() - begun:.1f} s; load {os.getloadavg()[0]:.1f}")
    rng = np.random.default_rng(options.seed)
    working = np.unique(published["person_id"].to_numpy(str))
    volunteer = set(scenario.people.loc[scenario.people["tier"] == "volunteer", "person_id"])
    serving = np.array([name in volunteer for name in working])
    desk.repair(Changes.of([(str(working[0]), "")]))  # compiled loops are loaded
    print(
        "\n| one drops out | tried | ms, median / 90 % / most | assignments lost | weighted unmet "
        "above published, median / most | people disturbed, median / most | fewest anywhere |\n"
        + "| --- " * 7
        + "|"
    )
    for name, of in (("a volunteer", serving), ("an officer or auxiliary", ~serving)):
        pool = working[of]
        chosen = rng.choice(pool, min(options.singles, pool.size), replace=False)
        singles(desk, [str(person) for person in chosen], name)
    number = round(options.share * len(scenario.people))
    named = []
    for turn in range(options.groups):
        chosen = rng.choice(working, number, replace=False)
        changes = Changes.of([(str(person), "") for person in chosen])
        named.append((f"{number} people, draw {turn + 1}", changes))
    lines = scenario.demand.iloc[rng.choice(len(scenario.demand), 5, replace=False)]
    added = [
        (str(row.beat_id), str(row.shift_id), str(row.role), (5, 5))
        for row in lines.itertuples(index=False)
    ]
    named.append(("five lines with two places more", Changes.of([], added)))
    groups(desk, scenario, published, named, options.replan)
    versions = ", ".join(f"{n} {version(n)}" for n in ("jingge", "ortools", "numba", "numpy"))
    print(f"\nload {os.getloadavg()[0]:.1f}; {versions}, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
