"""Read the audit: what an auditor looks for, and who has read somebody's file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from data.records.errors import ValueRefusedError
from data.records.pages import MAX_LIMIT, PageOf, cut, read_cursor, write_cursor
from data.store.tables.accounts import Account
from data.store.tables.audit import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

PERSON: Final = "person"
"""The kind under which the audit keeps what happens to a file; the key is the person's code."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the audit; ``actor_name`` is the account's name, where it still has one."""

    number: int
    at: datetime
    actor: str
    actor_name: str | None
    action: str
    object_kind: str
    object_key: str
    detail: dict[str, Any]


def list_entries(
    session: Session,
    *,
    actor: str | None = None,
    action: str | None = None,
    object_kind: str | None = None,
    object_key: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> PageOf[Entry]:
    """Give a page of the audit, newest first; ``since`` counts, ``until`` no more.

    Raises
    ------
    ValueRefusedError
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueRefusedError(f"Expected a limit in 1..{MAX_LIMIT}, got {limit}.")
    row = AuditEntry
    query = select(row).order_by(row.id.desc()).limit(limit + 1)
    for column, value in (
        (row.actor, actor),
        (row.action, action),
        (row.object_kind, object_kind),
        (row.object_key, object_key),
    ):
        if value is not None:
            query = query.where(column == value)
    if since is not None:
        query = query.where(row.at >= since)
    if until is not None:
        query = query.where(row.at < until)
    if after := read_cursor(cursor, int):
        query = query.where(row.id < after[0])
    rows, more = cut(session.scalars(query).all(), limit)
    names = actor_names(session, {row.actor for row in rows})
    items = tuple(
        Entry(
            number=row.id,
            at=row.at,
            actor=row.actor,
            actor_name=names.get(row.actor),
            action=row.action,
            object_kind=row.object_kind,
            object_key=row.object_key,
            detail=json.loads(row.detail),
        )
        for row in rows
    )
    return PageOf(items, write_cursor(rows[-1].id) if more else None)


def readers_of(
    session: Session, code: str, *, cursor: str | None = None, limit: int = 100
) -> PageOf[Entry]:
    """Give who read, opened or changed a person's file, newest first."""
    return list_entries(session, object_kind=PERSON, object_key=code, cursor=cursor, limit=limit)


def actor_names(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """Give the names of accounts by what the audit calls them: ``account:7``."""
    numbers = [
        int(actor.removeprefix("account:"))
        for actor in actors
        if actor.removeprefix("account:").isdecimal()
    ]
    query = select(Account.id, Account.display_name).where(Account.id.in_(numbers))
    return {f"account:{number}": name for number, name in session.execute(query) if name}
