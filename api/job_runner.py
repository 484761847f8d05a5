"""Sees to it that a worker process runs while jobs wait, and that silent ones are marked.

The worker is a process group of its own: it outlives the server, which may be restarted under it.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Final

from data.planning.jobs import mark_interrupted, num_waiting, silent_jobs
from data.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from data.store.engine import Store

LOOK_EVERY_S: Final = 1.0
_LEFT: Final[list[subprocess.Popen[bytes]]] = []
"""Workers that go on without us; forgetting one would warn that it still runs."""
_LOG: Final = logging.getLogger(__name__)


class JobRunner:
    """A thread of the server that looks after the jobs.

    Parameters
    ----------
    store : Store
    clock : callable
        Gives the time.
    environment : mapping
        Of the worker: names the store and its key.
    """

    def __init__(
        self, store: Store, clock: Callable[[], datetime], environment: Mapping[str, str]
    ) -> None:
        self._store = store
        self._clock = clock
        self._environment = dict(environment)
        self._stop = threading.Event()
        self._worker: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking; a worker goes on."""
        self._stop.set()
        self._thread.join()
        if self._worker is not None:
            _LEFT.append(self._worker)

    def is_alive(self) -> bool:
        """Return whether it looks."""
        return self._thread.is_alive()

    def look(self) -> None:
        """Mark what fell silent, and start a worker where jobs wait and nobody works."""
        now = self._clock()
        with self._store.read() as session:
            waiting, running = num_waiting(session)
            silent = running > 0 and silent_jobs(session, now=now)
        if silent:
            self._store.submit(lambda session: mark_interrupted(session, now=now))
            return
        alive = self._worker is not None and self._worker.poll() is None
        if waiting and not running and not alive:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "api.job_worker"],
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            try:
                self.look()
            except StoreError:
                _LOG.exception("the jobs could not be looked after")
