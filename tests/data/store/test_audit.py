"""The audit: what was done to it is named, entry by entry, and nothing else is."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from data.store.audit import Event, append, verify
from data.store.audit_anchors import read_anchors, write_anchor
from data.store.audit_seals import seal_entry
from data.store.errors import KeyMissingError
from data.store.keys import derive
from data.store.tables.audit import AuditEntry
from data.store.tables.catalogue import Profession

if TYPE_CHECKING:
    from pathlib import Path

    from data.store.engine import Store

KEYS = derive(b"k" * 32)
NOW = datetime(2026, 11, 23, 20, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))


def event(number: int) -> Event:
    return Event("account:7", "person.read", "person", f"v{number:05}", {"fields": ["电话"]})


@pytest.fixture
def audited(store: Store) -> Store:
    for number in range(4):
        store.submit(lambda s, n=number: append(s, KEYS, NOW, event(n)))
    store.submit(lambda s: append(s, KEYS, NOW, *map(event, range(4, 20))))
    return store


def problems(store: Store, *anchors: object) -> tuple[str, ...]:
    with store.read() as session:
        found = verify(session, KEYS, anchors).problems  # type: ignore[arg-type]
    return tuple(map(str, found))


def tamper(store: Store, *statements: str) -> None:
    """Do what somebody with the database's password can: the guards go first."""
    triggers = [f"guard_audit_{t}_{e}" for t in ("entry", "head") for e in ("update", "delete")]
    with store.engines.writers.begin() as connection:
        for trigger in triggers:
            where = f" ON {trigger.rsplit('_', 1)[0].removeprefix('guard_')}"
            where = where if store.kind == "postgresql" else ""
            connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}{where}"))
        for statement in statements:
            connection.execute(text(statement))


def test_an_untouched_audit_is_whole(audited: Store) -> None:
    with audited.read() as session:
        report = verify(session, KEYS)
        entry = session.get_one(AuditEntry, 20)
    assert (report.num_entries, report.problems) == (20, ())
    assert (entry.object_key, entry.at) == ("v00019", NOW)
    assert json.loads(entry.detail) == {"fields": ["电话"]}


def test_an_empty_audit_is_whole(store: Store) -> None:
    with store.read() as session:
        assert verify(session, KEYS).problems == ()
        assert write_anchor(session, KEYS, None, NOW) is None  # type: ignore[arg-type]


def test_an_entry_stands_or_falls_with_what_it_tells_of(store: Store) -> None:
    def work(session) -> None:
        session.add(Profession(code="nurse", label_zh="护士", label_en="nurse"))
        append(session, KEYS, NOW, event(1))
        raise KeyError

    with pytest.raises(KeyError):
        store.submit(work)
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_many_writers_make_one_chain(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(
            pool.map(lambda n: store.submit(lambda s: append(s, KEYS, NOW, event(n))), range(100))
        )
    assert sorted(numbers) == list(range(1, 101))
    assert problems(store) == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'account:8' WHERE id = 5",
        "DELETE FROM audit_entry WHERE id = 20",
        "UPDATE audit_head SET last_id = 4",
        "DELETE FROM audit_head",
    ],
)
def test_the_guards_refuse(audited: Store, statement: str) -> None:
    with pytest.raises(IntegrityError, match="appended to, nothing else"):
        audited.submit(lambda s: s.execute(text(statement)))
    assert problems(audited) == ()


SEAL_OF_2 = "(SELECT e.seal FROM audit_entry e WHERE e.id = 2)"
FLIPS = ["actor", "action", "object_kind", "object_key", "detail", "at", "seal", "previous"]


def test_a_flipped_entry_is_named(audited: Store) -> None:
    columns = FLIPS
    for number, column in enumerate(columns, 3):
        value = {
            "at": "'2026-11-23 11:00:00.123456+00'"
            if audited.kind == "postgresql"
            else "'2026-11-23 11:00:00.123456'",
            "seal": "seal_of_2",
            "previous": "seal_of_2",
        }.get(column, "'x'")
        value = value.replace("seal_of_2", SEAL_OF_2)
        change = f"SET {column} = {value} WHERE id = {number}"
        tamper(audited, "UPDATE audit_entry " + change)
        expected = {f"Entry {n} was changed after it was written." for n in range(3, number + 1)}
        assert set(problems(audited)) == expected, column


def test_deleted_entries_are_named(audited: Store) -> None:
    tamper(audited, "DELETE FROM audit_entry WHERE id IN (1, 5, 6, 7, 12)")
    assert set(problems(audited)) == {
        "Entries 1 to 1 were deleted.",
        "Entries 5 to 7 were deleted.",
        "Entries 12 to 12 were deleted.",
    }


def test_swapped_entries_are_named(audited: Store) -> None:
    tamper(
        audited,
        "UPDATE audit_entry SET id = -1 WHERE id = 5",
        "UPDATE audit_entry SET id = 5 WHERE id = 7",
        "UPDATE audit_entry SET id = 7 WHERE id = -1",
    )
    assert problems(audited) == (
        "Entry 5 was moved: it stands as entry 7.",
        "Entry 7 was moved: it stands as entry 5.",
    )


def test_an_entry_moved_to_the_end_is_named(audited: Store) -> None:
    tamper(audited, "UPDATE audit_entry SET id = 900 WHERE id = 5")
    assert problems(audited) == ("Entry 5 was moved: it stands as entry 900.",)


def test_entries_renumbered_over_a_deleted_one_are_named(audited: Store) -> None:
    tamper(
        audited,
        "DELETE FROM audit_entry WHERE id = 18",
        "UPDATE audit_entry SET id = 18 WHERE id = 19",
        "UPDATE audit_entry SET id = 19 WHERE id = 20",
    )
    found = problems(audited)
    assert "Entries 18 to 18 were deleted." in found
    assert "Entry 19 was moved: it stands as entry 18." in found
    assert "Entry 20 was moved: it stands as entry 19." in found


def test_a_cut_off_end_is_named(audited: Store) -> None:
    tamper(audited, "DELETE FROM audit_entry WHERE id > 17")
    assert problems(audited) == ("Entries 18 to 20 were cut off.",)


def test_an_end_cut_off_with_its_head_is_named_by_an_anchor(store: Store, tmp_path: Path) -> None:
    """An older head, sealed by us, is put back: only what lies elsewhere can tell."""
    anchors = tmp_path / "anchors.jsonl"
    for number in range(3):
        store.submit(lambda s, n=number: append(s, KEYS, NOW, event(n)))
    head = "SELECT last_id, last_seal, seal FROM audit_head"
    with store.read() as session:
        old = session.execute(text(head)).one()
    store.submit(lambda s: append(s, KEYS, NOW, event(4), event(5)))
    with store.read() as session:
        write_anchor(session, KEYS, anchors, NOW)
    store.submit(lambda s: append(s, KEYS, NOW, event(6)))
    assert problems(store, *read_anchors(KEYS, anchors)) == ()
    tamper(store, "DELETE FROM audit_entry WHERE id > 3")
    with store.engines.writers.begin() as connection:
        put_back = "UPDATE audit_head SET last_id = :n, last_seal = :l, seal = :s"
        connection.execute(text(put_back), {"n": old[0], "l": old[1], "s": old[2]})
    assert problems(store) == ()
    assert problems(store, *read_anchors(KEYS, anchors)) == (
        f"Entries 4 to 5, there on {NOW.astimezone(UTC).isoformat()}, were cut off, head and all.",
    )
    # Whoever goes on from there writes another history, which the anchor does not know.
    store.submit(lambda s: append(s, KEYS, NOW, *map(event, range(10, 20))))
    (found,) = problems(store, *read_anchors(KEYS, anchors))
    assert found.startswith("Entry 5 is not the one that was there on")


def test_a_head_that_was_changed_is_named(audited: Store) -> None:
    tamper(audited, "UPDATE audit_head SET last_id = 25")
    assert problems(audited) == ("The head of the audit was changed.",)
    tamper(audited, "DELETE FROM audit_head")
    assert problems(audited) == ("The head of the audit was deleted.",)


def test_an_entry_of_another_history_is_named(audited: Store) -> None:
    """Sealed by the true key, as a restored copy of the store would, but not in this chain."""
    other = Event("account:7", "person.read", "person", "another", {})
    with audited.read() as session:
        before = session.get_one(AuditEntry, 5)
        entry = {name: getattr(before, name) for name in AuditEntry.__table__.c.keys()}  # noqa: SIM118
        entry |= {"object_key": other.object_key, "previous": b"p" * 32}
        seal = seal_entry(KEYS, entry)
    tamper(audited)
    with audited.engines.writers.begin() as connection:
        connection.execute(
            text(
                "UPDATE audit_entry SET object_key = 'another', previous = :p, seal = :s"
                " WHERE id = 5"
            ),
            {"p": b"p" * 32, "s": seal},
        )
    found = problems(audited)
    assert found == (
        "Entry 5 does not follow the one before it: one was put in its place.",
        "Entry 6 does not follow the one before it: one was put in its place.",
    )


def test_another_key_cannot_go_on(audited: Store, tmp_path: Path) -> None:
    stranger = derive(b"s" * 32)
    with pytest.raises(KeyMissingError, match="the key with which the audit was begun"):
        audited.submit(lambda s: append(s, stranger, NOW, event(1)))
    with audited.read() as session, pytest.raises(KeyMissingError, match="audit was begun"):
        verify(session, stranger)
    anchors = tmp_path / "anchors.jsonl"
    with audited.read() as session:
        write_anchor(session, KEYS, anchors, NOW)
    with pytest.raises(KeyMissingError, match=r"anchors\.jsonl:1"):
        read_anchors(stranger, anchors)
    anchors.write_text("{}\n")
    with pytest.raises(KeyMissingError, match=r"anchors\.jsonl:1: expected an anchor"):
        read_anchors(KEYS, anchors)
    assert read_anchors(KEYS, tmp_path / "none") == ()
