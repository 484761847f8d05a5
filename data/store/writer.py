"""Writes to the store: ``submit`` returns once the write is committed, and not before.

A *work* is a function of a `Session`. It may run more than once, so it must touch nothing but the
database, and it gives plain values back, not rows. Either all of it is kept or none of it: a work
that raises is rolled back and its caller, alone, sees the error.

On SQLite one thread of a process writes (`GroupWriter`): the works that wait are run in one
transaction, each but the first in a savepoint of its own, and share the one fsync of its COMMIT;
processes take turns (`data.store.sqlite_turns`). On PostgreSQL each
caller writes by itself over a connection pool (`PooledWriter`), and again where the server asks for
it.
"""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from data.store.access_changes import changed_access, watch_access
from data.store.commit_sizes import CommitSizes
from data.store.errors import Busy, StoreClosedError, StoreError
from data.store.postgres import may_try_again
from data.store.row_versions import StaleError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from data.store.commit_sizes import WriterFigures
    from data.store.sqlite_turns import Turns

T = TypeVar("T")

QUEUE = 1024
GROUP = 128
GROUP_S = 0.05
TRIES = 8
FIRST_PAUSE_MS = 4


class Writer(Protocol):
    """What both writers can do.

    Attributes
    ----------
    access_version : object
        Another one after each commit that changed who may do what, before its caller hears of it.
    """

    access_version: object

    def submit(self, work: Callable[[Session], T]) -> T:
        """Run a work in a transaction and return its value once that is committed."""
        ...

    def promise(self, work: Callable[[Session], T]) -> Future[T] | None:
        """Have a work run by a thread of the writer's own; None: it has none, `submit` it."""
        ...

    def close(self) -> None:
        """Take no more works, finish those that wait, and return."""
        ...

    def figures(self) -> WriterFigures:
        """Return how many works wait, and how commits went."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    work: Callable[[Session], Any]
    outcome: Future[Any]


class GroupWriter:
    """The one writer of a process on a SQLite store, with group commit.

    Parameters
    ----------
    engine : Engine
        Gives the writing connection, whose transactions begin IMMEDIATE.
    turns : Turns
        The line in which this process waits to write.
    size : int
        How many works may wait; one more is refused as `Busy`.
    """

    def __init__(self, engine: Engine, turns: Turns, size: int = QUEUE) -> None:
        self._engine, self._turns = engine, turns
        self.access_version = object()
        watch_access(engine)
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(size)
        self._gate = threading.Lock()
        self._closed = False
        self._sizes = CommitSizes()
        self._is_open = True
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Session], T]) -> T:
        """Run a work in the writer's thread; return its value after COMMIT.

        Raises
        ------
        Busy
            Where the queue is full.
        StoreClosedError
            After `close`.
        """
        if threading.current_thread() is self._thread:
            raise StoreError("Expected a work to use its own session, got a submit inside it.")
        return self.promise(work).result()

    def promise(self, work: Callable[[Session], T]) -> Future[T]:
        """Have a work run in the writer's thread; return what will hold its value after COMMIT.

        Raises
        ------
        Busy, StoreClosedError
            At once, as `submit`.
        """
        outcome: Future[T] = Future()
        outcome.set_running_or_notify_cancel()  # a reader who goes away undoes nothing
        with self._gate:
            if self._closed:
                raise StoreClosedError("Expected an open store, got one that is closed.")
            try:
                self._waiting.put_nowait(_Waiting(work, outcome))
            except queue.Full:
                size = self._waiting.maxsize
                raise Busy(f"Expected at most {size} writes to wait, got one more.") from None
        return outcome

    def close(self) -> None:
        """Finish what waits, then stop the thread."""
        with self._gate:
            already, self._closed = self._closed, True
        if not already:
            self._waiting.put(None)
        self._thread.join()
        if not already:
            self._turns.close()

    def figures(self) -> WriterFigures:
        """Return how many works wait, and how commits went."""
        return self._sizes.figures(self._waiting.qsize())

    def _run(self) -> None:
        is_open = True
        while is_open:
            first = self._waiting.get()
            if first is None:
                return
            # A work is run as soon as it comes; the group closes when nobody waits any more.
            is_open = self._commit_group(first)

    def _commit_group(self, first: _Waiting) -> bool:
        """Run waiting works in one transaction; give False where the end of the queue was met."""
        done: list[tuple[Future[Any], Any]] = []
        group = [first]
        self._is_open = True
        try:
            with self._turns.turn(), self._engine.connect() as connection:
                try:
                    self._run_group(connection, group, done, _run_first)
                except _UndoesError:
                    self._run_group(connection, group, done, _run_one)
                if changed_access(connection):
                    self.access_version = object()
        except _RefusedError:
            return True  # the first work failed, and nobody else had begun
        except BaseException as error:  # noqa: BLE001 - told to everybody whose write is lost
            lost = _lost(error)
            for waiting in group:
                if not waiting.outcome.done():
                    waiting.outcome.set_exception(lost)
            return self._is_open
        self._sizes.note(len(done))
        for outcome, value in done:
            outcome.set_result(value)
        return self._is_open

    def _run_group(
        self,
        connection: Connection,
        group: list[_Waiting],
        done: list[tuple[Future[Any], Any]],
        run_first: _Run,
    ) -> None:
        """Run a work and those that wait by then in one transaction."""
        with connection.begin():
            until = time.monotonic() + GROUP_S
            run_first(connection, group[0], done)
            while len(group) < GROUP and time.monotonic() < until:
                waiting, self._is_open = self._next()
                if waiting is None:
                    return
                group.append(waiting)
                _run_one(connection, waiting, done)

    def _next(self) -> tuple[_Waiting | None, bool]:
        try:
            found = self._waiting.get_nowait()
        except queue.Empty:
            return None, True
        return found, found is not None


_Done = list[tuple[Future[Any], Any]]
_Run = Callable[["Connection", _Waiting, _Done], None]


class _RefusedError(Exception):
    """The first work of a group failed; its caller knows."""


class _UndoesError(Exception):
    """A work takes back what it did itself: it needs a savepoint."""


class _PlainSession(Session):
    """A session of a work that has its transaction for itself until it has succeeded."""

    def rollback(self) -> None:
        raise _UndoesError


def _run_first(connection: Connection, waiting: _Waiting, done: _Done) -> None:
    """Run a work without a savepoint: where it fails there is nothing else to be kept."""
    try:
        value = _run_plainly(connection, waiting.work)
    except _UndoesError:
        raise
    except BaseException as error:
        waiting.outcome.set_exception(error)
        raise _RefusedError from error
    done.append((waiting.outcome, value))


def _run_one(connection: Connection, waiting: _Waiting, done: _Done) -> None:
    """Run a work in a savepoint, so that where it fails the others' are kept."""
    try:
        value = _run_in_savepoint(connection, waiting.work)
    except BaseException as error:
        if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            raise  # SQLite gave up the whole transaction (disk full): nobody's write is kept
        waiting.outcome.set_exception(error)
    else:
        done.append((waiting.outcome, value))


def _run_plainly(connection: Connection, work: Callable[[Session], T]) -> T:
    session = _PlainSession(
        connection, join_transaction_mode="rollback_only", expire_on_commit=False
    )
    return _run_in(session, work)


def _run_in_savepoint(connection: Connection, work: Callable[[Session], T]) -> T:
    # The writer's own, and another of the session's: a commit inside the work ends only that.
    with connection.begin_nested():
        session = Session(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )
        return _run_in(session, work)


def _run_in(session: Session, work: Callable[[Session], T]) -> T:
    with session:
        try:
            value = work(session)
            session.commit()
        except StaleDataError as error:
            raise StaleError from error
        return value


def _lost(error: BaseException) -> BaseException:
    if isinstance(error, OperationalError) and "locked" in str(error.orig):
        return Busy("Expected the store to be free for writing, got another program writing.")
    return error


class PooledWriter:
    """Writers on PostgreSQL: every caller its own connection, as many as the pool has.

    Parameters
    ----------
    engine : Engine
        READ COMMITTED; conflicts (40001, 40P01) are tried again `TRIES` times.
    connections, size : int
        How many works may run at once, and how many more may wait.
    """

    def __init__(self, engine: Engine, connections: int, size: int = QUEUE) -> None:
        self._engine = engine
        self.access_version = object()
        watch_access(engine)
        self._size = size
        self._connections = connections
        self._inside = 0
        self._changed = threading.Condition()
        self._turn = threading.BoundedSemaphore(connections)
        self._closed = False
        self._sizes = CommitSizes()

    def submit(self, work: Callable[[Session], T]) -> T:
        """Run a work in the caller's thread; return its value after COMMIT.

        Raises
        ------
        Busy
            Where too many wait, or conflicts did not end.
        StoreClosedError
            After `close`.
        """
        self._enter()
        try:
            with self._turn:
                return self._try(work)
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def promise(self, work: Callable[[Session], T]) -> None:
        """Return None: every caller writes by itself."""

    def close(self) -> None:
        """Take no more works and wait for those that run."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._inside == 0)

    def figures(self) -> WriterFigures:
        """Return how many works wait for a connection, and how commits went."""
        return self._sizes.figures(max(0, self._inside - self._connections))

    def _enter(self) -> None:
        with self._changed:
            if self._closed:
                raise StoreClosedError("Expected an open store, got one that is closed.")
            if self._inside >= self._size + self._connections:
                raise Busy(f"Expected at most {self._size} writes to wait, got one more.")
            self._inside += 1

    def _try(self, work: Callable[[Session], T]) -> T:
        for attempt in range(TRIES):
            try:
                with self._engine.connect() as connection:
                    try:
                        with connection.begin():
                            value = _run_plainly(connection, work)
                    except _UndoesError:
                        with connection.begin():
                            value = _run_in_savepoint(connection, work)
                    if changed_access(connection):
                        self.access_version = object()
            except NoConnection as error:
                raise Busy("Expected a connection to write with, got all in use.") from error
            except DBAPIError as error:
                if not may_try_again(error):
                    raise
            else:
                self._sizes.note(1)
                return value
            # Those who clashed must not meet again at the same moment.
            pause_ms = FIRST_PAUSE_MS * 2**attempt
            time.sleep((pause_ms + secrets.randbelow(pause_ms)) / 1000)
        raise Busy(f"Expected the write to pass within {TRIES} tries, got a conflict each time.")
