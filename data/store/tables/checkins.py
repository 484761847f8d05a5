"""Who came and who did not, the timers of those who patrol alone, and show-up rates from both."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import BIG_ID, Base, Cell, Id, Ref, at_least, kept, one_of, ordered

CHECK_IN_STATES = ("in", "out", "no_show")
TURN_KINDS = ("task", "roster")
MEANS = ("geofence", "qr", "officer")
_WATCHED = text("ended_at IS NULL")


class CheckIn(Base):
    """A turn of duty as it was kept: one row a turn, a no-show included.

    ``source`` is the turn's business key, the service record's as well. ``in_at`` is when it
    happened, ``in_recorded_at`` when the server learned of it: later where a phone was offline.
    """

    __tablename__ = "check_in"
    __table_args__ = kept(
        one_of("state", CHECK_IN_STATES),
        one_of("kind", TURN_KINDS),
        CheckConstraint(f"in_means IN {MEANS}", name="in_means"),
        CheckConstraint(f"out_means IN {MEANS}", name="out_means"),
        CheckConstraint("(state = 'no_show') = (in_at IS NULL)", name="in_at"),
        CheckConstraint("(state = 'out') = (out_at IS NOT NULL)", name="out_at"),
        CheckConstraint("(kind = 'task') = (signup_id IS NOT NULL)", name="signup_id"),
        CheckConstraint("(kind = 'roster') = (scenario_id IS NOT NULL)", name="scenario_id"),
        ordered("in_at", "out_at"),
        ordered("starts_at", "ends_at", strictly=True),
        Index("ix_check_in_person_id_starts_at", "person_id", "starts_at"),
        Index("ix_check_in_state_starts_at", "state", "starts_at"),
    )
    id: Mapped[Id]
    source: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    state: Mapped[str]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    signup_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("signup.id", ondelete="CASCADE"), index=True
    )
    task_id: Mapped[Ref | None] = mapped_column(ForeignKey("task.id"), index=True)
    scenario_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("scenario.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[str | None] = mapped_column(ForeignKey("duty_role.code"), index=True)
    beat_id: Mapped[Ref | None] = mapped_column(ForeignKey("beat.id"), index=True)
    station_id: Mapped[Ref | None] = mapped_column(ForeignKey("station.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    in_at: Mapped[datetime | None]
    in_means: Mapped[str | None]
    in_cell: Mapped[Cell | None]
    in_accuracy_m: Mapped[float | None]
    in_is_offline: Mapped[bool] = mapped_column(default=False)
    in_recorded_at: Mapped[datetime | None]
    in_recorded_by: Mapped[str | None]
    out_at: Mapped[datetime | None]
    out_means: Mapped[str | None]
    out_cell: Mapped[Cell | None]
    out_accuracy_m: Mapped[float | None]
    out_is_offline: Mapped[bool] = mapped_column(default=False)
    out_recorded_at: Mapped[datetime | None]
    out_recorded_by: Mapped[str | None]
    created_at: Mapped[datetime]


class LoneWatch(Base):
    """The timer of somebody who patrols alone: due at a time, one level up each time it passes."""

    __tablename__ = "lone_watch"
    __table_args__ = kept(
        CheckConstraint("level BETWEEN 0 AND 3", name="level"),
        at_least("every_min", 1),
        Index("ix_lone_watch_due_at", "due_at", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
    )
    id: Mapped[Id]
    check_in_id: Mapped[Ref] = mapped_column(
        ForeignKey("check_in.id", ondelete="CASCADE"), unique=True
    )
    every_min: Mapped[int]
    level: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    safe_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ShowUpRate(Base):
    """How often a person came and did not, and the prior of the pool: Beta(alpha, beta)."""

    __tablename__ = "show_up_rate"
    __table_args__ = (
        at_least("came", 0),
        at_least("missed", 0),
        CheckConstraint("alpha > 0 AND beta > 0", name="prior"),
    )
    person_id: Mapped[int] = mapped_column(
        BIG_ID, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    came: Mapped[int]
    missed: Mapped[int]
    pool: Mapped[str]
    alpha: Mapped[float]
    beta: Mapped[float]
    updated_at: Mapped[datetime]


class RunnerLease(Base):
    """Which process runs a recurring step, and until when nobody else does."""

    __tablename__ = "runner_lease"
    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]
