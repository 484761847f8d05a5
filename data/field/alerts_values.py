"""What an alert and a call are, as plain values: what a dispatcher says, and what is read back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from data.store.tables.alerts import Alert, AlertCall
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person
from dispatch.alerts import AlertState, CallState, Danger, Duty, Mode

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row, Select

MOST_CALLS: Final = 60


@dataclass(frozen=True, slots=True)
class AlertValues:
    """What a dispatcher says of an alert.

    Attributes
    ----------
    kind : str
        Of `data.store.tables.alerts.ALERT_KINDS`.
    people : tuple of str
        Codes of who is called by name; modes ``one`` and ``several`` alone.
    area : mapping or None
        GeoJSON polygon of a circle call (画圈增援).
    role, qualification : str or None
        What who is called must be able to fill, or hold.
    target_min, target_chance : float
        Somebody should be there within so many minutes with this chance.
    answer_s : int
        After so many seconds without an answer others are called.
    needed, most_calls : int
        How many should come; how many are called at most.
    """

    kind: str
    title: str
    danger: Danger
    lat: float
    lng: float
    mode: Mode = Mode.WAVES
    people: tuple[str, ...] = ()
    area: Mapping[str, Any] | None = None
    note: str | None = None
    place: str | None = None
    role: str | None = None
    qualification: str | None = None
    on_duty_only: bool = False
    wants_observers: bool = False
    target_min: float = 5.0
    target_chance: float = 0.9
    answer_s: int = 45
    needed: int = 1
    most_calls: int = MOST_CALLS


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as it stands; ``chance`` is that of acceptance when they were called."""

    call_id: int
    alert_id: int
    person_id: int
    person_code: str
    tier: str
    wave: int
    duty: Duty
    state: CallState
    chance: float
    minutes: float
    distance_m: float
    called_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    set_out_at: datetime | None
    arrived_at: datetime | None
    ended_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert as it stands, without its calls."""

    alert_id: int
    code: str
    kind: str
    mode: Mode
    danger: Danger
    state: AlertState
    title: str
    note: str | None
    place: str | None
    lat: float
    lng: float
    cell: int
    beat_id: int | None
    beat_code: str | None
    beat_name: str | None
    station_id: int | None
    station_code: str | None
    area: Mapping[str, Any] | None
    role: str | None
    qualification: str | None
    on_duty_only: bool
    wants_observers: bool
    target_min: float
    target_chance: float
    answer_s: int
    needed: int
    most_calls: int
    waves: int
    next_step_at: datetime
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    outcome: str | None
    row_version: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom an alert looks for.

    Attributes
    ----------
    observers : bool
        Volunteers who only observe, in place of those who act.
    excluded : frozenset of int
        Ids of people who were called already.
    within_min : float
        Minutes of travel; whoever takes longer need not be found.
    """

    observers: bool = False
    excluded: frozenset[int] = field(default=frozenset())
    within_min: float = math.inf


Finder = Callable[[AlertView, Wanted], Sequence[int]]
"""Gives ids of the nearest who pass the rules of an alert: the index in memory, or a test's."""


def alert_query() -> Select[*tuple[Any, ...]]:
    """Give the query whose rows `alert_of` reads."""
    return (
        select(
            Alert,
            Station.code.label("station_code"),
            Beat.code.label("beat_code"),
            Beat.name.label("beat_name"),
        )
        .join(Station, Station.id == Alert.station_id, isouter=True)
        .join(Beat, Beat.id == Alert.beat_id, isouter=True)
    )


def alert_of(row: Row[Any]) -> AlertView:
    """Give a row of `alert_query` as a value."""
    alert: Alert = row[0]
    other = {"alert_id", "station_code", "beat_code", "beat_name", "mode", "danger", "state"}
    same = {
        name: getattr(alert, name) for name in AlertView.__dataclass_fields__ if name not in other
    }
    return AlertView(
        alert_id=alert.id,
        station_code=row.station_code,
        beat_code=row.beat_code,
        beat_name=row.beat_name,
        mode=Mode(alert.mode),
        danger=Danger(alert.danger),
        state=AlertState(alert.state),
        **same,
    )


def call_query() -> Select[*tuple[Any, ...]]:
    """Give the query whose rows `call_of` reads, in the order in which people were called."""
    return (
        select(AlertCall, Person.code, Person.tier)
        .join(Person, Person.id == AlertCall.person_id)
        .order_by(AlertCall.id)
        .execution_options(populate_existing=True)
    )


def call_of(row: Row[Any]) -> CallView:
    """Give a row of `call_query` as a value."""
    call: AlertCall = row[0]
    other = {"call_id", "person_code", "tier", "duty", "state"}
    same = {
        name: getattr(call, name) for name in CallView.__dataclass_fields__ if name not in other
    }
    return CallView(
        call_id=call.id,
        person_code=row.code,
        tier=row.tier,
        duty=Duty(call.duty),
        state=CallState(call.state),
        **same,
    )
