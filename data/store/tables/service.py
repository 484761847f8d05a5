"""What people have served: one row a turn of duty, its minutes counted once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Id, Ref, at_least, kept, one_of, ordered

SERVICE_KINDS = ("roster", "task", "training", "other")


class ServiceRecord(Base):
    """A turn of duty; ``source`` is its business key (``roster:12:v00017:1130-day``), once only."""

    __tablename__ = "service_record"
    __table_args__ = kept(
        one_of("kind", SERVICE_KINDS),
        ordered("started_at", "ended_at"),
        at_least("minutes", 0),
        Index("ix_service_record_person_id_started_at", "person_id", "started_at"),
    )
    id: Mapped[Id]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    role: Mapped[str | None] = mapped_column(ForeignKey("duty_role.code"), index=True)
    beat_id: Mapped[Ref | None] = mapped_column(ForeignKey("beat.id"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    minutes: Mapped[int]
    verified_by: Mapped[str | None]
    verified_at: Mapped[datetime | None]
