"""Edit when somebody can come, and see which coming shifts that means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select

from data.records.availability import available_shifts
from data.records.errors import RecordMissingError, ValueRefusedError
from data.records.finding import find_person, require_word
from data.records.insured import last_day, spans
from data.records.person_edit import require_here
from data.records.shift_patterns import TIMEZONE, coming_shifts
from data.store.tables.habits import AvailabilityException, AvailabilityHabit
from data.store.tables.people import Person
from data.store.tables.shifts import ShiftTemplate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from data.store.scope import Scope

MAX_DISLIKE: Final = 10_000
MAX_EXCEPTIONS: Final = 200


@dataclass(frozen=True, slots=True)
class Habit:
    """Usually can come on this weekday (0 = Monday) to shifts of this template."""

    weekday: int
    template: str
    dislike: int = 0


@dataclass(frozen=True, slots=True)
class AvailableShift:
    """A coming shift to which somebody can come.

    Attributes
    ----------
    is_insured : bool
        Whether they are insured on the local date on which it ends; always true for staff.
    """

    shift_id: str
    template: str | None
    starts_at: datetime
    ends_at: datetime
    dislike: int
    is_insured: bool


def set_habits(
    session: Session,
    scope: Scope,
    code: str,
    habits: Iterable[Habit],
    *,
    version: int | None,
    now: datetime,
) -> int:
    """Replace all habits of a person; return the new version of the file.

    Raises
    ------
    RecordMissingError, StaleError, StepError
    ValueRefusedError
        For a weekday out of range, a dislike out of range, or a habit that stands twice.
    """
    person = find_person(session, scope, code, version=version, locked=True)
    require_here(person)
    wanted = {}
    for habit in habits:
        key = (habit.weekday, habit.template)
        if not 0 <= habit.weekday <= 6:
            raise ValueRefusedError(f"Expected a weekday in 0..6, got {habit.weekday}.")
        _check_dislike(habit.dislike)
        if key in wanted:
            raise ValueRefusedError(f"Expected each weekday and template once, got {key} twice.")
        wanted[key] = habit
    for template in sorted({template for _, template in wanted}):
        require_word(session, ShiftTemplate, "shift template", template)
    session.execute(delete(AvailabilityHabit).where(AvailabilityHabit.person_id == person.id))
    if wanted:
        rows = [
            {
                "person_id": person.id,
                "weekday": habit.weekday,
                "template": habit.template,
                "dislike": habit.dislike,
                "updated_at": now,
            }
            for habit in wanted.values()
        ]
        session.execute(insert(AvailabilityHabit), rows)
    return _touch(session, person, now)


def add_exception(
    session: Session,
    scope: Scope,
    code: str,
    *,
    starts_on: date,
    ends_on: date,
    template: str | None,
    can_come: bool,
    dislike: int = 0,
    reason: str | None = None,
    now: datetime,
) -> int:
    """Add days, both included, on which a habit does not hold; return the exception's id.

    Raises
    ------
    RecordMissingError, StepError, ValueRefusedError
    """
    person = find_person(session, scope, code, locked=True)
    require_here(person)
    if ends_on < starts_on:
        raise ValueRefusedError(f"Expected an end on {starts_on} or later, got {ends_on}.")
    _check_dislike(dislike)
    if template is not None:
        require_word(session, ShiftTemplate, "shift template", template)
    row = AvailabilityException
    if (session.scalar(select(func.count()).where(row.person_id == person.id)) or 0) >= (
        MAX_EXCEPTIONS
    ):
        raise ValueRefusedError(f"Expected at most {MAX_EXCEPTIONS} exceptions, got one more.")
    made = AvailabilityException(
        person_id=person.id,
        starts_on=starts_on,
        ends_on=ends_on,
        template=template,
        can_come=can_come,
        dislike=dislike,
        reason=reason,
        updated_at=now,
    )
    session.add(made)
    session.flush()
    _touch(session, person, now)
    return made.id


def remove_exception(
    session: Session, scope: Scope, code: str, number: int, *, now: datetime
) -> None:
    """Take an exception back.

    Raises
    ------
    RecordMissingError
    """
    person = find_person(session, scope, code, locked=True)
    gone = session.execute(
        delete(AvailabilityException)
        .where(AvailabilityException.id == number, AvailabilityException.person_id == person.id)
        .returning(AvailabilityException.id)
    ).scalar()
    if gone is None:
        raise RecordMissingError("exception", number)
    _touch(session, person, now)


def preview_shifts(
    session: Session,
    scope: Scope,
    code: str,
    *,
    now: datetime,
    days: int = 14,
    timezone: str = TIMEZONE,
) -> list[AvailableShift]:
    """Give the coming shifts for which a person's habits and exceptions make them available.

    Raises
    ------
    RecordMissingError
    """
    person = find_person(session, scope, code)
    shifts = coming_shifts(session, now, days=days, timezone=timezone)
    found = available_shifts(session, shifts, people=Person.id == person.id, timezone=timezone)
    dislikes = dict(zip(found["shift_id"], found["dislike"], strict=True))
    covers = _covers(session, person, now)
    zone = ZoneInfo(timezone)
    return [
        AvailableShift(
            shift_id=shift.shift_id,
            template=shift.template,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            dislike=int(dislikes[shift.shift_id]),
            is_insured=person.tier != "volunteer"
            or last_day(covers, shift.ends_at.astimezone(zone).date()) is not None,
        )
        for shift in shifts
        if shift.shift_id in dislikes
    ]


def _covers(session: Session, person: Person, now: datetime) -> list[tuple[date, date]]:
    today = now.date()
    return next((covers for _, covers in spans(session, [person.id], today)), [])


def _check_dislike(dislike: int) -> None:
    if not 0 <= dislike <= MAX_DISLIKE:
        raise ValueRefusedError(f"Expected a dislike in 0..{MAX_DISLIKE}, got {dislike}.")


def _touch(session: Session, person: Person, now: datetime) -> int:
    """Count the edit in the file's version, though its own row holds nothing of it."""
    person.updated_at = now
    session.flush()
    return person.row_version
