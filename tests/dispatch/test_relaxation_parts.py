"""The two halves of the relaxation against enumeration: schedules of people, seatings of posts."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, product

import numpy as np
import pytest
from oracle import optimum, with_pins
from portions import portion
from tiny_city import (
    HAIWEI,
    HUASHENG,
    availability_table,
    demand_table,
    people_table,
    random_scenario,
    tiny_scenario,
)

from dispatch.bound import Ascent, Prices, Relaxation, forced_places
from dispatch.posts import seat_posts
from dispatch.problem import STAFF, SUPERVISED, encode
from dispatch.schedules import may_follow, price_people
from dispatch.tolls_kernel import Charge, charge


def problems(count, people=6):
    for seed in range(count):
        scenario = random_scenario(seed, people=people)
        problem = encode(with_pins(scenario, random.Random(seed)) if seed % 2 else scenario)
        if problem.num_lines and problem.num_people:
            yield seed, problem


def best_by_enumeration(problem, person, value, toll):
    """Worth of the best schedule, from every set of rows with every line each."""
    rows = range(problem.row_start[person], problem.row_start[person + 1])
    worths = {}
    for row in rows:
        arcs = range(problem.arc_start[row], problem.arc_start[row + 1])
        worths[row] = max(
            int(value[problem.arc_line[k]]) - int(problem.arc_cost[k]) - int(toll[k]) for k in arcs
        )
    best = None
    for size in range(problem.max_shifts[person] + 1):
        for chosen in combinations(rows, size):
            shifts = [int(problem.row_shift[r]) for r in chosen]
            pairs = combinations(shifts, 2)
            if not all(may_follow(a, b, problem.shift_prev) for a, b in pairs):
                continue
            if any(problem.row_forced[r] and r not in chosen for r in rows):
                continue
            worth = sum(worths[r] for r in chosen) - int(problem.steps[size])
            best = worth if best is None else max(best, worth)
    return best


@pytest.mark.parametrize("block", range(4))
def test_schedules_are_the_best_of_all(block):
    rng = np.random.default_rng(block)
    for _, problem in problems(portion(40)):
        value = rng.integers(-100, 60_000, problem.num_lines)
        toll = rng.integers(0, 9_000, problem.arc_line.size).astype(np.int32)
        chosen = np.full(problem.row_shift.size, -2, np.int64)
        for person in range(problem.num_people):
            load = np.zeros(problem.num_lines, np.int64)
            worth = price_people(problem, person, person + 1, value, toll, load, chosen)
            assert worth == best_by_enumeration(problem, person, value, toll)
            assert load.sum() <= problem.max_shifts[person]
            assert load.sum() == (chosen[problem.row_person == person] >= 0).sum()


def seating_by_enumeration(problem, post, price, forced, toll):
    lines = range(problem.post_start[post], problem.post_start[post + 1])
    best = None
    for filled in product(
        *(range(int(forced[line]), int(problem.line_required[line]) + 1) for line in lines)
    ):
        by_kind = np.zeros(3, int)
        worth = 0
        for line, number in zip(lines, filled, strict=True):
            by_kind[problem.line_kind[line]] += number
            first = problem.place_start[line]
            worth += int(problem.place_value[first : first + number].sum())
            worth -= number * int(price[line])
        volunteers = by_kind.sum() - by_kind[STAFF]
        if by_kind[SUPERVISED] > problem.seats * by_kind[STAFF]:
            continue
        if 0 < volunteers < problem.min_volunteers:
            continue
        worth += int(toll[post, 0]) * (volunteers > 0)
        worth += int(toll[post, 1]) * (by_kind[SUPERVISED] > 0)
        best = worth if best is None else max(best, worth)
    return best


@pytest.mark.parametrize("block", range(4))
def test_seatings_are_the_best_of_all(block):
    rng = np.random.default_rng(block)
    for _, problem in problems(portion(40)):
        highest = int(problem.place_value.max()) + 10
        price = rng.integers(0, highest, problem.num_lines)
        forced = forced_places(problem)
        toll = rng.integers(0, 30_000, (problem.num_posts, 2))
        is_open = np.empty((problem.num_posts, 2), np.bool_)
        for post in range(problem.num_posts):
            demand = np.zeros(problem.num_lines, np.int64)
            worth = seat_posts(problem, post, post + 1, price, forced, toll, demand, is_open)
            assert worth == seating_by_enumeration(problem, post, price, forced, toll)
            taken = demand[problem.post_start[post] : problem.post_start[post + 1]]
            kind = problem.line_kind[problem.post_start[post] : problem.post_start[post + 1]]
            assert is_open[post, 0] == (taken[kind != STAFF].sum() > 0)
            assert is_open[post, 1] == (taken[kind == SUPERVISED].sum() > 0)
            assert (demand <= problem.line_required).all()


def test_any_prices_prove_a_bound():
    """Random prices and tolls, good or bad, never prove more than the exact optimum."""
    rng = np.random.default_rng(3)
    with ThreadPoolExecutor(2) as threads:
        for seed in range(25):
            scenario = random_scenario(seed)
            problem = encode(scenario)
            if not problem.num_lines:
                continue
            best = optimum(scenario)[0]
            relaxation = Relaxation(problem, threads, workers=2)
            for _ in range(5):
                line = rng.integers(0, relaxation.highest // 4 + 2)
                toll = rng.integers(0, 20_000, (relaxation.visits.row.size, 2))
                toll *= rng.random(toll.shape) < rng.random()
                assert relaxation.evaluate(Prices(line, toll)).bound <= best


def one_supervisor_between_two_posts():
    """Two posts want four volunteers each; two live at either, and there is one supervisor."""
    homes = {"a": HAIWEI, "b": HAIWEI, "c": HUASHENG, "d": HUASHENG}
    volunteers = [
        {"person_id": name, "tier": "volunteer", "lat": lat, "lng": lng, "travel_limit_m": 500}
        for name, (lat, lng) in homes.items()
    ]
    lines = [("auxiliary", (1,)), ("patrol_guard", (3, 3, 3, 3))]
    posts = [(beat, "evening", *line) for beat in ("haiwei", "huasheng") for line in lines]
    return tiny_scenario(
        people=people_table({"person_id": "li", "tier": "auxiliary"}, *volunteers),
        availability=availability_table(*((p, "evening", 0) for p in ("li", *homes))),
        demand=demand_table(*posts),
    )


def test_tolls_keep_half_a_supervisor_from_opening_half_a_post(monkeypatch):
    scenario = one_supervisor_between_two_posts()
    best = optimum(scenario)[0]
    bounds = {}
    with ThreadPoolExecutor(1) as threads:
        for step in (0.0, 0.05):
            monkeypatch.setattr("dispatch.bound._TOLL_STEP", step)
            ascent = Ascent(Relaxation(encode(scenario), threads, workers=1))
            ascent.climb(800, 1.0, 0.0001)
            bounds[step] = ascent.bound
    assert bounds[0.0] < 0.8 * best
    assert 0.999 * best < bounds[0.05] <= best


def test_the_bound_does_not_depend_on_the_number_of_threads():
    rng = np.random.default_rng(8)
    with ThreadPoolExecutor(3) as threads:
        for _, problem in problems(10):
            one, three = (Relaxation(problem, threads, workers=n) for n in (1, 3))
            toll = rng.integers(0, 20_000, (one.visits.row.size, 2))
            prices = Prices(np.arange(problem.num_lines) * 977, toll)
            assert one.evaluate(prices).bound == three.evaluate(prices).bound
            assert np.array_equal(one.evaluate(prices).imbalance, three.evaluate(prices).imbalance)


def test_what_is_charged_step_by_step_is_what_the_tolls_say():
    with ThreadPoolExecutor(1) as threads:
        for _, problem in problems(12):
            relaxation = Relaxation(problem, threads, workers=1)
            ascent = Ascent(relaxation)
            for _ in range(60):
                ascent.step(problem, 0.3 * ascent.unit)
            again = Charge.nothing(problem)
            toll = np.rint(ascent._ledger.toll).astype(np.int64)
            assert np.array_equal(toll, relaxation.payable(toll))
            charge(problem, relaxation.visits, toll, *again)
            assert np.array_equal(again.arc, ascent._charge.arc)
            assert np.array_equal(again.post, ascent._charge.post)


def test_the_ascent_reports_rising_bounds_and_stops_when_told():
    with ThreadPoolExecutor(1) as threads:
        for _, problem in problems(5):
            relaxation = Relaxation(problem, threads, workers=1)
            told, steps = [], iter(range(1_000))
            ascent = Ascent(relaxation)
            ascent.climb(
                200,
                1.0,
                0.001,
                spent=lambda: next(steps) / 120,  # noqa: B023 - called before the next problem
                report=told.append,
            )
            assert ascent.steps <= 121
            assert told == sorted(set(told))
            assert ascent.bound == told[-1] == relaxation.evaluate(ascent.best).bound
            assert ((ascent.filled >= 0) & (ascent.filled <= problem.line_required + 1e-9)).all()


def test_forced_places_count_the_fixed_pins():
    pinned = 0
    for _, problem in problems(20):
        assert forced_places(problem).sum() == problem.row_forced.sum()
        pinned += int(problem.row_forced.sum())
    assert pinned > 0
