"""One step of an alert by the clock: who was silent, who is called now, when to look again.

`advance` is a pure function of what is known at a moment. Whoever keeps alerts calls it when
something happened or when `Step.look_again_at` has come, and writes down what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from dispatch.alerts import HOPEFUL, THERE, AlertState, CallState, Duty, Mode
from dispatch.alerts_waves import LEAST_USE, chance_of_enough, smallest_wave

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.alerts_response import ResponseModel

LIFETIME_MIN: Final = 60.0
"""An alert to which nobody came or is coming is given up after this, or six times its target."""

LARGEST_WAVE: Final = 50
LONGEST_HORIZON: Final = 8
"""How many times the target time people may take where nobody can be there within it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the step sees it.

    Attributes
    ----------
    number : int
        Whatever the caller knows it by.
    accept : float
        Chance of acceptance when they were called.
    minutes : float
        Expected travel time.
    """

    number: int
    state: CallState
    duty: Duty
    accept: float
    minutes: float
    called_at: datetime
    answer_by: datetime
    answered_at: datetime | None = None
    set_out_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert as the step sees it; `dispatch.alerts` and the table of alerts tell the fields."""

    state: AlertState
    mode: Mode
    created_at: datetime
    target_min: float
    target_chance: float
    needed: int
    most_calls: int
    answer_s: int
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Who could be called next, each with acceptance, travel minutes and calls of late."""

    accept: NDArray[np.float64]
    minutes: NDArray[np.float64]
    recent: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What is to be done now.

    Attributes
    ----------
    state : AlertState
        Of the alert, afterwards.
    silent, stood_down : tuple of int
        Numbers of calls that are now so.
    wave : tuple of (int, float)
        Whom to call: position among the candidates, chance to arrive in time.
    chance : float
        That enough arrive within the horizon, with the wave.
    look_again_at : datetime
    """

    state: AlertState
    silent: tuple[int, ...]
    stood_down: tuple[int, ...]
    wave: tuple[tuple[int, float], ...]
    chance: float
    look_again_at: datetime


def wants_wave(alert: OpenAlert, now: datetime, model: ResponseModel) -> bool:
    """Tell whether the step would look for more people: whether candidates are worth finding."""
    return _may_call(alert, now) and _chance_now(alert, now, model) < alert.target_chance


def reach_min(alert: OpenAlert, now: datetime, model: ResponseModel) -> float:
    """Return minutes of travel beyond which nobody can be of use in the time that is left."""
    return model.reach_min(_horizon_min(alert, now), LEAST_USE)


def is_any_of_use(
    alert: OpenAlert, candidates: Candidates, now: datetime, model: ResponseModel
) -> bool:
    """Tell whether a candidate can be of use in the time that is left; else look farther."""
    within = _horizon_min(alert, now)
    chances = model.chance(candidates.accept, candidates.minutes, within)
    return bool((chances >= LEAST_USE).any())


def advance(alert: OpenAlert, candidates: Candidates, now: datetime, model: ResponseModel) -> Step:
    """Return what is to be done at a moment.

    Parameters
    ----------
    alert : OpenAlert
    candidates : Candidates
        People who pass the rules and were not called yet; empty unless `wants_wave`.
    now : datetime
    model : ResponseModel
    """
    if alert.state != AlertState.OPEN:
        never = datetime.max.replace(tzinfo=now.tzinfo)
        return Step(alert.state, (), _hopeful(alert), (), 0.0, never)
    if _arrived(alert) >= alert.needed:
        return Step(AlertState.ATTENDED, (), _hopeful(alert), (), 1.0, now)
    silent = tuple(
        call.number
        for call in alert.calls
        if call.state == CallState.CALLED and call.answer_by <= now
    )
    coming = any(call.state in {CallState.ACCEPTED, CallState.ON_THE_WAY} for call in alert.calls)
    if now >= _given_up_at(alert) and not coming:
        return Step(AlertState.EXPIRED, silent, _hopeful(alert), (), 0.0, now)
    wave: tuple[tuple[int, float], ...] = ()
    if len(candidates.accept) and _may_call(alert, now):
        wave, chance = _next_wave(alert, candidates, now, model)
    else:
        chance = _chance_now(alert, now, model)
    return Step(AlertState.OPEN, silent, (), wave, chance, _look_again_at(alert, now, wave))


def _may_call(alert: OpenAlert, now: datetime) -> bool:
    """Return whether the alert calls people by itself, and may call more of them."""
    return (
        (alert.state, alert.mode) == (AlertState.OPEN, Mode.WAVES)
        and _arrived(alert) < alert.needed
        and len(alert.calls) < alert.most_calls
        and now < _given_up_at(alert)
    )


def _next_wave(
    alert: OpenAlert, candidates: Candidates, now: datetime, model: ResponseModel
) -> tuple[tuple[tuple[int, float], ...], float]:
    """Return the wave; where nobody is near enough, for a longer time."""
    within = _horizon_min(alert, now)
    most = min(LARGEST_WAVE, alert.most_calls - len(alert.calls))
    longest = alert.target_min * LONGEST_HORIZON
    while True:
        chances = model.chance(candidates.accept, candidates.minutes, within)
        wave = smallest_wave(
            chances,
            alert.target_chance,
            already=_chances(alert, now, model, within),
            needed=alert.needed - _arrived(alert),
            most=most,
            prefer=candidates.recent,
        )
        nobody = not (chances >= LEAST_USE).any()
        if not nobody or within >= longest:
            return tuple((int(at), float(chances[at])) for at in wave.chosen), wave.chance
        within *= 2


def _chance_now(alert: OpenAlert, now: datetime, model: ResponseModel) -> float:
    """Return the chance that enough of those who were called arrive in time."""
    chances = _chances(alert, now, model, _horizon_min(alert, now))
    return chance_of_enough(chances, alert.needed - _arrived(alert))


def _chances(
    alert: OpenAlert, now: datetime, model: ResponseModel, within_min: float
) -> NDArray[np.float64]:
    """Return the chance of each call from which somebody may still arrive."""
    waiting, going = [], []
    for call in alert.calls:
        if call.duty == Duty.ACT and call.state in HOPEFUL:
            if call.state in {CallState.CALLED, CallState.SILENT}:
                waiting.append((call.accept, call.minutes, _minutes(now - call.called_at)))
            else:
                begun = call.set_out_at or call.answered_at or call.called_at
                ready = 0.0 if call.set_out_at else model.ready_min
                going.append((call.minutes, _minutes(now - begun) - ready))
    found = [np.zeros(0)]
    if waiting:
        accept, minutes, since = np.array(waiting).T
        found.append(model.chance_left(accept, minutes, since, within_min))
    if going:
        minutes, gone = np.array(going).T
        found.append(model.chance_on_way(minutes, gone, within_min))
    return np.concatenate(found)


def _horizon_min(alert: OpenAlert, now: datetime) -> float:
    """Return the minutes that are left; at least half the target: late help is help, too."""
    left = alert.target_min - _minutes(now - alert.created_at)
    return max(left, alert.target_min / 2)


def _look_again_at(alert: OpenAlert, now: datetime, wave: Sequence[tuple[int, float]]) -> datetime:
    """Return when an answer is due next; chances also fall while nobody answers."""
    waits = [call.answer_by for call in alert.calls if call.state == CallState.CALLED]
    due = [moment for moment in waits if moment > now]
    pause = timedelta(seconds=alert.answer_s if wave else max(5.0, alert.answer_s / 2))
    return min([now + pause, *due])


def _given_up_at(alert: OpenAlert) -> datetime:
    return alert.created_at + timedelta(minutes=max(LIFETIME_MIN, 6 * alert.target_min))


def _arrived(alert: OpenAlert) -> int:
    return sum(call.state in THERE and call.duty == Duty.ACT for call in alert.calls)


def _hopeful(alert: OpenAlert) -> tuple[int, ...]:
    return tuple(call.number for call in alert.calls if call.state in HOPEFUL)


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60
