"""Who was where lately, within a jurisdiction, for the dispatcher's map: cells, never points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from data.store.tables.people import Person
from data.store.tables.positions import Position

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.scope import Scope

FRESH: Final = timedelta(minutes=30)
"""A position older than this says little about where somebody is."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody's last cell."""

    person_id: int
    code: str
    name: str | None
    tier: str
    cell: int
    at: datetime


def positions_seen(
    session: Session, scope: Scope, *, now: datetime, limit: int = 2000
) -> list[Seen]:
    """List the fresh positions of a jurisdiction, the newest first."""
    query = (
        select(Person.id, Person.code, Person.name, Person.tier, Position.cell, Position.at)
        .join(Person, Person.id == Position.person_id)
        .where(scope.people(), Position.at >= now - FRESH)
        .order_by(Position.at.desc(), Person.id)
        .limit(limit)
    )
    return [Seen(*row) for row in session.execute(query)]
