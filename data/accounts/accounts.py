"""Accounts: made, looked up, given passwords, locked and closed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from data.accounts.errors import AccountError, AccountMissingError, LoginTakenError
from data.accounts.grants import Grant, grants_of, replace_grants
from data.store.tables.accounts import Account, LoginSession, SecondFactor
from data.store.tables.people import Person

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

MAX_LOGIN = 64


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account without its secrets.

    Attributes
    ----------
    person : str or None
        The code of `person_id`.
    state : str
        ``active``, ``locked`` (by an administrator) or ``closed``.
    has_second_factor : bool
        Whether a second factor was confirmed.
    version : int
        Grows with each change by an administrator.
    """

    account_id: int
    login: str
    display_name: str
    person_id: int | None
    person: str | None
    state: str
    has_password: bool
    must_change_password: bool
    has_second_factor: bool
    last_login_at: datetime | None
    grants: tuple[Grant, ...]
    version: int


def plain_login(text: str) -> str:
    """Return a log-in name as it is stored and compared.

    Raises
    ------
    AccountError
        Where it is empty, too long, or holds blanks or control characters.
    """
    login = unicodedata.normalize("NFKC", text).strip().casefold()
    if not 0 < len(login) <= MAX_LOGIN or any(
        unicodedata.category(letter)[0] in "CZ" for letter in login
    ):
        raise AccountError(
            f"Expected a log-in name of 1..{MAX_LOGIN} letters without blanks, got {text[:80]!r}."
        )
    return login


def create_account(
    session: Session,
    *,
    login: str,
    display_name: str,
    password_hash: str | None,
    grants: Iterable[Grant],
    by: str,
    now: datetime,
    person_id: int | None = None,
    must_change_password: bool = True,
) -> int:
    """Make an account; return its id.

    Parameters
    ----------
    password_hash : str or None
        Of argon2id; None for accounts that only a bureau's own sign-on opens.

    Raises
    ------
    LoginTakenError
        Where the log-in name or the person has an account.
    AccountMissingError
        Where there is no such person.
    """
    plain = plain_login(login)
    if session.scalar(select(Account.id).where(Account.login == plain)) is not None:
        raise LoginTakenError(f"Expected a log-in name that is free, got {plain!r}.")
    if person_id is not None:
        if session.get(Person, person_id) is None:
            raise AccountMissingError(f"Expected the number of a person, got {person_id}.")
        if session.scalar(select(Account.id).where(Account.person_id == person_id)) is not None:
            raise LoginTakenError("Expected a person without an account, got one who has one.")
    account = Account(
        login=plain,
        display_name=display_name,
        person_id=person_id,
        password_hash=password_hash,
        must_change_password=must_change_password,
        created_at=now,
        updated_at=now,
    )
    session.add(account)
    session.flush()
    replace_grants(session, account.id, grants, by=by, now=now)
    return account.id


def account_record(session: Session, account_id: int) -> AccountRecord:
    """Return an account.

    Raises
    ------
    AccountMissingError
        Where there is none of this number.
    """
    account = _account(session, account_id)
    factor = session.get(SecondFactor, account_id)
    person = None if account.person_id is None else session.get_one(Person, account.person_id)
    return AccountRecord(
        account_id=account.id,
        login=account.login,
        display_name=account.display_name,
        person_id=account.person_id,
        person=None if person is None else person.code,
        state=account.state,
        has_password=account.password_hash is not None,
        must_change_password=account.must_change_password,
        has_second_factor=factor is not None and factor.confirmed_at is not None,
        last_login_at=account.last_login_at,
        grants=grants_of(session, account.id),
        version=int(account.updated_at.timestamp() * 1_000_000),
    )


def find_account(session: Session, login: str) -> int | None:
    """Return the id of the account of a log-in name."""
    return session.scalar(select(Account.id).where(Account.login == plain_login(login)))


def count_accounts(session: Session) -> int:
    """Return how many accounts there are."""
    return session.scalar(select(func.count()).select_from(Account)) or 0


def password_hash_of(session: Session, account_id: int) -> str | None:
    """Return the hash of an account's password; None where none can be used."""
    return _account(session, account_id).password_hash


def set_password(
    session: Session, account_id: int, password_hash: str, *, must_change: bool, now: datetime
) -> None:
    """Store a new password's hash and end every session that was begun with the old one."""
    account = _account(session, account_id)
    account.password_hash = password_hash
    account.must_change_password = must_change
    account.updated_at = now
    session.flush()
    session.execute(
        update(LoginSession)
        .where(LoginSession.account_id == account_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def rehash_password(session: Session, account_id: int, old: str, new: str) -> None:
    """Store the same password under stronger settings, unless it was changed meanwhile."""
    session.execute(
        update(Account)
        .where(Account.id == account_id, Account.password_hash == old)
        .values(password_hash=new)
    )


def set_state(session: Session, account_id: int, state: str, *, now: datetime) -> None:
    """Make an account ``active``, ``locked`` or ``closed``; whoever is not active is logged out."""
    account = _account(session, account_id)
    account.state = state
    account.updated_at = now
    session.flush()
    if state != "active":
        session.execute(
            update(LoginSession)
            .where(LoginSession.account_id == account_id, LoginSession.revoked_at.is_(None))
            .values(revoked_at=now)
        )


def _account(session: Session, account_id: int) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise AccountMissingError(f"Expected the number of an account, got {account_id}.")
    return account
