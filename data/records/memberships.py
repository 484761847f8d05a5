"""Rows that hold from a day to a day, both included: whether they do, and how they end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, or_, update

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def holds(table: Any, today: date) -> ColumnElement[bool]:
    """Give the condition that a row with ``since`` and ``until`` holds on a day."""
    return and_(table.since <= today, or_(table.until.is_(None), table.until >= today))


def end_rows(session: Session, table: Any, today: date, *conditions: Any) -> int:
    """Let rows end with yesterday, so that they hold no more today; return how many.

    Rows that began today or later have never held and are deleted.
    """
    runs = or_(table.until.is_(None), table.until >= today)
    plain = {"synchronize_session": False}
    gone = session.execute(
        delete(table).where(table.since >= today, runs, *conditions).returning(table.id),
        execution_options=plain,
    ).all()
    ended = session.execute(
        update(table)
        .where(table.since < today, runs, *conditions)
        .values(until=today - timedelta(days=1))
        .returning(table.id),
        execution_options=plain,
    ).all()
    return len(gone) + len(ended)
