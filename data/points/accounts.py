"""Accounts of points: one a person, and the city's own that issue, hold and take points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from data.store.tables.points import PointAccount

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Table
    from sqlalchemy.orm import Session

RESERVED: Final = "reserved"
REDEEMED: Final = "redeemed"

_ACCOUNTS: Final = cast("Table", PointAccount.__table__)


def person_account(session: Session, person_id: int, now: datetime) -> int:
    """Return the id of a person's account, opened where there is none."""
    return _opened(session, f"person:{person_id}", "person", now, person_id)


def issuing_account(session: Session, source: str, now: datetime) -> int:
    """Return the id of the account from which a source of awards (``tip``, ``service``) issues."""
    return _opened(session, f"issued:{source}", "issued", now)


def city_account(session: Session, code: str, now: datetime) -> int:
    """Return the id of `RESERVED` or `REDEEMED`."""
    return _opened(session, code, code, now)


def find_account(session: Session, person_id: int) -> int | None:
    """Return the id of a person's account; None where none was opened yet."""
    return session.scalar(select(PointAccount.id).where(PointAccount.person_id == person_id))


def balance_of(session: Session, person_id: int) -> int:
    """Return what a person has."""
    found = session.scalar(select(PointAccount.balance).where(PointAccount.person_id == person_id))
    return found or 0


def _opened(
    session: Session, code: str, kind: str, now: datetime, person_id: int | None = None
) -> int:
    query = select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.code == code)
    connection = session.connection()
    found: int | None = connection.execute(query).scalar()
    if found is not None:
        return found
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = {"code": code, "kind": kind, "person_id": person_id, "created_at": now}
    values = {**row, "balance": 0, "num_entries": 0}
    # Two that open it at once: the second waits, and finds it.
    connection.execute(insert(_ACCOUNTS).values(values).on_conflict_do_nothing())
    return cast("int", connection.execute(query).scalar_one())
