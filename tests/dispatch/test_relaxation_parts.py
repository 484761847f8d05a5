"""The two halves of the relaxation against enumeration: schedules of people, seatings of posts."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, product

import numpy as np
import pytest
from oracle import optimum, with_pins
from tiny_city import random_scenario

from dispatch.bound import Relaxation, ascend, forced_places
from dispatch.posts import seat_posts
from dispatch.problem import STAFF, SUPERVISED, encode
from dispatch.schedules import may_follow, price_people


def problems(count, people=6):
    for seed in range(count):
        scenario = random_scenario(seed, people=people)
        problem = encode(with_pins(scenario, random.Random(seed)) if seed % 2 else scenario)
        if problem.num_lines and problem.num_people:
            yield seed, problem


def best_by_enumeration(problem, person, value):
    """Worth of the best schedule, from every set of rows with every line each."""
    rows = range(problem.row_start[person], problem.row_start[person + 1])
    worths = {}
    for row in rows:
        arcs = range(problem.arc_start[row], problem.arc_start[row + 1])
        worths[row] = max(int(value[problem.arc_line[k]]) - int(problem.arc_cost[k]) for k in arcs)
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
    for _, problem in problems(40):
        value = rng.integers(-100, 60_000, problem.num_lines)
        for person in range(problem.num_people):
            load = np.zeros(problem.num_lines, np.int64)
            worth = price_people(problem, person, person + 1, value, load)
            assert worth == best_by_enumeration(problem, person, value)
            assert load.sum() <= problem.max_shifts[person]


def seating_by_enumeration(problem, post, price, forced):
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
        best = worth if best is None else max(best, worth)
    return best


@pytest.mark.parametrize("block", range(4))
def test_seatings_are_the_best_of_all(block):
    rng = np.random.default_rng(block)
    for _, problem in problems(40):
        highest = int(problem.place_value.max()) + 10
        price = rng.integers(0, highest, problem.num_lines)
        forced = forced_places(problem)
        for post in range(problem.num_posts):
            demand = np.zeros(problem.num_lines, np.int64)
            worth = seat_posts(problem, post, post + 1, price, forced, demand)
            assert worth == seating_by_enumeration(problem, post, price, forced)
            assert (demand <= problem.line_required).all()


def test_any_prices_prove_a_bound():
    """Random prices, good or bad, never prove more than the exact optimum."""
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
                price = rng.integers(0, 3 * relaxation.highest + 2)
                assert relaxation.evaluate(price).bound <= best


def test_the_bound_does_not_depend_on_the_number_of_threads():
    with ThreadPoolExecutor(3) as threads:
        for _, problem in problems(10):
            price = np.arange(problem.num_lines) * 977
            one = Relaxation(problem, threads, workers=1).evaluate(price)
            three = Relaxation(problem, threads, workers=3).evaluate(price)
            assert one.bound == three.bound
            assert np.array_equal(one.imbalance, three.imbalance)


def test_the_ascent_reports_rising_bounds_and_stops_when_told():
    with ThreadPoolExecutor(1) as threads:
        for _, problem in problems(5):
            relaxation = Relaxation(problem, threads, workers=1)
            told = []
            ascent = ascend(
                relaxation,
                relaxation.start(),
                steps=200,
                first_step=20_000,
                last_step=20,
                stop=lambda _: len(told) >= 2,  # noqa: B023 - called before the next problem
                report=told.append,
            )
            assert told == sorted(set(told))
            assert ascent.bound == told[-1] == relaxation.evaluate(ascent.price).bound
            assert ((ascent.filled >= 0) & (ascent.filled <= problem.line_required + 1e-9)).all()


def test_forced_places_count_the_fixed_pins():
    pinned = 0
    for _, problem in problems(20):
        assert forced_places(problem).sum() == problem.row_forced.sum()
        pinned += int(problem.row_forced.sum())
    assert pinned > 0
