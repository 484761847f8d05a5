"""Writes pairs of rows from many threads, and says which were acknowledged; made to be killed.

``python crash_writer.py URL`` prints a number a line as soon as its write was acknowledged.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from data.store.engine import Store, open_store
from data.store.tables.catalogue import Profession, Qualification
from data.store.tables.ground import Bureau

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

THREADS = 8
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PADDING = "x" * 300  # so that a few hundred writes fill the log and are moved into the file


def pair(number: int) -> Callable[[Session], int]:
    """Make a write of two rows in two tables, which must both be there or neither."""

    def work(session: Session) -> int:
        session.add(Profession(code=f"{number}", label_zh=PADDING, label_en=PADDING))
        session.flush()
        session.add(Qualification(code=f"{number}", label_zh=PADDING, label_en=PADDING))
        return number

    return work


def write_pairs(
    store: Store, told: Callable[[int], object], stop: threading.Event, first: int = 0
) -> list[threading.Thread]:
    """Start threads that write until they are stopped or cannot any more."""
    numbers = itertools.count(first)

    def run() -> None:
        while not stop.is_set():
            try:
                told(store.submit(pair(next(numbers))))
            except Exception:  # noqa: BLE001 - whatever a dying server causes
                return

    threads = [threading.Thread(target=run, daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    return threads


def stored_pairs(store: Store) -> tuple[set[int], int]:
    """Return the numbers of whole pairs, and how many halves there are."""
    with store.read() as session:
        first = {int(code) for code in session.scalars(select(Profession.code))}
        last = {int(code) for code in session.scalars(select(Qualification.code))}
        session.scalars(select(Bureau.id)).all()
    return first & last, len(first ^ last)


def main() -> None:
    """Write until killed."""
    store = open_store(sys.argv[1])
    write_pairs(
        store,
        lambda number: os.write(1, f"{number}\n".encode()),
        threading.Event(),
        int(sys.argv[2]),
    )
    threading.Event().wait()


if __name__ == "__main__":
    main()
