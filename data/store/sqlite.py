"""SQLite as the store wants it: settings made on every connection, and read back.

Measured (docs/store.md): deferred transactions of two writers fail, hence ``BEGIN IMMEDIATE``;
``synchronous=NORMAL`` loses acknowledged writes in a power cut, hence FULL.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import create_engine, event
from sqlalchemy.pool import QueuePool

from data.store.errors import StoreRefusedError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

BUSY_TIMEOUT_MS = 10_000
READERS = 16
OWNER_ONLY = 0o600

# Name → (what is set, what must be read back). The time-out comes first: the rest may wait on it.
SETTINGS: dict[str, tuple[str, object]] = {
    "busy_timeout": (str(BUSY_TIMEOUT_MS), BUSY_TIMEOUT_MS),
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", 2),
    "foreign_keys": ("ON", 1),
    "trusted_schema": ("OFF", 0),
    "recursive_triggers": ("ON", 1),  # else REPLACE deletes behind the triggers' back
    "cell_size_check": ("ON", 1),
    "journal_size_limit": ("67108864", 67_108_864),
}


def sqlite_path(url: URL) -> Path:
    """Give the file of a store's address.

    Raises
    ------
    StoreRefusedError
        For a database in memory: it has no journal and nothing to come back to.
    """
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StoreRefusedError(
            f"Expected an address such as sqlite:///var/jingge.db, got {url.render_as_string()}."
        )
    return Path(url.database)


def sqlite_engine(url: URL, role: Literal["reader", "writer"]) -> Engine:
    """Make an engine whose connections have the store's settings.

    Parameters
    ----------
    url : URL
        ``sqlite:///FILE``; the file and its directory are made, readable by the owner alone.
    role : {"reader", "writer"}
        Readers see one state of the database a transaction and can write nothing; there is one
        writing connection, whose transactions take the write lock at once.
    """
    _make_file(sqlite_path(url))
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1 if role == "writer" else READERS,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
        hide_parameters=True,  # an error's text goes to logs: what people are called does not
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )
    wanted = {**SETTINGS, "query_only": ("ON", 1) if role == "reader" else ("OFF", 0)}

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins no transaction: we do, below
        for name, (value, _) in wanted.items():
            connection.execute(f"PRAGMA {name}={value}")
        verify_settings(connection, {name: value for name, (_, value) in wanted.items()})

    begin = "BEGIN IMMEDIATE" if role == "writer" else "BEGIN"

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def verify_settings(connection: Any, wanted: dict[str, object]) -> None:
    """Read the settings of a `sqlite3.Connection` back.

    Raises
    ------
    StoreRefusedError
        Naming the first that is not as wanted: an old SQLite, a network drive without WAL.
    """
    for name, value in wanted.items():
        row = connection.execute(f"PRAGMA {name}").fetchone()
        if row is None or row[0] != value:
            got = None if row is None else row[0]
            raise StoreRefusedError(f"Expected SQLite's {name} to be {value}, got {got}.")


def close_sqlite(writer: Engine) -> None:
    """Move what the write-ahead log holds into the database file, as far as readers let us.

    Whoever still reads keeps the log: nothing is lost by that, and nobody waits.
    """
    connection = writer.raw_connection()
    try:
        for pragma in ("busy_timeout=0", "optimize", "wal_checkpoint(TRUNCATE)"):
            with suppress(sqlite3.OperationalError):
                connection.cursor().execute(f"PRAGMA {pragma}")
    finally:
        connection.invalidate()


def _make_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, OWNER_ONLY))
