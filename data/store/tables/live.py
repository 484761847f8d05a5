"""The feed of changes that every server's memory follows; written by triggers, never by code.

Whoever changes a person, a task, a check-in, a call or a position leaves a row here in the same
transaction, so that the searches of all processes learn of it within a second.
"""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Big, Id, kept


class LiveChange(Base):
    """Something changed: read it again. ``kind`` and ``key`` name a row and its topic."""

    __tablename__ = "live_change"
    __table_args__ = kept()
    id: Mapped[Id]
    kind: Mapped[str]
    key: Mapped[Big] = mapped_column()
