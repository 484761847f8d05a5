"""What a kept turn brings: a service record, and points for a volunteer, each once a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from data.points.awards import Merit, award
from data.store.tables.people import Person
from data.store.tables.service import ServiceRecord
from dispatch.rules import Tier

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.duty_turns import DutyTurn
    from data.store.keys import Keys
    from data.store.tables.checkins import CheckIn


def write_service(session: Session, row: CheckIn, *, by: str | None, now: datetime) -> None:
    """Write the service record of a turn that was checked out of, or correct one without a word.

    Minutes count within the turn's own time.

    Parameters
    ----------
    by : str or None
        Who vouches for it; None: nobody yet, as where somebody forgot to check out.
    """
    if row.in_at is None or row.out_at is None:
        return
    begin = max(row.in_at, row.starts_at)
    end = max(begin, min(row.out_at, row.ends_at))
    known = select(ServiceRecord).where(ServiceRecord.source == row.source)
    record = session.scalars(known).one_or_none()
    if record is None:
        record = ServiceRecord(
            person_id=row.person_id,
            source=row.source,
            kind=row.kind,
            role=row.role,
            beat_id=row.beat_id,
        )
    record.started_at, record.ended_at = begin, end
    record.minutes = int((end - begin).total_seconds() // 60)
    record.verified_by, record.verified_at = by, None if by is None else now
    session.add(record)
    session.flush()


def confirm_service(
    session: Session, keys: Keys, turn: DutyTurn, *, by: str, now: datetime
) -> None:
    """Vouch for a turn's service record, and give its points to a volunteer."""
    record = session.scalars(select(ServiceRecord).where(ServiceRecord.source == turn.source)).one()
    if record.verified_at is None:
        record.verified_by, record.verified_at = by, now
        session.flush()
    tier = session.scalar(select(Person.tier).where(Person.id == turn.person_id))
    if tier != Tier.VOLUNTEER or record.minutes == 0:
        return
    is_event = turn.task_kind == "publicity_event"
    merit = Merit(
        turn.person_id,
        "event" if is_event else "service",
        f"{'event' if is_event else 'service'}:{turn.source}",
        actor=by,
        category=None if is_event else turn.role,
        minutes=record.minutes,
        points=turn.points,
    )
    award(session, keys, now, merit)
