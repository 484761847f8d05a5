"""Shift templates and dated shifts."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Code, Id, kept, ordered


class ShiftTemplate(Base):
    """The pattern of a shift (班次模板), local time; an end before its start is the next day."""

    __tablename__ = "shift_template"
    code: Mapped[str] = mapped_column(primary_key=True)
    label_zh: Mapped[str]
    label_en: Mapped[str]
    workday_starts: Mapped[time]
    workday_ends: Mapped[time]
    weekend_starts: Mapped[time]
    weekend_ends: Mapped[time]
    is_active: Mapped[bool] = mapped_column(default=True)


class Shift(Base):
    """A dated shift (班次)."""

    __tablename__ = "shift"
    __table_args__ = kept(ordered("starts_at", "ends_at", strictly=True))
    id: Mapped[Id]
    code: Mapped[Code]
    template: Mapped[str | None] = mapped_column(ForeignKey("shift_template.code"), index=True)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
