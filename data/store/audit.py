"""The audit: every entry sealed with a key that is not in the database, and linked to the last.

An entry's seal is an HMAC over its number, its contents and the seal before it, so each entry can
be judged by itself, and a link that does not fit tells which of two neighbours is wrong. The head
row holds the last number: without it a cut-off end could not be told from an end. Whoever can put
back an older head as well is found out by an *anchor*: a line outside the database that says how
far the audit had come (`data.store.audit_anchors`). Whatever came after the last anchor and was
cut off together with the head stays unseen: write anchors often, and somewhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data.store.audit_seals import canonical, first_seal, seal_entry, seal_head, seal_of_head
from data.store.audit_search import Finding, Search, anchor_problems, head_problems
from data.store.errors import KeyMissingError
from data.store.tables.audit import AuditEntry, AuditHead

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Row, Table
    from sqlalchemy.orm import Session

    from data.store.audit_anchors import Anchor
    from data.store.keys import Keys

BATCH: Final = 2000
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
            "detail": canonical(event.detail),
            "previous": seal,
        }
        seal = seal_entry(keys, entry)
        entries.append({**entry, "seal": seal})
    if entries:
        # Below the session, which would look at each row twice.
        connection = session.connection()
        connection.execute(insert(_ENTRIES), entries)
        connection.execute(
            _MOVE_HEAD,
            {"last_id": number, "last_seal": seal, "seal": seal_head(keys, number, seal)},
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
    search = Search(keys)
    for entry in _entries(session):
        search.see(entry)
    head = session.get(AuditHead, 1)
    if search.is_strange and (head is None or head.seal != seal_of_head(keys, head)):
        raise KeyMissingError(WRONG_KEY)
    search.end(head.last_id if head else 0)
    problems = [*search.found(), *head_problems(head, keys, search)]
    problems += anchor_problems(anchors, search)
    return AuditReport(search.count, tuple(problems))


def require_own_key(session: Session, keys: Keys) -> None:
    """Refuse a key that is not the one with which the records were begun.

    Raises
    ------
    KeyMissingError
        Nothing could be written with it, and no sealed column read.
    """
    head = session.get(AuditHead, 1)
    if head is not None and head.seal != seal_of_head(keys, head):
        raise KeyMissingError(WRONG_KEY)


def is_begun(session: Session) -> bool:
    """Return whether there are records yet, and so a key that belongs to them."""
    return session.get(AuditHead, 1) is not None


def _locked_head(session: Session, keys: Keys) -> Row[Any]:
    connection = session.connection()
    head = connection.execute(_LOCK_HEAD).one_or_none()
    if head is None:
        first = first_seal(keys)
        upsert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        values = {"id": 1, "last_id": 0, "last_seal": first, "seal": seal_head(keys, 0, first)}
        connection.execute(upsert(_HEAD).values(values).on_conflict_do_nothing())
        head = connection.execute(_LOCK_HEAD).one()
    if head.seal != seal_head(keys, head.last_id, head.last_seal):
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
