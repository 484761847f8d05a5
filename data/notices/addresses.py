"""A person's own number, which the station keeps, and own mail address, which they add themselves.

A mail address is used once its owner has entered the code that was sent to it. The code is made of
the secret key and a chance number, so that neither the outbox nor a copy of the database holds it.
It is good for fifteen minutes and five tries; an account may ask for five a day, a minute apart.
No message of an error and no row tells an address.
"""

from __future__ import annotations

import hmac
import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from data.notices.errors import AddressError, TooManyCodesError
from data.store.personal import masked, open_phone
from data.store.tables.accounts import Account
from data.store.tables.notices import NoticeMail
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.keys import Keys

CODE_TOPIC: Final = "mail.code"
GOOD: Final = timedelta(minutes=15)
"""How long a code is good."""
TRIES: Final = 5
CODES: Final = 5
"""How many codes an account may ask for in a day."""
DAY: Final = timedelta(days=1)
APART: Final = timedelta(minutes=1)
_DIGITS: Final = 6
_LONGEST: Final = 254
# No quotes, commas or blanks: an address goes into a pattern and names one mailbox.
_MAIL: Final = re.compile(
    r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z]{2,24}"
)


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """What a person sees of their own addresses, masked.

    Attributes
    ----------
    phone : str
        Empty where the file has none.
    mail : str
        The one in use; empty: none.
    asked : str
        The one whose code is waited for; empty: none.
    asked_until : datetime or None
    """

    phone: str
    mail: str
    asked: str
    asked_until: datetime | None


def own_addresses(session: Session, keys: Keys, account_id: int, now: datetime) -> OwnAddresses:
    """Return what somebody sees of their own addresses."""
    row = session.get(NoticeMail, account_id)
    waits = row is not None and row.asked_until is not None and row.asked_until > now
    return OwnAddresses(
        masked(_phone(session, keys, account_id)),
        masked_mail(_open(keys, account_id, row.address_sealed if row else None)),
        masked_mail(_open(keys, account_id, row.asked_sealed if row else None)) if waits else "",
        row.asked_until if row is not None and waits else None,
    )


def address_of(session: Session, keys: Keys, account_id: int, way: str) -> str | None:
    """Return the address of an account by a way, ``sms`` or ``mail``; None where it has none."""
    if way == "sms":
        return _phone(session, keys, account_id)
    row = session.get(NoticeMail, account_id)
    return _open(keys, account_id, row.address_sealed if row else None)


def has_address(session: Session, account_id: int, way: str) -> bool:
    """Tell whether an account has an address by a way, without opening it."""
    if way == "sms":
        query = select(Person.phone_sealed).join(Account, Account.person_id == Person.id)
        return session.scalar(query.where(Account.id == account_id)) is not None
    sealed = select(NoticeMail.address_sealed).where(NoticeMail.account_id == account_id)
    return session.scalar(sealed) is not None


def ask_mail(session: Session, keys: Keys, account_id: int, address: str, now: datetime) -> None:
    """Keep an address, encrypted, and have a code sent to it; the one in use stays until then.

    Raises
    ------
    AddressError
        Where it is no address of one mailbox.
    TooManyCodesError
        Where the account asked too often.
    """
    plain = plain_mail(address)
    row = session.get(NoticeMail, account_id, with_for_update=True)
    if row is None:
        row = NoticeMail(account_id=account_id, wrong=0, codes=0)
        session.add(row)
    _count(row, now)
    row.asked_sealed = keys.seal(plain, _context(account_id))
    row.nonce, row.wrong = os.urandom(16), 0
    row.asked_at, row.asked_until = now, now + GOOD
    session.add(
        OutboxNotice(
            event_id=f"{CODE_TOPIC}:{account_id}:{row.nonce.hex()}",
            topic=CODE_TOPIC,
            content={},
            channel="message",
            target="mail",
            account_id=account_id,
            urgent=True,
            expires_at=row.asked_until,
            created_at=now,
            due_at=now,
        )
    )
    session.flush()


def code_to_send(
    session: Session, keys: Keys, account_id: int, event_id: str, now: datetime
) -> tuple[str, str] | None:
    """Return the address and the code that an outbox row is to send; None: asked anew since."""
    row = session.get(NoticeMail, account_id)
    if row is None or row.nonce is None or not event_id.endswith(f":{row.nonce.hex()}"):
        return None
    address = _open(keys, account_id, row.asked_sealed)
    if address is None or row.asked_until is None or row.asked_until <= now:
        return None
    return address, _code(keys, account_id, row.nonce)


def confirm_mail(session: Session, keys: Keys, account_id: int, code: str, now: datetime) -> bool:
    """Put the address in use whose code this is; False, and counted, where it is not.

    A wrong try has to be kept: the caller raises what it likes after the transaction.
    """
    row = session.get(NoticeMail, account_id, with_for_update=True)
    if row is None or row.nonce is None or row.asked_until is None or row.asked_until <= now:
        return False
    right = _code(keys, account_id, row.nonce)
    if row.wrong >= TRIES or not hmac.compare_digest(right.encode(), code.strip().encode()):
        row.wrong += 1
        if row.wrong >= TRIES:  # the code is spent, also for whoever guesses on
            row.asked_sealed = row.nonce = row.asked_until = None
        session.flush()
        return False
    row.address_sealed, row.confirmed_at = row.asked_sealed, now
    row.asked_sealed = row.nonce = row.asked_until = None
    session.flush()
    return True


def forget_mail(session: Session, account_id: int) -> None:
    """Forget both addresses of an account; how often it asked is kept, for a day."""
    row = session.get(NoticeMail, account_id, with_for_update=True)
    if row is not None:
        row.address_sealed = row.confirmed_at = None
        row.asked_sealed = row.nonce = row.asked_until = None
        session.flush()


def erase_ways(session: Session, account_id: int) -> None:
    """Erase what an account has of addresses, and what waits to be sent to them."""
    session.execute(delete(NoticeMail).where(NoticeMail.account_id == account_id))
    waiting = (OutboxNotice.account_id == account_id, OutboxNotice.channel == "message")
    session.execute(delete(OutboxNotice).where(*waiting))


def plain_mail(text: str) -> str:
    """Return an address as it is kept.

    Raises
    ------
    AddressError
        Where it is no address of one mailbox.
    """
    plain = text.strip()
    if len(plain) > _LONGEST or not _MAIL.fullmatch(plain) or ".." in plain:
        raise AddressError
    return plain


def masked_mail(address: str | None) -> str:
    """Show the first letter and the host of an address: ``l***@example.cn``."""
    if not address:
        return ""
    name, _, host = address.rpartition("@")
    return f"{name[:1]}***@{host}"


def _count(row: NoticeMail, now: datetime) -> None:
    if row.asked_at is not None and now < row.asked_at + APART:
        raise TooManyCodesError(row.asked_at + APART - now)
    if row.codes_since is None or now >= row.codes_since + DAY:
        row.codes_since, row.codes = now, 0
    if row.codes >= CODES:
        raise TooManyCodesError(row.codes_since + DAY - now)
    row.codes += 1


def _phone(session: Session, keys: Keys, account_id: int) -> str | None:
    query = select(Person.code, Person.phone_sealed).join(Account, Account.person_id == Person.id)
    row = session.execute(query.where(Account.id == account_id)).one_or_none()
    return None if row is None else open_phone(keys, row.code, row.phone_sealed)


def _open(keys: Keys, account_id: int, sealed: bytes | None) -> str | None:
    return None if sealed is None else keys.open(sealed, _context(account_id))


def _context(account_id: int) -> str:
    return f"notice.mail:{account_id}"


def _code(keys: Keys, account_id: int, nonce: bytes) -> str:
    made = keys.blind(f"{account_id}:{nonce.hex()}", "notice.mail.code")
    return f"{int.from_bytes(made[:8]) % 10**_DIGITS:0{_DIGITS}}"
