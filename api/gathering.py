"""Small writes that many send at once: done together, each caller told of their own.

Phones on duty say where they are all the time, and a transaction costs more than what is written in
it. Whoever comes while a moment passes, or while the last lot is being committed, goes into one
work with the others; all are answered once it is committed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from api.writing import written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from data.store.engine import Store

A = TypeVar("A")
T = TypeVar("T")

MOMENT_S: Final = 0.03
MOST: Final = 500


class Gathering(Generic[A, T]):
    """Items of many callers, done by one work at a time.

    Parameters
    ----------
    store : Store
    work : callable
        Does items in a transaction; gives for each, in their order, its value or the error that
        its caller is to see. What it raises itself is everybody's.
    """

    def __init__(
        self, store: Store, work: Callable[[Session, list[A]], Sequence[T | Exception]]
    ) -> None:
        self._store, self._work = store, work
        self._waiting: list[tuple[A, asyncio.Future[T]]] = []
        self._doing: asyncio.Task[None] | None = None

    async def submit(self, item: A) -> T:
        """Return what came of an item, once it is committed.

        Raises
        ------
        Exception
            What the work gave for it, or `Busy`.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.append((item, answer))
        if self._doing is None or self._doing.get_loop() is not loop:
            self._doing = loop.create_task(self._do())
        return await answer

    async def _do(self) -> None:
        try:
            await asyncio.sleep(MOMENT_S)
            while self._waiting:
                taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                _tell(taken, await self._values([item for item, _ in taken]))
        finally:
            self._doing = None

    async def _values(self, items: list[A]) -> Sequence[Any]:
        try:
            return await written(self._store, lambda session: self._work(session, items))
        except Exception as error:  # noqa: BLE001 - told to everybody whose item is lost
            return [error] * len(items)


def _tell(taken: list[tuple[A, asyncio.Future[T]]], values: Sequence[T | Exception]) -> None:
    for (_, answer), value in zip(taken, values, strict=True):
        if answer.done():  # a reader who went away; the item is kept all the same
            continue
        if isinstance(value, Exception):
            answer.set_exception(value)
        else:
            answer.set_result(value)
