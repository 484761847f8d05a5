"""Which template a dated shift follows, and the local day on which it begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from data.store.tables.shifts import Shift, ShiftTemplate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, time

    from sqlalchemy.orm import Session

TIMEZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class DatedShift:
    """A shift for which somebody may be available.

    Attributes
    ----------
    shift_id : str
        What people call it.
    template : str or None
        None: found by its times, see `with_templates`.
    """

    shift_id: str
    starts_at: datetime
    ends_at: datetime
    template: str | None = None

    def day(self, zone: ZoneInfo) -> date:
        """Give the local day on which it begins."""
        return self.starts_at.astimezone(zone).date()


def with_templates(
    session: Session, shifts: Iterable[DatedShift], timezone: str = TIMEZONE
) -> list[DatedShift]:
    """Give the shifts with their templates: a shift that names none follows that of its times."""
    known: dict[tuple[bool, time, time], str] = {}
    for row in session.scalars(select(ShiftTemplate).order_by(ShiftTemplate.code)):
        known.setdefault((False, row.workday_starts, row.workday_ends), row.code)
        known.setdefault((True, row.weekend_starts, row.weekend_ends), row.code)
    zone = ZoneInfo(timezone)
    return [shift if shift.template else _matched(shift, known, zone) for shift in shifts]


def dated(template: ShiftTemplate, day: date, timezone: str = TIMEZONE) -> DatedShift:
    """Give the shift of a template that begins on a local day."""
    edge = "weekend" if day.weekday() >= 5 else "workday"
    zone = ZoneInfo(timezone)
    first, last = (getattr(template, f"{edge}_{end}") for end in ("starts", "ends"))
    until = day + timedelta(days=1) if last <= first else day
    return DatedShift(
        f"{day:%m%d}-{template.code}",
        datetime.combine(day, first, zone),
        datetime.combine(until, last, zone),
        template.code,
    )


def coming_shifts(
    session: Session, now: datetime, *, days: int = 14, timezone: str = TIMEZONE
) -> list[DatedShift]:
    """Give the shifts of the next days: those that are dated, else those the templates will make.

    A day for which any shift is dated has those and no others.
    """
    zone = ZoneInfo(timezone)
    first = now.astimezone(zone).date()
    until = now + timedelta(days=days)
    rows = session.scalars(
        select(Shift)
        .where(Shift.starts_at > now, Shift.starts_at < until)
        .order_by(Shift.starts_at)
    )
    found = with_templates(
        session,
        [DatedShift(row.code, row.starts_at, row.ends_at, row.template) for row in rows],
        timezone,
    )
    taken = {shift.day(zone) for shift in found}
    templates = session.scalars(select(ShiftTemplate).where(ShiftTemplate.is_active)).all()
    for n in range(days + 1):
        day = first + timedelta(days=n)
        if day not in taken:
            made = (dated(template, day, timezone) for template in templates)
            found += [shift for shift in made if now < shift.starts_at < until]
    return sorted(found, key=lambda shift: (shift.starts_at, shift.shift_id))


def _matched(
    shift: DatedShift, known: dict[tuple[bool, time, time], str], zone: ZoneInfo
) -> DatedShift:
    start, end = (moment.astimezone(zone) for moment in (shift.starts_at, shift.ends_at))
    template = known.get((start.weekday() >= 5, start.time(), end.time()))
    return DatedShift(shift.shift_id, shift.starts_at, shift.ends_at, template)
