"""Points (义豆): the city's table of awards, and a ledger with double entries.

A transfer has two or more entries whose amounts add up to nothing; neither is ever changed or
deleted (triggers). An account's entries are numbered without holes, each with the balance after
it and a seal over the one before. ``key`` is a transfer's business key: the same award once only.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Big, Id, Ref, at_least, compact, kept, one_of

RULE_SOURCES = ("tip", "service", "course", "event", "other")
RULE_UNITS = ("each", "hour")
ACCOUNT_KINDS = ("person", "issued", "reserved", "redeemed")
TRANSFER_KINDS = ("award", "reversal", "reserve", "redeem", "void", "transfer")


class PointRule(Base):
    """A row of the city's table: what earns how many points, and how many a month at most.

    ``category`` narrows a rule to a category of tips or a duty role; without one it is the rule
    for all others of its source.
    """

    __tablename__ = "point_rule"
    __table_args__ = (
        one_of("source", RULE_SOURCES),
        one_of("unit", RULE_UNITS),
        at_least("points", 0),
        at_least("monthly_cap", 0),
    )
    code: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str]
    category: Mapped[str | None]
    label_zh: Mapped[str]
    label_en: Mapped[str]
    points: Mapped[int]
    unit: Mapped[str] = mapped_column(default="each")
    monthly_cap: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 - read by SQLAlchemy


class PointSetting(Base):
    """A number that the city sets: caps a month, the limit above which two persons hand over."""

    __tablename__ = "point_setting"
    __table_args__ = (at_least("value", 0),)
    code: Mapped[str] = mapped_column(primary_key=True)
    label_zh: Mapped[str]
    label_en: Mapped[str]
    value: Mapped[int]
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 - read by SQLAlchemy


class PointAccount(Base):
    """An account and where it stands; only what issues points may be below zero."""

    __tablename__ = "point_account"
    __table_args__ = kept(
        one_of("kind", ACCOUNT_KINDS),
        CheckConstraint("balance >= 0 OR kind = 'issued'", name="balance"),
        at_least("num_entries", 0),
    )
    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    person_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), unique=True
    )
    balance: Mapped[Big] = mapped_column(default=0)
    num_entries: Mapped[Big] = mapped_column(default=0)
    last_seal: Mapped[bytes | None]
    created_at: Mapped[datetime]


class PointTransfer(Base):
    """What happened once: an award, its reversal, points set aside for a gift, a gift handed over.

    ``points`` is what its subject, a person's account, got or gave; ``asked`` is what the table
    said before the month's cap.
    """

    __tablename__ = "point_transfer"
    __table_args__ = kept(
        one_of("kind", TRANSFER_KINDS),
        Index("ix_point_transfer_subject_id_created_at", "subject_id", "created_at"),
    )
    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    request_sha256: Mapped[bytes]
    kind: Mapped[str]
    rule: Mapped[str | None] = mapped_column(index=True)
    subject_id: Mapped[Ref | None] = mapped_column(ForeignKey("point_account.id"))
    points: Mapped[Big]
    asked: Mapped[Big]
    reason: Mapped[str]
    actor: Mapped[str]
    reverses_id: Mapped[Ref | None] = mapped_column(ForeignKey("point_transfer.id"), unique=True)
    created_at: Mapped[datetime]


class PointEntry(Base):
    """One side of a transfer, in the order of its account."""

    __tablename__ = "point_entry"
    __table_args__ = compact(
        CheckConstraint("amount <> 0", name="amount"),
        at_least("sequence", 1),
        CheckConstraint("length(seal) = 32", name="seal"),
    )
    account_id: Mapped[Ref] = mapped_column(ForeignKey("point_account.id"), primary_key=True)
    sequence: Mapped[Big] = mapped_column(primary_key=True, autoincrement=False)
    transfer_id: Mapped[Ref] = mapped_column(ForeignKey("point_transfer.id"), index=True)
    amount: Mapped[Big]
    balance: Mapped[Big]
    seal: Mapped[bytes]
