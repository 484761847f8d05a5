"""The outbox: notices written in the transaction of what they tell of, and sent by a relay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Id, at_least, kept

_WAITING = text("sent_at IS NULL AND dead_at IS NULL")


class OutboxNotice(Base):
    """A notice: sent once its lease-holder says so, dead after too many tries."""

    __tablename__ = "outbox_notice"
    __table_args__ = kept(
        at_least("tries", 0),
        Index(
            "ix_outbox_notice_waiting",
            "due_at",
            "id",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )
    id: Mapped[Id]
    event_id: Mapped[str] = mapped_column(unique=True)
    topic: Mapped[str]
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
