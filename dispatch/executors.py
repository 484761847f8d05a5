"""Where pieces are solved: in this process, in worker processes, or on the machines of a cluster.

A piece is solved by a pure function of arrays, so it does not matter who solves it, when, or how
often. `PiecePool` builds on that: it hands numbered pieces to any `concurrent.futures.Executor`,
gives their answers back in the order of the pieces, and when the executor breaks (a worker was
killed, the connection is gone) makes a new one and sends again what has no answer yet. Pieces that
no executor answers after some tries are solved here, in this process. The answers are the same
whatever happens, and so is the plan that is made of them.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import warnings
from abc import abstractmethod
from collections import deque
from concurrent.futures import BrokenExecutor, CancelledError, Executor, ProcessPoolExecutor, wait
from multiprocessing.context import SpawnContext
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from multiprocessing.context import SpawnProcess
    from types import TracebackType

A = TypeVar("A")
P = TypeVar("P")

MOST_TRIES = 3
"""So often a piece is sent, and so many executors in a row may break without one answer."""
_LOOK_S = 0.1
"""Between two looks at `stop` and at the executor's health; an answer is taken at once."""
_LOST = (BrokenExecutor, CancelledError, ConnectionError)


class WorkerLost(RuntimeWarning):
    """Workers were lost; nothing but time is."""


class WatchedExecutor(Executor):
    """An executor that can be lost without a word, as a cluster can: it is asked now and then."""

    @abstractmethod
    def alive(self) -> bool:
        """Return whether answers can still be hoped for."""


class Work(Generic[A]):
    """One submitted call; its answer comes from wherever it was computed."""

    def __init__(
        self, pool: PiecePool, function: Callable[..., A], arguments: tuple[Any, ...]
    ) -> None:
        self._pool = pool
        self.function = function
        self.arguments = arguments
        self.future: Future[A] | None = None
        self.tries = 0

    def done(self) -> bool:
        """Return whether `result` need not wait for a worker."""
        return self._pool.look(self, 0.0)

    def result(self) -> A:
        """Wait for the answer; what the function raised is raised."""
        while not self._pool.look(self, _LOOK_S):
            pass
        return self._pool.take(self)


class PiecePool:
    """Computes pure functions of pieces on an executor that may break.

    To be used from one thread, as a context manager: on leaving, unfinished pieces are dropped and
    the executor's processes ended.

    Parameters
    ----------
    make : callable, optional
        Makes an executor; called when the first piece is sent, and again when an executor broke.
        Without it pieces are solved in this process when their answers are wanted.
    workers : int
        Pieces that are worth sending at a time. Whoever chooses pieces by it gets the same plan
        from any executor with as many workers.

    Attributes
    ----------
    losses : int
        Executors that broke so far.
    """

    def __init__(self, make: Callable[[], Executor] | None = None, *, workers: int = 1) -> None:
        self.workers = workers
        self.losses = 0
        self._make = make
        self._executor: Executor | None = None
        self._losses_in_a_row = 0
        self._open: list[Work[Any]] = []
        self._left: list[Future[Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop what is unfinished and end the executor."""
        self._open, self._left = [], []
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def get_ready(self, function: Callable[[], object]) -> None:
        """Start the workers and have each call a function that loads what pieces will need."""
        if self._make is not None:
            with contextlib.suppress(*_LOST):  # told where a piece meets it
                executor = self._running()
                self._left += [executor.submit(function) for _ in range(self.workers)]

    def submit(self, function: Callable[..., A], /, *arguments: Any) -> Work[A]:
        """Send one call; its answer is at `Work.result`.

        Parameters
        ----------
        function : callable
            Pure, and importable by name where it is to run.
        """
        work = Work(self, function, arguments)
        self._open.append(work)
        self._send()
        return work

    def map_pieces(
        self,
        function: Callable[[P], A],
        pieces: Iterable[P],
        *,
        stop: Callable[[], bool] | None = None,
    ) -> Iterator[tuple[int, A]]:
        """Yield (index, answer) of every piece, in the order of the pieces.

        Parameters
        ----------
        function : callable
            Pure, and importable by name where it is to run; fix further arguments by
            `functools.partial`.
        pieces : iterable
            Taken as they are needed, at most twice as many as workers ahead.
        stop : callable, optional
            Asked while waiting; when it says so, no more answers are waited for.
        """
        source = enumerate(pieces)
        ahead: deque[tuple[int, Work[A]]] = deque()
        try:
            while True:
                while len(ahead) < 2 * self.workers and (following := next(source, None)):
                    index, piece = following
                    ahead.append((index, self.submit(function, piece)))
                if not ahead:
                    return
                index, work = ahead[0]
                while not self.look(work, _LOOK_S):
                    if stop is not None and stop():
                        return
                if stop is not None and stop():
                    return
                ahead.popleft()
                yield index, self.take(work)
        finally:
            for _, work in ahead:
                self._leave(work)

    def look(self, work: Work[Any], seconds: float) -> bool:
        """Wait at most so long; return whether the answer can be taken without waiting longer."""
        if work.future is None:
            return True
        wait([work.future], timeout=seconds)
        if _is_lost(work.future) or not (work.future.done() or self._alive()):
            self._recover(work)
        return work.future is None or (work.future.done() and not _is_lost(work.future))

    def take(self, work: Work[A]) -> A:
        """Return the answer of work that `look` found done; compute it here where nobody did."""
        if work in self._open:
            self._open.remove(work)
        if work.future is None:
            return work.function(*work.arguments)
        self._losses_in_a_row = 0
        return work.future.result()

    def _leave(self, work: Work[Any]) -> None:
        """Stop caring about work whose answer nobody wants any more."""
        if work in self._open:
            self._open.remove(work)
        self._left = [future for future in self._left if not future.done()]
        if work.future is not None:
            self._left.append(work.future)

    def _alive(self) -> bool:
        """Whether the executor may still answer, as far as it lets itself be asked."""
        return not isinstance(self._executor, WatchedExecutor) or self._executor.alive()

    def _running(self) -> Executor:
        if self._executor is None:
            assert self._make is not None  # noqa: S101 - callers look first
            self._executor = self._make()
        return self._executor

    def _send(self) -> None:
        """Hand every unsent piece to the executor, to a new one when it breaks meanwhile."""
        while self._make is not None:
            unsent = [w for w in self._open if w.future is None and w.tries < MOST_TRIES]
            if not unsent:
                return
            try:
                executor = self._running()
                for work in unsent:
                    work.future = executor.submit(work.function, *work.arguments)
                    work.tries += 1
            except _LOST as loss:
                self._drop(loss)

    def _recover(self, work: Work[Any]) -> None:
        """Send lost work again: to the same executor where it lives, else all to a new one."""
        future, work.future = work.future, None
        loss = future.exception() if future and future.done() and not future.cancelled() else None
        if isinstance(self._executor, WatchedExecutor) and self._executor.alive():
            self.losses += 1
            _warn(loss, "its piece is solved again.")
        else:
            self._drop(loss)
        self._send()

    def _drop(self, loss: BaseException | None) -> None:
        """Give up the executor; keep the answers that it gave."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)
        for work in self._open:
            if work.future is not None and (not work.future.done() or _is_lost(work.future)):
                work.future = None
        self._left = []
        self.losses += 1
        self._losses_in_a_row += 1
        if self._losses_in_a_row < MOST_TRIES:
            _warn(loss, "what it has not answered is solved again.")
        else:
            self._make = None
            _warn(loss, "pieces are solved in this process from now on.")


def _warn(loss: BaseException | None, consequence: str) -> None:
    why = f" ({loss})" if loss is not None and str(loss) else ""
    warnings.warn(
        f"A worker that solved pieces was lost{why}; {consequence}", WorkerLost, stacklevel=2
    )


def _is_lost(future: Future[Any]) -> bool:
    """Whether a future ended without its function having been run to its end."""
    return future.done() and (future.cancelled() or isinstance(future.exception(), _LOST))


def local_processes(workers: int) -> Callable[[], Executor]:
    """Return a maker of pools of so many processes on this machine."""
    return lambda: LocalProcesses(workers)


class LocalProcesses(ProcessPoolExecutor):
    """Spawned processes that end with the pool, with the interruption, and with their parent.

    The standard pool waits for running calls when it is shut down, whatever the user wants, and its
    processes wait for work for ever when the parent is killed.
    """

    def __init__(self, workers: int) -> None:
        self._context = _RememberingContext()
        super().__init__(workers, mp_context=self._context, initializer=_end_with_parent)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes: at once with `cancel_futures`, else after what is submitted."""
        if cancel_futures:
            for process in self._context.made:
                if process.is_alive():
                    process.kill()
        super().shutdown(wait)


class _RememberingContext(SpawnContext):
    """The spawn context that remembers which processes it has made."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[SpawnProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # type: ignore[override] # noqa: N802
        """Make a process, and remember it."""
        process = SpawnContext.Process(*args, **kwargs)
        self.made.append(process)
        return process


def _end_with_parent() -> None:
    """Leave Ctrl-C to the parent, and end when the parent ends, even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
