"""What an alert asks and of whom: danger, duty, and the states of an alert and its calls.

Hazardous work is for officers and auxiliaries; volunteers may at most be asked to observe from
afar. In between stand matters in which a volunteer helps only with the training for it.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dispatch.rules import Tier
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Mapping


class AlertError(JinggeError):
    """An alert or a step that cannot be."""


class Danger(StrEnum):
    """How dangerous it may be where people are called to."""

    CALM = "calm"
    GUARDED = "guarded"
    HAZARDOUS = "hazardous"


class Duty(StrEnum):
    """What a person is asked to do there."""

    ACT = "act"
    OBSERVE = "observe"


class Mode(StrEnum):
    """How people are chosen: one, several by name, waves by chance, all in a drawn circle."""

    ONE = "one"
    SEVERAL = "several"
    WAVES = "waves"
    CIRCLE = "circle"


class AlertState(StrEnum):
    """An alert is open, then attended, then closed; or cancelled, or nobody came in time."""

    OPEN = "open"
    ATTENDED = "attended"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CallState(StrEnum):
    """A call waits for an answer, then goes its way."""

    CALLED = "called"
    SILENT = "silent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"
    DONE = "done"
    STOOD_DOWN = "stood_down"


GUARDED_ROLE: Final = "incident_responder"
"""The duty role (警情处置联动员) that a volunteer needs where it is guarded."""

ALERT_STEPS: Final[Mapping[AlertState, frozenset[AlertState]]] = MappingProxyType(
    {
        AlertState.OPEN: frozenset(
            {AlertState.ATTENDED, AlertState.CLOSED, AlertState.CANCELLED, AlertState.EXPIRED}
        ),
        AlertState.ATTENDED: frozenset({AlertState.CLOSED, AlertState.CANCELLED}),
        AlertState.CLOSED: frozenset(),
        AlertState.CANCELLED: frozenset(),
        AlertState.EXPIRED: frozenset(),
    }
)
"""Attended: as many as are needed are there; nobody else is called any more."""

CALL_STEPS: Final[Mapping[CallState, frozenset[CallState]]] = MappingProxyType(
    {
        CallState.CALLED: frozenset(
            {CallState.ACCEPTED, CallState.DECLINED, CallState.SILENT, CallState.STOOD_DOWN}
        ),
        # Better late than never: who was silent may still accept while help is wanted.
        CallState.SILENT: frozenset({CallState.ACCEPTED, CallState.DECLINED, CallState.STOOD_DOWN}),
        CallState.ACCEPTED: frozenset(
            {
                *(CallState.ON_THE_WAY, CallState.ARRIVED),
                *(CallState.DECLINED, CallState.STOOD_DOWN),
            }
        ),
        CallState.ON_THE_WAY: frozenset(
            {CallState.ARRIVED, CallState.DECLINED, CallState.STOOD_DOWN}
        ),
        CallState.ARRIVED: frozenset({CallState.DONE}),
        CallState.DECLINED: frozenset(),
        CallState.DONE: frozenset(),
        CallState.STOOD_DOWN: frozenset(),
    }
)

OPEN_ALERTS: Final = frozenset({AlertState.OPEN, AlertState.ATTENDED})
HOPEFUL: Final = frozenset(
    {CallState.CALLED, CallState.SILENT, CallState.ACCEPTED, CallState.ON_THE_WAY}
)
"""Calls from which somebody may still arrive; the first arrival stands them down."""

THERE: Final = frozenset({CallState.ARRIVED, CallState.DONE})


def duty_of(danger: Danger, tier: Tier, *, is_trained: bool, wants_observers: bool) -> Duty | None:
    """Return what a person of a tier may be asked to do, or None where they are not called.

    Parameters
    ----------
    danger : Danger
    tier : Tier
    is_trained : bool
        Whether they may fill the role `GUARDED_ROLE`.
    wants_observers : bool
        Whether volunteers are wanted to observe what they may not touch.
    """
    if tier != Tier.VOLUNTEER or danger == Danger.CALM:
        return Duty.ACT
    if danger == Danger.GUARDED and is_trained:
        return Duty.ACT
    return Duty.OBSERVE if wants_observers else None


def tiers_for(danger: Danger) -> tuple[Tier, ...]:
    """Return who may act: everybody, or officers and auxiliaries where it is hazardous."""
    if danger == Danger.HAZARDOUS:
        return (Tier.OFFICER, Tier.AUXILIARY)
    return tuple(Tier)


def require_alert_step(before: AlertState, after: AlertState) -> None:
    """Refuse a step that the state does not allow.

    Raises
    ------
    AlertError
        Naming both.
    """
    if after not in ALERT_STEPS[before]:
        raise AlertError(f"Expected a step from {before} that there is, got {after}.")


def require_call_step(before: CallState, after: CallState) -> None:
    """Refuse a step that the state of a call does not allow.

    Raises
    ------
    AlertError
        Naming both.
    """
    if after not in CALL_STEPS[before]:
        raise AlertError(f"Expected a step from {before} that there is, got {after}.")
