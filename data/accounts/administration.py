"""What administrators do to accounts: list, rename, lock, give roles.

Every change is of the version that its administrator saw, and none leaves the service without an
administrator who can log in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import exists, select

from data.accounts.accounts import account_record, set_state
from data.accounts.errors import AccountMissingError, LastAdministratorError
from data.accounts.grants import replace_grants
from data.store.row_versions import StaleError
from data.store.tables.accounts import Account, AccountRole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.accounts.accounts import AccountRecord
    from data.accounts.grants import Grant

_TICK: Final = timedelta(microseconds=1)


def list_accounts(
    session: Session,
    *,
    after: int = 0,
    limit: int = 100,
    role: str | None = None,
    state: str | None = None,
    login: str | None = None,
) -> list[AccountRecord]:
    """Return accounts in order of their number, those after one of them.

    Parameters
    ----------
    role, state : str, optional
        Only those with a role, in a state.
    login : str, optional
        Only those whose log-in name begins like this.
    """
    query = select(Account.id).where(Account.id > after).order_by(Account.id).limit(limit)
    if role is not None:
        query = query.where(
            exists().where(AccountRole.account_id == Account.id, AccountRole.role == role)
        )
    if state is not None:
        query = query.where(Account.state == state)
    if login is not None:
        query = query.where(Account.login.startswith(login.casefold(), autoescape=True))
    return [account_record(session, number) for number in session.scalars(query).all()]


def rename_account(
    session: Session, account_id: int, display_name: str, *, seen: int, now: datetime
) -> None:
    """Give an account another name to be shown.

    Raises
    ------
    AccountMissingError, StaleError
    """
    _changed(session, account_id, seen, now).display_name = display_name
    session.flush()


def change_state(
    session: Session, account_id: int, state: str, *, seen: int, now: datetime
) -> None:
    """Make an account ``active``, ``locked`` or ``closed``; see `set_state`.

    Raises
    ------
    AccountMissingError, StaleError, LastAdministratorError
    """
    _lock_administrators(session)
    changed = _changed(session, account_id, seen, now).updated_at
    set_state(session, account_id, state, now=changed)
    _require_administrator(session)


def change_grants(
    session: Session,
    account_id: int,
    grants: Iterable[Grant],
    *,
    seen: int,
    by: str,
    now: datetime,
) -> None:
    """Give an account these grants and no others.

    Raises
    ------
    AccountMissingError, StaleError, GrantError, LastAdministratorError
    """
    _lock_administrators(session)
    _changed(session, account_id, seen, now)
    replace_grants(session, account_id, grants, by=by, now=now)
    _require_administrator(session)


def _changed(session: Session, account_id: int, seen: int, now: datetime) -> Account:
    """Return an account to be changed, with its next version."""
    account = session.get(Account, account_id, with_for_update=True)
    if account is None:
        raise AccountMissingError(f"Expected the number of an account, got {account_id}.")
    if account_record(session, account_id).version != seen:
        raise StaleError
    account.updated_at = max(now, account.updated_at + _TICK)
    session.flush()
    return account


def _lock_administrators(session: Session) -> None:
    """Let nobody else change administrators meanwhile: two could lock each other."""
    query = select(AccountRole.account_id).where(AccountRole.role == "administrator")
    session.execute(query.order_by(AccountRole.account_id).with_for_update()).all()


def _require_administrator(session: Session) -> None:
    query = (
        select(AccountRole.account_id)
        .join(Account, Account.id == AccountRole.account_id)
        .where(AccountRole.role == "administrator", Account.state == "active")
        .limit(1)
    )
    if session.scalar(query) is None:
        raise LastAdministratorError
