"""How fast and how right the ledger of points is under many at once.

    python benchmarks/ledger_speed.py [sqlite] [postgresql] [--transfers N] [--workers W]
        [--keys K] [--repeats R]

W workers (64) move points among ten hot accounts; then 1,000 keys are sent R times (20) each,
mixed. Afterwards the ledger is verified: the sum is kept, nobody is below zero, each key had one
effect. ``--transfers 1000000`` is the full count. SQLite works on the disk that ``TMPDIR`` names;
PostgreSQL's data lie in memory where there is ``/dev/shm``.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "benchmarks")]

from store_speed import database  # noqa: E402

from data.points.accounts import issuing_account, person_account  # noqa: E402
from data.points.errors import ShortOfPointsError  # noqa: E402
from data.points.ledger import Leg, Transfer, post  # noqa: E402
from data.points.verifying import verify  # noqa: E402
from data.store.engine import Store, open_engines, open_store  # noqa: E402
from data.store.errors import Busy  # noqa: E402
from data.store.keys import derive  # noqa: E402
from data.store.migrate import upgrade  # noqa: E402
from data.store.tables.people import Person  # noqa: E402
from data.store.tables.points import PointAccount  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

KEYS = derive(b"k" * 32)
NOW = datetime(2026, 11, 25, tzinfo=UTC)
HOT = 10
OPENING = 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run came to."""

    posted: int
    refused: int
    tried_again: int
    seconds: float
    slowest_percent_ms: float


def main() -> None:
    """Measure on the databases that were named, or on both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--transfers", type=int, default=5_000)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--keys", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for kind in options.kinds:
            with database(kind, Path(name)) as url:
                engines = open_engines(url)
                upgrade(engines)
                engines.dispose()
                store = open_store(url)
                measure(kind, store, options)
                store.close()


def measure(kind: str, store: Store, options: argparse.Namespace) -> None:
    """Move points, send keys again and again, and verify."""
    accounts = store.submit(open_accounts)
    draw = random.Random(7)  # noqa: S311 - no secret
    pairs = [tuple(draw.sample(accounts, 2)) for _ in range(options.transfers)]
    jobs = [(f"move:{n}", giver, taker, 1 + n % 40) for n, (giver, taker) in enumerate(pairs)]
    moved = run(store, jobs, options.workers)
    report(f"{kind}: transfers, {options.workers} workers, {HOT} accounts", moved)
    again = [(f"again:{n}", *pairs[n % len(pairs)], 1) for n in range(options.keys)]
    again *= options.repeats
    draw.shuffle(again)
    repeated = run(store, again, options.workers)
    report(f"{kind}: {options.keys:,} keys, {options.repeats} times each", repeated)
    # A key whose giver had nothing has no effect; none has two.
    assert repeated.posted <= options.keys, repeated
    started = time.perf_counter()
    with store.read() as session:
        found = verify(session, KEYS)
        rows = select(PointAccount.kind, PointAccount.balance)
        balances = Counter[str]()
        for account_kind, balance in session.execute(rows):
            balances[account_kind] += balance
            assert balance >= 0 or account_kind == "issued", balance
    assert found.problems == (), found.problems[:5]
    assert balances["person"] == HOT * OPENING, balances
    assert found.num_entries == 2 * (HOT + moved.posted + repeated.posted)
    print(
        f"{kind}: verified {found.num_transfers:,} transfers in "
        f"{time.perf_counter() - started:.1f} s: sum {found.total}, none below zero, "
        "each key one effect"
    )


def report(name: str, figures: Figures) -> None:
    """Print one line."""
    total = figures.posted + figures.refused
    print(
        f"{name}: {figures.posted:,} posted, {figures.refused:,} without effect, "
        f"{figures.tried_again:,} sent again as busy, {total / figures.seconds:,.0f} a second, "
        f"p99 {figures.slowest_percent_ms:,.0f} ms"
    )


def open_accounts(session: Session) -> list[int]:
    """Open ten accounts with 1,000 points each."""
    source = issuing_account(session, "other", NOW)
    accounts = []
    for number in range(HOT):
        row = {"code": f"p{number}", "tier": "volunteer", "state": "active"}
        person = Person(**row, created_at=NOW, updated_at=NOW)
        session.add(person)
        session.flush()
        account = person_account(session, person.id, NOW)
        legs = (Leg(source, -OPENING), Leg(account, OPENING))
        post(session, KEYS, NOW, Transfer(f"open:{number}", "award", legs, "x", "clock"))
        accounts.append(account)
    return accounts


def run(store: Store, jobs: list[tuple[str, int, int, int]], workers: int) -> Figures:
    """Let many workers post what there is to post."""
    lock, waiting = threading.Lock(), iter(jobs)
    counts: Counter[str] = Counter()
    times: list[float] = []

    def work() -> None:
        while True:
            with lock:
                job = next(waiting, None)
            if job is None:
                return
            started = time.perf_counter()
            outcome = send(store, transfer_of(*job), counts)
            with lock:
                times.append(time.perf_counter() - started)
                counts[outcome] += 1

    threads = [threading.Thread(target=work) for _ in range(workers)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    slow = sorted(times)[int(len(times) * 0.99)] * 1000
    return Figures(counts["posted"], counts["refused"], counts["busy"], seconds, slow)


def send(store: Store, work: Callable[[Session], bool], counts: Counter[str]) -> str:
    """Submit until the store is not busy."""
    while True:
        try:
            return "posted" if store.submit(work) else "refused"
        except ShortOfPointsError:
            return "refused"
        except Busy:
            counts["busy"] += 1


def transfer_of(key: str, giver: int, taker: int, points: int) -> Callable[[Session], bool]:
    """Return the work that posts one transfer."""
    legs = (Leg(giver, -points), Leg(taker, points))
    transfer = Transfer(key, "transfer", legs, "benchmark", "clock")
    return lambda session: post(session, KEYS, NOW, transfer).is_new


if __name__ == "__main__":
    main()
