"""The ledger: post a transfer once, whole, and without anybody going below zero.

Accounts are locked in ascending id, so that two transfers never wait for each other in a ring; the
business key is unique, so that the same transfer sent again has no effect. Each entry is sealed
(HMAC with a key outside the database) over its transfer and the entry before it in its account.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data.points.errors import KeyReusedError, ShortOfPointsError
from data.store.audit_seals import canonical
from data.store.tables.points import PointAccount, PointEntry, PointTransfer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Row, Table
    from sqlalchemy.orm import Session

    from data.store.keys import Keys

_ACCOUNTS: Final = cast("Table", PointAccount.__table__)
_TRANSFERS: Final = cast("Table", PointTransfer.__table__)
_ENTRIES: Final = cast("Table", PointEntry.__table__)
_BY_KEY: Final = select(
    _TRANSFERS.c.id, _TRANSFERS.c.request_sha256, _TRANSFERS.c.points, _TRANSFERS.c.asked
).where(_TRANSFERS.c.key == bindparam("wanted"))
_LOCK: Final = (
    select(
        *(_ACCOUNTS.c[name] for name in ("id", "code", "kind", "balance")),
        *(_ACCOUNTS.c[name] for name in ("num_entries", "last_seal")),
    )
    .where(_ACCOUNTS.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_ACCOUNTS.c.id)
    .with_for_update()
)
_MOVE: Final = update(_ACCOUNTS).where(_ACCOUNTS.c.id == bindparam("moved"))


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a transfer: what an account gets (positive) or gives (negative)."""

    account_id: int
    amount: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """What is to be posted.

    Attributes
    ----------
    key : str
        Business key: what happened, such as ``service:task:12:7``; posted once.
    kind : str
        See `data.store.tables.points.TRANSFER_KINDS`.
    legs : tuple of Leg
        Add up to nothing, an account once; none where a month's cap left nothing.
    reason, actor : str
        A word or code, no personal data; ``account:7``.
    request : mapping or None
        What the key stands for where that is not the legs: the same again is answered alike,
        anything else is refused.
    subject_id : int or None
        The account of the person concerned, who gets `points` of the `asked` ones.
    """

    key: str
    kind: str
    legs: tuple[Leg, ...]
    reason: str
    actor: str
    request: Mapping[str, Any] | None = None
    rule: str | None = None
    subject_id: int | None = None
    points: int = 0
    asked: int = 0
    reverses_id: int | None = None

    def __post_init__(self) -> None:
        if total := sum(leg.amount for leg in self.legs):
            raise ValueError(f"Expected amounts that add up to 0, got {total}.")
        if any(leg.amount == 0 for leg in self.legs):
            raise ValueError("Expected amounts other than 0, got one that is.")
        if len({leg.account_id for leg in self.legs}) != len(self.legs):
            raise ValueError("Expected each account once in a transfer, got one twice.")

    def digest(self) -> bytes:
        """Return the hash of what the key stands for."""
        legs = [[leg.account_id, leg.amount] for leg in self.legs]
        content = self.request if self.request is not None else {"legs": legs}
        return hashlib.sha256(canonical([self.kind, content]).encode()).digest()


@dataclass(frozen=True, slots=True)
class Posted:
    """A transfer in the ledger; `is_new` is false where it had been posted before."""

    transfer_id: int
    points: int
    asked: int
    is_new: bool


def find_posted(session: Session, transfer: Transfer) -> Posted | None:
    """Return what was posted under the key of a transfer, None where nothing was.

    Raises
    ------
    KeyReusedError
        Where the key stands for something else.
    """
    found = session.connection().execute(_BY_KEY, {"wanted": transfer.key}).one_or_none()
    if found is None:
        return None
    if found.request_sha256 != transfer.digest():
        raise KeyReusedError(
            f"Expected the key {transfer.key[:80]!r} with what it was first sent with, got another."
        )
    return Posted(found.id, found.points, found.asked, is_new=False)


def points_of_keys(session: Session, *keys: str) -> int:
    """Return the points of what was posted under some keys; 0 where nothing was."""
    query = select(func.coalesce(func.sum(PointTransfer.points), 0))
    return int(session.scalar(query.where(PointTransfer.key.in_(keys))) or 0)


def lock_accounts(session: Session, *account_ids: int) -> dict[int, Row[Any]]:
    """Lock accounts until the transaction ends, in ascending id; return them as they are."""
    rows = session.connection().execute(_LOCK, {"ids": sorted(set(account_ids))}).all()
    return {row.id: row for row in rows}


def post(session: Session, keys: Keys, now: datetime, transfer: Transfer) -> Posted:
    """Post a transfer in the session's transaction, once for all times.

    Raises
    ------
    ShortOfPointsError
        Where an account other than an issuing one would go below zero.
    KeyReusedError
        Where the key stands for something else.
    """
    if (already := find_posted(session, transfer)) is not None:
        return already
    accounts = lock_accounts(session, *(leg.account_id for leg in transfer.legs))
    for leg in transfer.legs:
        account = accounts[leg.account_id]
        if account.kind != "issued" and account.balance + leg.amount < 0:
            # Whoever held the lock may have posted this very transfer.
            if (already := find_posted(session, transfer)) is not None:
                return already
            raise ShortOfPointsError(f"Expected {-leg.amount} points, got {account.balance}.")
    transfer_id = _insert_once(session, now, transfer)
    if transfer_id is None:
        return cast("Posted", find_posted(session, transfer))
    legs = [(leg, accounts[leg.account_id]) for leg in transfer.legs]
    _write_entries(session, keys, sealed_part(transfer, now), transfer_id, legs)
    return Posted(transfer_id, transfer.points, transfer.asked, is_new=True)


def _insert_once(session: Session, now: datetime, transfer: Transfer) -> int | None:
    connection = session.connection()
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    names = ("key", "kind", "rule", "subject_id", "points", "asked", "reason", "actor")
    values = {name: getattr(transfer, name) for name in (*names, "reverses_id")}
    values |= {"request_sha256": transfer.digest(), "created_at": now}
    statement = make(_TRANSFERS).on_conflict_do_nothing(index_elements=["key"])
    return connection.execute(statement.returning(_TRANSFERS.c.id), values).scalar()


def _write_entries(
    session: Session,
    keys: Keys,
    part: list[Any],
    transfer_id: int,
    legs: list[tuple[Leg, Row[Any]]],
) -> None:
    entries, moves = [], []
    for leg, account in legs:
        entry = {
            "account_id": account.id,
            "sequence": account.num_entries + 1,
            "transfer_id": transfer_id,
            "amount": leg.amount,
            "balance": account.balance + leg.amount,
        }
        seal = seal_entry(keys, account.code, entry, part, account.last_seal)
        entries.append({**entry, "seal": seal})
        moved = {"balance": entry["balance"], "num_entries": entry["sequence"], "last_seal": seal}
        moves.append({"moved": account.id, **moved})
    if entries:
        connection = session.connection()
        connection.execute(insert(_ENTRIES), entries)
        connection.execute(_MOVE, moves)


def sealed_part(transfer: Any, now: datetime) -> list[Any]:
    """Return what the entries of a transfer, or of its row, seal of it."""
    names = ("key", "kind", "rule", "points", "asked", "reason", "actor")
    # Both databases keep microseconds, so a time comes back as it was given.
    return [*(getattr(transfer, name) for name in names), round(now.timestamp() * 1_000_000)]


def seal_entry(
    keys: Keys,
    account: str,
    entry: Mapping[str, Any],
    transfer: list[Any],
    previous: bytes | None,
) -> bytes:
    """Return the seal of an entry: 32 bytes that nobody makes without the key."""
    names = ("sequence", "transfer_id", "amount", "balance")
    own = [account, *(entry[name] for name in names)]
    return keys.stamp(("points " + canonical([own, transfer, (previous or b"").hex()])).encode())
