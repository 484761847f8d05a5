"""The inbox of an account: every notice once, whatever came of its channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from data.notices.errors import NoticeMissingError
from data.notices.words import words_of
from data.store.tables.notices import InboxNotice

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it is read; `url` is a path of ours."""

    id: int
    event_id: str
    topic: str
    title: str
    body: str
    url: str
    created_at: datetime
    read_at: datetime | None


def list_inbox(
    session: Session,
    account_id: int,
    language: str,
    *,
    before: int | None = None,
    limit: int = 50,
) -> list[Notice]:
    """Return an account's notices, newest first, in ``zh-CN`` or ``en``."""
    query = (
        select(InboxNotice)
        .where(InboxNotice.account_id == account_id)
        .order_by(InboxNotice.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(InboxNotice.id < before)
    return [_view(row, language) for row in session.scalars(query)]


def count_unread(session: Session, account_id: int) -> int:
    """Return how many notices an account has not read."""
    query = select(func.count()).where(
        InboxNotice.account_id == account_id, InboxNotice.read_at.is_(None)
    )
    return session.scalar(query) or 0


def mark_read(session: Session, account_id: int, notice_id: int, now: datetime) -> None:
    """Mark a notice as read; the first time counts.

    Raises
    ------
    NoticeMissingError
        Where it is not in this inbox.
    """
    mine = (InboxNotice.id == notice_id, InboxNotice.account_id == account_id)
    if session.scalar(select(InboxNotice.id).where(*mine)) is None:
        raise NoticeMissingError(f"Expected the number of a notice of yours, got {notice_id}.")
    session.execute(
        update(InboxNotice).where(*mine, InboxNotice.read_at.is_(None)).values(read_at=now)
    )


def mark_all_read(session: Session, account_id: int, up_to: int, now: datetime) -> None:
    """Mark the notices of an inbox as read, up to the newest that was shown."""
    session.execute(
        update(InboxNotice)
        .where(
            InboxNotice.account_id == account_id,
            InboxNotice.id <= up_to,
            InboxNotice.read_at.is_(None),
        )
        .values(read_at=now)
    )


def _view(row: InboxNotice, language: str) -> Notice:
    words = words_of(row.topic, row.content, language)
    return Notice(
        row.id,
        row.event_id,
        row.topic,
        words.title,
        words.body,
        words.url,
        row.created_at,
        row.read_at,
    )
