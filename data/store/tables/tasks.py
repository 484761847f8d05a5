"""Tasks that volunteers can take, and who signed up for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import (
    Base,
    Cell,
    Code,
    Id,
    Ref,
    at_least,
    kept,
    on_globe,
    one_of,
    ordered,
)

TASK_KINDS = ("patrol", "fixed_post", "publicity_event", "visit")
TASK_STATES = ("draft", "open", "closed", "cancelled", "done")
SIGNUP_STATES = ("waiting", "offered", "confirmed", "withdrawn", "declined", "lapsed", "released")
SIGNUP_MEANS = ("self", "assigned", "waiting_list")

LIVE_SIGNUPS = ("waiting", "offered", "confirmed")
"""States that end by a further step; a person has at most one such sign-up for a task."""
HOLDING = ("offered", "confirmed")
"""States that hold a place: ``task.taken`` counts them."""
_LIVE = text("state IN ('waiting', 'offered', 'confirmed')")


class Task(Base):
    """A task (任务) of a station: draft → open → closed → done, or cancelled.

    ``lat, lng, cell`` are where people report; with ``is_beat_wide`` they may check in anywhere
    in the beat. ``taken`` counts the places held, which the database keeps within ``places``;
    ``row_version`` counts the edits (ETag), not the sign-ups.
    """

    __tablename__ = "task"
    __table_args__ = kept(
        one_of("kind", TASK_KINDS),
        one_of("state", TASK_STATES),
        *on_globe(),
        ordered("starts_at", "ends_at", strictly=True),
        ordered("signup_until", "ends_at"),
        CheckConstraint("taken BETWEEN 0 AND places", name="taken"),
        CheckConstraint("min_people BETWEEN 1 AND places", name="min_people"),
        CheckConstraint("urgency BETWEEN 0 AND 3", name="urgency"),
        at_least("leaders", 0),
        at_least("points", 0),
        CheckConstraint("NOT is_beat_wide OR beat_id IS NOT NULL", name="is_beat_wide"),
        Index("ix_task_state_starts_at", "state", "starts_at"),
        Index("ix_task_station_id_starts_at", "station_id", "starts_at"),
    )
    id: Mapped[Id]
    code: Mapped[Code]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")
    title: Mapped[str]
    note: Mapped[str | None]
    station_id: Mapped[Ref] = mapped_column(ForeignKey("station.id"))
    beat_id: Mapped[Ref | None] = mapped_column(ForeignKey("beat.id"), index=True)
    is_beat_wide: Mapped[bool] = mapped_column(default=False)
    place: Mapped[str | None]
    lat: Mapped[float]
    lng: Mapped[float]
    cell: Mapped[Cell] = mapped_column(index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    signup_until: Mapped[datetime]
    role: Mapped[str] = mapped_column(ForeignKey("duty_role.code"), index=True)
    places: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    min_people: Mapped[int] = mapped_column(default=1)
    leaders: Mapped[int] = mapped_column(default=0)
    points: Mapped[int] = mapped_column(default=0)
    urgency: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    opened_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 - read by SQLAlchemy


class Signup(Base):
    """A sign-up (报名): a place, or a place in the waiting list, whose order is the id's.

    A place that comes free is ``offered`` until ``offered_until``; whoever lets that pass has
    ``lapsed`` and the next one is asked.
    """

    __tablename__ = "signup"
    __table_args__ = kept(
        one_of("state", SIGNUP_STATES),
        one_of("means", SIGNUP_MEANS),
        CheckConstraint("(state = 'offered') = (offered_until IS NOT NULL)", name="offered_until"),
        Index(
            "uq_signup_live",
            "task_id",
            "person_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_signup_task_id_state", "task_id", "state"),
        Index("ix_signup_person_id_state", "person_id", "state"),
        Index("ix_signup_offered_until", "offered_until"),
    )
    id: Mapped[Id]
    task_id: Mapped[Ref] = mapped_column(ForeignKey("task.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    state: Mapped[str]
    means: Mapped[str] = mapped_column(default="self")
    offered_until: Mapped[datetime | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    changed_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)
