"""Bring a database's schema to the version that this program works with, or back.

The migrations ship inside the package and run from here, without a configuration file. All steps
of a run are one transaction: whatever goes wrong leaves the old schema.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from data.store.errors import SchemaError
from data.store.tables import METADATA

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from data.store.engine import Engines

SCRIPTS = Path(__file__).parent / "migrations"
VERSION_TABLE = "schema_version"


def upgrade(engines: Engines, revision: str = "head") -> str:
    """Run the migrations up to a revision; return the one that stands afterwards."""
    return _run(engines, command.upgrade, revision)


def downgrade(engines: Engines, revision: str = "base") -> str:
    """Run the migrations down to a revision; ``base`` leaves no table."""
    return _run(engines, command.downgrade, revision)


def current_revision(connection: Connection) -> str:
    """Return the revision of a database; the empty text where it has none."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision() or ""


@cache
def head_revision() -> str:
    """Return the revision that this program works with."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


def require_current(engines: Engines) -> None:
    """Refuse a database whose schema is not the one that this program works with.

    Raises
    ------
    SchemaError
        Naming both revisions, and what to do.
    """
    with engines.writers.connect() as connection:
        found = current_revision(connection)
    wanted = head_revision()
    if found != wanted:
        raise SchemaError(
            f"Expected the schema {wanted}, got {found or 'an empty database'}: "
            "run `jingge db upgrade`."
        )


def differences(engines: Engines) -> list[str]:
    """Return what separates the database from what this program's migrations make: best nothing.

    Tables, columns, indexes and references as alembic compares them, and the guards: triggers
    that are missing or switched off.
    """
    with engines.writers.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"version_table": VERSION_TABLE, "compare_type": True},
        )
        found = [str(difference) for difference in compare_metadata(context, METADATA)]
        missing = _expected_guards() - _guards(connection)
    return found + [f"missing guard {name}" for name in sorted(missing)]


def _guards(connection: Connection) -> set[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
    )
    return set(connection.execute(text(query)).scalars())


def _expected_guards() -> set[str]:
    from data.store.engine import open_engines  # noqa: PLC0415 - it imports this module

    with tempfile.TemporaryDirectory() as folder:
        fresh = open_engines(f"sqlite:///{folder}/fresh.db")
        upgrade(fresh)
        with fresh.writers.connect() as connection:
            found = _guards(connection)
        fresh.dispose()
    return found


def configuration(connection: Connection | None = None) -> Config:
    """Return alembic's configuration, with no file behind it."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _run(engines: Engines, step: Any, revision: str) -> str:
    with engines.writers.connect() as connection:
        is_sqlite = engines.kind == "sqlite"
        if is_sqlite:
            # Rebuilding a table drops the old one, which would take referring rows with it.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        try:
            with connection.begin():
                step(configuration(connection), revision)
                if is_sqlite:
                    _check_references(connection)
                return current_revision(connection)
        finally:
            if is_sqlite:
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]


def _check_references(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchone()
    if broken is not None:
        raise SchemaError(f"Expected every reference to lead somewhere, got {tuple(broken)}.")


def table_names(connection: Connection) -> list[str]:
    """Return the tables that a database has, but for the one that holds the revision."""
    return sorted(set(inspect(connection).get_table_names()) - {VERSION_TABLE})
