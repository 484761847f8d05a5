"""PostgreSQL as the store wants it: version and durability read back, conflicts told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError

from data.store.errors import StoreRefusedError

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

CONNECTIONS = 16
OLDEST_VERSION = 150_000
# A row that waits this long for a lock is better told to try again.
LOCK_TIMEOUT_MS = 10_000
IDLE_IN_TRANSACTION_MS = 60_000
# Of each the server's word is asked on every new connection.
SETTINGS: Final = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "server_encoding": "UTF8",
    "default_transaction_isolation": "read committed",
    "TimeZone": "UTC",
}
SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"
TRY_AGAIN = frozenset({SERIALIZATION_FAILURE, DEADLOCK})


def postgres_engine(url: URL, connections: int = CONNECTIONS) -> Engine:
    """Make an engine on PostgreSQL 15 or newer, READ COMMITTED, times in UTC.

    Parameters
    ----------
    connections : int
        How many transactions may write at once; as many again may read.
    """
    options = {
        "timezone": "UTC",
        "synchronous_commit": "on",
        "default_transaction_isolation": "read\\ committed",
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
    }
    engine = create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_size=2 * connections,  # as many for readers as may write at once
        max_overflow=0,
        pool_timeout=LOCK_TIMEOUT_MS / 1000,
        pool_pre_ping=True,
        hide_parameters=True,  # an error's text goes to logs: what people are called does not
        connect_args={"options": " ".join(f"-c {name}={value}" for name, value in options.items())},
    )

    @event.listens_for(engine, "connect")
    def _verify(connection: Any, _record: object) -> None:
        verify_settings(connection)

    return engine


def verify_settings(connection: Any) -> None:
    """Ask a `psycopg.Connection` for the server's version and durability.

    Raises
    ------
    StoreRefusedError
        Naming the first that is not as wanted: a server that may forget what it acknowledged.
    """
    version = connection.info.server_version
    if version < OLDEST_VERSION:
        raise StoreRefusedError(f"Expected PostgreSQL 15 or newer, got {version // 10_000}.")
    names = ", ".join(f"current_setting('{name}')" for name in SETTINGS)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names}")
        found = cursor.fetchone()
    connection.rollback()
    for (name, wanted), got in zip(SETTINGS.items(), found, strict=True):
        if got != wanted:
            raise StoreRefusedError(f"Expected PostgreSQL's {name} to be {wanted}, got {got}.")


def may_try_again(error: BaseException) -> bool:
    """Say whether PostgreSQL asks to run the transaction once more (40001, 40P01)."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in TRY_AGAIN
