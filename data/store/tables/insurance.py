"""Accident insurance (人身意外保险): policies, and whom each covers from when to when."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Big, Id, Ref, at_least, kept, ordered


class InsurancePolicy(Base):
    """A policy of an insurer, of one person or of a group."""

    __tablename__ = "insurance_policy"
    __table_args__ = kept(
        ordered("starts_on", "ends_on"),
        at_least("sum_insured_fen", 0),
        Index("uq_insurance_policy_insurer_policy_no", "insurer", "policy_no", unique=True),
    )
    id: Mapped[Id]
    insurer: Mapped[str]
    policy_no: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date] = mapped_column(index=True)
    sum_insured_fen: Mapped[Big | None]


class InsuranceCover(Base):
    """The days, both included, on which a policy covers a person."""

    __tablename__ = "insurance_cover"
    __table_args__ = kept(
        ordered("starts_on", "ends_on"),
        Index(
            "uq_insurance_cover_person_id_policy_id_starts_on",
            *("person_id", "policy_id", "starts_on"),
            unique=True,
        ),
    )
    id: Mapped[Id]
    policy_id: Mapped[Ref] = mapped_column(ForeignKey("insurance_policy.id"), index=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    starts_on: Mapped[date]
    ends_on: Mapped[date] = mapped_column(index=True)
