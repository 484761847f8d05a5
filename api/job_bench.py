"""What a worker has in hand while it works on a job: store, keys, clock, and the way to tell."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Final

from data.planning.errors import PlanningError
from data.planning.jobs import end_job, note_progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from data.planning.jobs import JobView
    from data.store.engine import Store
    from data.store.keys import Keys

TELL_EVERY_S: Final = 0.5


class JobCancelledError(PlanningError):
    """A job that somebody wants to end."""


@dataclass(slots=True)
class Bench:
    """A job under way.

    Attributes
    ----------
    stop : Event
        Set where the job is wanted to end.
    finish : Event
        Set where a plan is to end with the best roster it has.
    """

    store: Store
    keys: Keys
    clock: Callable[[], datetime]
    worker: str
    job: JobView
    stop: Event = field(default_factory=Event)
    finish: Event = field(default_factory=Event)
    _told_at: float = float("-inf")
    _stage: str = ""
    _lock: Lock = field(default_factory=Lock)

    def tell(self, stage: str, **values: Any) -> None:
        """Say how far the job is: each stage, and twice a second within one.

        Raises
        ------
        JobCancelledError
            Where the job is wanted to end.
        """
        self.go_on()
        with self._lock:
            now = time.monotonic()
            if stage == self._stage and now < self._told_at + TELL_EVERY_S:
                return
            self._stage, self._told_at = stage, now
        content = {"state": "running", "stage": stage, **values}
        job, worker, at = self.job.job_id, self.worker, self.clock()
        self.store.submit(lambda session: note_progress(session, job, worker, content, now=at))

    def go_on(self) -> None:
        """Raise JobCancelledError where the job is wanted to end."""
        if self.stop.is_set():
            raise JobCancelledError(f"Expected job {self.job.job_id} to go on: it was cancelled.")

    def end(self, state: str, **options: Any) -> None:
        """End the job with nothing but its state."""
        job, worker, at = self.job.job_id, self.worker, self.clock()
        self.store.submit(lambda session: end_job(session, job, worker, state, now=at, **options))
