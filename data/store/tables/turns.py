"""What people say to their turns of a published roster: replies, dropouts, exchanges, stand-by.

A roster is replaced by its successor, so these rows name a turn by scenario and by positions in
it, which successors share; ``person_id`` is the living record.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Id, Ref, kept, one_of, ordered

REPLIES = ("confirmed", "declined")
DROPOUT_KINDS = ("declined", "withdrawn", "no_show", "suspended", "other")
EXCHANGE_KINDS = ("swap", "replacement")
EXCHANGE_STATES = ("offered", "agreed", "applied", "declined", "withdrawn", "lapsed", "refused")
STAND_BY_STATES = ("ready", "called", "released")
_LIVE = text("state IN ('offered', 'agreed')")
_OPEN = text("handled_at IS NULL")


class ShiftReply(Base):
    """A person's word on a turn: confirmed, or declined with a reason."""

    __tablename__ = "shift_reply"
    __table_args__ = kept(
        one_of("state", REPLIES),
        CheckConstraint("state <> 'declined' OR reason IS NOT NULL", name="reason"),
        Index(
            "uq_shift_reply_turn",
            *("scenario_id", "person_id", "shift", "beat", "role"),
            unique=True,
        ),
    )
    id: Mapped[Id]
    scenario_id: Mapped[Ref] = mapped_column(ForeignKey("scenario.id", ondelete="CASCADE"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    shift: Mapped[int]
    beat: Mapped[int]
    role: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str | None]
    replied_at: Mapped[datetime]


class Dropout(Base):
    """A person who will not come to a turn (临时退出, 缺勤), until a repair has dealt with it."""

    __tablename__ = "dropout"
    __table_args__ = kept(
        one_of("kind", DROPOUT_KINDS),
        Index("uq_dropout_turn", "scenario_id", "person_id", "shift", unique=True),
        Index(
            "ix_dropout_open",
            "scenario_id",
            "reported_at",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )
    id: Mapped[Id]
    scenario_id: Mapped[Ref] = mapped_column(ForeignKey("scenario.id", ondelete="CASCADE"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    person: Mapped[int]
    shift: Mapped[int]
    beat: Mapped[int]
    role: Mapped[int]
    kind: Mapped[str]
    reason: Mapped[str | None]
    reported_at: Mapped[datetime]
    reported_by: Mapped[str]
    handled_at: Mapped[datetime | None]
    roster_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("roster.id", ondelete="SET NULL"), index=True
    )


class Exchange(Base):
    """A swap (换班) of two turns, or a turn offered to others (顶班).

    ``roster_id`` is the successor roster in which it was carried out.
    """

    __tablename__ = "exchange"
    __table_args__ = kept(
        one_of("kind", EXCHANGE_KINDS),
        one_of("state", EXCHANGE_STATES),
        CheckConstraint(
            "kind <> 'swap' OR (taker_id IS NOT NULL AND taker_shift IS NOT NULL"
            " AND taker_beat IS NOT NULL AND taker_role IS NOT NULL)",
            name="taker",
        ),
        CheckConstraint("(state = 'applied') = (applied_at IS NOT NULL)", name="applied_at"),
        Index(
            "uq_exchange_live",
            *("scenario_id", "giver_id", "giver_shift"),
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_exchange_state_expires_at", "state", "expires_at"),
        Index("ix_exchange_scenario_id_state", "scenario_id", "state"),
    )
    id: Mapped[Id]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="offered")
    scenario_id: Mapped[Ref] = mapped_column(ForeignKey("scenario.id", ondelete="CASCADE"))
    giver_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    giver_shift: Mapped[int]
    giver_beat: Mapped[int]
    giver_role: Mapped[int]
    taker_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True
    )
    taker_shift: Mapped[int | None]
    taker_beat: Mapped[int | None]
    taker_role: Mapped[int | None]
    reason: Mapped[str | None]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    roster_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("roster.id", ondelete="SET NULL"), index=True
    )
    row_version: Mapped[int] = mapped_column(default=1)


class StandBy(Base):
    """A person on stand-by (备勤) for a station; asked first when a turn comes free."""

    __tablename__ = "stand_by"
    __table_args__ = kept(
        one_of("state", STAND_BY_STATES),
        ordered("starts_at", "ends_at", strictly=True),
        Index("ix_stand_by_station_id_starts_at", "station_id", "starts_at"),
        Index("ix_stand_by_person_id_starts_at", "person_id", "starts_at"),
    )
    id: Mapped[Id]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    station_id: Mapped[Ref] = mapped_column(ForeignKey("station.id"))
    state: Mapped[str] = mapped_column(default="ready")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    changed_at: Mapped[datetime]
