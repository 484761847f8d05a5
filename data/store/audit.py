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
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data.store.errors import KeyMissingError
from data.store.tables.audit import AuditEntry, AuditHead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Row, Table
    from sqlalchemy.orm import Session

    from data.store.keys import Keys

BATCH: Final = 2000
MAX_MOVES: Final = 200
MAX_HOMES: Final = 1000
WRONG_KEY: Final = "Expected the key with which the audit was begun, got another."


_ENTRIES: Final = cast("Table", AuditEntry.__table__)
_HEAD: Final = cast("Table", AuditHead.__table__)
_LOCK_HEAD: Final = select(_HEAD).where(_HEAD.c.id == 1).with_for_update()
_MOVE_HEAD: Final = update(_HEAD).where(_HEAD.c.id == 1)


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


Fault = Literal[
    "changed",
    "moved",
    "deleted",
    "replaced",
    "cut_off",
    "head_deleted",
    "head_changed",
    "head_put_back",
    "anchored_cut_off",
    "anchored_other",
]
WORDS: Final[Mapping[Fault, str]] = MappingProxyType(
    {
        "changed": "Entry {first} was changed after it was written.",
        "moved": "Entry {first} was moved: it stands as entry {last}.",
        "deleted": "Entries {first} to {last} were deleted.",
        "replaced": "Entry {first} does not follow the one before it: one was put in its place.",
        "cut_off": "Entries {first} to {last} were cut off.",
        "head_deleted": "The head of the audit was deleted.",
        "head_changed": "The head of the audit was changed.",
        "head_put_back": "The head of the audit was put back to entry {first}.",
        "anchored_cut_off": "Entries {first} to {last}, there on {at}, were cut off, head and all.",
        "anchored_other": "Entry {first} is not the one that was there on {at}.",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with the audit.

    Attributes
    ----------
    fault : str
        What, one of `Fault`.
    first, last : int
        Which entries; of one that was moved, its number and where it stands.
    at : str
        When an anchor was written that knows better.
    """

    fault: Fault
    first: int = 0
    last: int = 0
    at: str = ""

    def __str__(self) -> str:
        return WORDS[self.fault].format(first=self.first, last=self.last, at=self.at)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What `verify` found: how many entries there are, and all that is wrong."""

    num_entries: int
    problems: tuple[Finding, ...]


def append(session: Session, keys: Keys, now: datetime, *events: Event) -> int:
    """Append entries in the transaction of what they tell of; return the last one's number.

    On PostgreSQL the head is locked until the transaction ends: append last.

    Raises
    ------
    KeyMissingError
        Where the audit was begun with another key.
    """
    head = _locked_head(session, keys)
    number: int = head.last_id
    seal: bytes = head.last_seal
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
        # Below the session, which would look at each row twice.
        connection = session.connection()
        connection.execute(insert(_ENTRIES), entries)
        connection.execute(
            _MOVE_HEAD,
            {"last_id": number, "last_seal": seal, "seal": _head_seal(keys, number, seal)},
        )
    return number


def verify(session: Session, keys: Keys, anchors: Sequence[Anchor] = ()) -> AuditReport:
    """Go through the whole audit and name every entry that was flipped, deleted, moved or cut off.

    Parameters
    ----------
    anchors : sequence of Anchor
        From `read_anchors`: how far the audit had come, as kept outside the database.

    Raises
    ------
    KeyMissingError
        Where nothing at all is sealed with this key: it is the key that is wrong.
    """
    search = _Search(keys)
    for entry in _entries(session):
        search.see(entry)
    head = session.get(AuditHead, 1)
    if search.is_strange and (head is None or head.seal != _sealed_head(keys, head)):
        raise KeyMissingError(WRONG_KEY)
    search.end(head.last_id if head else 0)
    problems = [*search.found(), *_head_problems(head, keys, search)]
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
    def is_strange(self) -> bool:
        """Whether there are entries, and none is sealed with our key."""
        return bool(self._wrong) and len(self._wrong) == len(self._seals)

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

    def found(self) -> Iterator[Finding]:
        """Tell everything that is wrong with the entries themselves."""
        for home, number in sorted(self.moved.items()):
            yield Finding("moved", home, number)
        for number in sorted(self._wrong.keys() - self.moved.values()):
            yield Finding("changed", number, number)
        for low, high in _holes(self._true_numbers()):
            yield Finding("deleted", low, high)
        for number in self._unlinked:
            yield Finding("replaced", number, number)

    def _true_numbers(self) -> list[int]:
        return sorted((self._seals.keys() - self.moved.values()) | self.moved.keys())


def _holes(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of each stretch that is missing, counted from 1."""
    last = 0
    for number in numbers:
        if number > last + 1:
            yield last + 1, number - 1
        last = number


def _head_problems(head: AuditHead | None, keys: Keys, search: _Search) -> Iterable[Finding]:
    if head is None:
        if search.count:
            yield Finding("head_deleted")
    elif head.seal != _sealed_head(keys, head):
        yield Finding("head_changed")
    elif head.last_id > search.last_id:
        yield Finding("cut_off", search.last_id + 1, head.last_id)
    elif head.last_id < search.last_id:
        yield Finding("head_put_back", head.last_id, head.last_id)


def _anchor_problems(anchors: Sequence[Anchor], search: _Search) -> Iterable[Finding]:
    for anchor in anchors:
        if anchor.last_id > search.last_id:
            yield Finding("anchored_cut_off", search.last_id + 1, anchor.last_id, anchor.at)
        elif search.seal_of(anchor.last_id) not in {anchor.seal, None}:
            yield Finding("anchored_other", anchor.last_id, anchor.last_id, anchor.at)


def _locked_head(session: Session, keys: Keys) -> Row[Any]:
    connection = session.connection()
    head = connection.execute(_LOCK_HEAD).one_or_none()
    if head is None:
        first = _first_seal(keys)
        upsert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        values = {"id": 1, "last_id": 0, "last_seal": first, "seal": _head_seal(keys, 0, first)}
        connection.execute(upsert(_HEAD).values(values).on_conflict_do_nothing())
        head = connection.execute(_LOCK_HEAD).one()
    if head.seal != _head_seal(keys, head.last_id, head.last_seal):
        raise KeyMissingError(WRONG_KEY)
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


def _sealed_head(keys: Keys, head: AuditHead) -> bytes:
    return _head_seal(keys, head.last_id, head.last_seal)


def _anchor_mac(keys: Keys, anchor: Anchor) -> bytes:
    return keys.stamp(f"anchor {anchor.at} {anchor.last_id} {anchor.seal.hex()}".encode())
