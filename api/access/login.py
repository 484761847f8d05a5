"""Logging in: the password first, in the pool that hashes, then a session with a new token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.access.errors import SignOnError
from data.accounts.accounts import (
    account_record,
    find_account,
    password_hash_of,
    plain_login,
    rehash_password,
)
from data.accounts.errors import AccountError
from data.accounts.identities import account_of_person, account_of_subject
from data.accounts.sessions import begin_session, new_token
from data.store.audit import Event, append

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.access.sign_on import SignedOn, SignOn
    from api.service import Service
    from data.accounts.accounts import AccountRecord


@dataclass(frozen=True, slots=True)
class Try:
    """Somebody's try to log in, and from where."""

    login: str
    password: str
    address: str
    user_agent: str = ""


def log_in(service: Service, attempt: Try, now: datetime) -> tuple[str, AccountRecord] | None:
    """Begin a session; return its token and account, or None for a wrong name or password.

    Which of the two was wrong is not told, and takes as long.

    Raises
    ------
    TooManyTriesError
        Where this address has to wait with this name.
    Busy
        Where too many log in at once.
    """
    try:
        login = plain_login(attempt.login)
    except AccountError:
        login = ""
    service.throttle.require_patience(login, attempt.address, now)
    account_id, hashed = _stored(service, login)
    if not service.passwords.verify(attempt.password, hashed) or account_id is None:
        service.throttle.note_wrong(login, attempt.address, now)
        return None
    with service.store.read() as session:
        record = account_record(session, account_id)
    if record.state != "active":
        service.throttle.note_wrong(login, attempt.address, now)
        return None
    service.throttle.note_right(login, attempt.address)
    if hashed is not None and service.passwords.is_outdated(hashed):
        _rehash(service, account_id, hashed, attempt.password)
    return begin(service, record, attempt.user_agent, now), record


def log_in_signed_on(
    service: Service, sign_on: SignOn, who: SignedOn, user_agent: str, now: datetime
) -> tuple[str, AccountRecord]:
    """Begin a session of the account that an identity of the bureau's own sign-on opens.

    No account is made: an administrator has named the subject, or the person's code is that of
    an account.

    Raises
    ------
    SignOnError
        Where no account, or none that may be used, belongs to it.
    """
    with service.store.read() as session:
        found = (
            account_of_person(session, who.code)
            if who.code
            else account_of_subject(session, sign_on.place.issuer, who.subject)
        )
        record = None if found is None else account_record(session, found)
    if record is None or record.state != "active":
        raise SignOnError("no account that may be used belongs to this identity")
    detail = {"by": "sign_on"}
    token = begin(service, record, user_agent, now, second_factor=who.has_factor, detail=detail)
    return token, record


def begin(
    service: Service,
    record: AccountRecord,
    user_agent: str,
    now: datetime,
    *,
    second_factor: bool = False,
    detail: dict[str, Any] | None = None,
) -> str:
    """Begin a session with its line of audit; return its token."""
    token, number = new_token(), record.account_id

    def work(session: Session) -> None:
        begin_session(
            session, number, token, now=now, user_agent=user_agent, second_factor=second_factor
        )
        event = Event(f"account:{number}", "session.begin", "account", str(number), detail or {})
        append(session, service.keys, now, event)

    service.store.submit(work)
    return token


def _stored(service: Service, login: str) -> tuple[int | None, str | None]:
    if not login:
        return None, None
    with service.store.read() as session:
        account_id = find_account(session, login)
        hashed = None if account_id is None else password_hash_of(session, account_id)
    return account_id, hashed


def _rehash(service: Service, account_id: int, old: str, password: str) -> None:
    new = service.passwords.hash(password)
    service.store.submit(lambda session: rehash_password(session, account_id, old, new))
