"""Write a family of city-size bundles that are unlike the demo city in one way each.

    python benchmarks/city_family.py DIR [--cities tight,villages] [--only NAME] [--volunteers N]
    python benchmarks/city_family.py --list

A planner that is tuned on one city may be good on that one only. The first ten are the demo city
with something changed; the last three share nothing with it (`made_city`). Everybody in them is
made up. Each bundle is written to ``DIR/NAME`` and is the same for the same options.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from made_city import Layout, build_city

from data.bundle import write_bundle
from data.demo import SEED, VOLUNTEERS, build_demo
from data.demo.pins import GROUPS, with_pins
from dispatch.rules import Rules

if TYPE_CHECKING:
    from dispatch.scenario import Scenario


@dataclass(frozen=True, slots=True)
class City:
    """One of the family.

    Attributes
    ----------
    what : str
        How it differs from the demo.
    seed : int
    layout : Layout, optional
        Of a city of its own; the demo's ground where there is none.
    sign_ups, staff_sign_ups : float
        Parts of volunteers' and of staff's availability that stay.
    posts : float
        Part of the posts that stay.
    four_shifts : bool
        Four shifts of six hours that touch each other, instead of five.
    rules : dict
        Changes to the demo's rules.
    weights : {"demo", "heavy", "single"}
        As they are; a Pareto tail up to 2,000 falling steeply from place to place; 1 everywhere.
    pin_groups : int
        Posts with three people fixed, and as many people forbidden, in the whole city.
    """

    what: str
    seed: int = SEED
    layout: Layout | None = None
    sign_ups: float = 1.0
    staff_sign_ups: float = 1.0
    posts: float = 1.0
    four_shifts: bool = False
    rules: tuple[tuple[str, float], ...] = ()
    weights: str = "demo"
    pin_groups: int = GROUPS


THREE_TIMES_EIGHT = ((0.0, 8.0), (8.0, 8.0), (16.0, 8.0))
FAMILY: dict[str, City] = {
    "seed7": City("another seed", seed=7),
    "tight": City("few sign up: 30 % of volunteers' and 65 % of staff's", 8, None, 0.3, 0.65),
    "slack": City("45 % of the posts, the same people", seed=9, posts=0.45),
    "rest10": City("10 h of rest", seed=10, rules=(("min_rest_hours", 10),)),
    "six": City("6 volunteers a supervisor", 11, rules=(("volunteers_per_supervisor", 6),)),
    "four": City("four shifts of six hours a day, end to end", seed=12, four_shifts=True),
    "pins": City("420 posts with three people fixed, 420 people forbidden", 13, pin_groups=420),
    "heavy": City("places' weights with a heavy tail", seed=14, weights="heavy"),
    "single": City("every place worth 1", seed=15, weights="single"),
    "hard": City(
        "tight, rest 10 h, 6 a supervisor, four shifts, heavy tail, 150 pinned posts",
        *(16, None, 0.5, 0.8, 1.0, True),
        rules=(("min_rest_hours", 10), ("volunteers_per_supervisor", 6)),
        weights="heavy",
        pin_groups=150,
    ),
    "compact": City(
        "own ground: a dense disc, twelve large stations, three shifts of eight hours",
        seed=21,
        layout=Layout(
            *("compact", 12, 780, 700, 2_300, THREE_TIMES_EIGHT, 0.8, (2, 5), 0.13),
            limit_m=(700, 2_600),
            max_shifts=(1, 3),
        ),
    ),
    "villages": City(
        "own ground: villages where few beats are in reach, 150 stations, five shifts",
        seed=22,
        layout=Layout(
            *("villages", 150, 2_400, 1_300, 2_900),
            shift_hours=((6.5, 2.0), (9.0, 3.0), (14.0, 3.5), (18.0, 4.0), (22.5, 7.5)),
            posts=0.27,
            places=(2, 4),
            come=0.14,
            limit_m=(1_500, 9_000),
            max_shifts=(1, 4),
        ),
    ),
    "valley": City(
        "own ground: 80 stations in one line, four shifts end to end, 3 a post, rest 6 h",
        seed=23,
        layout=Layout(
            *("valley", 80, 1_100, 1_000, 2_300),
            shift_hours=((6.0, 6.0), (12.0, 6.0), (18.0, 6.0), (24.0, 6.0)),
            posts=0.55,
            places=(3, 6),
            come=0.15,
            limit_m=(900, 3_200),
            max_shifts=(1, 5),
            rules=Rules(min_rest_hours=6, min_volunteers_per_post=3, volunteers_per_supervisor=7),
        ),
    ),
}
_SIX_HOURS = {"night": 24, "morning": 6, "day": 12, "evening": 18}
"""Local hours at which the demo's shifts begin where there are four; afternoons are left out."""
_HEAVIEST, _TAIL = 2_000, 1.1


def build(name: str, volunteers: int = VOLUNTEERS) -> Scenario:
    """Make one of the family.

    Parameters
    ----------
    name : str
        Of `FAMILY`.
    volunteers : int
        At least 20; stations, beats, staff, demand and pins shrink in proportion.
    """
    city = FAMILY[name]
    title = f"{name}: {city.what}（合成数据）"
    rng = np.random.default_rng([city.seed, 20])
    if city.layout is None:
        scenario = build_demo(volunteers, city.seed).scenario
    else:
        scenario = build_city(city.layout, title, volunteers, city.seed)
    scenario = replace(
        scenario, name=title, rules=replace(scenario.rules, **dict(city.rules)), pins=pd.DataFrame()
    )
    if city.four_shifts:
        scenario = _with_four_shifts(scenario)
    scenario = _with_fewer_posts(scenario, city.posts, rng)
    scenario = _with_fewer_sign_ups(scenario, city, rng)
    scenario = _with_weights(scenario, city.weights, rng)
    return _with_pins(scenario, city, volunteers / VOLUNTEERS)


def _with_four_shifts(scenario: Scenario) -> Scenario:
    """Leave the afternoons out and let the other shifts last six hours, day and night."""
    template = scenario.shifts["shift_id"].str.split("-").str[1]
    kept = scenario.shifts[template != "afternoon"].reset_index(drop=True)
    day = kept["starts_at"].dt.tz_convert(scenario.timezone).dt.normalize()
    hour = pd.to_timedelta(template[template != "afternoon"].map(_SIX_HOURS).to_numpy(), unit="h")
    starts = (day + hour).dt.tz_convert("UTC").dt.as_unit("us")
    shifts = kept.assign(starts_at=starts, ends_at=starts + timedelta(hours=6))
    return replace(
        scenario,
        shifts=shifts,
        availability=_of_shifts(scenario.availability, shifts),
        demand=_of_shifts(scenario.demand, shifts),
    )


def _of_shifts(table: pd.DataFrame, shifts: pd.DataFrame) -> pd.DataFrame:
    return table[table["shift_id"].isin(shifts["shift_id"])].reset_index(drop=True)


def _with_fewer_posts(scenario: Scenario, part: float, rng: np.random.Generator) -> Scenario:
    """Keep a part of the posts, each whole."""
    demand = scenario.demand
    post = demand.groupby(["beat_id", "shift_id"], sort=False).ngroup().to_numpy()
    kept = rng.random(post.max() + 1) < part
    return replace(scenario, demand=demand[kept[post]].reset_index(drop=True))


def _with_fewer_sign_ups(scenario: Scenario, city: City, rng: np.random.Generator) -> Scenario:
    rows = scenario.availability
    tier = rows["person_id"].map(scenario.people.set_index("person_id")["tier"])
    part = np.where(tier == "volunteer", city.sign_ups, city.staff_sign_ups)
    kept = rng.random(len(rows)) < part
    return replace(scenario, availability=rows[kept].reset_index(drop=True))


def _with_weights(scenario: Scenario, climate: str, rng: np.random.Generator) -> Scenario:
    """Give places other weights; they never rise from one place of a line to the next."""
    if climate == "demo":
        return scenario
    required = scenario.demand["required"].to_numpy()
    if climate == "single":
        pool = [(1,) * int(places) for places in required]
    else:
        first = np.minimum(_HEAVIEST, 1 + rng.pareto(_TAIL, len(required)) * 3)
        fall = rng.choice([1.0, 0.6, 0.25], len(required))
        pool = [
            tuple(max(1, round(top * rate**nth)) for nth in range(int(places)))
            for top, rate, places in zip(first.tolist(), fall.tolist(), required, strict=True)
        ]
    return replace(scenario, demand=scenario.demand.assign(weight=pd.Series(pool, dtype=object)))


def _with_pins(scenario: Scenario, city: City, part: float) -> Scenario:
    """Pin groups of three as the demo does, but at no post twice: hundreds must not clash."""
    tier = scenario.demand["role"].map(scenario.roles.set_index("role")["tier"])
    duty = scenario.demand[(tier == "volunteer") & (scenario.demand["required"] > 1)]
    once = duty.sample(frac=1, random_state=city.seed).drop_duplicates(["beat_id", "shift_id"])
    lines = pd.concat([scenario.demand[tier != "volunteer"], once]).sort_index(ignore_index=True)
    pinned = with_pins(
        replace(scenario, demand=lines), min(1.0, part) * city.pin_groups / GROUPS, city.seed
    )
    return replace(scenario, pins=pinned.pins)


def main() -> None:
    """Write the bundles that the options name."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, nargs="?", metavar="DIR")
    parser.add_argument("--only", metavar="NAME", choices=FAMILY, help="one city")
    parser.add_argument("--cities", metavar="A,B", default=",".join(FAMILY), help="of the family")
    parser.add_argument("--volunteers", type=int, default=VOLUNTEERS, metavar="N")
    parser.add_argument("--list", action="store_true", help="tell the family and end")
    options = parser.parse_args()
    if options.list:
        print("\n".join(f"{name:10} {city.what}" for name, city in FAMILY.items()))
        sys.exit()
    if options.directory is None:
        parser.error("Expected a directory to write to, or --list.")
    names = [options.only] if options.only else options.cities.split(",")
    if unknown := set(names) - set(FAMILY):
        parser.error(f"Expected cities among {', '.join(FAMILY)}, got {', '.join(unknown)}.")
    for name in names:
        begun = time.perf_counter()
        scenario = build(name, options.volunteers)
        write_bundle(scenario, options.directory / name)
        print(
            f"{name}: {len(scenario.people):,} people, {len(scenario.beats):,} beats, "
            f"{len(scenario.demand):,} lines, {int(scenario.demand['required'].sum()):,} places, "
            f"{len(scenario.availability):,} sign-ups, {len(scenario.pins):,} pins, "
            f"{time.perf_counter() - begun:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
