"""What people do to their own log-in: show the code, change the password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.access.errors import WrongLoginError
from api.access.passwords import PasswordError, require_good
from data.accounts.accounts import account_record, password_hash_of, set_password
from data.accounts.second_factor import show_second_factor
from data.accounts.sessions import begin_session, new_token
from data.store.audit import append

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.access.actor import Access, Actor
    from api.service import Service


class SamePasswordError(PasswordError):
    """A new password that is the old one."""

    def __init__(self) -> None:
        super().__init__("Expected another password than the one in force.")


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A change of one's password, and from where."""

    current: str
    new: str
    address: str
    user_agent: str = ""


def show_code(
    service: Service, actor: Actor, token: str, code: str, *, address: str, now: datetime
) -> bool:
    """Take a code of the second factor: each once, and after wrong ones only with patience.

    Raises
    ------
    TooManyTriesError
        Where this address has to wait.
    """
    key = f"code:{actor.login}"
    service.throttle.require_patience(key, address, now)
    is_right = service.store.submit(
        lambda session: show_second_factor(
            session, service.keys, actor.account_id, token, code, now=now
        )
    )
    if is_right:
        service.throttle.note_right(key, address)
    else:
        service.throttle.note_wrong(key, address, now)
    return is_right


def change_password(service: Service, access: Access, change: NewPassword, now: datetime) -> str:
    """Change a password; every session ends, and the token of a new one is returned.

    Raises
    ------
    WrongLoginError
        For a wrong current password.
    PasswordError
        For a new one that is easy to guess, or not new.
    TooManyTriesError
        Where this address has to wait.
    """
    actor = access.actor
    key = f"password:{actor.login}"
    service.throttle.require_patience(key, change.address, now)
    with service.store.read() as session:
        hashed = password_hash_of(session, actor.account_id)
    if not service.passwords.verify(change.current, hashed):
        service.throttle.note_wrong(key, change.address, now)
        raise WrongLoginError
    require_good(change.new, actor.login)
    if change.new == change.current:
        raise SamePasswordError
    made = service.passwords.hash(change.new)
    token = new_token()

    def work(session: Session) -> None:
        set_password(session, actor.account_id, made, must_change=False, now=now)
        # Whoever has a second factor has shown it: nothing but the code is asked before that.
        shown = account_record(session, actor.account_id).has_second_factor
        begin_session(
            session,
            actor.account_id,
            token,
            now=now,
            user_agent=change.user_agent,
            second_factor=shown,
        )
        append(session, service.keys, now, access.event("account", str(actor.account_id)))

    service.store.submit(work)
    return token
