"""Whether a transaction changed who may do what, so that memory of it is not believed any longer.

Seen in the statements themselves, whoever sends them: code that ends a session or takes a role
away need not think of it. Other processes learn of it by the feed of changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# A new session or account is in nobody's memory yet.
_WRITES: Final = (
    *("UPDATE account", "DELETE FROM account", "INSERT INTO account_role"),
    *("UPDATE login_session", "DELETE FROM login_session"),
    *("INSERT INTO second_factor", "UPDATE second_factor", "DELETE FROM second_factor"),
)
_KEY: Final = "changed_access"
_OPTION: Final = "changes_no_access"
CHANGES_NO_ACCESS: Final = {_OPTION: True}
"""Execution options of a statement that notes when an account or a session was used, no more."""


def watch_access(engine: Engine) -> None:
    """Mark the connections of an engine that change who may do what."""

    @event.listens_for(engine, "before_cursor_execute")
    def _mark(
        connection: Connection,
        _cursor: object,
        statement: str,
        _parameters: object,
        context: Any,
        _many: object,
    ) -> None:
        if statement.startswith(_WRITES) and not context.execution_options.get(_OPTION):
            connection.info[_KEY] = True


def changed_access(connection: Connection) -> bool:
    """Return whether a transaction that was committed on a connection changed it; forget that."""
    return bool(connection.info.pop(_KEY, False))
