"""Alerts: who may be called, the smallest wave, the model of responses, and a step by the clock."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portions import portion

from dispatch.alerts import (
    ALERT_STEPS,
    CALL_STEPS,
    HOPEFUL,
    AlertError,
    AlertState,
    CallState,
    Danger,
    Duty,
    Mode,
    duty_of,
    require_alert_step,
    require_call_step,
    tiers_for,
)
from dispatch.alerts_response import ResponseModel, fitted
from dispatch.alerts_step import Call, Candidates, OpenAlert, advance, wants_wave
from dispatch.alerts_waves import LEAST_USE, chance_of_enough, smallest_wave
from dispatch.rules import Tier

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
MODEL = ResponseModel()
NOBODY = Candidates(np.zeros(0), np.zeros(0), np.zeros(0))


def call(number: int, state: CallState = CallState.CALLED, **values: Any) -> Call:
    usual: dict[str, Any] = {
        "duty": Duty.ACT,
        "accept": 0.5,
        "minutes": 1.0,
        "called_at": NOW,
        "answer_by": NOW + timedelta(seconds=45),
    }
    return Call(number, state, **(usual | values))


def alert(*calls: Call, **values: Any) -> OpenAlert:
    usual: dict[str, Any] = {
        "state": AlertState.OPEN,
        "mode": Mode.WAVES,
        "created_at": NOW,
        "target_min": 5.0,
        "target_chance": 0.9,
        "needed": 1,
        "most_calls": 60,
        "answer_s": 45,
    }
    return OpenAlert(**(usual | values), calls=calls)


def people(*minutes: float, accept: float = 0.5) -> Candidates:
    count = len(minutes)
    return Candidates(np.full(count, accept), np.array(minutes), np.zeros(count))


# Who may be called.


@pytest.mark.parametrize("is_trained", [False, True])
@pytest.mark.parametrize("wants_observers", [False, True])
def test_no_volunteer_ever_acts_where_it_is_hazardous(is_trained, wants_observers):
    duty = duty_of(
        Danger.HAZARDOUS, Tier.VOLUNTEER, is_trained=is_trained, wants_observers=wants_observers
    )
    assert duty == (Duty.OBSERVE if wants_observers else None)
    assert Tier.VOLUNTEER not in tiers_for(Danger.HAZARDOUS)
    for tier in (Tier.OFFICER, Tier.AUXILIARY):
        assert duty_of(Danger.HAZARDOUS, tier, is_trained=False, wants_observers=False) == Duty.ACT


def test_a_guarded_matter_needs_a_trained_volunteer():
    def duty(*, is_trained: bool) -> Duty | None:
        return duty_of(Danger.GUARDED, Tier.VOLUNTEER, is_trained=is_trained, wants_observers=False)

    assert duty(is_trained=True) == Duty.ACT
    assert duty(is_trained=False) is None


def test_steps_that_there_are_and_no_others():
    for before, after in itertools.product(CallState, CallState):
        if after in CALL_STEPS[before]:
            require_call_step(before, after)
        else:
            with pytest.raises(AlertError, match=f"step from {before}"):
                require_call_step(before, after)
    with pytest.raises(AlertError, match="step from closed"):
        require_alert_step(AlertState.CLOSED, AlertState.OPEN)
    assert set(ALERT_STEPS) == set(AlertState)
    assert all(CallState.STOOD_DOWN in CALL_STEPS[state] for state in HOPEFUL)


# The smallest wave.

CHANCES = st.lists(st.floats(0, 1), max_size=9)


def brute_chance(chances: list[float], needed: int) -> float:
    total = 0.0
    for come in itertools.product((False, True), repeat=len(chances)):
        if sum(come) >= needed:
            total += np.prod([p if c else 1 - p for p, c in zip(chances, come, strict=True)])
    return float(total)


@given(CHANCES, st.integers(0, 4))
@settings(deadline=None)
def test_chance_of_enough_is_that_of_all_outcomes(chances, needed):
    assert chance_of_enough(chances, needed) == pytest.approx(brute_chance(chances, needed))


@given(CHANCES, st.lists(st.floats(0, 1), max_size=2), st.integers(1, 3), st.floats(0.05, 0.99))
@settings(deadline=None, max_examples=portion(60))
def test_no_smaller_set_reaches_the_target(chances, already, needed, target):
    wave = smallest_wave(chances, target, already=already, needed=needed, least=0.0)
    best = [
        max(
            chance_of_enough([*already, *group], needed)
            for group in itertools.combinations(chances, size)
        )
        for size in range(len(chances) + 1)
    ]
    size = len(wave.chosen)
    assert len(set(wave.chosen.tolist())) == size
    chosen = [chances[at] for at in wave.chosen]
    assert wave.chance == pytest.approx(chance_of_enough([*already, *chosen], needed))
    if wave.reached:
        assert all(one < target + 1e-9 for one in best[:size])
    else:
        assert size == len(chances)
        assert max(best) < target + 1e-9


def test_who_would_hardly_be_of_use_is_left_in_peace():
    wave = smallest_wave([0.5, 0.5, 0.02, 0.02], 0.99)
    assert wave.chosen.tolist() == [0, 1]
    assert not wave.reached
    among_equals = smallest_wave([0.5, 0.5, 0.5], 0.7, prefer=[3, 0, 1])
    assert among_equals.chosen.tolist() == [1, 2]
    with pytest.raises(AlertError, match="target"):
        smallest_wave([0.5], 1.0)
    with pytest.raises(AlertError, match="chances"):
        smallest_wave([1.5], 0.5)


# Responses.


def test_chances_are_those_of_a_simulation():
    rng = np.random.default_rng(1)
    n = 400_000
    says_yes = rng.random(n) < 0.4
    answer = MODEL.answer_median_min * np.exp(MODEL.answer_sigma * rng.normal(size=n))
    travel = 2.0 * np.exp(MODEL.travel_sigma * rng.normal(size=n))
    comes = says_yes & (rng.random(n) < MODEL.keeps)
    arrives = np.where(comes, answer + MODEL.ready_min + travel, np.inf)
    assert float(MODEL.chance(0.4, 2.0, 5.0)) == pytest.approx((arrives <= 5).mean(), abs=0.004)
    # Nothing heard after a minute: neither a yes nor a no.
    says_no = ~says_yes & (rng.random(n) < MODEL.says_no)
    silent = ~((says_yes | says_no) & (answer <= 1.0))
    left = (arrives[silent] <= 5).mean()
    assert float(MODEL.chance_left(0.4, 2.0, 1.0, 4.0)) == pytest.approx(left, abs=0.006)


@given(st.floats(0.01, 0.99), st.floats(0, 20), st.floats(0, 10), st.floats(0.1, 30))
@settings(deadline=None)
def test_silence_makes_arrival_less_likely_and_time_makes_it_likelier(accept, way, since, within):
    now = float(MODEL.chance_left(accept, way, 0.0, within))
    assert 0 <= float(MODEL.chance_left(accept, way, since, within)) <= 1
    assert now <= float(MODEL.chance_left(accept, way, 0.0, within + 1)) + 1e-12
    assert float(MODEL.chance(accept, way, within)) == pytest.approx(now, abs=1e-9)
    assert float(MODEL.chance_left(accept, 0.5, 30.0, 5.0)) <= now + accept * 1e-3 + (way > 0)


def test_acceptance_learns_and_tires():
    pool = (Tier.VOLUNTEER, False)
    assert float(MODEL.acceptance(pool, 0, 0, 0)) == pytest.approx(0.25)
    assert float(MODEL.acceptance(pool, 8, 8, 0)) == pytest.approx(11 / 20)
    assert float(MODEL.acceptance(pool, 0, 0, 3)) == pytest.approx(0.25 * MODEL.fatigue**3)
    assert fitted(MODEL, [1.0] * 5) is MODEL
    quick = fitted(MODEL, np.exp(np.random.default_rng(2).normal(-1, 0.5, 400)))
    assert quick.answer_median_min == pytest.approx(np.exp(-1), rel=0.1)
    with pytest.raises(AlertError, match="keeps"):
        replace(MODEL, keeps=1.5)


# A step by the clock.


def test_the_first_wave_is_the_smallest_that_reaches_the_target():
    step = advance(alert(), people(1, 1, 1, 1, 1, 1, 1, 1, 9), NOW, MODEL)
    called = [at for at, _ in step.wave]
    assert step.chance >= 0.9
    assert 0 < len(called) < 8
    fewer = [chance for _, chance in step.wave][:-1]
    assert chance_of_enough(fewer, 1) < 0.9
    assert step.look_again_at == NOW + timedelta(seconds=45)


def test_who_declines_or_is_silent_is_replaced():
    calls = [call(n) for n in range(5)]
    asked = alert(*calls)
    assert not wants_wave(replace(asked, target_chance=0.5), NOW, MODEL)
    declined = replace(asked, calls=tuple(replace(c, state=CallState.DECLINED) for c in calls))
    assert wants_wave(declined, NOW + timedelta(seconds=5), MODEL)
    later = NOW + timedelta(seconds=50)
    step = advance(asked, people(1, 1, 1, 1, 1, 1), later, MODEL)
    assert step.silent == (0, 1, 2, 3, 4)
    assert step.wave
    # Whoever is on the way outweighs them: nobody else is called.
    coming = call(9, CallState.ON_THE_WAY, set_out_at=later, answered_at=later, minutes=0.5)
    relaxed = replace(asked, calls=(*calls, coming), target_chance=0.85)
    assert not wants_wave(relaxed, later, MODEL)


def test_the_first_arrival_stands_all_others_down():
    calls = (
        call(1, CallState.ARRIVED),
        call(2),
        call(3, CallState.SILENT),
        call(4, CallState.ON_THE_WAY, set_out_at=NOW),
        call(5, CallState.DECLINED),
    )
    step = advance(alert(*calls), NOBODY, NOW, MODEL)
    assert step.state == AlertState.ATTENDED
    assert step.stood_down == (2, 3, 4)
    two = advance(alert(*calls, needed=2), people(1, 1), NOW, MODEL)
    assert two.state == AlertState.OPEN
    assert two.stood_down == ()
    # An observer who is there is no help yet.
    watching = alert(call(1, CallState.ARRIVED, duty=Duty.OBSERVE), call(2))
    assert advance(watching, NOBODY, NOW, MODEL).state == AlertState.OPEN


def test_far_people_are_called_where_nobody_is_near():
    step = advance(alert(), people(12, 14), NOW, MODEL)
    assert [at for at, _ in step.wave] == [0, 1]


def test_an_alert_ends_in_time_unless_somebody_is_coming():
    late = NOW + timedelta(minutes=61)
    assert advance(alert(call(1, CallState.SILENT)), NOBODY, late, MODEL).stood_down == (1,)
    assert advance(alert(), NOBODY, late, MODEL).state == AlertState.EXPIRED
    coming = alert(call(1, CallState.ACCEPTED, answered_at=NOW))
    assert advance(coming, NOBODY, late, MODEL).state == AlertState.OPEN


@pytest.mark.parametrize("mode", [Mode.ONE, Mode.SEVERAL, Mode.CIRCLE])
def test_who_was_chosen_by_hand_is_not_added_to(mode):
    asked = alert(call(1, CallState.DECLINED), mode=mode)
    assert not wants_wave(asked, NOW, MODEL)
    assert advance(asked, people(1, 1), NOW, MODEL).wave == ()


def test_no_more_than_the_most_calls():
    asked = alert(*(call(n, CallState.DECLINED) for n in range(58)))
    assert len(advance(asked, people(*[1.0] * 30, accept=0.05), NOW, MODEL).wave) == 2


@given(
    st.lists(st.sampled_from(list(CallState)), max_size=8),
    st.lists(st.floats(0, 30), max_size=12),
    st.floats(0, 4000),
    st.integers(1, 3),
)
@settings(deadline=None, max_examples=portion(80))
def test_a_step_keeps_its_promises(states, minutes, seconds, needed):
    now = NOW + timedelta(seconds=seconds)
    calls = [
        call(n, state, answered_at=NOW, set_out_at=NOW if state == CallState.ON_THE_WAY else None)
        for n, state in enumerate(states)
    ]
    asked = alert(*calls, needed=needed)
    step = advance(asked, people(*minutes), now, MODEL)
    by_number = {one.number: one for one in calls}
    assert all(by_number[n].state == CallState.CALLED for n in step.silent)
    assert all(by_number[n].state in HOPEFUL for n in step.stood_down)
    assert len({at for at, _ in step.wave}) == len(step.wave)
    assert step.state == asked.state or step.state in ALERT_STEPS[asked.state]
    assert 0 <= step.chance <= 1 + 1e-12
    if step.state == AlertState.OPEN:
        assert step.look_again_at > now
    else:
        assert not step.wave


@given(
    within=st.floats(0.1, 60),
    least=st.floats(0.001, 0.3),
    accept=st.floats(0, 1),
    beyond=st.floats(0, 100),
)
def test_beyond_its_reach_nobody_is_of_use(
    within: float, least: float, accept: float, beyond: float
) -> None:
    model = ResponseModel()
    reach = model.reach_min(within, least)
    assert 0 <= reach <= 3 * within
    assert model.chance([accept], [reach + beyond], within)[0] < least


def test_the_reach_is_as_long_as_it_has_to_be() -> None:
    model = ResponseModel()
    reach = model.reach_min(5.0, LEAST_USE)
    assert model.chance([1.0], [0.97 * reach], 5.0)[0] >= LEAST_USE
    assert model.chance([1.0], [reach], 5.0)[0] < LEAST_USE
