"""When people can come: habits by weekday and shift template, and exceptions to them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Id, Ref, at_least, compact, kept, ordered


class AvailabilityHabit(Base):
    """A person usually can come on this weekday (0 = Monday) to shifts of this template."""

    __tablename__ = "availability_habit"
    __table_args__ = compact(
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"), at_least("dislike", 0)
    )
    person_id: Mapped[Ref] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True
    )
    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    template: Mapped[str] = mapped_column(
        ForeignKey("shift_template.code"), primary_key=True, index=True
    )
    dislike: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]


class AvailabilityException(Base):
    """On these days, both included, a person can come or cannot, whatever the habit says.

    ``template`` empty: the whole day.
    """

    __tablename__ = "availability_exception"
    __table_args__ = kept(ordered("starts_on", "ends_on"), at_least("dislike", 0))
    id: Mapped[Id]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date] = mapped_column(index=True)
    template: Mapped[str | None] = mapped_column(ForeignKey("shift_template.code"), index=True)
    can_come: Mapped[bool]
    dislike: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None]
    updated_at: Mapped[datetime]
