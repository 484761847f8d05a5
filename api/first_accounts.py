"""Accounts made without a page: the first administrator's, the demo's, the terminal's."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from data.accounts.accounts import count_accounts, create_account
from data.accounts.grants import Grant
from data.demo.logins import DemoLogin, demo_logins
from data.store.audit import Event, append

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.access.passwords import Passwords
    from data.store.engine import Store
    from data.store.keys import Keys

# No letter that looks like another: these are read from a terminal and typed on a phone.
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
BY: Final = "terminal"


@dataclass(frozen=True, slots=True)
class NewLogin:
    """An account that was just made, with the password that nobody can read again."""

    login: str
    password: str
    role: str


def new_password() -> str:
    """Return a password of four groups of letters, about 79 bits."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def add_login(
    store: Store,
    keys: Keys,
    passwords: Passwords,
    wanted: DemoLogin,
    *,
    now: datetime,
    must_change: bool = True,
) -> NewLogin:
    """Make an account with a password that is told once.

    Raises
    ------
    LoginTakenError, AccountMissingError, GrantError
    """
    password = new_password()
    hashed = passwords.hash(password)

    def work(session: Session) -> None:
        account = create_account(
            session,
            login=wanted.login,
            display_name=wanted.name,
            password_hash=hashed,
            grants=[Grant(wanted.role, wanted.kind, wanted.place)],
            by=BY,
            now=now,
            person_id=wanted.person,
            must_change_password=must_change,
        )
        event = Event(BY, "account.add", "account", str(account), {"role": wanted.role})
        append(session, keys, now, event)

    store.submit(work)
    return NewLogin(wanted.login, password, wanted.role)


def first_administrator(
    store: Store, keys: Keys, passwords: Passwords, *, now: datetime
) -> NewLogin | None:
    """Make the first administrator where nobody has an account; the password has to be changed."""
    with store.read() as session:
        if count_accounts(session):
            return None
    wanted = DemoLogin("admin", "管理员", "administrator", "city")
    return add_login(store, keys, passwords, wanted, now=now)


def demo_accounts(
    store: Store, keys: Keys, passwords: Passwords, *, now: datetime
) -> Sequence[NewLogin]:
    """Make one account of each role in the demo city; none where there are accounts already."""
    with store.read() as session:
        if count_accounts(session):
            return ()
        wanted: Iterable[DemoLogin] = demo_logins(session)
    return [add_login(store, keys, passwords, one, now=now, must_change=False) for one in wanted]
