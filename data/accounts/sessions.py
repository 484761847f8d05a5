"""Log-in sessions: 256-bit tokens of which the database knows only the hash.

The token against forged requests (CSRF) is made of the session's token by HMAC, so a page can be
given it without its being stored, and it ends with the session.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select, update

from data.accounts.grants import STAFF, Grant, grants_of
from data.store.access_changes import CHANGES_NO_ACCESS
from data.store.tables.accounts import Account, LoginSession, SecondFactor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

TOKEN_BYTES: Final = 32
SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is known when a session was used last: each use would be a write otherwise."""
KEPT: Final = timedelta(days=30)
"""How long a session that has ended stays in its owner's list."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts: at most, and without being used."""

    whole: timedelta
    idle: timedelta


STAFF_LIFETIME: Final = Lifetime(whole=timedelta(hours=12), idle=timedelta(hours=2))
PHONE_LIFETIME: Final = Lifetime(whole=timedelta(days=60), idle=timedelta(days=14))
"""For those who see nobody's records but their own: a phone in a pocket should stay logged in."""


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that is valid now, with its account.

    Attributes
    ----------
    handle : str
        Names the session to its owner; no use for logging in.
    must_change_password, needs_code, needs_second_factor : bool
        What stands between the session and its rights: a first password; the code of a second
        factor; a second factor that staff have to set up.
    ends_at : datetime
        When it ends if it is not used again before.
    """

    account_id: int
    login: str
    display_name: str
    person_id: int | None
    grants: tuple[Grant, ...]
    handle: str
    csrf_hash: bytes
    must_change_password: bool
    needs_code: bool
    needs_second_factor: bool
    is_stale: bool
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as its owner sees it."""

    handle: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    is_live: bool


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def csrf_token(token: str) -> str:
    """Return the token against forged requests that belongs to a session's token."""
    digest = hmac.digest(token.encode(), b"jingge csrf 1", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_hash(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def lifetime_of(grants: Iterable[Grant]) -> Lifetime:
    """Return how long sessions with these grants last."""
    return STAFF_LIFETIME if any(grant.role in STAFF for grant in grants) else PHONE_LIFETIME


def begin_session(
    session: Session,
    account_id: int,
    token: str,
    *,
    now: datetime,
    user_agent: str = "",
    second_factor: bool = False,
) -> None:
    """Begin a session with a new token.

    Parameters
    ----------
    second_factor : bool
        Whether the second factor was shown.
    """
    lifetime = lifetime_of(grants_of(session, account_id))
    old = delete(LoginSession).where(LoginSession.expires_at < now - KEPT)
    session.execute(old, execution_options=CHANGES_NO_ACCESS)
    session.execute(
        insert(LoginSession).values(
            token_hash=token_hash(token),
            account_id=account_id,
            csrf_hash=token_hash(csrf_token(token)),
            created_at=now,
            last_seen_at=now,
            expires_at=now + lifetime.whole,
            second_factor_at=now if second_factor else None,
            user_agent=user_agent[:200],
        )
    )
    seen = update(Account).where(Account.id == account_id).values(last_login_at=now)
    session.execute(seen, execution_options=CHANGES_NO_ACCESS)


def find_session(
    session: Session, token: str, *, now: datetime, require_second_factor: bool = True
) -> LiveSession | None:
    """Return the session of a token if it is valid now and its account is active.

    Parameters
    ----------
    require_second_factor : bool
        Whether staff without a second factor have to set one up first.
    """
    row = session.execute(
        select(
            LoginSession.csrf_hash,
            LoginSession.last_seen_at,
            LoginSession.second_factor_at,
            LoginSession.expires_at,
            Account.id,
            Account.login,
            Account.display_name,
            Account.person_id,
            # Who has none logs in at the bureau's own sign-on.
            (Account.must_change_password & Account.password_hash.is_not(None)).label("must"),
            SecondFactor.confirmed_at,
        )
        .join(Account, Account.id == LoginSession.account_id)
        .outerjoin(SecondFactor, SecondFactor.account_id == Account.id)
        .where(
            LoginSession.token_hash == token_hash(token),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > now,
            Account.state == "active",
        )
    ).one_or_none()
    if row is None:
        return None
    grants = grants_of(session, row.id)
    idle_at = row.last_seen_at + lifetime_of(grants).idle
    if idle_at <= now:
        return None
    has_factor = row.confirmed_at is not None
    is_staff = any(grant.role in STAFF for grant in grants)
    return LiveSession(
        account_id=row.id,
        login=row.login,
        display_name=row.display_name,
        person_id=row.person_id,
        grants=grants,
        handle=handle_of(token_hash(token)),
        csrf_hash=row.csrf_hash,
        must_change_password=bool(row.must),
        needs_code=has_factor and row.second_factor_at is None,
        needs_second_factor=require_second_factor
        and is_staff
        and not has_factor
        and row.second_factor_at is None,
        is_stale=row.last_seen_at + SEEN_EVERY <= now,
        ends_at=min(row.expires_at, idle_at),
    )


def touch_session(session: Session, token: str, *, now: datetime) -> None:
    """Note that a session was used."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == token_hash(token), LoginSession.last_seen_at < now)
        .values(last_seen_at=now),
        execution_options=CHANGES_NO_ACCESS,
    )


def end_session(session: Session, token: str, *, now: datetime) -> None:
    """End the session of a token."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == token_hash(token), LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def revoke_session(session: Session, account_id: int, handle: str, *, now: datetime) -> bool:
    """End one of an account's sessions by its handle; return whether it was there."""
    for row in session.scalars(select(LoginSession).where(LoginSession.account_id == account_id)):
        if row.revoked_at is None and hmac.compare_digest(handle_of(row.token_hash), handle):
            row.revoked_at = now
            session.flush()
            return True
    return False


def revoke_all(session: Session, account_id: int, *, now: datetime, keep: str = "") -> None:
    """End every session of an account, but for the one with a token."""
    session.execute(
        update(LoginSession)
        .where(
            LoginSession.account_id == account_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.token_hash != token_hash(keep),
        )
        .values(revoked_at=now)
    )


def sessions_of(session: Session, account_id: int, *, now: datetime) -> list[SessionRecord]:
    """Return an account's sessions, the one used last first."""
    query = (
        select(LoginSession)
        .where(LoginSession.account_id == account_id)
        .order_by(LoginSession.last_seen_at.desc(), LoginSession.token_hash)
    )
    idle = lifetime_of(grants_of(session, account_id)).idle
    return [
        SessionRecord(
            handle=handle_of(row.token_hash),
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            user_agent=row.user_agent or "",
            is_live=row.revoked_at is None
            and row.expires_at > now
            and row.last_seen_at + idle > now,
        )
        for row in session.scalars(query)
    ]


def handle_of(hashed: bytes) -> str:
    """Return the name of a session: a hash of what is stored, so it opens nothing."""
    return hashlib.sha256(b"handle" + hashed).hexdigest()[:16]
