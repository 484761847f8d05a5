"""What a person has, had and got it for; the year's sums for whoever leads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from data.points.errors import TransferMissingError
from data.records.errors import RecordMissingError
from data.store.tables.people import Person
from data.store.tables.points import PointAccount, PointEntry, PointTransfer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as its owner reads it, newest first; `sequence` is the cursor of a list."""

    sequence: int
    at: datetime
    kind: str
    rule: str | None
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A person and their balance."""

    person_id: int
    code: str
    name: str | None
    balance: int


def statement(
    session: Session, person_id: int, *, before: int | None = None, limit: int = 50
) -> list[Line]:
    """Return a person's entries, newest first, those before a sequence number."""
    query = (
        select(
            PointEntry.sequence,
            PointTransfer.created_at,
            PointTransfer.kind,
            PointTransfer.rule,
            PointEntry.amount,
            PointEntry.balance,
        )
        .join(PointTransfer, PointTransfer.id == PointEntry.transfer_id)
        .join(PointAccount, PointAccount.id == PointEntry.account_id)
        .where(PointAccount.person_id == person_id)
        .order_by(PointEntry.sequence.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(PointEntry.sequence < before)
    return [Line(*row) for row in session.execute(query)]


def standings(
    session: Session, scope: Scope, *, after: int = 0, limit: int = 100
) -> list[Standing]:
    """Return the people of a scope who have an account, by the id of the person."""
    query = (
        select(Person.id, Person.code, Person.name, PointAccount.balance)
        .join(PointAccount, PointAccount.person_id == Person.id)
        .where(scope.people(), Person.id > after)
        .order_by(Person.id)
        .limit(limit)
    )
    return [Standing(*row) for row in session.execute(query)]


def find_standing(session: Session, scope: Scope, code: str) -> Standing:
    """Return a person of a scope and their balance, which is 0 without an account.

    Raises
    ------
    RecordMissingError
        Where there is nobody of that code within the scope.
    """
    row = session.execute(
        select(Person.id, Person.code, Person.name, PointAccount.balance)
        .outerjoin(PointAccount, PointAccount.person_id == Person.id)
        .where(scope.people(), Person.code == code)
    ).one_or_none()
    if row is None:
        raise RecordMissingError("person", code)
    return Standing(row.id, row.code, row.name, row.balance or 0)


def subject_of(session: Session, scope: Scope, key: str) -> str:
    """Return the code of the person whom a transfer concerns, by its key.

    Raises
    ------
    TransferMissingError
        Where there is none of that key for anybody of the scope.
    """
    code = session.scalar(
        select(Person.code)
        .join(PointAccount, PointAccount.person_id == Person.id)
        .join(PointTransfer, PointTransfer.subject_id == PointAccount.id)
        .where(scope.people(), PointTransfer.key == key)
    )
    if code is None:
        raise TransferMissingError(f"Expected a transfer of the key {key[:80]!r}, got none.")
    return code
