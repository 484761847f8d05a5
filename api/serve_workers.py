"""Several processes behind one port: an interpreter works on one thing at a time, four on four.

The first process takes the port and starts the others, which listen on it together; it serves
nothing itself. One that dies is started anew. What the clock does (alerts, tasks, tidying) is done
by whichever has the lease (`data.field.live_lease`); what one process changes, the others learn by
the feed of changes. On SQLite they write in turns (`data.store.sqlite_turns`).
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from api.server import GRACE_S, tell_ready
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.language import Texts

LISTENER: Final = "JINGGE_WORKER_LISTENER"
LINE: Final = "JINGGE_WORKER_LINE"
"""Names of a worker's two inherited sockets: the port, and the line to whoever started it."""
MOST: Final = 64
LOOK_EVERY_S: Final = 0.2
SOON_S: Final = 30.0
"""A worker that dies so soon is started anew only after a while: it would die again."""
PAUSE_S: Final = 5.0
_READY: Final = b"r"


class WorkersError(JinggeError):
    """Workers that cannot be had."""


def require_workers(number: int) -> None:
    """Refuse a number of workers that cannot be had.

    Raises
    ------
    WorkersError
    """
    if not 1 <= number <= MOST:
        raise WorkersError(f"Expected 1..{MOST} workers, got {number}.")


@dataclass(slots=True)
class Worker:
    """A process that serves, and the line to it."""

    process: subprocess.Popen[bytes]
    line: socket.socket
    begun_s: float
    is_ready: bool = False


@dataclass(slots=True)
class Crew:
    """The workers of a port.

    Parameters
    ----------
    listener : socket
        Bound; the workers listen.
    number : int
    tell : callable
        Called once, when all are ready.
    """

    listener: socket.socket
    number: int
    tell: Callable[[], None]
    workers: list[Worker] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    _was_told: bool = False

    def run(self) -> None:
        """Keep the workers running until told to stop; then stop them, each after what it does.

        Raises
        ------
        WorkersError
            Where a worker ends before it was ready for the first time.
        """
        try:
            self.workers += [self._start() for _ in range(self.number)]
            while not self.stopping.is_set():
                self._look()
        finally:
            self._stop()

    def _look(self) -> None:
        lines = [one.line for one in self.workers if not one.is_ready]
        if lines:
            spoken, _, _ = select.select(lines, [], [], LOOK_EVERY_S)
            for one in self.workers:
                if one.line in spoken:
                    one.is_ready = one.line.recv(1) == _READY
        else:
            self.stopping.wait(LOOK_EVERY_S)
        if not self._was_told and all(one.is_ready for one in self.workers):
            self._was_told = True
            self.tell()
        for number, one in enumerate(self.workers):
            if one.process.poll() is not None and not self.stopping.is_set():
                self.workers[number] = self._replaced(one)

    def _replaced(self, dead: Worker) -> Worker:
        if not self._was_told:
            code = dead.process.returncode
            raise WorkersError(f"Expected a worker that serves, got one that ended with {code}.")
        dead.line.close()
        if time.monotonic() - dead.begun_s < SOON_S:
            self.stopping.wait(PAUSE_S)
        return self._start()

    def _start(self) -> Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            names = {LISTENER: str(self.listener.fileno()), LINE: str(theirs.fileno())}
            process = subprocess.Popen(
                [sys.executable, "-m", "api.serve_workers"],
                env={**os.environ, **names},
                pass_fds=(self.listener.fileno(), theirs.fileno()),
                stdin=subprocess.DEVNULL,
                # Ctrl-C in a terminal is for the first process, which tells the others.
                process_group=0,
            )
        return Worker(process, ours, time.monotonic())

    def _stop(self) -> None:
        for one in self.workers:
            one.process.terminate()
        until = time.monotonic() + GRACE_S + 12
        for one in self.workers:
            try:
                one.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                one.process.kill()
                one.process.wait()
            one.line.close()


def serve_together(listener: socket.socket, number: int, texts: Texts) -> None:
    """Serve a port in several processes until this one is told to stop.

    Raises
    ------
    WorkersError
        Where a worker ends before it was ready for the first time.
    """
    print(texts("cli.serve.loading"), flush=True)  # noqa: T201
    crew = Crew(listener, number, partial(tell_ready, listener, texts))
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(one, lambda *_: crew.stopping.set()) for one in numbers]
    try:
        crew.run()
    finally:
        for one, handler in zip(numbers, before, strict=True):
            signal.signal(one, handler)


def main() -> None:
    """Serve as one of a crew."""
    from api.language import environment_language, texts_of  # noqa: PLC0415 - for a worker alone
    from api.server import open_service, serve  # noqa: PLC0415
    from api.settings import read_settings  # noqa: PLC0415

    listener = socket.socket(fileno=int(os.environ[LISTENER]))
    line = socket.socket(fileno=int(os.environ[LINE]))
    threading.Thread(target=_end_with, args=(line,), name="line", daemon=True).start()
    settings = read_settings(os.environ)
    texts = texts_of(environment_language(os.environ))
    service = open_service(os.environ)
    serve(service, settings, listener, texts, ready=lambda: line.send(_READY))


def _end_with(line: socket.socket) -> None:
    """End this process when whoever started it is gone."""
    with suppress(OSError):
        while line.recv(1):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
