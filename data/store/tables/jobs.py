"""Jobs that outlive a request: planning, imports, exports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Id, Ref, at_least, kept, one_of

JOB_STATES = ("queued", "running", "done", "failed", "cancelled", "interrupted")


class Job(Base):
    """A job: whoever holds the lease works on it; a lease that ran out shows an interruption."""

    __tablename__ = "job"
    __table_args__ = kept(
        one_of("state", JOB_STATES),
        at_least("tries", 0),
        Index("ix_job_state_created_at", "state", "created_at"),
    )
    id: Mapped[Id]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    request: Mapped[dict[str, Any]]
    progress: Mapped[dict[str, Any] | None]
    scenario_id: Mapped[Ref | None] = mapped_column(ForeignKey("scenario.id"), index=True)
    roster_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("roster.id", ondelete="SET NULL"), index=True
    )
    error: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0)
    cancel_wanted: Mapped[bool] = mapped_column(default=False)
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class JobEvent(Base):
    """A step of a job's progress, numbered, so that a reader can go on where it stopped."""

    __tablename__ = "job_event"
    __table_args__ = kept(Index("ix_job_event_job_id_id", "job_id", "id"))
    id: Mapped[Id]
    job_id: Mapped[Ref] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    content: Mapped[dict[str, Any]]
