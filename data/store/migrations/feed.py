"""Triggers that write the feed of changes, in the words of both databases; for migrations alone.

A trigger's text is kept in the database by the migration that made it, so these functions may
only change in ways that give the same text for the same arguments.
"""

from __future__ import annotations

from typing import Final

from alembic import op

EVENTS: Final = ("INSERT", "UPDATE", "DELETE")

# The rows of a statement stand in `changed`: one row of the feed for each key, not for each row.
NOTE = """
CREATE FUNCTION jingge_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'INSERT INTO live_change (kind, key) SELECT DISTINCT $1, ' || TG_ARGV[1]
        || ' FROM changed' USING TG_ARGV[0];
    RETURN NULL;
END $$
"""


def make_feed_function() -> None:
    """Make what PostgreSQL's triggers call."""
    if _is_postgres():
        op.execute(NOTE)


def drop_feed_function() -> None:
    """Undo `make_feed_function`."""
    if _is_postgres():
        op.execute("DROP FUNCTION jingge_note_change()")


def note_changes(table: str, kind: str, key: str) -> None:
    """Write a row of the feed for whatever is added to, changed in or taken from a table.

    Parameters
    ----------
    kind : str
        What the row of the feed calls it.
    key : str
        The column that names it, or ``0`` where the kind says enough.
    """
    for event in EVENTS:
        name = f"note_{table}_{event.lower()}"
        rows = "OLD" if event == "DELETE" else "NEW"
        if _is_postgres():
            op.execute(
                f'CREATE TRIGGER {name} AFTER {event} ON "{table}" '
                f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT "
                f"EXECUTE FUNCTION jingge_note_change('{kind}', '{key}')"
            )
        else:
            value = key if key == "0" else f"{rows}.{key}"
            op.execute(
                f'CREATE TRIGGER {name} AFTER {event} ON "{table}" FOR EACH ROW BEGIN '
                f"INSERT INTO live_change (kind, key) VALUES ('{kind}', {value}); END"
            )


def stop_noting(table: str) -> None:
    """Undo `note_changes`."""
    for event in EVENTS:
        name = f"note_{table}_{event.lower()}"
        op.execute(f"DROP TRIGGER {name}" + (f' ON "{table}"' if _is_postgres() else ""))


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
