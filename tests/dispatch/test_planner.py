"""The planner as a whole: repeatable, honest about its clock, clear about what is impossible."""

from __future__ import annotations

import multiprocessing
from itertools import count
from threading import Event

import pytest
from tiny_city import pins_table, random_scenario, tiny_scenario

from dispatch.check import check
from dispatch.effort import Effort
from dispatch.exact import MOST_ARCS
from dispatch.planner import plan
from dispatch.rules import Costs
from grid.errors import ScenarioError


def ticking(step):
    """Make a clock that moves by `step` seconds at every look."""
    ticks = count()
    return lambda: next(ticks) * step


@pytest.mark.parametrize("seed", range(6))
def test_rounds_give_the_same_roster_again(seed):
    scenario = random_scenario(seed, people=20)
    first, second = (
        plan(scenario, effort=Effort(rounds=2), workers=2, seed=7, clock=ticking(step))
        for step in (0.001, 10.0)
    )
    assert first.roster.equals(second.roster)
    assert first.prices.equals(second.prices)
    assert (first.report.objective, first.report.bound) == (
        second.report.objective,
        second.report.bound,
    )


def test_no_rounds_still_give_a_checked_plan_with_a_bound():
    result = plan(tiny_scenario(), effort=Effort(rounds=0), clock=ticking(0.0))
    assert not any(result.report.violations.values())
    assert 0 < result.report.bound <= result.report.objective


def test_a_limit_that_is_over_at_once_still_gives_a_checked_plan():
    result = plan(tiny_scenario(), effort=Effort(time_limit_s=1e-6), clock=ticking(1.0))
    assert not any(result.report.violations.values())
    assert result.report.bound <= result.report.objective


def test_progress_tells_the_stages_in_order_and_only_better_bounds():
    told = []
    plan(tiny_scenario(), effort=Effort(rounds=1), clock=ticking(0.5), progress=told.append)
    stages = list(dict.fromkeys(progress.stage for progress in told))
    assert stages == ["encode", "bound", "construct", "improve", "check", "explain"]
    bounds = [progress.bound for progress in told if progress.bound is not None]
    assert bounds == sorted(bounds)
    seconds = [progress.seconds for progress in told]
    assert seconds == sorted(seconds)


def test_stages_add_up_to_the_time_that_passed():
    clock = ticking(0.25)
    result = plan(tiny_scenario(), effort=Effort(rounds=1), clock=clock)
    assert sum(result.report.seconds.values()) == pytest.approx(clock(), abs=1.0)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({}, "either a time limit or a number of rounds"),
        ({"time_limit_s": 3.0, "rounds": 1}, "either a time limit or a number of rounds"),
        ({"time_limit_s": 0.0}, "time limit > 0"),
        ({"time_limit_s": float("nan")}, "time limit > 0"),
        ({"rounds": -1}, "rounds >= 0"),
    ],
)
def test_impossible_efforts_are_refused(kwargs, message):
    with pytest.raises(ScenarioError, match=message):
        Effort(**kwargs)


def test_workers_are_at_least_one():
    with pytest.raises(ScenarioError, match="workers >= 1, got 0"):
        plan(tiny_scenario(), effort=Effort(rounds=0), workers=0, clock=ticking(0.0))


def test_a_fixed_pin_that_no_rule_allows_is_refused():
    scenario = tiny_scenario()
    person = scenario.people["person_id"].iloc[0]
    line = scenario.demand.iloc[0]
    free = scenario.availability.query("person_id != @person").reset_index(drop=True)
    pins = pins_table((person, line["beat_id"], line["shift_id"], line["role"], "fixed"))
    pinned = tiny_scenario(availability=free, pins=pins)
    with pytest.raises(ScenarioError, match="fixed pin"):
        plan(pinned, effort=Effort(rounds=0), clock=ticking(0.0))


def test_places_worth_more_than_pins_are_refused():
    """With such values a pin could lose against a price, and the bound would prove too much."""
    scenario = tiny_scenario(costs=Costs(unmet=2**47))
    with pytest.raises(ScenarioError, match="lower `unmet` or the weights"):
        plan(scenario, effort=Effort(rounds=0), clock=ticking(0.0))


@pytest.mark.parametrize("effort", [Effort(rounds=50), Effort(time_limit_s=300.0)])
@pytest.mark.parametrize("most_arcs", [0, MOST_ARCS], ids=["pieces", "exact"])
def test_a_plan_that_is_stopped_is_the_best_so_far(monkeypatch, effort, most_arcs):
    monkeypatch.setattr("dispatch.planner.MOST_ARCS", most_arcs)
    scenario = random_scenario(8, people=60)
    seen, enough = [], Event()

    def watch(progress):
        seen.append(progress)
        if progress.bound and progress.objective is not None:
            assert progress.bound <= progress.objective
            enough.set()

    result = plan(scenario, effort=effort, clock=ticking(0.001), progress=watch, stop=enough.is_set)
    report = result.report
    assert check(scenario, result.roster).ok
    assert report.objective == seen[-1].objective
    assert 0 < report.bound == seen[-1].bound <= report.objective
    assert seen[-1].seconds < 100


def test_a_plan_that_is_stopped_at_once_is_whole():
    scenario = random_scenario(8, people=60)
    result = plan(scenario, effort=Effort(rounds=5), clock=ticking(0.001), stop=lambda: True)
    assert check(scenario, result.roster).ok
    assert result.report.bound > 0
    assert result.report.assigned > 0


def test_the_first_roster_is_there_before_any_bound():
    first = []

    def watch(progress):
        if progress.roster is not None and not first:
            first.append((progress.bound, progress.objective, progress.roster()))

    scenario = random_scenario(8, people=60)
    plan(scenario, effort=Effort(rounds=0), clock=ticking(0.001), progress=watch)
    bound, cost, roster = first[0]
    assert bound is None
    assert check(scenario, roster).objective == cost


def test_the_plan_is_the_same_when_worker_processes_die(monkeypatch):
    scenario = random_scenario(3, people=40)
    monkeypatch.setattr("dispatch.planner._SMALL_ARCS", 0)
    monkeypatch.setattr("dispatch.planner.MOST_ARCS", 0)  # else nothing is left for pieces

    killed = []

    def kill_at_improvement(progress):
        if progress.stage == "improve" and not killed:
            for child in multiprocessing.active_children():
                child.kill()
                killed.append(child)

    def planned(progress=None):
        return plan(
            scenario, effort=Effort(rounds=3), workers=2, clock=ticking(0.0), progress=progress
        )

    with pytest.warns(RuntimeWarning, match="A worker that solved pieces was lost"):
        bereaved = planned(kill_at_improvement)
    spared = planned()
    assert bereaved.roster.equals(spared.roster)
    assert bereaved.report.objective == spared.report.objective
