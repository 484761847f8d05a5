"""Draft a migration from the difference between the tables and a fresh database.

Run ``python -m data.store.migrations.draft NUMBER "Title"``, read the draft, add what alembic does
not see (triggers, checks, data), and format it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from alembic import command

from data.store.engine import open_engines
from data.store.migrate import configuration, upgrade


def draft(number: str, title: str, tables: set[str] | None = None, *, batch: bool = True) -> Path:
    """Write ``versions/NUMBER_title.py`` with what `tables` (default all) are ahead of it.

    SQLite alters little of a table: `batch` rebuilds it instead, and loses its triggers, which
    the migration then has to make anew.
    """
    with tempfile.TemporaryDirectory() as folder:
        engines = open_engines(f"sqlite:///{folder}/draft.db")
        upgrade(engines)
        with engines.writers.begin() as connection:
            config = configuration(connection)
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")

            def wanted(item: Any, name: str, kind: str, *_: object) -> bool:
                table = name if kind == "table" else item.table.name
                return tables is None or table in tables

            config.attributes["include_object"] = wanted
            config.attributes["batch"] = batch
            script = command.revision(config, title, autogenerate=True, rev_id=number)
        engines.dispose()
    return Path(script.path)  # type: ignore[union-attr]


if __name__ == "__main__":
    sys.stdout.write(f"{draft(sys.argv[1], sys.argv[2])}\n")
