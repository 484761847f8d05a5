"""The codes of what lies in a scope: for whoever holds tables by code instead of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from data.store.tables.ground import Beat
from data.store.tables.people import Person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.scope import Scope


def beat_codes(session: Session, scope: Scope) -> list[str]:
    """Return the codes of the beats of a scope."""
    return list(session.scalars(select(Beat.code).where(scope.beats_())))


def person_codes(session: Session, scope: Scope) -> list[str]:
    """Return the codes of the people of a scope."""
    return list(session.scalars(select(Person.code).where(scope.people())))
