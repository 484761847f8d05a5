"""Backups: whole, of one moment, and rehearsed: what comes back is what was there."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import MetaData, func, select, text
from sqlalchemy.exc import IntegrityError
from tiny_city import tiny_scenario

from data.store.audit import Event, append
from data.store.audit import verify as verify_audit
from data.store.backup import MANIFEST, backup, restore, verify
from data.store.bundle_io import make_record
from data.store.engine import Engines, Store, open_engines, open_store
from data.store.errors import BackupError
from data.store.keys import derive
from data.store.migrate import head_revision, table_names
from data.store.personal import open_phone, set_personal
from data.store.scenario_reading import load_scenario
from data.store.scenario_writing import store_scenario
from data.store.tables.catalogue import Profession
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Person
from data.store.tables.rosters import Roster

if TYPE_CHECKING:
    from pathlib import Path

KEYS = derive(b"k" * 32)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def filled(store: Store) -> Store:
    """Give a store with a little of everything that is hard to copy."""

    def work(session) -> None:
        number = store_scenario(session, make_record(tiny_scenario()), created_by="我", now=NOW)
        roster = Roster(
            scenario_id=number, state="draft", label="\\N\t\n'\"", created_at=NOW, created_by=""
        )
        session.add(roster)
        session.flush()
        session.add(
            OutboxNotice(
                event_id="1", topic="t", content={"a": [1, "二"]}, created_at=NOW, due_at=NOW
            )
        )
        person = Person(code="v1", tier="volunteer", state="active", created_at=NOW, updated_at=NOW)
        set_personal(person, KEYS, phone="10012345678")
        session.add(person)
        session.flush()
        roster.state, roster.published_at = "published", NOW
        session.flush()
        append(
            session, KEYS, NOW, Event("me", "x", "roster", "1", {}), Event("me", "y", "r", "2", {})
        )

    store.submit(work)
    return store


def notice(key: str, content: dict[str, object]) -> OutboxNotice:
    return OutboxNotice(event_id=key, topic="t", content=content, created_at=NOW, due_at=NOW)


def contents(engines: Engines) -> dict[str, list[tuple[object, ...]]]:
    metadata = MetaData()
    with engines.readers.connect() as connection:
        metadata.reflect(connection)
        return {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in metadata.tables.items()
        }


def test_a_restore_brings_everything_back(
    filled: Store, empty: Engines, empty_url: str, tmp_path: Path
) -> None:
    made = backup(filled.engines, tmp_path / "backup", now=NOW)
    assert verify(tmp_path / "backup") == made == restore(empty, tmp_path / "backup")
    assert made.rows["roster"] == 1
    assert made.rows["scenario_person"] == 6
    assert contents(empty) == contents(filled.engines)
    again = open_store(empty_url)
    with again.read() as session:
        assert verify_audit(session, KEYS).problems == ()
        assert load_scenario(session, 1).people.equals(tiny_scenario().people)
        person = session.scalars(select(Person)).one()
        assert open_phone(KEYS, person.code, person.phone_sealed) == "10012345678"
    # Guards are back, and numbers go on where they were.
    with pytest.raises(IntegrityError):
        again.submit(lambda s: s.execute(text("UPDATE roster SET label = 'x'")))
    with pytest.raises(IntegrityError):
        again.submit(lambda s: s.execute(text("DELETE FROM audit_entry")))
    assert again.submit(lambda s: append(s, KEYS, NOW, Event("me", "z", "r", "3", {}))) == 3

    def one_more(session) -> int:
        row = Roster(scenario_id=1, state="draft", label="", created_at=NOW, created_by="")
        session.add(row)
        session.flush()
        return row.id

    assert again.submit(one_more) == 2
    again.close()


def test_a_backup_is_of_one_moment_while_others_write(
    store: Store, empty: Engines, tmp_path: Path
) -> None:
    """Each write adds one row to each of two tables: a copy must never hold more of one."""
    stop, enough = threading.Event(), threading.Event()
    count = iter(range(10**6))

    def pair(session) -> None:
        code = str(next(count))
        session.add(Profession(code=code, label_zh="", label_en=""))
        session.flush()
        session.add(notice(code, {}))

    def write() -> None:
        for number in range(10**6):
            if stop.is_set():
                return
            store.submit(pair)
            if number == 20:
                enough.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert enough.wait(30)
    made = [backup(store.engines, tmp_path / str(i), now=NOW) for i in range(3)]
    stop.set()
    thread.join()
    assert all(m.rows["profession"] == m.rows["outbox_notice"] > 0 for m in made)
    restore(empty, tmp_path / "2")
    with empty.readers.connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar()
            for table in (Profession, OutboxNotice)
        ]
    assert counts == [made[2].rows["profession"]] * 2


def test_a_changed_backup_is_refused(filled: Store, empty: Engines, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    backup(filled.engines, folder, now=NOW)
    victim = next(path for path in sorted(folder.iterdir()) if path.name != MANIFEST)
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(BackupError, match="as it was written, got it changed"):
        restore(empty, folder)
    victim.unlink()
    with pytest.raises(BackupError, match="got none"):
        verify(folder)
    victim.write_bytes(whole)
    manifest = json.loads((folder / MANIFEST).read_text())
    for change, message in (
        ({"version": 2}, "expected version 1"),
        ({"files": {"../x": ""}}, "plain names"),
        ({"kind": "mysql"}, "Expected a backup of"),
        ({"revision": "9999"}, "newer program|others"),
        ({"surprise": 1}, "expected a manifest"),
    ):
        (folder / MANIFEST).write_text(json.dumps({**manifest, **change}))
        with pytest.raises(BackupError, match=message):
            restore(empty, folder)
    (folder / MANIFEST).write_text("[")
    with pytest.raises(BackupError, match="expected a manifest"):
        verify(folder)
    with pytest.raises(BackupError, match="got none"):
        verify(tmp_path / "nothing")
    with empty.readers.connect() as connection:
        assert table_names(connection) == []


def test_a_restore_that_fails_leaves_an_empty_database(
    filled: Store, empty: Engines, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    backup(filled.engines, folder, now=NOW)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["rows"]["roster"] = 7
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match=r"7 rows in roster, got 1|rows of the manifest"):
        restore(empty, folder)
    with empty.readers.connect() as connection:
        assert table_names(connection) == []


def test_nothing_is_restored_over_records(filled: Store, tmp_path: Path) -> None:
    backup(filled.engines, tmp_path / "backup", now=NOW)
    with pytest.raises(BackupError, match=r"Expected an empty database, got one with \d+ tables"):
        restore(filled.engines, tmp_path / "backup")


def test_nothing_is_backed_up_over_files(filled: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BackupError, match="an empty place"):
        backup(filled.engines, tmp_path, now=NOW)
    assert [p.name for p in tmp_path.iterdir() if p.name == "file"] == ["file"]


@pytest.mark.only("sqlite")
def test_a_copy_that_is_broken_inside_is_refused(filled: Store, tmp_path: Path) -> None:
    import hashlib

    folder = tmp_path / "backup"
    backup(filled.engines, folder, now=NOW)
    body = bytearray((folder / "store.db").read_bytes())
    body[4096 * 3 : 4096 * 4] = bytes(4096)
    (folder / "store.db").write_bytes(body)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"]["store.db"] = hashlib.sha256(body).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match=r"sound database|expected a database"):
        verify(folder)


@pytest.mark.only("sqlite")
def test_an_older_backup_is_upgraded(tmp_path: Path) -> None:
    from data.store.migrate import current_revision, upgrade

    old = open_engines(f"sqlite:///{tmp_path}/old.db")
    upgrade(old, "0010")
    with old.writers.begin() as connection:
        connection.execute(text("INSERT INTO bureau (code, name) VALUES ('b', '市局')"))
    backup(old, tmp_path / "backup", now=NOW)
    new = open_engines(f"sqlite:///{tmp_path}/new.db")
    assert restore(new, tmp_path / "backup").revision == "0010"
    with new.readers.connect() as connection:
        assert current_revision(connection) == head_revision()
        assert connection.execute(text("SELECT name FROM bureau")).scalar() == "市局"
    old.dispose()
    new.dispose()
