"""Exchanges that cost nothing: people come back to beats, and nothing else changes."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import naive_check, with_pins
from portions import portion
from tiny_city import random_scenario

from dispatch.chains import callers
from dispatch.effort import Effort
from dispatch.familiar import keep_on_familiar_beats
from dispatch.planner import _roster, plan
from dispatch.problem import encode
from dispatch.seating import Seating, assign, objective


def seated(problem, order):
    """Seat people one by one, as far as H3, H4 and H9 go; the rest of the rules stay out."""
    seating = Seating.empty(problem)
    for row in order:
        arcs = range(problem.arc_start[row], problem.arc_start[row + 1])
        free = [k for k in arcs if seating.filled[problem.arc_line[k]] < room(problem, k)]
        if free and seating.taken[problem.row_person[row]] < 1:
            assign(problem, seating, row, problem.arc_line[free[0]], problem.arc_cost[free[0]])
    return seating


def room(problem, arc):
    return problem.line_required[problem.arc_line[arc]]


def familiarity(problem, seating):
    """Sum over people and beats of the squared number of shifts there, counted anew."""
    busy = np.flatnonzero(seating.row_line >= 0)
    beat = problem.post_beat[problem.line_post[seating.row_line[busy]]]
    pairs = np.stack((problem.row_person[busy], beat))
    _, count = np.unique(pairs, axis=1, return_counts=True)
    return int((count**2).sum())


def best_exchange(problem, seating):
    """(saved, closer) of the best exchange of two people of one shift, by trying all."""
    busy = np.flatnonzero(seating.row_line >= 0)
    before = (int(objective(problem, seating)), familiarity(problem, seating))
    best = (0, 0)
    for one, other in itertools.combinations(busy.tolist(), 2):
        lines = int(seating.row_line[one]), int(seating.row_line[other])
        costs = int(seating.row_cost[one]), int(seating.row_cost[other])
        arcs = [arc_to(problem, one, lines[1]), arc_to(problem, other, lines[0])]
        if lines[0] == lines[1] or None in arcs:
            continue
        assign(problem, seating, one, lines[1], problem.arc_cost[arcs[0]])
        assign(problem, seating, other, lines[0], problem.arc_cost[arcs[1]])
        saved = before[0] - int(objective(problem, seating))
        best = max(best, (saved, familiarity(problem, seating) - before[1]))
        for row, line, cost in zip((one, other), lines, costs, strict=True):
            assign(problem, seating, row, line, cost)
    return best


def arc_to(problem, row, line):
    for k in range(problem.arc_start[row], problem.arc_start[row + 1]):
        if problem.arc_line[k] == line:
            return k
    return None


@settings(max_examples=portion(40), deadline=None)
@given(st.integers(0, 10_000))
def test_nothing_but_who_stands_where_changes_and_no_exchange_is_left(seed):
    chance = random.Random(seed)
    problem = encode(with_pins(random_scenario(seed, people=12), chance))
    if not problem.num_lines or not problem.num_people:
        return
    rows = list(range(problem.row_shift.size))
    chance.shuffle(rows)
    seating = seated(problem, rows)
    before, known = int(objective(problem, seating)), familiarity(problem, seating)
    at_work, filled = seating.row_line >= 0, seating.filled.copy()
    pinned = seating.row_line[problem.row_forced].copy()

    gained = keep_on_familiar_beats(problem, seating)

    assert gained >= 0
    assert int(objective(problem, seating)) == before - gained
    assert gained or familiarity(problem, seating) >= known
    assert np.array_equal(seating.row_line >= 0, at_work)
    assert np.array_equal(seating.filled, filled)
    assert np.array_equal(seating.row_line[problem.row_forced], pinned)
    assert best_exchange(problem, seating) == (0, 0)


@pytest.mark.parametrize("seed", range(portion(6)))
def test_a_plan_keeps_the_rules_and_leaves_no_exchange(seed):
    scenario = random_scenario(300 + seed, people=25)
    result = plan(scenario, effort=Effort(rounds=1), seed=seed, clock=lambda: 0.0)
    broken, cost = naive_check(scenario, result.roster)
    assert not any(broken.values()), broken
    assert cost == result.report.objective
    problem = encode(scenario)
    seating = read_back(scenario, problem, result.roster)
    assert keep_on_familiar_beats(problem, seating) == 0
    assert _roster(scenario, problem, seating.row_line).equals(result.roster)


def read_back(scenario, problem, roster):
    """Seat a roster's people again."""
    calls = callers(problem)
    seating = Seating.empty(problem)
    code = scenario.people["person_id"].to_numpy()[problem.person_of]
    lines = scenario.demand.iloc[problem.line_of][["beat_id", "shift_id", "role"]]
    line_at = {tuple(key): n for n, key in enumerate(lines.itertuples(index=False, name=None))}
    for person, *key in roster.itertuples(index=False, name=None):
        line = line_at[tuple(key)]
        for k in range(calls.start[line], calls.start[line + 1]):
            if code[problem.row_person[calls.row[k]]] == person:
                assign(problem, seating, calls.row[k], line, calls.cost[k])
    return seating
