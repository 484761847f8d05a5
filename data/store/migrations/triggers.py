"""Triggers that refuse a change, in the words of both databases; used by migrations alone.

A trigger's text is kept in the database by the migration that made it, so these functions may
only change in ways that give the same text for the same arguments.
"""

from __future__ import annotations

from typing import Literal

from alembic import op

Event = Literal["INSERT", "UPDATE", "DELETE"]

REFUSE = """
CREATE FUNCTION jingge_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation';
END $$
"""
# The rows of a statement stand in `changed`; the query gives a row where one may not be changed.
REFUSE_WHERE = """
CREATE FUNCTION jingge_refuse_where() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refused bigint;
BEGIN
    EXECUTE TG_ARGV[1] INTO refused;
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$
"""


def make_functions() -> None:
    """Make what PostgreSQL's triggers call."""
    if _is_postgres():
        op.execute(REFUSE)
        op.execute(REFUSE_WHERE)


def drop_functions() -> None:
    """Undo `make_functions`."""
    if _is_postgres():
        op.execute("DROP FUNCTION jingge_refuse_where()")
        op.execute("DROP FUNCTION jingge_refuse()")


def refuse(table: str, event: Event, message: str, *, when: str = "") -> None:
    """Refuse an event, always or where a condition on OLD and NEW holds.

    ``{differs}`` in the condition stands for each database's comparison that knows NULL.
    """
    name = f"guard_{table}_{event.lower()}"
    differs = "IS DISTINCT FROM" if _is_postgres() else "IS NOT"
    condition = f"WHEN ({when.format(differs=differs)})" if when else ""
    action = (
        f"EXECUTE FUNCTION jingge_refuse('{message}')"
        if _is_postgres()
        else f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW {condition} {action}")


def refuse_where(
    table: str, event: Event, message: str, *, column: str, owners: str, condition: str
) -> None:
    """Refuse an event on rows whose owner, named by `column`, the query finds.

    Parameters
    ----------
    owners : str
        ``SELECT id, … FROM t WHERE id {owner}``: the rows of the owners. PostgreSQL locks them,
        so that none can change between this look and the commit.
    condition : str
        On those rows: holds for an owner whose rows may not be changed.
    """
    name = f"guard_{table}_{event.lower()}"
    if not _is_postgres():
        rows = {"INSERT": ("NEW",), "DELETE": ("OLD",), "UPDATE": ("OLD", "NEW")}[event]
        tests = (
            f"EXISTS (SELECT 1 FROM ({owners.format(owner=f'= {row}.{column}')}) WHERE {condition})"
            for row in rows
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW "
            f"WHEN {' OR '.join(tests)} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    before, after = "OLD TABLE AS before_it", "NEW TABLE AS after_it"
    seen = {"INSERT": after, "DELETE": before, "UPDATE": f"{before} {after}"}[event]
    ids = " UNION ".join(
        f"SELECT {column} FROM {rows}" for rows in ("before_it", "after_it") if rows in seen
    )
    locked = f"({owners.format(owner=f'IN ({ids})')} FOR SHARE) AS locked"
    # An aggregate: PostgreSQL would push a plain condition down and lock only what meets it.
    test = f"SELECT max(CASE WHEN {condition} THEN id END) FROM {locked}".replace("'", "''")
    op.execute(
        f"CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {seen} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION jingge_refuse_where('{message}', '{test}')"
    )


def refuse_truncate(table: str, message: str) -> None:
    """Refuse to empty a table at one blow, which only PostgreSQL can."""
    if _is_postgres():
        op.execute(
            f"CREATE TRIGGER guard_{table}_truncate BEFORE TRUNCATE ON {table} "
            f"EXECUTE FUNCTION jingge_refuse('{message}')"
        )


def drop_truncate(table: str) -> None:
    """Undo `refuse_truncate`."""
    if _is_postgres():
        op.execute(f"DROP TRIGGER guard_{table}_truncate ON {table}")


def drop(table: str, *events: Event) -> None:
    """Drop the triggers of a table that these functions made."""
    for event in events:
        name = f"guard_{table}_{event.lower()}"
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if _is_postgres() else ""))


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
