"""What a dispatcher changed by hand in a draft, step by step, so that each step can be undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Id, Ref, kept


class RosterEdit(Base):
    """A change of a draft: places taken away and given, as ``person, beat, shift, role``.

    Those are positions in the roster's scenario, so that nothing personal is in here. A step that
    was undone stays, with the time at which it was.
    """

    __tablename__ = "roster_edit"
    __table_args__ = kept(Index("ix_roster_edit_roster_id_id", "roster_id", "id"))
    id: Mapped[Id]
    roster_id: Mapped[Ref] = mapped_column(ForeignKey("roster.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    by: Mapped[str]
    content: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
