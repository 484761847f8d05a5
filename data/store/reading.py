"""Rows of columns by statements that are written once: the shortest way that SQLAlchemy has.

A session looks first whether it could give objects of its own, which takes as long again as a small
question itself. What a phone asks all day is asked this way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import CursorResult, Executable
    from sqlalchemy.orm import Session


def rows_of(
    session: Session, statement: Executable, values: Mapping[str, Any] | None = None
) -> CursorResult[*tuple[Any, ...]]:
    """Ask for columns; what the session has not written yet is written first, as it does itself."""
    session.flush()
    return session.connection().execute(statement, values)
