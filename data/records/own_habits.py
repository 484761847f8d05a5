"""What somebody has said of when they can come: habits, days away, and the shifts there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from data.records.habits import Habit
from data.store.tables.habits import AvailabilityException, AvailabilityHabit
from data.store.tables.shifts import ShiftTemplate

if TYPE_CHECKING:
    from datetime import date, time

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Template:
    """A shift as it usually is, local times."""

    code: str
    label_zh: str
    label_en: str
    workday: tuple[time, time]
    weekend: tuple[time, time]


@dataclass(frozen=True, slots=True)
class Away:
    """Days, both included, on which somebody cannot come."""

    number: int
    starts_on: date
    ends_on: date


def habits_of(session: Session, person_id: int) -> list[Habit]:
    """List the habits of a person by weekday and shift."""
    table = AvailabilityHabit
    query = select(table.weekday, table.template, table.dislike)
    mine = query.where(table.person_id == person_id).order_by(table.weekday, table.template)
    return [Habit(*row) for row in session.execute(mine)]


def exceptions_of(session: Session, person_id: int, *, since: date) -> list[Away]:
    """List the days, not over yet, on which a person cannot come."""
    table = AvailabilityException
    query = (
        select(table.id, table.starts_on, table.ends_on)
        .where(
            table.person_id == person_id,
            table.ends_on >= since,
            table.can_come.is_(False),
            table.template.is_(None),
        )
        .order_by(table.starts_on, table.id)
    )
    return [Away(*row) for row in session.execute(query)]


def shift_templates(session: Session) -> list[Template]:
    """List the shifts in use by when they begin."""
    table = ShiftTemplate
    query = select(table).where(table.is_active).order_by(table.workday_starts, table.code)
    return [
        Template(
            row.code,
            row.label_zh,
            row.label_en,
            (row.workday_starts, row.workday_ends),
            (row.weekend_starts, row.weekend_ends),
        )
        for row in session.scalars(query)
    ]
