"""Demand for coming shifts, and pins that the next plan must keep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Id, Ref, at_least, compact, kept, one_of

PIN_KINDS = ("fixed", "forbidden")


class DemandLine(Base):
    """How many of a role a post needs; ``weights`` as in ``demand.csv``: one integer or a list."""

    __tablename__ = "demand_line"
    __table_args__ = compact(at_least("required", 0))
    beat_id: Mapped[Ref] = mapped_column(ForeignKey("beat.id"), primary_key=True)
    shift_id: Mapped[Ref] = mapped_column(ForeignKey("shift.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(ForeignKey("duty_role.code"), primary_key=True, index=True)
    required: Mapped[int]
    weights: Mapped[str] = mapped_column(default="1")


class Pin(Base):
    """A person who must, or must not, work a role on a post."""

    __tablename__ = "pin"
    __table_args__ = kept(
        one_of("kind", PIN_KINDS),
        Index(
            "uq_pin_person_id_beat_id_shift_id_role_kind",
            *("person_id", "beat_id", "shift_id", "role", "kind"),
            unique=True,
        ),
    )
    id: Mapped[Id]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    beat_id: Mapped[Ref] = mapped_column(ForeignKey("beat.id"), index=True)
    shift_id: Mapped[Ref] = mapped_column(ForeignKey("shift.id"), index=True)
    role: Mapped[str] = mapped_column(ForeignKey("duty_role.code"), index=True)
    kind: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
