"""Rosters and what a plan says of them: draft → published → archived.

Triggers on both databases see to it that whatever belongs to a published or archived roster never
changes, and that a roster goes one way only. A repair makes a successor with ``predecessor_id``.
People, beats, shifts and roles are positions in the roster's scenario.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Big, Id, Ref, at_least, compact, kept, one_of

ROSTER_STATES = ("draft", "published", "archived")


class Roster(Base):
    """A roster (排班表) of a scenario; at most one of a scenario is published."""

    __tablename__ = "roster"
    __table_args__ = kept(
        one_of("state", ROSTER_STATES),
        CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published_at"),
        CheckConstraint("(state = 'archived') = (archived_at IS NOT NULL)", name="archived_at"),
        Index(
            "uq_roster_published",
            "scenario_id",
            unique=True,
            sqlite_where=text("state = 'published'"),
            postgresql_where=text("state = 'published'"),
        ),
        Index("ix_roster_scenario_id_state", "scenario_id", "state"),
    )
    id: Mapped[Id]
    scenario_id: Mapped[Ref] = mapped_column(ForeignKey("scenario.id"))
    predecessor_id: Mapped[Ref | None] = mapped_column(ForeignKey("roster.id"), index=True)
    state: Mapped[str] = mapped_column(default="draft")
    label: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None]
    archived_at: Mapped[datetime | None]
    archived_by: Mapped[str | None]


class Assignment(Base):
    """One assignment (一条排班): a person on a post in a role."""

    __tablename__ = "assignment"
    __table_args__ = compact(
        Index("ix_assignment_roster_id_beat_shift", "roster_id", "beat", "shift"),
        # Pages in the roster's order, and what its last position is.
        Index("ix_assignment_roster_id_position", "roster_id", "position"),
    )
    roster_id: Mapped[Ref] = mapped_column(
        ForeignKey("roster.id", ondelete="CASCADE"), primary_key=True
    )
    person: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shift: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    beat: Mapped[int]
    role: Mapped[int]
    position: Mapped[int]


class RosterReport(Base):
    """What ``report.json`` says; dictionaries as canonical JSON."""

    __tablename__ = "roster_report"
    __table_args__ = (CheckConstraint("bound <= objective", name="bound"),)
    roster_id: Mapped[Ref] = mapped_column(
        ForeignKey("roster.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    objective: Mapped[Big]
    bound: Mapped[Big]
    gap: Mapped[float]
    weighted_unmet: Mapped[Big]
    unmet: Mapped[Big]
    travel_cost: Mapped[Big]
    fairness_cost: Mapped[Big]
    dislike_cost: Mapped[Big]
    assigned: Mapped[int]
    seed: Mapped[Big]
    workers: Mapped[int]
    scenario_sha256: Mapped[str]
    violations: Mapped[str]
    seconds: Mapped[str]
    versions: Mapped[str]


class RosterGap(Base):
    """A short line of a roster: its cause, the funnel and the cheapest remedy."""

    __tablename__ = "roster_gap"
    __table_args__ = compact(
        at_least("missing", 0), Index("ix_roster_gap_roster_id_position", "roster_id", "position")
    )
    roster_id: Mapped[Ref] = mapped_column(
        ForeignKey("roster.id", ondelete="CASCADE"), primary_key=True
    )
    beat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shift: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    missing: Mapped[int]
    weight: Mapped[Big]
    cause: Mapped[str]
    in_reach: Mapped[int]
    qualified: Mapped[int]
    insured: Mapped[int]
    available: Mapped[int]
    free: Mapped[int]
    supervised: Mapped[int]
    remedy: Mapped[str]
    remedy_en: Mapped[str | None]


class RosterPrice(Base):
    """What one more suitable person would be worth to a line."""

    __tablename__ = "roster_price"
    __table_args__ = compact(Index("ix_roster_price_roster_id_position", "roster_id", "position"))
    roster_id: Mapped[Ref] = mapped_column(
        ForeignKey("roster.id", ondelete="CASCADE"), primary_key=True
    )
    beat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shift: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    price: Mapped[float]
