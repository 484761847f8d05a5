"""The audit: every entry sealed with a key that is not in the database, and linked to the last.

An entry's seal is an HMAC over its number, its contents and the seal before it, so each entry can
be judged by itself, and a link that does not fit tells which of two neighbours is wrong. The head
row holds the last number: without it a cut-off end could not be told from an end. Whoever can put
back an older head as well is found out by an *anchor*: a line outside the database that says how
far the audit had come (`write_anchor`). Whatever came after the last anchor and was cut off
together with the head stays unseen: write anchors often, and somewhere else.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data.store.errors import KeyMissingError
from data.store.tables.audit import AuditEntry, AuditHead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    from data.store.keys import Keys

BATCH: Final = 2000
MAX_MOVES: Final = 200
MAX_HOMES: Final = 1000


@dataclass(frozen=True, slots=True)
class Event:
    """Something to be kept: who did what to what.

    Attributes
    ----------
    actor, action : str
        Such as ``account:7`` and ``person.read``.
    object_kind, object_key : str
        Such as ``person`` and ``v00017``.
    detail : mapping
        Plain values; no personal data in the clear.
    """

    actor: str
    action: str
    object_kind: str
    object_key: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What `verify` found: how many entries there are, and one sentence a problem."""

    num_entries: int
    problems: tuple[str, ...]


def append(session: Session, keys: Keys, now: datetime, *events: Event) -> int:
    """Append entries in the transaction of what they tell of; return the last one's number.

    On PostgreSQL the head is locked until the transaction ends: append last.

    Raises
    ------
    KeyMissingError
        Where the audit was begun with another key.
    """
    head = _locked_head(session, keys)
    number, seal = head.last_id, head.last_seal
    at = now.astimezone(UTC)
    entries = []
    for event in events:
        number += 1
        entry = {
            "id": number,
            "at": at,
            "actor": event.actor,
            "action": event.action,
            "object_kind": event.object_kind,
            "object_key": event.object_key,
            "detail": _canonical(event.detail),
            "previous": seal,
        }
        seal = _seal(keys, entry)
        entries.append({**entry, "seal": seal})
    if entries:
        session.execute(insert(AuditEntry), entries)
        session.execute(
            update(AuditHead)
            .where(AuditHead.id == 1)
            .values(last_id=number, last_seal=seal, seal=_head_seal(keys, number, seal))
        )
    return number


def verify(session: Session, keys: Keys, anchors: Sequence[Anchor] = ()) -> AuditReport:
    """Go through the whole audit and name every entry that was flipped, deleted, moved or cut off.

    Parameters
    ----------
    anchors : sequence of Anchor
        From `read_anchors`: how far the audit had come, as kept outside the database.
    """
    search = _Search(keys)
    for entry in _entries(session):
        search.see(entry)
    head = session.get(AuditHead, 1)
    search.end(head.last_id if head else 0)
    problems = [*search.told(), *_head_problems(head, keys, search)]
    problems += _anchor_problems(anchors, search)
    return AuditReport(search.count, tuple(problems))


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far the audit had come at a time, kept outside the database."""

    at: str
    last_id: int
    seal: bytes
    mac: bytes


def write_anchor(session: Session, keys: Keys, path: Path, now: datetime) -> Anchor | None:
    """Add a line to the anchor file that says how far the audit has come.

    Returns
    -------
    Anchor or None
        None where nothing has been audited yet.
    """
    head = session.get(AuditHead, 1)
    if head is None or head.last_id == 0:
        return None
    anchor = Anchor(now.astimezone(UTC).isoformat(), head.last_id, head.last_seal, b"")
    anchor = replace(anchor, mac=_anchor_mac(keys, anchor))
    line = {
        "at": anchor.at,
        "last_id": anchor.last_id,
        "seal": anchor.seal.hex(),
        "mac": anchor.mac.hex(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return anchor


def read_anchors(keys: Keys, path: Path) -> tuple[Anchor, ...]:
    """Read an anchor file; none where there is no file.

    Raises
    ------
    KeyMissingError
        For a line that this key did not write.
    """
    if not path.is_file():
        return ()
    anchors = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            found = json.loads(line)
            anchor = Anchor(
                str(found["at"]),
                int(found["last_id"]),
                bytes.fromhex(found["seal"]),
                bytes.fromhex(found["mac"]),
            )
        except (ValueError, KeyError, TypeError):
            raise KeyMissingError(f"{path.name}:{number}: expected an anchor.") from None
        if anchor.mac != _anchor_mac(keys, anchor):
            raise KeyMissingError(f"{path.name}:{number}: expected an anchor of this key.")
        anchors.append(anchor)
    return tuple(anchors)


class _Search:
    """Entries are shown to it in the order of their numbers; it keeps what does not fit."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._seals: dict[int, bytes] = {}
        self._wrong: dict[int, dict[str, Any]] = {}
        self._unlinked: list[int] = []
        self._last: tuple[int, bytes, bool] = (0, _first_seal(keys), True)
        self.moved: dict[int, int] = {}
        self.last_id = 0

    @property
    def count(self) -> int:
        """How many entries were seen."""
        return len(self._seals)

    def see(self, entry: dict[str, Any]) -> None:
        """Judge one entry."""
        number, seal = entry["id"], entry["seal"]
        is_good = seal == _seal(self._keys, entry)
        last_id, last_seal, last_was_good = self._last
        if not is_good:
            self._wrong[number] = entry
        elif number == last_id + 1 and entry["previous"] != last_seal and last_was_good:
            # Both are sealed by us, yet do not follow each other: one is of another history.
            self._unlinked.append(number)
        self._seals[number] = seal
        self._last = (number, seal, is_good)

    def end(self, head_id: int) -> None:
        """Find out which entries stand in the place of another; call it after the last one."""
        known = sorted({*self._seals, head_id + 1})
        gaps = (n for low, high in _holes(known) for n in range(low, high + 1))
        homes = [*self._wrong, *islice(gaps, MAX_HOMES)]
        for number, entry in islice(self._wrong.items(), MAX_MOVES):
            home = next((n for n in homes if entry["seal"] == _seal(self._keys, entry, n)), None)
            if home is not None:
                self.moved[home] = number
        self.last_id = max(self._true_numbers(), default=0)

    def seal_of(self, number: int) -> bytes | None:
        """Give the seal of the entry that was written with this number, wherever it stands."""
        return self._seals.get(self.moved.get(number, number))

    def told(self) -> Iterator[str]:
        """Put what was found into sentences."""
        for home, number in sorted(self.moved.items()):
            yield f"Entry {home} was moved: it stands as entry {number}."
        for number in self._wrong.keys() - self.moved.values():
            yield f"Entry {number} was changed after it was written."
        for low, high in _holes(self._true_numbers()):
            yield _span(low, high) + " deleted."
        for number in self._unlinked:
            yield f"Entry {number} does not follow entry {number - 1}: one was put in its place."

    def _true_numbers(self) -> list[int]:
        return sorted((self._seals.keys() - self.moved.values()) | self.moved.keys())


def _holes(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of each stretch that is missing, counted from 1."""
    last = 0
    for number in numbers:
        if number > last + 1:
            yield last + 1, number - 1
        last = number


def _head_problems(head: AuditHead | None, keys: Keys, search: _Search) -> Iterable[str]:
    if head is None:
        if search.count:
            yield "The head of the audit was deleted."
        return
    if head.seal != _head_seal(keys, head.last_id, head.last_seal):
        yield "The head of the audit was changed."
    elif head.last_id > search.last_id:
        yield _span(search.last_id + 1, head.last_id) + " cut off."
    elif head.last_id < search.last_id:
        yield f"The head of the audit was put back to entry {head.last_id}."


def _anchor_problems(anchors: Sequence[Anchor], search: _Search) -> Iterable[str]:
    for anchor in anchors:
        if anchor.last_id > search.last_id:
            yield (
                f"{_span(search.last_id + 1, anchor.last_id)} cut off, head and all: "
                f"they were there on {anchor.at}."
            )
        elif search.seal_of(anchor.last_id) not in {anchor.seal, None}:
            yield f"Entry {anchor.last_id} is not the one that was there on {anchor.at}."


def _locked_head(session: Session, keys: Keys) -> AuditHead:
    query = select(AuditHead).where(AuditHead.id == 1).with_for_update()
    query = query.execution_options(populate_existing=True)
    head = session.scalars(query).one_or_none()
    if head is None:
        first = _first_seal(keys)
        is_sqlite = session.get_bind().dialect.name == "sqlite"
        upsert = sqlite.insert if is_sqlite else postgresql.insert
        values = {"id": 1, "last_id": 0, "last_seal": first, "seal": _head_seal(keys, 0, first)}
        session.execute(upsert(AuditHead).values(values).on_conflict_do_nothing())
        head = session.scalars(query).one()
    if head.seal != _head_seal(keys, head.last_id, head.last_seal):
        raise KeyMissingError("Expected the key with which the audit was begun, got another.")
    return head


def _entries(session: Session) -> Iterator[dict[str, Any]]:
    columns = AuditEntry.__table__.c
    last = -(2**62)
    while True:
        query = select(*columns).where(columns.id > last).order_by(columns.id).limit(BATCH)
        rows = session.execute(query).mappings().all()
        yield from (dict(row) for row in rows)
        if len(rows) < BATCH:
            return
        last = rows[-1]["id"]


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _seal(keys: Keys, entry: Mapping[str, Any], number: int | None = None) -> bytes:
    texts = (entry[name] for name in ("actor", "action", "object_kind", "object_key", "detail"))
    parts = (
        entry["id"] if number is None else number,
        entry["at"].isoformat(timespec="microseconds"),
        *texts,
        entry["previous"].hex(),
    )
    return keys.stamp(_canonical(parts).encode())


def _first_seal(keys: Keys) -> bytes:
    return keys.stamp(b"first")


def _head_seal(keys: Keys, last_id: int, last_seal: bytes) -> bytes:
    return keys.stamp(f"head {last_id} {last_seal.hex()}".encode())


def _anchor_mac(keys: Keys, anchor: Anchor) -> bytes:
    return keys.stamp(f"anchor {anchor.at} {anchor.last_id} {anchor.seal.hex()}".encode())


def _span(low: int, high: int) -> str:
    return f"Entry {low} was" if low >= high else f"Entries {low} to {high} were"
