"""The outbox: notices written in the transaction of what they tell of, and sent by a relay.

One row a notice and address; ``event_id`` is what a receiver knows it by, ``matter`` what it is
about (``alert:17``), ``outcome`` how it ended.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Id, Ref, at_least, kept, one_of

CHANNELS = ("push", "message", "group")
OUTCOMES = ("sent", "muted", "declined", "withdrawn", "expired", "gone", "dead")

_WAITING = text("sent_at IS NULL AND dead_at IS NULL")


class OutboxNotice(Base):
    """A notice: sent once its lease-holder says so, dead after too many tries."""

    __tablename__ = "outbox_notice"
    __table_args__ = kept(
        at_least("tries", 0),
        one_of("channel", CHANNELS),
        one_of("outcome", OUTCOMES),
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
    channel: Mapped[str | None]
    account_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    subscription_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("push_subscription.id", ondelete="CASCADE"), index=True
    )
    target: Mapped[str | None]
    matter: Mapped[str | None] = mapped_column(index=True)
    urgent: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
