"""Go through the whole ledger and name everything that does not fit."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from data.points.accounts import RESERVED
from data.points.ledger import seal_entry, sealed_part
from data.store.tables.gifts import Redemption
from data.store.tables.points import PointAccount, PointEntry, PointTransfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from data.store.keys import Keys

BATCH: Final = 5000


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What `verify` counted, and all that is wrong, one sentence each."""

    num_accounts: int
    num_transfers: int
    num_entries: int
    total: int
    problems: tuple[str, ...]


@dataclass(slots=True)
class _Chain:
    """An account as far as its entries have been read."""

    account: Any
    count: int = 0
    balance: int = 0
    seal: bytes | None = None
    wrong: list[str] = field(default_factory=list)

    def see(self, keys: Keys, row: Any) -> None:
        where = f"account {self.account.code}, entry {row.sequence}"
        if row.sequence != self.count + 1:
            self.wrong.append(f"{where}: expected entry {self.count + 1} after {self.count}")
        self.balance += row.amount
        if row.balance != self.balance:
            self.wrong.append(f"{where}: expected the balance {self.balance}, got {row.balance}")
            self.balance = row.balance
        entry = {name: getattr(row, name) for name in ("sequence", "transfer_id")}
        entry |= {"amount": row.amount, "balance": row.balance}
        part = sealed_part(row, row.created_at)
        if seal_entry(keys, self.account.code, entry, part, self.seal) != row.seal:
            self.wrong.append(f"{where}: expected it as it was sealed, got it changed or moved")
        self.count, self.seal = row.sequence, row.seal

    def end(self) -> None:
        account, where = self.account, f"account {self.account.code}"
        if account.num_entries != self.count:
            self.wrong.append(f"{where}: expected {account.num_entries} entries, got {self.count}")
        if account.balance != self.balance:
            self.wrong.append(
                f"{where}: expected the balance {self.balance} of its entries, "
                f"got {account.balance}"
            )
        if account.last_seal != self.seal:
            self.wrong.append(f"{where}: expected the seal of its last entry, got another")
        if account.balance < 0 and account.kind != "issued":
            self.wrong.append(f"{where}: expected at least 0 points, got {account.balance}")


def verify(session: Session, keys: Keys) -> LedgerReport:
    """Verify every chain, balance, transfer and counter-entry, and what is reserved for gifts."""
    accounts = {row.id: _Chain(row) for row in session.execute(select(*_columns(PointAccount)))}
    sums: dict[int, int] = defaultdict(int)
    total = num_entries = 0
    for row in _entries(session):
        accounts[row.account_id].see(keys, row)
        sums[row.transfer_id] += row.amount
        total += row.amount
        num_entries += 1
    problems: list[str] = []
    for chain in accounts.values():
        chain.end()
        problems += chain.wrong
    if total:
        problems.append(f"expected all entries to add up to 0, got {total}")
    problems += [
        f"transfer {number}: expected its entries to add up to 0, got {amount}"
        for number, amount in sums.items()
        if amount
    ]
    num_transfers = 0
    for transfer in session.execute(select(*_columns(PointTransfer))):
        num_transfers += 1
        if transfer.id not in sums and transfer.points:
            problems.append(f"transfer {transfer.id}: expected entries, got none")
    problems += _reversals(session)
    problems += _reserved(session)
    return LedgerReport(len(accounts), num_transfers, num_entries, total, tuple(problems))


def _entries(session: Session) -> Iterator[Any]:
    names = ("key", "kind", "rule", "points", "asked", "reason", "actor", "created_at")
    columns = [*_columns(PointEntry), *(getattr(PointTransfer, name) for name in names)]
    last = (0, 0)
    while True:
        after = (PointEntry.account_id > last[0]) | (
            (PointEntry.account_id == last[0]) & (PointEntry.sequence > last[1])
        )
        rows = session.execute(
            select(*columns)
            .join(PointTransfer, PointTransfer.id == PointEntry.transfer_id)
            .where(after)
            .order_by(PointEntry.account_id, PointEntry.sequence)
            .limit(BATCH)
        ).all()
        yield from rows
        if len(rows) < BATCH:
            return
        last = (rows[-1].account_id, rows[-1].sequence)


def _reversals(session: Session) -> Iterator[str]:
    """Yield the reversals that are not the exact counter of what they reverse."""
    pairs = session.execute(
        select(PointTransfer.id, PointTransfer.reverses_id).where(
            PointTransfer.reverses_id.is_not(None)
        )
    ).all()
    for number, original in pairs:
        sides = [
            dict(
                session.execute(
                    select(PointEntry.account_id, PointEntry.amount).where(
                        PointEntry.transfer_id == one
                    )
                ).all()
            )
            for one in (number, original)
        ]
        if sides[0] != {account: -amount for account, amount in sides[1].items()}:
            yield f"transfer {number}: expected the counter-entries of transfer {original}"


def _reserved(session: Session) -> Iterator[str]:
    held = session.scalar(select(PointAccount.balance).where(PointAccount.code == RESERVED)) or 0
    wanted = session.scalar(
        select(func.coalesce(func.sum(Redemption.points), 0)).where(Redemption.state == "reserved")
    )
    if held != wanted:
        yield f"account {RESERVED}: expected {wanted} points of open redemptions, got {held}"


def _columns(mapped: Any) -> list[Any]:
    return [getattr(mapped, column.name) for column in mapped.__table__.c]
