"""Who of a beat's staff hears of trouble there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from data.store.tables.teams import BeatMember

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


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
