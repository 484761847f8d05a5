"""Writing without holding a thread: a phone's write waits for its commit in the event loop.

A thread that waits for a commit can do nothing else, and threads are few. Where the store has one
writer (SQLite) a handler hands its work over and is woken once it is committed; where each caller
writes by itself (PostgreSQL) it needs a thread all the same.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

from data.store.postgres import CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from data.store.engine import Store

T = TypeVar("T")

_THREADS: Final[RunVar[CapacityLimiter]] = RunVar("threads that write")
"""Apart from those that handle requests: they wait for the database, and take nobody's turn."""


async def written(store: Store, work: Callable[[Session], T]) -> T:
    """Run a write; return its value once it is committed, as `Store.submit` does.

    Whoever goes away meanwhile does not undo it.

    Raises
    ------
    Busy
        Where too many writes wait.
    """
    outcome = store.promise(work)
    if outcome is None:
        return await run_sync(store.submit, work, limiter=_threads())
    return await asyncio.wrap_future(outcome)


def _threads() -> CapacityLimiter:
    found = _THREADS.get(None)
    if found is None:
        found = CapacityLimiter(CONNECTIONS)
        _THREADS.set(found)
    return found
