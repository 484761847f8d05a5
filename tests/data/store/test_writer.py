"""Writing: acknowledged only when committed, each work all or nothing, bounded, stopped gently."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from statements import asked

from data.store import writer
from data.store.engine import Store, open_store
from data.store.errors import Busy, StoreClosedError, StoreError
from data.store.postgres import CONNECTIONS
from data.store.tables.catalogue import Profession, Qualification

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session


def add(code: str) -> Callable[[Session], str]:
    def work(session: Session) -> str:
        session.add(Profession(code=code, label_zh=code, label_en=code))
        return code

    return work


def codes(store: Store) -> set[str]:
    with store.read() as session:
        return set(session.scalars(select(Profession.code)))


def test_a_work_returns_its_value_once_others_can_read_it(store: Store) -> None:
    assert store.submit(add("nurse")) == "nurse"
    assert codes(store) == {"nurse"}


def test_a_failing_work_leaves_nothing_and_harms_nobody(store: Store) -> None:
    def fails(session: Session) -> None:
        add("half")(session)
        session.flush()
        raise KeyError("half way")

    def breaks(session: Session) -> None:
        add("also half")(session)
        session.flush()
        add("nurse")(session)

    store.submit(add("nurse"))
    with ThreadPoolExecutor(8) as pool:
        good = [pool.submit(store.submit, add(f"good {i}")) for i in range(40)]
        bad = [pool.submit(store.submit, work) for work in (fails, breaks) * 10]
    assert [f.result() for f in good] == [f"good {i}" for i in range(40)]
    errors = {type(f.exception()) for f in bad}
    assert errors == {KeyError, IntegrityError}
    assert codes(store) == {"nurse", *(f"good {i}" for i in range(40))}


def test_a_commit_inside_a_work_keeps_nothing_by_itself(store: Store) -> None:
    def work(session: Session) -> None:
        add("early")(session)
        session.commit()
        raise KeyError

    with pytest.raises(KeyError):
        store.submit(work)
    assert codes(store) == set()


def test_a_rollback_inside_a_work_concerns_that_work_alone(store: Store) -> None:
    def work(session: Session) -> None:
        add("undone")(session)
        session.flush()
        session.rollback()
        add("done")(session)

    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(store.submit, add(f"other {i}")) for i in range(10)]
        store.submit(work)
    assert all(f.exception() is None for f in results)
    assert codes(store) == {"done", *(f"other {i}" for i in range(10))}


def test_a_work_alone_asks_for_nothing_but_its_transaction(store: Store) -> None:
    with asked(store) as statements:
        store.submit(add("nurse"))
    (insert,) = [one for one in statements if not one.startswith("BEGIN")]
    assert insert.startswith("INSERT INTO profession")


@pytest.mark.only("sqlite")
def test_works_that_wait_share_a_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    # A slow machine may need longer than a group may take in service.
    monkeypatch.setattr(writer, "GROUP_S", 60.0)
    commits = []
    event.listen(store.engines.writers, "commit", lambda _: commits.append(1))
    gate = threading.Event()
    with ThreadPoolExecutor(41) as pool:
        slow = pool.submit(store.submit, lambda _: gate.wait(10))
        while not store.writer._waiting.empty():  # type: ignore[attr-defined]
            pass
        rest = [pool.submit(store.submit, add(f"p{i}")) for i in range(40)]
        while store.writer._waiting.qsize() < 40:  # type: ignore[attr-defined]
            pass
        assert not any(f.done() for f in rest)
        gate.set()
    assert slow.result() is True
    assert all(f.exception() is None for f in rest)
    assert len(commits) <= 3


@pytest.mark.only("sqlite")
def test_nobody_is_told_of_success_when_the_commit_fails(store: Store) -> None:
    def refuse(_connection: object) -> None:
        raise OSError("no space left")

    event.listen(store.engines.writers, "commit", refuse)
    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(store.submit, add(f"p{i}")) for i in range(8)]
    assert {type(f.exception()) for f in results} == {OSError}
    event.remove(store.engines.writers, "commit", refuse)
    assert codes(store) == set()
    assert store.submit(add("after")) == "after"


def test_one_more_than_the_queue_holds_is_refused(url: str) -> None:
    store = open_store(url, queue=2)
    running = CONNECTIONS if store.kind == "postgresql" else 1
    gate, started = threading.Event(), threading.Semaphore(0)

    def slow(_session: Session) -> None:
        started.release()
        assert gate.wait(20)

    with ThreadPoolExecutor(running + 2) as pool:
        held = [pool.submit(store.submit, slow) for _ in range(running)]
        for _ in range(running):
            assert started.acquire(timeout=20)
        waiting = [pool.submit(store.submit, add(f"w{i}")) for i in range(2)]
        refused = None
        while refused is None:  # until both wait
            try:
                if _num_waiting(store) == 2:
                    store.submit(add("too many"))
            except Busy as error:
                refused = error
        gate.set()
    assert "at most 2 writes" in str(refused)
    assert all(f.exception() is None for f in (*held, *waiting))
    assert codes(store) == {"w0", "w1"}
    store.close()


def _num_waiting(store: Store) -> int:
    writer = store.writer
    if store.kind == "sqlite":
        return writer._waiting.qsize()  # type: ignore[attr-defined,no-any-return]
    return writer._inside - CONNECTIONS  # type: ignore[attr-defined,no-any-return]


def test_closing_finishes_what_waits_and_takes_no_more(url: str) -> None:
    store = open_store(url)
    gate = threading.Event()
    with ThreadPoolExecutor(12) as pool:
        slow = pool.submit(store.submit, lambda _: gate.wait(20))
        waiting = [pool.submit(store.submit, add(f"w{i}")) for i in range(10)]
        while _num_waiting(store) + (0 if store.kind == "sqlite" else CONNECTIONS - 1) < 10:
            if all(f.done() for f in waiting):
                break
        closing = pool.submit(store.close)
        gate.set()
        closing.result(20)
        assert slow.result() is True
        assert {f.result() for f in waiting} == {f"w{i}" for i in range(10)}
    with pytest.raises(StoreClosedError):
        store.submit(add("late"))
    again = open_store(url)
    assert codes(again) == {f"w{i}" for i in range(10)}
    again.close()


@pytest.mark.only("sqlite")
def test_a_work_that_submits_is_told_instead_of_waiting_for_itself(store: Store) -> None:
    with pytest.raises(StoreError, match="its own session"):
        store.submit(lambda _: store.submit(add("never")))


def test_readers_cannot_write(store: Store) -> None:
    with store.read() as session, pytest.raises(DBAPIError):
        session.execute(text("DELETE FROM profession"))


@pytest.mark.only("sqlite")
def test_a_second_program_waits_for_the_first(url: str) -> None:
    """Two deferred transactions would fail here: the second could not become a writer."""
    stores = [open_store(url), open_store(url)]

    def count_up(store: Store) -> None:
        def work(session: Session) -> None:
            number = session.scalar(select(func.count()).select_from(Profession))
            add(f"p{number}")(session)

        store.submit(work)

    with ThreadPoolExecutor(8) as pool:
        results = [pool.submit(count_up, stores[i % 2]) for i in range(100)]
    assert [f.exception() for f in results] == [None] * 100
    assert codes(stores[0]) == {f"p{i}" for i in range(100)}
    for store in stores:
        store.close()


@pytest.mark.only("postgresql")
def test_deadlocks_are_tried_again(store: Store) -> None:
    """Two works take the same two rows in opposite order; the server ends one of each pair."""
    for code in ("a", "b"):
        store.submit(add(code))
    tries = []

    def swap(first: str, last: str) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            tries.append(first)
            for code in (first, last):
                row = session.get_one(Profession, code, with_for_update=True)
                row.label_en += "."
                session.flush()
                barrier_passed.wait(0.3)

        return work

    barrier_passed = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(store.submit, swap(*pair)) for pair in (("a", "b"), ("b", "a"))]
    assert [f.exception() for f in results] == [None, None]
    assert len(tries) > 2, "expected a deadlock, got none: the test shows nothing"
    with store.read() as session:
        assert {row.label_en for row in session.scalars(select(Profession))} == {"a..", "b.."}


@pytest.mark.only("postgresql")
def test_conflicts_that_never_end_are_told_as_busy(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.store.writer.FIRST_PAUSE_MS", 1)
    tries = []

    def work(session: Session) -> None:
        tries.append(1)
        session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$"))

    with pytest.raises(Busy, match="within 8 tries"):
        store.submit(work)
    assert len(tries) == 8


def test_rows_stay_usable_after_the_session(store: Store) -> None:
    store.submit(add("nurse"))
    with store.read() as session:
        row = session.get_one(Profession, "nurse")
    assert row.label_zh == "nurse"
    assert store.submit(lambda s: s.merge(Qualification(code="q", label_zh="q", label_en="q")).code)


@pytest.mark.only("sqlite")
def test_whoever_goes_away_undoes_nothing(store: Store) -> None:
    gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(store.submit, lambda _: gate.wait(10))
        promised = store.promise(add("nurse"))
        assert promised is not None
        assert not promised.cancel()
        gate.set()
    assert slow.result() is True
    assert promised.result(10) == "nurse"
    assert codes(store) == {"nurse"}


@pytest.mark.only("postgresql")
def test_callers_of_postgresql_write_themselves(store: Store) -> None:
    assert store.promise(add("nurse")) is None
    assert codes(store) == set()
