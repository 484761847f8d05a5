"""Forget what has been sent: the outbox is a queue, the inbox is what people keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select

from data.store.tables.outbox import OutboxNotice

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def forget_sent(session: Session, before: datetime, limit: int = 1000) -> int:
    """Delete notices that ended before a moment, sent or not, the oldest first; return how many."""
    ended = or_(OutboxNotice.sent_at < before, OutboxNotice.dead_at < before)
    old = select(OutboxNotice.id).where(ended).order_by(OutboxNotice.id).limit(limit)
    done = session.execute(
        delete(OutboxNotice).where(OutboxNotice.id.in_(old)).returning(OutboxNotice.id)
    )
    return len(done.all())
