"""The clock of alerts: of all processes one looks every second which alerts are due.

The lease lasts ten seconds: where its holder dies, another one goes on. A step is one transaction;
it finds its people in this process's index.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from api.live_index_finder import IndexFinder
from data.field.alerts_stepping import due_alerts, step_alert
from data.field.limits import limits_of
from data.field.live_feed import prune
from data.field.live_lease import new_holder, take_lease
from data.field.positions import forget_positions
from data.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.live_index import LiveIndex
    from data.field.limits import Limits
    from data.store.engine import Store

EVERY_S: Final = 1.0
TIDY_EVERY: Final = timedelta(minutes=10)
_LOG: Final = logging.getLogger(__name__)


class AlertRunner:
    """Takes alerts on by the clock.

    Parameters
    ----------
    store : Store
    index : LiveIndex
    clock : callable
        Gives the time.
    """

    def __init__(self, store: Store, index: LiveIndex, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._find = IndexFinder(index)
        self._name = new_holder()
        self._tidied_at: datetime | None = None
        self._stop = threading.Event()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run in a thread."""
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._stop.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()

    def nudge(self) -> None:
        """Look at once: something has happened to an alert."""
        self._awake.set()

    def step(self) -> int:
        """Do what is due, where the lease is ours; return how many alerts were looked at."""
        now = self._clock()
        if not self._store.submit(lambda s: take_lease(s, "alerts", self._name, now)):
            return 0
        if self._tidied_at is None or now >= self._tidied_at + TIDY_EVERY:
            self._tidied_at = now
            self._store.submit(lambda s: (forget_positions(s, now), prune(s)))
        with self._store.read() as session:
            due = due_alerts(session, now)
            limits = limits_of(session)
        for alert_id in due:
            self._store.submit(partial(self._step_one, alert_id=alert_id, limits=limits, now=now))
        return len(due)

    def _step_one(self, session: Session, *, alert_id: int, limits: Limits, now: datetime) -> None:
        step_alert(session, alert_id, self._find, limits, now=now)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._awake.wait(EVERY_S)
            self._awake.clear()
            try:
                self.step()
            except StoreError:
                _LOG.exception("Alerts could not be taken on.")
            except Exception:  # noqa: BLE001 - a thread that ends leaves every alert standing
                _LOG.exception("An alert could not be taken on.")
