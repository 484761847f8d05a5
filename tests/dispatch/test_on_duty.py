from __future__ import annotations

import math

import numpy as np
import pytest
from oracle import random_roster
from rule_breakers import CHEN, LI, SUN, base
from tiny_city import change_person, random_scenario, roster_table

from dispatch.on_duty import MIN_ABSENCE, TIERS, on_duty
from grid.errors import ScenarioError

HAIWEI, EVENING = 0, 1  # rows of the tables


def test_empty_roster_has_nobody_and_certain_absence():
    duty = on_duty(base(), roster_table())
    assert duty.headcount.shape == duty.log_absence.shape == (3, 3, 3)
    assert not duty.headcount.any()
    assert not duty.log_absence.any()


def test_chances_of_absence_multiply():
    scenario = change_person(change_person(base(), "chen", show_up=0.5), "sun", show_up=0.8)
    duty = on_duty(scenario, roster_table(LI, CHEN, SUN))
    assert duty.headcount[:, EVENING, HAIWEI].tolist() == [0, 1, 2]
    assert duty.headcount.sum() == 3
    assert math.exp(duty.log_absence[2, EVENING, HAIWEI]) == pytest.approx(0.5 * 0.2)


def test_certain_people_leave_a_finite_chance():
    duty = on_duty(base(), roster_table(LI))
    assert duty.log_absence[1, EVENING, HAIWEI] == math.log(MIN_ABSENCE)
    assert np.float32(-math.expm1(duty.log_absence[1, EVENING, HAIWEI])) == 1


@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_counting_by_hand(seed):
    import random

    scenario = random_scenario(seed)
    roster = random_roster(scenario, random.Random(seed))
    duty = on_duty(scenario, roster)
    tiers = scenario.people.set_index("person_id")["tier"]
    for t, tier in enumerate(TIERS):
        for s, shift in enumerate(scenario.shifts["shift_id"]):
            for b, beat in enumerate(scenario.beats["beat_id"]):
                here = roster[(roster["shift_id"] == shift) & (roster["beat_id"] == beat)]
                assert duty.headcount[t, s, b] == (here["person_id"].map(tiers) == tier).sum()


def test_unknown_people_are_named():
    roster = roster_table(LI, ("nobody", "haiwei", "evening", "auxiliary"))
    with pytest.raises(ScenarioError, match="known person_id in row 1 of the roster, got 'nobody'"):
        on_duty(base(), roster)
