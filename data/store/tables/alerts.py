"""Alerts: who was called to a place when, in which wave, and what came of it."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import (
    BIG_ID,
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
from dispatch.alerts import AlertState, CallState, Danger, Duty, Mode

ALERT_KINDS = (
    *("fraud", "missing_person", "dispute", "nuisance", "theft", "suspicious", "medical"),
    *("fire", "flood", "traffic", "crowd", "school_gate", "violence", "other"),
)
_OPEN = text("state IN ('open', 'attended')")


class Alert(Base):
    """An alert (预警): asks people to act at a place until enough of them are there.

    ``next_step_at`` is when the runner has to look at it again; ``area`` is the circle or polygon
    of a circle call, as GeoJSON; ``row_version`` counts the steps (ETag).
    """

    __tablename__ = "alert"
    __table_args__ = kept(
        one_of("kind", ALERT_KINDS),
        one_of("mode", Mode),
        one_of("danger", Danger),
        one_of("state", AlertState),
        *on_globe(),
        CheckConstraint("target_chance > 0 AND target_chance < 1", name="target_chance"),
        CheckConstraint("target_min > 0 AND target_min <= 120", name="target_min"),
        CheckConstraint("needed BETWEEN 1 AND 500", name="needed"),
        CheckConstraint("most_calls BETWEEN 1 AND 5000", name="most_calls"),
        at_least("answer_s", 10),
        ordered("created_at", "ended_at"),
        CheckConstraint("(state IN ('open', 'attended')) = (ended_at IS NULL)", name="ended_at"),
        Index("ix_alert_next_step_at", "next_step_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_alert_state_created_at", "state", "created_at"),
    )
    id: Mapped[Id]
    code: Mapped[Code]
    kind: Mapped[str]
    mode: Mapped[str]
    danger: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    title: Mapped[str]
    note: Mapped[str | None]
    place: Mapped[str | None]
    lat: Mapped[float]
    lng: Mapped[float]
    cell: Mapped[Cell] = mapped_column(index=True)
    beat_id: Mapped[Ref | None] = mapped_column(ForeignKey("beat.id"), index=True)
    station_id: Mapped[Ref | None] = mapped_column(ForeignKey("station.id"), index=True)
    area: Mapped[dict[str, Any] | None]
    role: Mapped[str | None] = mapped_column(ForeignKey("duty_role.code"), index=True)
    qualification: Mapped[str | None] = mapped_column(ForeignKey("qualification.code"), index=True)
    on_duty_only: Mapped[bool] = mapped_column(default=False)
    wants_observers: Mapped[bool] = mapped_column(default=False)
    target_min: Mapped[float]
    target_chance: Mapped[float]
    answer_s: Mapped[int]
    needed: Mapped[int]
    most_calls: Mapped[int]
    waves: Mapped[int] = mapped_column(default=0)
    next_step_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    outcome: Mapped[str | None]
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 - read by SQLAlchemy


class AlertCall(Base):
    """A call of one person; ``chance`` (of acceptance) and ``minutes`` are what was expected."""

    __tablename__ = "alert_call"
    __table_args__ = kept(
        one_of("state", CallState),
        one_of("duty", Duty),
        CheckConstraint("chance BETWEEN 0 AND 1", name="chance"),
        at_least("minutes", 0),
        at_least("wave", 1),
        ordered("called_at", "answer_by"),
        Index("uq_alert_call_alert_id_person_id", "alert_id", "person_id", unique=True),
        Index("ix_alert_call_person_id_called_at", "person_id", "called_at"),
    )
    id: Mapped[Id]
    alert_id: Mapped[Ref] = mapped_column(ForeignKey("alert.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    wave: Mapped[int]
    duty: Mapped[str]
    state: Mapped[str] = mapped_column(default="called")
    chance: Mapped[float]
    minutes: Mapped[float]
    distance_m: Mapped[float]
    called_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    set_out_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class AlertPreference(Base):
    """What a person chose: hours and a time in which they are not called, and how often at most.

    Holds at the server for who is off duty; without a row there are no quiet hours and the city's
    budget.
    """

    __tablename__ = "alert_preference"
    __table_args__ = (
        at_least("monthly_calls", 0),
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet_until"),
    )
    person_id: Mapped[int] = mapped_column(
        BIG_ID, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    muted_until: Mapped[datetime | None]
    monthly_calls: Mapped[int | None]
    updated_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 - read by SQLAlchemy
