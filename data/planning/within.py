"""Codes that somebody names, held to their jurisdiction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from data.planning.errors import OutsideScopeError
from data.store.tables.ground import Beat
from data.store.tables.people import Person

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.store.scope import Scope

_CHUNK = 5000


def require_people(session: Session, scope: Scope, codes: Iterable[str]) -> dict[str, int]:
    """Give the ids of people within a scope.

    Raises
    ------
    OutsideScopeError
        Naming one that is not there or not theirs.
    """
    return _require(session, Person, scope.people(), codes, "person")


def require_beats(session: Session, scope: Scope, codes: Iterable[str]) -> dict[str, int]:
    """Give the ids of beats within a scope.

    Raises
    ------
    OutsideScopeError
    """
    return _require(session, Beat, scope.beats_(), codes, "beat")


def _require(
    session: Session, table: Any, inside: ColumnElement[bool], codes: Iterable[str], kind: str
) -> dict[str, int]:
    wanted = sorted(set(codes))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        query = select(table.code, table.id).where(table.code.in_(part), inside)
        found |= dict(session.execute(query).all())
    for code in wanted:
        if code not in found:
            raise OutsideScopeError(kind, code)
    return found
