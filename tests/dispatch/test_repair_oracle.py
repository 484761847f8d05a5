"""The repair against an exact minimum-change model of the whole of tiny problems."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from oracle import City, InfeasibleError, naive_check, optimum, random_roster, with_pins
from ortools.sat.python import cp_model
from portions import portion
from tiny_city import demand_table, random_scenario

from dispatch.check import check
from dispatch.repair import RepairDesk, RepairError
from dispatch.repair_bound import fewest_anywhere
from dispatch.repair_changes import Changes


class MinimumChange:
    """All rosters of a scenario for CP-SAT, with who differs from a roster; solved in steps."""

    def __init__(self, scenario, before):
        self.city = city = City.of(scenario)
        rules, self.model = scenario.rules, cp_model.CpModel()
        model = self.model
        self.x = x = {arc: model.new_bool_var(str(arc)) for arc in city.arcs()}
        if not city.fixed <= set(x):
            raise InfeasibleError
        cost = [city.cost(arc) * var for arc, var in x.items()]
        weight = []
        for arc in city.fixed:
            model.add(x[arc] == 1)
        changed = []
        for person, facts in city.people.items():
            mine = {arc: var for arc, var in x.items() if arc[0] == person}
            for a, b in combinations(mine, 2):
                if not city.rested(a[2], b[2]) and not city.rested(b[2], a[2]):
                    model.add(mine[a] + mine[b] <= 1)
            model.add(sum(mine.values()) <= facts["max_shifts"])
            nth = [model.new_bool_var("") for _ in mine]
            model.add(sum(nth) == sum(mine.values()))
            cost += [city.extra_shift(n) * var for n, var in enumerate(nth)]
            change = model.new_bool_var("")
            for arc, var in mine.items():
                model.add(change >= (1 - var if arc in before else var))
            changed.append(change)
        for line, weights in city.demand.items():
            unmet = [model.new_bool_var("") for _ in weights]
            on_line = [var for arc, var in x.items() if arc[1:] == line]
            model.add(sum(on_line) + sum(unmet) == len(weights))
            weight += [w * var for w, var in zip(weights, unmet, strict=True)]
        for post in {line[:2] for line in city.demand}:
            here = {arc: var for arc, var in x.items() if arc[1:3] == post}
            staff = [var for arc, var in here.items() if not city.is_volunteer(arc[0])]
            volunteers = [var for arc, var in here.items() if city.is_volunteer(arc[0])]
            supervised = [
                var
                for arc, var in here.items()
                if city.is_volunteer(arc[0]) and city.roles[arc[3]]["supervised"]
            ]
            model.add(sum(supervised) <= rules.volunteers_per_supervisor * sum(staff))
            any_here = model.new_bool_var("")
            model.add(sum(volunteers) <= len(volunteers) * any_here)
            model.add(sum(volunteers) >= rules.min_volunteers_per_post * any_here)
        self.weight, self.people = sum(weight), sum(changed)
        self.objective = sum(cost) + scenario.costs.unmet * self.weight

    def least(self, what, *limits):
        """Return the least of an expression under (expression, limit) pairs; None: no roster."""
        model = self.model.clone()
        for expression, limit in limits:
            model.add(expression <= limit)
        model.minimize(what)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        status = solver.solve(model)
        if status == cp_model.INFEASIBLE:
            return None
        assert status == cp_model.OPTIMAL
        return round(solver.objective_value)


def weight_of(scenario, rows):
    filled = Counter(row[1:] for row in rows)
    lines = scenario.demand[["beat_id", "shift_id", "role", "weight"]]
    return sum(sum(w[filled[*line] :]) for *line, w in lines.itertuples(index=False, name=None))


def random_case(seed):
    """Make a small city with a published roster (good or odd, with or without pins) and changes."""
    rng = random.Random(seed)
    scenario = random_scenario(seed, people=rng.randint(3, 9), shifts=rng.randint(2, 4))
    if rng.random() < 0.5:
        scenario = with_pins(scenario, rng)
    published = optimum(scenario)[1] if rng.random() < 0.5 else random_roster(scenario, rng)
    working = sorted(set(published["person_id"])) or scenario.people["person_id"].tolist()
    absent = [
        (person, rng.choice(["", *scenario.shifts["shift_id"]]))
        for person in rng.sample(working, min(len(working), rng.randint(0, 2)))
    ]
    demand = []
    if rng.random() < 0.5:
        for _ in range(rng.randint(1, 2)):
            line = (
                rng.choice(scenario.beats["beat_id"].tolist()),
                rng.choice(scenario.shifts["shift_id"].tolist()),
                rng.choice(["officer", "auxiliary", "patrol_guard", "school_guard"]),
            )
            if line not in {row[:3] for row in demand}:
                weights = sorted(
                    (rng.randint(1, 5) for _ in range(rng.randint(1, 3))), reverse=True
                )
                demand.append((*line, tuple(weights)))
    return scenario, published, Changes.of(absent, demand), rng


def after(scenario, changes):
    """Apply changes by hand."""
    gone = set()
    for person, shift in changes.absent.itertuples(index=False, name=None):
        gone |= {(person, s) for s in scenario.shifts["shift_id"] if shift in ("", s)}
    available = [
        (row.person_id, row.shift_id) not in gone for row in scenario.availability.itertuples()
    ]
    pins = [
        not (pin.kind == "fixed" and (pin.person_id, pin.shift_id) in gone)
        for pin in scenario.pins.itertuples()
    ]
    weights = {tuple(row[:3]): row[4] for row in scenario.demand.itertuples(index=False)}
    for beat, shift, role, _, weight in changes.demand.itertuples(index=False):
        key = (beat, shift, role)
        weights[key] = tuple(sorted((*weights.get(key, ()), *weight), reverse=True))
    return gone, replace(
        scenario,
        availability=scenario.availability[available].reset_index(drop=True),
        pins=scenario.pins[pins].reset_index(drop=True),
        demand=demand_table(*((*key, weight) for key, weight in weights.items())),
    )


@pytest.mark.parametrize("seed", range(portion(120)))
def test_the_repair_is_the_exact_minimum(seed):
    scenario, published, changes, rng = random_case(seed)
    before = set(published.itertuples(index=False, name=None))
    gone, changed = after(scenario, changes)
    kept = {row for row in before if (row[0], row[2]) not in gone}
    exact = MinimumChange(changed, kept)
    least_weight = exact.least(exact.weight)
    desk = RepairDesk(scenario, published)
    if least_weight is None:
        with pytest.raises(RepairError, match="keeps the rules"):
            desk.repair(changes)
        return
    tolerance = rng.choice([0, 0, 1, 3])
    goal = max(weight_of(scenario, before), least_weight) + tolerance
    fewest = exact.least(exact.people, (exact.weight, goal))
    best = exact.least(exact.objective, (exact.weight, goal), (exact.people, fewest))

    found = desk.repair(changes, tolerance=tolerance, curve=True)

    rows = set(found.roster().itertuples(index=False, name=None))
    broken, cost = naive_check(changed, found.roster())
    assert not any(broken.values()), broken
    assert check(found.scenario(), found.roster()).violations == dict.fromkeys(broken, 0)
    assert found.whole
    assert found.weighted_unmet == weight_of(changed, rows) <= goal
    assert found.goal + tolerance == goal
    assert found.weighted_unmet_bound == least_weight
    assert found.people == found.people_bound == found.people_bound_anywhere == fewest
    assert fewest_anywhere(desk._kept(changes), found.weighted_unmet) <= exact.least(
        exact.people, (exact.weight, found.weighted_unmet)
    )
    assert found.people == len({row[0] for row in rows ^ kept})
    assert found.objective == cost == best
    least = exact.least(exact.people)
    assert found.curve[0].people == least
    for point in found.curve:
        assert point.objective == point.bound
        assert point.objective == exact.least(exact.objective, (exact.people, point.people))
    for people in (least - 1, least, least + 2):
        assert_at_most(desk, changes, exact, people, found.curve)


def assert_at_most(desk, changes, exact, people, curve):
    """Assert that "at most so many change" is the best such plan, or refused."""
    if people < 0:
        return
    if people < curve[0].people:
        with pytest.raises(RepairError, match=f"at least {curve[0].people} "):
            desk.repair(changes, at_most=people)
        return
    found = desk.repair(changes, at_most=people)
    broken, cost = naive_check(found.scenario(), found.roster())
    assert not any(broken.values())
    assert found.people <= people
    assert found.objective == cost
    if people <= curve[-1].people:
        assert cost == exact.least(exact.objective, (exact.people, people))
