"""The second factor: a time-based code (TOTP, RFC 6238), each used once, and recovery codes.

The secret is sealed with a key that is not in the database. Codes of the time step before and after
count too (clocks differ); a step that was used is not taken again.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Final

import pyotp
from sqlalchemy import delete, insert, select, update

from data.accounts.errors import SecondFactorError
from data.accounts.sessions import token_hash
from data.store.tables.accounts import LoginSession, RecoveryCode, SecondFactor

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.keys import Keys

STEP_S: Final = 30
NUM_CODES: Final = 8
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def begin_second_factor(session: Session, keys: Keys, account_id: int) -> str:
    """Make a secret that is not in force before `confirm_second_factor`; return it in base 32.

    Raises
    ------
    SecondFactorError
        Where one is in force: it has to be taken away first.
    """
    found = session.get(SecondFactor, account_id, with_for_update=True)
    if found is not None and found.confirmed_at is not None:
        raise SecondFactorError("Expected an account without a second factor, got one with it.")
    if found is not None:
        return keys.open(found.secret_sealed, _context(account_id))
    secret = pyotp.random_base32()
    session.add(
        SecondFactor(account_id=account_id, secret_sealed=keys.seal(secret, _context(account_id)))
    )
    session.flush()
    return secret


def confirm_second_factor(
    session: Session, keys: Keys, account_id: int, code: str, *, now: datetime
) -> list[str] | None:
    """Put the factor in force with a first code; return recovery codes, or None for a wrong code.

    Raises
    ------
    SecondFactorError
        Where none was begun, or it is in force already.
    """
    found = session.get(SecondFactor, account_id, with_for_update=True)
    if found is None or found.confirmed_at is not None:
        raise SecondFactorError("Expected a second factor that waits for its first code.")
    step = _step_of(keys.open(found.secret_sealed, _context(account_id)), code, now)
    if step is None:
        return None
    found.confirmed_at, found.last_step = now, step
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(NUM_CODES)]
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.execute(
        insert(RecoveryCode),
        [{"account_id": account_id, "code_hash": _hashed(account_id, one)} for one in codes],
    )
    session.flush()
    return codes


def show_second_factor(
    session: Session, keys: Keys, account_id: int, token: str, code: str, *, now: datetime
) -> bool:
    """Let a session in by a code of the app or a recovery code; tell whether it was right."""
    if not (
        _use_step(session, keys, account_id, code, now) or _use_code(session, account_id, code, now)
    ):
        return False
    mark_second_factor(session, token, now=now)
    return True


def mark_second_factor(session: Session, token: str, *, now: datetime) -> None:
    """Note that the second factor was shown in a session."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == token_hash(token))
        .values(second_factor_at=now)
    )


def remove_second_factor(session: Session, account_id: int) -> None:
    """Take the factor and its recovery codes away: the account has to set up a new one."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.execute(delete(SecondFactor).where(SecondFactor.account_id == account_id))


def address_of(secret: str, login: str) -> str:
    """Return what an app reads from a QR code: ``otpauth://totp/…``."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Jingge")


def _use_step(session: Session, keys: Keys, account_id: int, code: str, now: datetime) -> bool:
    found = session.get(SecondFactor, account_id)
    if found is None or found.confirmed_at is None:
        return False
    step = _step_of(keys.open(found.secret_sealed, _context(account_id)), code, now)
    if step is None:
        return False
    # One statement, so that of two who send the same code only one is let in.
    used = session.execute(
        update(SecondFactor)
        .where(SecondFactor.account_id == account_id, SecondFactor.last_step < step)
        .values(last_step=step)
        .returning(SecondFactor.account_id)
    ).scalar()
    return used is not None


def _use_code(session: Session, account_id: int, code: str, now: datetime) -> bool:
    plain = code.strip().lower().replace("-", "").replace(" ", "")
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account_id,
            RecoveryCode.code_hash == _hashed(account_id, plain),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.account_id)
    ).scalar()
    return used is not None


def num_recovery_codes(session: Session, account_id: int) -> int:
    """Return how many recovery codes are left."""
    query = select(RecoveryCode.code_hash).where(
        RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
    )
    return len(session.scalars(query).all())


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    plain = code.strip().replace(" ", "")
    totp = pyotp.TOTP(secret, interval=STEP_S)
    step = int(now.timestamp()) // STEP_S
    for near in (step, step - 1, step + 1):
        if len(plain) == 6 and secrets.compare_digest(totp.at(near * STEP_S), plain):
            return near
    return None


def _hashed(account_id: int, code: str) -> bytes:
    return hashlib.sha256(f"{account_id}:{code}".encode()).digest()


def _context(account_id: int) -> str:
    return f"account.totp:{account_id}"
