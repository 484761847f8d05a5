"""What the database knows of its tables' sizes: it chooses indexes by that.

Neither database looks at a table that was just filled: SQLite's ``PRAGMA optimize`` looks at what
its own connection has asked for, PostgreSQL's autovacuum comes within a minute or so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ROWS_LOOKED_AT: Final = 1000
"""Of each index on SQLite, as its documentation recommends for large tables."""


def refresh_statistics(session: Session) -> None:
    """Count anew, as the last step of a work that filled tables; within its transaction."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text(f"PRAGMA analysis_limit={ROWS_LOOKED_AT}"))
    session.execute(text("ANALYZE"))
