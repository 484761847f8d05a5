"""The audit: append-only by trigger, each entry sealed together with the one before it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Big


class AuditEntry(Base):
    """Who did what to what; ``id`` counts 1, 2, 3 … without holes."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("length(seal) = 32", name="seal"),
        Index("ix_audit_entry_object_kind_object_key_id", "object_kind", "object_key", "id"),
        Index("ix_audit_entry_actor_id", "actor", "id"),
    )
    id: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]
    object_kind: Mapped[str]
    object_key: Mapped[str]
    detail: Mapped[str]
    previous: Mapped[bytes]
    seal: Mapped[bytes]


class AuditHead(Base):
    """The one row that knows the last entry; it only moves forward."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_id: Mapped[Big]
    last_seal: Mapped[bytes]
    seal: Mapped[bytes]
