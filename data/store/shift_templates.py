"""Which template a dated shift follows, by its wall clock."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from data.store.tables.shifts import ShiftTemplate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, time

    from sqlalchemy.orm import Session

_SATURDAY = 5


def template_of(
    session: Session, starts: Sequence[datetime], ends: Sequence[datetime], timezone: str
) -> list[str | None]:
    """Give the active template that each shift follows, None where none fits its times."""
    zone = ZoneInfo(timezone)
    known: dict[tuple[bool, time, time], str] = {}
    query = select(ShiftTemplate).where(ShiftTemplate.is_active).order_by(ShiftTemplate.code)
    for one in session.scalars(query):
        known[False, one.workday_starts, one.workday_ends] = one.code
        known[True, one.weekend_starts, one.weekend_ends] = one.code
    found = []
    for start, end in zip(starts, ends, strict=True):
        local, until = start.astimezone(zone), end.astimezone(zone)
        weekend = local.weekday() >= _SATURDAY
        short = (end - start).total_seconds() < 24 * 3600
        fits = known.get((weekend, local.time(), until.time())) if short else None
        found.append(fits)
    return found
