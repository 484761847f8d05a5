"""The schema: up, down and up again on both databases, no drift, all or nothing."""

from __future__ import annotations

import pytest
from alembic import command
from portions import IS_LONG
from sqlalchemy import inspect, text

from data.store.engine import Engines, Store, open_store
from data.store.errors import SchemaError
from data.store.migrate import (
    SCRIPTS,
    VERSION_TABLE,
    _run,
    current_revision,
    differences,
    downgrade,
    head_revision,
    table_names,
    upgrade,
)
from data.store.tables import METADATA

REVISIONS = sorted(path.name[:4] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))


def schema(engines: Engines) -> dict[str, str]:
    """Return everything in the schema, by kind and name, as the database itself words it."""
    if engines.kind == "sqlite":
        query = "SELECT type || ' ' || name, sql FROM sqlite_master "
        query += "WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'"
    else:
        query = """
            SELECT 'constraint ' || conrelid::regclass || conname, pg_get_constraintdef(oid)
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT 'index ' || indexname, indexdef
            FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT 'trigger ' || tgrelid::regclass || tgname, pg_get_triggerdef(oid)
            FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT 'function ' || proname, prosrc
            FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL SELECT 'column ' || table_name || '.' || column_name,
                data_type || is_nullable || coalesce(column_default, '')
            FROM information_schema.columns WHERE table_schema = 'public'
        """
    with engines.readers.connect() as connection:
        return {row[0]: " ".join(row[1].split()) for row in connection.execute(text(query))}


def test_up_down_and_up_again(empty: Engines) -> None:
    assert upgrade(empty) == head_revision() == REVISIONS[-1]
    first = schema(empty)
    with empty.readers.connect() as connection:
        assert table_names(connection) == sorted(METADATA.tables)
    assert downgrade(empty) == ""
    assert set(schema(empty)) <= {key for key in first if VERSION_TABLE in key}
    assert upgrade(empty) == head_revision()
    assert schema(empty) == first


def test_each_step_goes_back_to_what_was_before(empty: Engines) -> None:
    """The newest steps with every change, which alone may be new; all of them in the long run."""
    assert len(REVISIONS) >= 18
    oldest = 0 if IS_LONG else len(REVISIONS) - 5
    if oldest:
        upgrade(empty, REVISIONS[oldest - 1])
    before = {"base" if not oldest else REVISIONS[oldest - 1]: schema(empty)}
    for revision in REVISIONS[oldest:]:
        upgrade(empty, revision)
        before[revision] = schema(empty)
    for revision in list(before)[-2::-1]:
        downgrade(empty, revision)
        wanted = before[revision]
        assert {k: v for k, v in schema(empty).items() if VERSION_TABLE not in k} == {
            k: v for k, v in wanted.items() if VERSION_TABLE not in k
        }


def test_migrations_make_what_the_tables_say(store: Store, empty: Engines) -> None:
    """Stricter than alembic, which sees neither checks nor WITHOUT ROWID."""
    with empty.writers.begin() as connection:
        METADATA.create_all(connection)
    made, wanted = schema(store.engines), schema(empty)
    relevant = {k: v for k, v in made.items() if not k.startswith(("trigger", "function"))}
    relevant = {k: v for k, v in relevant.items() if VERSION_TABLE not in k}
    assert relevant.keys() == wanted.keys()
    for name, definition in wanted.items():
        assert parts(relevant[name]) == parts(definition), name


def parts(definition: str) -> list[str]:
    """Return what stands in a definition whatever its order: constraints may come in any."""
    return sorted(definition.replace("(", " ( ").replace(")", " ) ").replace(",", " ").split())


def test_alembic_sees_no_difference(store: Store) -> None:
    assert differences(store.engines) == []


def test_a_difference_would_be_seen(store: Store) -> None:
    with store.engines.writers.begin() as connection:
        connection.execute(text("ALTER TABLE team ADD COLUMN nickname TEXT"))
        connection.execute(text("DROP INDEX ix_person_name"))
        where = " ON assignment" if store.kind == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER guard_assignment_update{where}"))
    found = str(differences(store.engines))
    assert "nickname" in found
    assert "missing guard guard_assignment_update" in found
    assert "ix_person_name" in found


def test_a_failure_leaves_the_old_schema(empty: Engines) -> None:
    upgrade(empty, "0005")
    before = schema(empty)

    def fail_late(*arguments: object) -> None:
        command.upgrade(*arguments)  # type: ignore[arg-type]
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="disk is full"):
        _run(empty, fail_late, "head")
    assert schema(empty) == before
    with empty.readers.connect() as connection:
        assert current_revision(connection) == "0005"
    assert upgrade(empty) == head_revision()


@pytest.mark.only("sqlite")  # PostgreSQL checks references itself
def test_rows_that_refer_to_nothing_stop_a_migration(empty: Engines) -> None:
    upgrade(empty, "0005")
    with empty.writers.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            connection.execute(
                text("INSERT INTO sub_bureau (bureau_id, code, name) VALUES (7, 'x', 'x')")
            )
    with pytest.raises(SchemaError, match="reference to lead somewhere"):
        upgrade(empty)
    with empty.readers.connect() as connection:
        assert current_revision(connection) == "0005"


def test_references_are_enforced_again_after_a_migration(empty: Engines) -> None:
    upgrade(empty)
    with empty.writers.connect() as connection, pytest.raises(Exception, match=r"(?i)foreign key"):
        connection.execute(
            text("INSERT INTO sub_bureau (bureau_id, code, name) VALUES (7, 'x', 'x')")
        )


@pytest.mark.parametrize("revision", ["", "0005"])
def test_a_store_of_another_version_is_not_opened(
    empty: Engines, empty_url: str, revision: str
) -> None:
    if revision:
        upgrade(empty, revision)
    with pytest.raises(SchemaError, match=r"Expected the schema \d+, got .* `jingge db upgrade`"):
        open_store(empty_url)


def test_every_name_is_given_and_fits_both_databases() -> None:
    names = [
        (table.name, item.name)
        for table in METADATA.tables.values()
        for item in (*table.constraints, *table.indexes)
    ]
    assert len(names) > 200
    assert [found for found in names if not found[1] or len(str(found[1])) > 63] == []


def test_foreign_keys_have_an_index(store: Store) -> None:
    """A reference without one makes every delete of its target a scan."""
    with store.engines.readers.connect() as connection:
        database = inspect(connection)
        missing = []
        for table in table_names(connection):
            led = [tuple(database.get_pk_constraint(table)["constrained_columns"])]
            led += [tuple(i["column_names"]) for i in database.get_indexes(table)]
            led += [tuple(u["column_names"]) for u in database.get_unique_constraints(table)]
            for key in database.get_foreign_keys(table):
                columns = tuple(key["constrained_columns"])
                if not any(found[: len(columns)] == columns for found in led):
                    missing.append((table, columns))
    # These point at rows that only go with their scenario, as a whole.
    assert [m for m in missing if not m[0].startswith("scenario_")] == []
