"""Keys of creating calls: a work is done once a key, and its answer is kept for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from statements import asked

from data.store.idempotency import KEPT, Answer, KeyReusedError, answer_once, forget_answers

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.engine import Store

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)


def ask(store: Store, request: str = "a", *, caller: str = "account:1", now: datetime = NOW) -> int:
    """Do a work under one key; return how often it was really done before, by its answer."""

    def work(_: Session) -> Answer:
        done.append(request)
        return Answer(201, str(len(done)).encode(), {"Location": "/there"})

    def whole(session: Session) -> Answer:
        who = {"caller": caller, "key": "a-key-of-a-call"}
        return answer_once(session, **who, request_sha256=request, now=now, work=work)

    given = store.submit(whole)
    assert (given.status, given.headers) == (201, {"Location": "/there"})
    return int(given.body)


done: list[str] = []


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


def test_the_same_key_gets_the_same_answer_for_a_day(store: Store) -> None:
    assert [ask(store), ask(store), ask(store, now=NOW + KEPT - timedelta(seconds=1))] == [1, 1, 1]
    assert ask(store, caller="account:2") == 2
    with pytest.raises(KeyReusedError):
        ask(store, "b")
    assert ask(store, "b", now=NOW + KEPT) == 3  # its time is over: as if it had never been


def test_old_answers_are_dropped(store: Store) -> None:
    ask(store)
    ask(store, caller="account:2", now=NOW + timedelta(hours=1))
    assert store.submit(lambda session: forget_answers(session, NOW + KEPT)) == 1
    assert store.submit(lambda session: forget_answers(session, NOW + KEPT)) == 0
    assert ask(store, caller="account:2", now=NOW + timedelta(hours=2)) == 2


def test_a_key_costs_two_statements(store: Store) -> None:
    with asked(store) as statements:
        ask(store)
    assert [one.split()[0] for one in statements if one[:5] != "BEGIN"] == ["INSERT", "UPDATE"]
