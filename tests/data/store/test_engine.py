"""Opening a store: settings made, read back, and refused where they cannot be had."""

from __future__ import annotations

import sqlite3
import stat
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import StatementError

from data.store import postgres, sqlite
from data.store.engine import DEFAULT_URL, Store, open_engines, open_store, store_url
from data.store.errors import Busy, StoreRefusedError
from data.store.tables.ground import Bureau
from data.store.tables.shifts import Shift

if TYPE_CHECKING:
    from pathlib import Path


def test_the_address_comes_from_the_environment() -> None:
    assert store_url({}) == DEFAULT_URL
    assert store_url({"JINGGE_DATABASE_URL": " "}) == DEFAULT_URL
    assert store_url({"JINGGE_DATABASE_URL": "postgresql://x/y"}) == "postgresql://x/y"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite://", "sqlite:///var/jingge.db"),
        ("sqlite:///:memory:", "sqlite:///var/jingge.db"),
        ("mysql://host/x", "SQLite or PostgreSQL"),
        ("var/jingge.db", "such as"),
    ],
)
def test_other_addresses_are_refused(url: str, expected: str) -> None:
    with pytest.raises(StoreRefusedError, match=expected):
        open_engines(url)


def test_a_refusal_shows_no_password() -> None:
    with pytest.raises(StoreRefusedError) as caught:
        open_engines("mysql://someone:hunter2@host/x")
    assert "hunter2" not in str(caught.value)


@pytest.mark.only("sqlite")
def test_both_kinds_of_connection_have_the_settings(store: Store) -> None:
    for engine, query_only in ((store.engines.readers, 1), (store.engines.writers, 0)):
        with engine.connect() as connection:
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in (*sqlite.SETTINGS, "query_only")
            }
        assert found == {
            "busy_timeout": 10_000,
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "trusted_schema": 0,
            "recursive_triggers": 1,
            "cell_size_check": 1,
            "journal_size_limit": 67_108_864,
            "query_only": query_only,
        }


@pytest.mark.parametrize(("name", "value"), [("synchronous", "NORMAL"), ("foreign_keys", "OFF")])
def test_a_setting_that_did_not_take_is_refused(name: str, value: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"PRAGMA {name}={value}")
    wanted = {name: sqlite.SETTINGS[name][1]}
    with pytest.raises(StoreRefusedError, match=f"SQLite's {name} to be"):
        sqlite.verify_settings(connection, wanted)
    with pytest.raises(StoreRefusedError, match="got None"):
        sqlite.verify_settings(connection, {"no_such_pragma": 1})
    connection.close()


@pytest.mark.only("sqlite")
def test_the_file_is_the_owners_alone(store: Store) -> None:
    path = sqlite.sqlite_path(store.engines.url)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.only("sqlite")
def test_closing_leaves_one_file(url: str) -> None:
    store = open_store(url)
    store.submit(lambda s: s.add(Bureau(code="b", name="市局")))
    path = sqlite.sqlite_path(store.engines.url)
    assert path.with_name("store.db-wal").stat().st_size > 0
    store.close()
    assert [p.name for p in path.parent.glob("store.db*")] == ["store.db"]


@pytest.mark.only("postgresql")
@pytest.mark.parametrize("name", ["synchronous_commit", "default_transaction_isolation"])
def test_a_server_that_may_forget_is_refused(
    url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {**postgres.SETTINGS, name: "something else"}
    monkeypatch.setattr(postgres, "SETTINGS", wanted)
    with pytest.raises(StoreRefusedError, match=f"PostgreSQL's {name} to be something else, got"):
        open_store(url)


@pytest.mark.only("postgresql")
def test_an_older_server_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "OLDEST_VERSION", 990_000)
    with pytest.raises(StoreRefusedError, match="PostgreSQL 15 or newer"):
        open_store(url)


@pytest.mark.only("postgresql")
def test_isolation_and_time_zone(store: Store) -> None:
    with store.engines.writers.connect() as connection:
        assert connection.execute(text("SHOW transaction_isolation")).scalar() == "read committed"
        assert connection.execute(text("SHOW TimeZone")).scalar() == "UTC"


def test_times_come_back_in_utc(store: Store) -> None:
    china = timezone(timedelta(hours=8))
    starts = datetime(2026, 11, 30, 6, 50, 0, 123456, tzinfo=china)
    store.submit(lambda s: s.add(Shift(code="s", starts_at=starts, ends_at=starts.replace(hour=8))))
    with store.read() as session:
        found = session.scalars(select(Shift.starts_at)).one()
        assert found == starts
        assert found.tzinfo is UTC
        assert session.scalars(select(Shift.code).where(Shift.starts_at == starts)).one() == "s"


def test_times_without_offset_are_refused(store: Store) -> None:
    naive = datetime(2026, 11, 30, 6, 50)  # noqa: DTZ001 - meant
    with pytest.raises(StatementError, match="time with offset"):
        store.submit(lambda s: s.add(Shift(code="s", starts_at=naive, ends_at=naive)))


@pytest.mark.only("sqlite")
def test_a_reader_sees_one_state_while_others_write(store: Store) -> None:
    with store.read() as session:
        assert session.scalars(select(Bureau.code)).all() == []
        thread = threading.Thread(
            target=store.submit, args=(lambda s: s.add(Bureau(code="b", name="市局")),)
        )
        thread.start()
        thread.join()
        assert session.scalars(select(Bureau.code)).all() == []
    with store.read() as session:
        assert session.scalars(select(Bureau.code)).all() == ["b"]


def test_the_directory_is_made(tmp_path: Path) -> None:
    engines = open_engines(f"sqlite:///{tmp_path}/new/folder/store.db")
    assert make_url(str(engines.url)).database == f"{tmp_path}/new/folder/store.db"
    engines.dispose()


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("these are notes, and no database at all " * 100)
    with pytest.raises(StoreRefusedError, match=r"Expected a database at .*file is not a database"):
        open_engines(f"sqlite:///{tmp_path}/notes.db")
    with pytest.raises(StoreRefusedError, match=r"Expected a database at .*nobody:") as caught:
        open_engines(f"postgresql://nobody:hunter2@/none?host={tmp_path}")
    assert "hunter2" not in str(caught.value)


def test_too_many_readers_are_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = store.engines.readers.pool
    monkeypatch.setattr(pool, "_timeout", 0.05)
    with ExitStack() as stack:
        for _ in range(pool.size()):
            stack.enter_context(store.read())
        with pytest.raises(Busy, match="a connection to read with"):
            stack.enter_context(store.read())
    with store.read() as session:
        assert session.scalar(select(Bureau.id)) is None
