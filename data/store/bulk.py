"""Many rows at once: columns of plain values into a table, by the fastest way each driver has."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from data.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.orm import Session

    Columns = Mapping[str, Sequence[Any]]


def insert_columns(session: Session, table: Table, columns: Columns) -> None:
    """Insert rows given as columns, in the session's transaction.

    Parameters
    ----------
    columns : mapping of str to sequence
        Column → plain values (int, float, bool, str, date, None), one a row. Columns that are left
        out are NULL: defaults of the mapped classes do not apply.

    Raises
    ------
    StoreError
        For a text that holds the character NUL, which PostgreSQL cannot keep.
    """
    kept = {name: values for name, values in columns.items() if not _all_none(values)}
    _refuse_nul(table, kept)
    if session.get_bind().dialect.name == "sqlite":
        _insert_sqlite(session, table, kept)
    else:
        _copy_postgres(session, table, kept)


def _insert_sqlite(session: Session, table: Table, columns: Columns) -> None:
    connection = session.connection()
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" * len(columns))
    values = []
    for name, column in columns.items():
        process = (
            table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        )
        values.append(column if process is None else list(map(process, column)))
    driver: Any = connection.connection.driver_connection
    statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 - our names
    with _errors_of(session, statement):
        driver.executemany(statement, zip(*values, strict=True))


def _copy_postgres(session: Session, table: Table, columns: Columns) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    content = pa.table({name: pa.array(_hexed(values)) for name, values in columns.items()})
    buffer = io.BytesIO()
    # Texts are quoted, so that the empty text and NULL stay apart.
    pa_csv.write_csv(content, buffer, pa_csv.WriteOptions(include_header=False))
    driver: Any = session.connection().connection.driver_connection
    statement = f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT csv)'
    with (
        _errors_of(session, statement),
        driver.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        copy.write(buffer.getbuffer())


def _hexed(values: Sequence[Any]) -> Sequence[Any]:
    """Give bytes as COPY reads them; other values as they are."""
    first = next((value for value in values if value is not None), None)
    if not isinstance(first, bytes):
        return values
    return [None if value is None else f"\\x{value.hex()}" for value in values]


@contextmanager
def _errors_of(session: Session, statement: str) -> Iterator[None]:
    """Raise a driver's errors as SQLAlchemy's, which the writer and callers know."""
    dbapi: Any = session.get_bind().dialect.dbapi
    try:
        yield
    except dbapi.Error as error:
        wrapped = DBAPIError.instance(statement, None, error, dbapi.Error)
        raise wrapped from error


def _all_none(values: Sequence[Any]) -> bool:
    return all(value is None for value in values)


def _refuse_nul(table: Table, columns: Columns) -> None:
    for name, values in columns.items():
        for row, value in enumerate(values):
            if not isinstance(value, str):
                if value is None:
                    continue
                break  # a column holds values of one type
            if "\0" in value:
                raise StoreError(
                    f"{table.name}:{row + 1}: {name}: expected a text without NUL, got {value!r}"
                )


def reserve_ids(session: Session, table: Table, count: int) -> list[int]:
    """Give `count` new ids of a table, rising, which nobody else is given."""
    if session.get_bind().dialect.name == "postgresql":
        query = (
            "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
        )
        found = session.scalars(text(query), {"name": table.name, "count": count})
        return sorted(found)
    # Nobody else writes to SQLite now, and ids of deleted rows are not used again.
    query = "SELECT max(seq) FROM sqlite_sequence WHERE name = :name"
    last = session.scalar(text(query), {"name": table.name}) or 0
    return list(range(last + 1, last + 1 + count))
