"""Notices of tasks and turns, written into the outbox in the transaction of what they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from data.store.tables.outbox import OutboxNotice
from data.store.tables.teams import BeatMember

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


def tell(
    session: Session,
    topic: str,
    event: str,
    people: Iterable[int],
    values: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    """Add a notice for each person; an event that was told already is not told again.

    Parameters
    ----------
    topic : str
        Such as ``field.offered``: channels and preferences go by it, its words are in the locale.
    event : str
        Business key of the event; with the person it makes the notice's own.
    values : mapping
        What the notice's sentence tells; codes, times and numbers.
    """
    wanted = {f"{topic}:{event}:{person}": person for person in sorted(set(people))}
    known = set(
        session.scalars(
            select(OutboxNotice.event_id).where(OutboxNotice.event_id.in_(list(wanted)))
        )
    )
    for event_id, person in wanted.items():
        if event_id not in known:
            content = {"person_id": person, "values": dict(values)}
            session.add(
                OutboxNotice(
                    event_id=event_id, topic=topic, content=content, created_at=now, due_at=now
                )
            )
    session.flush()


def officers_of(session: Session, beat_id: int | None, now: datetime) -> list[int]:
    """Give the people of a beat's staff who hear of trouble there: its officer and auxiliaries."""
    if beat_id is None:
        return []
    day = now.date()
    query = select(BeatMember.person_id).where(
        BeatMember.beat_id == beat_id,
        BeatMember.duty.in_(("community_officer", "auxiliary")),
        BeatMember.since <= day,
        (BeatMember.until.is_(None)) | (BeatMember.until >= day),
    )
    return list(session.scalars(query.order_by(BeatMember.person_id)))
