"""Whether rows can be locked: SQLite has one writer, who needs no lock and would only ask twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def has_row_locks(session: Session) -> bool:
    """Return whether others may write while this transaction goes on."""
    return session.get_bind().dialect.name != "sqlite"
