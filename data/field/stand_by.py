"""Stand-by (备勤): people who are ready for a station at a time and are asked first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from data.field.eligibility_facts import lock_people, turns_of
from data.field.errors import FieldMissingError, FieldStateError, FieldValueError, RefusedError
from data.field.wording import Refusal
from data.store.scope import CITY
from data.store.tables.people import Person
from data.store.tables.turns import StandBy

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.field.limits import Limits
    from data.store.scope import Scope


@dataclass(frozen=True, slots=True)
class StandByView:
    """A person on stand-by."""

    stand_by_id: int
    person_id: int
    person_code: str
    station_id: int
    state: str
    starts_at: datetime
    ends_at: datetime


def stand_by(
    session: Session,
    person_id: int,
    span: tuple[datetime, datetime],
    limits: Limits,
    *,
    by: str,
    now: datetime,
    station_id: int | None = None,
) -> StandByView:
    """Put a person on stand-by, for their own station unless another is named.

    Raises
    ------
    FieldValueError
        For a time that ends before it starts or lies behind, or a person without a station.
    RefusedError
        Where they have a turn, or are on stand-by, at that time.
    """
    lock_people(session, [person_id])
    starts_at, ends_at = span
    if not now < ends_at or not starts_at < ends_at:
        raise FieldValueError("Expected a time to come that starts before it ends, got another.")
    person = session.get_one(Person, person_id)
    if person.state != "active":
        raise RefusedError((Refusal("not_active", {"state": person.state}),))
    station = station_id or person.station_id
    if station is None:
        raise FieldValueError(f"Expected a station for person {person.code}, got none.")
    for turn in turns_of(session, [person_id], starts_at, ends_at).get(person_id, ()):
        told = {"other": turn.label, "other_starts": limits.words(turn.starts_at)}
        raise RefusedError((Refusal("overlap", told),))
    same = (StandBy.person_id == person_id, StandBy.state == "ready")
    if session.scalar(select(StandBy.id).where(*same, *_overlaps(starts_at, ends_at)).limit(1)):
        raise RefusedError((Refusal("already"),))
    row = StandBy(
        person_id=person_id,
        station_id=station,
        state="ready",
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=now,
        created_by=by,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    return _view(row, person.code)


def end_stand_by(
    session: Session, stand_by_id: int, *, now: datetime, scope: Scope = CITY
) -> StandByView:
    """Release a person from stand-by.

    Raises
    ------
    FieldMissingError
        Where there is none of this number in the jurisdiction.
    FieldStateError
        Where it is over.
    """
    within = StandBy.person_id.in_(select(Person.id).where(scope.people()))
    query = select(StandBy).where(StandBy.id == stand_by_id, within)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise FieldMissingError(f"Expected the number of a stand-by, got {stand_by_id}.")
    if row.state != "ready":
        raise FieldStateError(f"Expected a stand-by that is ready, got {row.state}.")
    row.state, row.changed_at = "released", now
    session.flush()
    return _view(row, session.get_one(Person, row.person_id).code)


def standing_by(
    session: Session, starts_at: datetime, ends_at: datetime, *, scope: Scope = CITY
) -> list[StandByView]:
    """List who is on stand-by at any part of a time, by start."""
    query = (
        select(StandBy, Person.code)
        .join(Person, Person.id == StandBy.person_id)
        .where(StandBy.state == "ready", *_overlaps(starts_at, ends_at), scope.people())
        .order_by(StandBy.starts_at, StandBy.id)
    )
    return [_view(row, code) for row, code in session.execute(query)]


def stand_bys_of(session: Session, person_id: int, *, since: datetime) -> list[StandByView]:
    """List a person's stand-bys that end after a moment, by start."""
    query = (
        select(StandBy, Person.code)
        .join(Person, Person.id == StandBy.person_id)
        .where(StandBy.person_id == person_id, StandBy.ends_at > since)
        .order_by(StandBy.starts_at, StandBy.id)
    )
    return [_view(row, code) for row, code in session.execute(query)]


def call_stand_by(
    session: Session, person_id: int, starts_at: datetime, ends_at: datetime, *, now: datetime
) -> None:
    """Note that somebody on stand-by was called for a turn."""
    mine = (StandBy.person_id == person_id, StandBy.state == "ready")
    called = {"state": "called", "changed_at": now}
    session.execute(update(StandBy).where(*mine, *_overlaps(starts_at, ends_at)).values(called))


def _overlaps(
    starts_at: datetime, ends_at: datetime
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return StandBy.starts_at < ends_at, StandBy.ends_at > starts_at


def _view(row: StandBy, code: str) -> StandByView:
    return StandByView(
        row.id, row.person_id, code, row.station_id, row.state, row.starts_at, row.ends_at
    )
