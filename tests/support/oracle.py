"""The planning problem said twice more, straight from the contract: for tests to compare with.

`naive_check` walks through a roster person by person and post by post; `optimum` states one flat
model for CP-SAT; `enumerate_optimum` tries every roster. None of them shares code with the package.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
from ortools.sat.python import cp_model
from tiny_city import pins_table, roster_table

if TYPE_CHECKING:
    from dispatch.scenario import Scenario

Assignment = tuple[str, str, str, str]  # person, beat, shift, role
Line = tuple[str, str, str]


@dataclass(frozen=True)
class City:
    """A scenario as dictionaries of plain values."""

    scenario: Scenario
    people: dict[str, dict[str, Any]]
    beats: dict[str, dict[str, Any]]
    shifts: dict[str, dict[str, Any]]
    roles: dict[str, dict[str, Any]]
    dislike: dict[tuple[str, str], int]
    demand: dict[Line, tuple[int, ...]]
    fixed: set[Assignment]
    forbidden: set[Assignment]

    @classmethod
    def of(cls, scenario: Scenario) -> City:
        def by(table: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
            return {row[key]: row for row in table.to_dict("records")}

        pins = list(scenario.pins.itertuples(index=False, name=None))
        return cls(
            scenario=scenario,
            people=by(scenario.people, "person_id"),
            beats=by(scenario.beats, "beat_id"),
            shifts=by(scenario.shifts, "shift_id"),
            roles=by(scenario.roles, "role"),
            dislike={
                (row["person_id"], row["shift_id"]): row["dislike"]
                for row in scenario.availability.to_dict("records")
            },
            demand={
                (row["beat_id"], row["shift_id"], row["role"]): row["weight"]
                for row in scenario.demand.to_dict("records")
            },
            fixed={pin[:4] for pin in pins if pin[4] == "fixed"},
            forbidden={pin[:4] for pin in pins if pin[4] == "forbidden"},
        )

    def is_volunteer(self, person: str) -> bool:
        return self.people[person]["tier"] == "volunteer"

    def distance_m(self, person: str, beat: str) -> float:
        a, b = self.people[person], self.beats[beat]
        lat1, lng1, lat2, lng2 = map(math.radians, (a["lat"], a["lng"], b["lat"], b["lng"]))
        half = (
            math.sin((lat2 - lat1) / 2) ** 2
            + math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
        )
        return 2 * 6_371_008.8 * math.asin(math.sqrt(half)) * self.scenario.rules.travel_factor

    def may_fill(self, person: str, role: str) -> bool:
        who, what = self.people[person], self.roles[role]
        if who["tier"] != what["tier"]:
            return False
        if not what["professions"] and not what["qualifications"]:
            return True
        return who["profession"] in what["professions"] or bool(
            set(who["qualifications"]) & set(what["qualifications"])
        )

    def in_reach(self, person: str, beat: str) -> bool:
        who = self.people[person]
        if not self.is_volunteer(person):
            return bool(who["station_id"] == self.beats[beat]["station_id"])
        limit = who["travel_limit_m"]
        if math.isnan(limit):
            limit = self.scenario.rules.volunteer_travel_limit_m
        return self.distance_m(person, beat) <= limit

    def insured(self, person: str, shift: str) -> bool:
        until = self.people[person]["insured_until"]
        if not self.is_volunteer(person):
            return True
        ends = self.shifts[shift]["ends_at"].astimezone(ZoneInfo(self.scenario.timezone)).date()
        return not pd.isna(until) and until.date() >= ends

    def rested(self, first: str, second: str) -> bool:
        """Whether one can work both shifts, the first before the second."""
        pause = self.shifts[second]["starts_at"] - self.shifts[first]["ends_at"]
        return pause >= pd.Timedelta(hours=self.scenario.rules.min_rest_hours)

    def arcs(self) -> list[Assignment]:
        """Every assignment that H1, H2, H5, H8 and the pins allow on its own."""
        return [
            (person, beat, shift, role)
            for (beat, shift, role), weights in self.demand.items()
            for person in self.people
            if weights
            and (person, shift) in self.dislike
            and self.may_fill(person, role)
            and self.in_reach(person, beat)
            and self.insured(person, shift)
            and not (self.is_volunteer(person) and self.roles[role]["hazardous"])
            and (person, beat, shift, role) not in self.forbidden
        ]

    def cost(self, assignment: Assignment) -> int:
        """Travel and dislike."""
        person, beat, shift, _ = assignment
        hundreds = math.floor(self.distance_m(person, beat) / 100 + 0.5)
        travel = self.scenario.costs.travel_per_100m * hundreds
        return travel + self.dislike.get((person, shift), 0)

    def extra_shift(self, nth: int) -> int:
        steps = self.scenario.costs.extra_shift
        return steps[min(nth, len(steps) - 1)]

    def objective(self, rows: set[Assignment]) -> int:
        filled = Counter(row[1:] for row in rows)
        shifts = Counter(row[0] for row in rows)
        unmet = sum(sum(weights[filled[line] :]) for line, weights in self.demand.items())
        fairness = sum(self.extra_shift(n) for number in shifts.values() for n in range(number))
        return self.scenario.costs.unmet * unmet + fairness + sum(map(self.cost, rows))


def naive_check(scenario: Scenario, roster: pd.DataFrame) -> tuple[dict[str, int], int]:
    """Count violations of H1-H9, and the objective, without haste."""
    city, rules = City.of(scenario), scenario.rules
    listed = list(roster.itertuples(index=False, name=None))
    rows = list(dict.fromkeys(listed))
    broken = {f"H{n}": 0 for n in range(1, 10)}
    broken["H9"] += len(listed) - len(rows)
    for person, beat, shift, role in rows:
        volunteer = city.is_volunteer(person)
        broken["H1"] += (person, shift) not in city.dislike
        broken["H2"] += not city.may_fill(person, role)
        broken["H5"] += not city.in_reach(person, beat)
        broken["H8"] += not city.insured(person, shift)
        broken["H8"] += volunteer and city.roles[role]["hazardous"]
        broken["H9"] += (beat, shift, role) not in city.demand
    for person in city.people:
        worked = [shift for who, _, shift, _ in rows if who == person]
        worked.sort(key=lambda s: (city.shifts[s]["starts_at"], city.shifts[s]["ends_at"]))
        broken["H3"] += sum(not city.rested(a, b) for a, b in pairwise(worked))
        broken["H4"] += len(worked) > city.people[person]["max_shifts"]
    for post in {row[1:3] for row in rows}:
        there = [(person, role) for person, beat, shift, role in rows if (beat, shift) == post]
        volunteers = [role for person, role in there if city.is_volunteer(person)]
        supervised = sum(city.roles[role]["supervised"] for role in volunteers)
        supervisors = len(there) - len(volunteers)
        broken["H6"] += supervised > rules.volunteers_per_supervisor * supervisors
        broken["H7"] += 0 < len(volunteers) < rules.min_volunteers_per_post
    for line, number in Counter(row[1:] for row in rows).items():
        if line in city.demand:
            broken["H9"] += max(0, number - len(city.demand[line]))
    broken["H9"] += len(city.fixed - set(rows)) + len(city.forbidden & set(rows))
    return broken, city.objective(set(rows))


class InfeasibleError(Exception):
    """No roster keeps the rules: the fixed pins clash."""


def optimum(scenario: Scenario) -> tuple[int, pd.DataFrame]:
    """Return the least objective and a roster that has it, by one flat CP-SAT model."""
    return _solve(City.of(scenario), random.Random(0), aimless=False)


def random_roster(scenario: Scenario, rng: random.Random) -> pd.DataFrame:
    """Return some roster that keeps the rules, seldom a good one."""
    return _solve(City.of(scenario), rng, aimless=True)[1]


def with_pins(scenario: Scenario, rng: random.Random) -> Scenario:
    """Pin some assignments of a feasible roster, and forbid others, so that it stays feasible."""
    kept = set(random_roster(scenario, rng).itertuples(index=False, name=None))
    pins = [(*row, "fixed") for row in sorted(kept) if rng.random() < 0.4]
    others = sorted(set(City.of(scenario).arcs()) - kept)
    pins += [(*row, "forbidden") for row in others if rng.random() < 0.2]
    return replace(scenario, pins=pins_table(*pins))


def _solve(city: City, rng: random.Random, *, aimless: bool) -> tuple[int, pd.DataFrame]:
    rules, model = city.scenario.rules, cp_model.CpModel()
    x = {arc: model.new_bool_var(str(arc)) for arc in city.arcs()}
    if not city.fixed <= set(x):
        raise InfeasibleError
    cost = [city.cost(arc) * var for arc, var in x.items()]
    for arc in city.fixed:  # H9
        model.add(x[arc] == 1)
    for person, facts in city.people.items():
        mine = {arc: var for arc, var in x.items() if arc[0] == person}
        for a, b in combinations(mine, 2):  # H3; an arc with another of the same shift, too
            if not city.rested(a[2], b[2]) and not city.rested(b[2], a[2]):
                model.add(mine[a] + mine[b] <= 1)
        model.add(sum(mine.values()) <= facts["max_shifts"])  # H4
        nth = [model.new_bool_var("") for _ in mine]  # steps do not fall: filled from the first
        model.add(sum(nth) == sum(mine.values()))
        cost += [city.extra_shift(n) * var for n, var in enumerate(nth)]
    for line, weights in city.demand.items():  # H9; weights do not rise: filled from the first
        unmet = [model.new_bool_var("") for _ in weights]
        on_line = [var for arc, var in x.items() if arc[1:] == line]
        model.add(sum(on_line) + sum(unmet) == len(weights))
        cost += [city.scenario.costs.unmet * w * var for w, var in zip(weights, unmet, strict=True)]
    for post in {line[:2] for line in city.demand}:
        here = {arc: var for arc, var in x.items() if arc[1:3] == post}
        staff = [var for arc, var in here.items() if not city.is_volunteer(arc[0])]
        volunteers = [var for arc, var in here.items() if city.is_volunteer(arc[0])]
        supervised = [
            var
            for arc, var in here.items()
            if city.is_volunteer(arc[0]) and city.roles[arc[3]]["supervised"]
        ]
        model.add(sum(supervised) <= rules.volunteers_per_supervisor * sum(staff))  # H6
        any_here = model.new_bool_var("")  # H7
        model.add(sum(volunteers) <= len(volunteers) * any_here)
        model.add(sum(volunteers) >= rules.min_volunteers_per_post * any_here)
    if aimless:
        cost = [rng.randint(-3, 3) * var for var in x.values()]
    model.minimize(sum(cost))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        raise InfeasibleError
    assert status == cp_model.OPTIMAL, solver.status_name(status)
    rows = {arc for arc, var in x.items() if solver.boolean_value(var)}
    return city.objective(rows), roster_table(*sorted(rows))


def enumerate_optimum(scenario: Scenario) -> int:
    """Return the least objective over every subset of the allowed assignments; for very few."""
    arcs = City.of(scenario).arcs()
    assert len(arcs) <= 10, len(arcs)
    costs = []
    for number in range(len(arcs) + 1):
        for rows in combinations(arcs, number):
            broken, objective = naive_check(scenario, roster_table(*rows))
            if not any(broken.values()):
                costs.append(objective)
    if not costs:
        raise InfeasibleError
    return min(costs)
