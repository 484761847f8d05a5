"""Where people on duty were last: a cell and a time, one row a person, gone after some days."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import BIG_ID, Base, Cell


class Position(Base):
    """The last position of a person who is on duty; never the point itself, never a track."""

    __tablename__ = "position"
    __table_args__ = (CheckConstraint("accuracy_m >= 0", name="accuracy_m"),)
    person_id: Mapped[int] = mapped_column(
        BIG_ID, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    cell: Mapped[Cell]
    at: Mapped[datetime] = mapped_column(index=True)
    accuracy_m: Mapped[float | None]
