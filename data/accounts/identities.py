"""Identities at a bureau's own sign-on, and the accounts they open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from data.accounts.errors import IdentityTakenError
from data.store.tables.accounts import Account, ExternalIdentity
from data.store.tables.people import Person

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def account_of_subject(session: Session, issuer: str, subject: str) -> int | None:
    """Return the account that an identity opens."""
    return session.scalar(
        select(ExternalIdentity.account_id).where(
            ExternalIdentity.issuer == issuer, ExternalIdentity.subject == subject
        )
    )


def account_of_person(session: Session, code: str) -> int | None:
    """Return the account of the person of a code."""
    query = select(Account.id).join(Person, Person.id == Account.person_id)
    return session.scalar(query.where(Person.code == code))


def subject_of(session: Session, account_id: int, issuer: str) -> str | None:
    """Return the subject that opens an account at an issuer."""
    return session.scalar(
        select(ExternalIdentity.subject).where(
            ExternalIdentity.issuer == issuer, ExternalIdentity.account_id == account_id
        )
    )


def set_identity(
    session: Session, account_id: int, issuer: str, subject: str, *, now: datetime
) -> None:
    """Let one subject of an issuer, and no other of it, open an account.

    Raises
    ------
    IdentityTakenError
        Where it opens another account.
    """
    owner = account_of_subject(session, issuer, subject)
    if owner == account_id:
        return
    if owner is not None:
        raise IdentityTakenError
    remove_identity(session, account_id, issuer)
    session.execute(
        insert(ExternalIdentity).values(
            issuer=issuer, subject=subject, account_id=account_id, created_at=now
        )
    )


def remove_identity(session: Session, account_id: int, issuer: str) -> None:
    """Let no subject of an issuer open an account any more."""
    session.execute(
        delete(ExternalIdentity).where(
            ExternalIdentity.issuer == issuer, ExternalIdentity.account_id == account_id
        )
    )
