"""PostgreSQL's part of a backup: each table out and in by COPY, in one transaction."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from data.store.errors import BackupError
from data.store.migrate import (
    VERSION_TABLE,
    current_revision,
    downgrade,
    table_names,
    upgrade,
)
from data.store.tables import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from data.store.backup import Manifest
    from data.store.engine import Engines

CHUNK: Final = 1 << 20


def copy_postgres(engines: Engines, fresh: Path) -> tuple[str, dict[str, int]]:
    """Copy every table out; give the revision and rows by table, all of one moment."""
    rows: dict[str, int] = {}
    with engines.readers.connect() as connection:
        connection = connection.execution_options(  # noqa: PLW2901 - the same connection
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with connection.begin():
            revision = current_revision(connection)
            for name in table_names(connection):
                rows[name] = _copy_out(connection, name, fresh / f"{name}.copy.gz")
    return revision, rows


def _copy_out(connection: Connection, name: str, path: Path) -> int:
    driver: Any = connection.connection.driver_connection
    columns = ", ".join(f'"{column}"' for column in _columns(connection, name))
    with (
        driver.cursor() as cursor,
        gzip.GzipFile(path, "wb", compresslevel=3, mtime=0) as file,
        cursor.copy(f'COPY "{name}" ({columns}) TO STDOUT') as copy,
    ):
        file.write(f"{columns}\n".encode())
        for chunk in copy:
            file.write(chunk)
    counted: int = connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()  # noqa: S608
    return counted


def restore_postgres(engines: Engines, directory: Path, manifest: Manifest) -> None:
    """Make the schema of the backup and copy its rows in; all of it, or an empty database."""
    upgrade(engines, manifest.revision)
    try:
        with engines.writers.begin() as connection:
            names = _in_order(table_names(connection))
            _check_tables(names, manifest)
            # The guards let nobody write to a published roster, a restore neither.
            for name in names:
                connection.execute(text(f'ALTER TABLE "{name}" DISABLE TRIGGER USER'))
            for name in names:
                _copy_in(connection, name, directory / f"{name}.copy.gz")
            for name in names:
                connection.execute(text(f'ALTER TABLE "{name}" ENABLE TRIGGER USER'))
                _check_count(connection, name, manifest.rows[name])
            _set_sequences(connection)
    except BaseException:
        _drop_everything(engines)
        raise


def _copy_in(connection: Connection, name: str, path: Path) -> None:
    driver: Any = connection.connection.driver_connection
    with gzip.open(path, "rb") as file:
        columns = file.readline().decode().strip()
        with driver.cursor() as cursor, cursor.copy(f'COPY "{name}" ({columns}) FROM STDIN') as to:
            while chunk := file.read(CHUNK):
                to.write(chunk)


def _check_tables(names: list[str], manifest: Manifest) -> None:
    if sorted(names) != sorted(manifest.rows):
        raise BackupError("Expected the tables of the manifest's schema, got others.")


def _check_count(connection: Connection, name: str, wanted: int) -> None:
    found = connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()  # noqa: S608
    if found != wanted:
        raise BackupError(f"Expected {wanted} rows in {name}, got {found}.")


def _set_sequences(connection: Connection) -> None:
    """Let numbers go on after the largest that came back."""
    query = """
        SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name)
        FROM information_schema.columns
        WHERE table_schema = 'public' AND column_default LIKE 'nextval%'
    """
    for table, column, sequence in connection.execute(text(query)).all():
        connection.execute(
            text(
                f"SELECT setval('{sequence}', max(\"{column}\")) "  # noqa: S608 - names of ours
                f'FROM "{table}" HAVING max("{column}") IS NOT NULL'
            )
        )


def _columns(connection: Connection, name: str) -> Iterator[str]:
    query = """
        SELECT column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = :name ORDER BY ordinal_position
    """
    yield from connection.execute(text(query), {"name": name}).scalars()


def _in_order(names: list[str]) -> list[str]:
    """Give tables so that each stands after those it refers to."""
    known = [table.name for table in METADATA.sorted_tables]
    return sorted(names, key=lambda name: known.index(name) if name in known else len(known))


def _drop_everything(engines: Engines) -> None:
    downgrade(engines)
    with engines.writers.begin() as connection:
        connection.execute(text(f"DROP TABLE IF EXISTS {VERSION_TABLE}"))
