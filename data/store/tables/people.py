"""One file per member (一人一档): the profile, and what happened to it.

ID number and phone are encrypted (`data.store.personal`); ``…_index`` is a keyed hash by which a
number is found without being readable. Everything else of the file hangs on ``person.id`` in
`training`, `insurance`, `habits`, `service` and `teams`.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
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
from dispatch.rules import Tier

PERSON_STATES = ("applied", "vetted", "training", "active", "suspended", "refused", "left")


class Person(Base):
    """A person of one of the three tiers; ``row_version`` counts the edits (ETag)."""

    __tablename__ = "person"
    __table_args__ = kept(
        one_of("tier", Tier),
        one_of("state", PERSON_STATES),
        one_of("sex", ("male", "female", "unknown")),
        at_least("max_shifts", 0),
        at_least("travel_limit_m", 0),
        CheckConstraint("show_up > 0 AND show_up <= 1", name="show_up"),
        *on_globe("home_"),
        Index("ix_person_station_id_tier_state", "station_id", "tier", "state"),
        Index("ix_person_state_id", "state", "id"),
    )
    id: Mapped[Id]
    code: Mapped[Code]
    tier: Mapped[str]
    state: Mapped[str]
    station_id: Mapped[Ref | None] = mapped_column(ForeignKey("station.id"))
    profession: Mapped[str | None] = mapped_column(ForeignKey("profession.code"), index=True)
    name: Mapped[str | None] = mapped_column(index=True)
    sex: Mapped[str] = mapped_column(default="unknown")
    born_on: Mapped[date | None]
    employer: Mapped[str | None]
    address: Mapped[str | None]
    home_lat: Mapped[float | None]
    home_lng: Mapped[float | None]
    home_cell: Mapped[Cell | None] = mapped_column(index=True)
    id_number_sealed: Mapped[bytes | None]
    id_number_index: Mapped[bytes | None] = mapped_column(unique=True)
    phone_sealed: Mapped[bytes | None]
    phone_index: Mapped[bytes | None] = mapped_column(index=True)
    max_shifts: Mapped[int] = mapped_column(default=0)
    travel_limit_m: Mapped[float | None]
    show_up: Mapped[float] = mapped_column(default=1.0)
    joined_on: Mapped[date | None]
    left_on: Mapped[date | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 - read by SQLAlchemy


class PersonEvent(Base):
    """A step in a membership: applied, vetted, trained, transferred, suspended, left, with why."""

    __tablename__ = "person_event"
    __table_args__ = kept()
    id: Mapped[Id]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    from_value: Mapped[str | None]
    to_value: Mapped[str | None]
    reason: Mapped[str | None]
    actor: Mapped[str]


class PersonRole(Base):
    """A duty role that a person has taken on."""

    __tablename__ = "person_role"
    __table_args__ = kept(
        ordered("since", "until"),
        Index("uq_person_role_person_id_role_since", "person_id", "role", "since", unique=True),
    )
    id: Mapped[Id]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(ForeignKey("duty_role.code"), index=True)
    since: Mapped[date]
    until: Mapped[date | None]


class Award(Base):
    """An award or commendation."""

    __tablename__ = "award"
    __table_args__ = kept()
    id: Mapped[Id]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    awarded_on: Mapped[date]
    title: Mapped[str]
    awarded_by: Mapped[str | None]
    note: Mapped[str | None]


class Consent(Base):
    """A consent that a person gave, to which wording, and when it was taken back."""

    __tablename__ = "consent"
    __table_args__ = kept(ordered("given_at", "withdrawn_at"))
    id: Mapped[Id]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str]
    wording: Mapped[str]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
