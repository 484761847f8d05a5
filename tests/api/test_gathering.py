"""Writes that are gathered: few works for many callers, and each hears of its own alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from asgi_call import run_apart
from sqlalchemy import select

from api.gathering import Gathering
from data.store.errors import Busy
from data.store.tables.catalogue import Profession

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from data.store.engine import Store


def outcomes(store: Store, work: Callable[[Session, list[int]], Any], count: int) -> list[Any]:
    """Submit the first numbers at once; return what each caller got."""

    async def run() -> list[Any]:
        gathering: Gathering[int, int] = Gathering(store, work)
        asked = (gathering.submit(number) for number in range(count))
        return await asyncio.gather(*asked, return_exceptions=True)

    return run_apart(run())


def add_even(session: Session, numbers: list[int]) -> list[int | Exception]:
    even = [number for number in numbers if not number % 2]
    session.add_all(Profession(code=f"{n}", label_zh="合成", label_en="made up") for n in even)
    return [number if number in even else ValueError(f"{number} is odd.") for number in numbers]


def test_many_callers_are_one_work_and_each_hears_of_its_own(store: Store) -> None:
    lots: list[int] = []

    def work(session: Session, numbers: list[int]) -> list[int | Exception]:
        lots.append(len(numbers))
        return add_even(session, numbers)

    found = outcomes(store, work, 1_200)
    assert sum(lots) == 1_200
    assert len(lots) == 3  # 500 at most
    assert [one for one in found if not isinstance(one, ValueError)] == list(range(0, 1_200, 2))
    assert str(found[7]) == "7 is odd."
    with store.read() as session:
        assert len(session.scalars(select(Profession.code)).all()) == 600


def test_a_work_that_fails_keeps_nothing_and_all_hear_of_it(store: Store) -> None:
    def work(session: Session, numbers: list[int]) -> list[int | Exception]:
        add_even(session, numbers)
        session.flush()
        raise Busy("full")

    found = outcomes(store, work, 5)
    assert [str(one) for one in found] == ["full"] * 5
    with store.read() as session:
        assert session.scalars(select(Profession.code)).all() == []


def test_whoever_goes_away_undoes_nothing_and_the_next_loop_is_served(store: Store) -> None:
    gathering: Gathering[int, int] = Gathering(store, add_even)

    async def leave() -> None:
        waiting = asyncio.ensure_future(gathering.submit(2))
        staying = asyncio.ensure_future(gathering.submit(4))
        await asyncio.sleep(0)
        waiting.cancel()
        assert await staying == 4

    async def leave_all() -> None:
        waiting = asyncio.ensure_future(gathering.submit(6))
        await asyncio.sleep(0)
        waiting.cancel()  # the loop ends before its moment is over

    run_apart(leave())
    run_apart(leave_all())
    assert run_apart(gathering.submit(8)) == 8
    with store.read() as session:
        assert {"2", "4", "8"} <= set(session.scalars(select(Profession.code)))
