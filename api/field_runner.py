"""The clock of tasks and turns: of all processes one looks every few seconds what is due.

Like the clock of alerts (`api.live_index_runner`) it works under a lease, each step in its own
transaction, so that one that fails keeps no other from its turn.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from api.live_index_finder import IndexFinder
from data.field.asking import MOST, ask_for_words
from data.field.limits import limits_of
from data.field.live_lease import new_holder, take_lease
from data.field.watching import LEARN_EVERY, finish, learn_rates, steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from api.live_index import LiveIndex
    from data.store.engine import Store
    from data.store.keys import Keys

EVERY_S: Final = 10.0
LEASE_S: Final = 45.0
ASK_EVERY: Final = timedelta(minutes=30)
"""How often it is looked who has not said whether they come to a turn."""
_LOG: Final = logging.getLogger(__name__)


class FieldRunner:
    """Watches over tasks and turns.

    Parameters
    ----------
    store : Store
    keys : Keys
    index : LiveIndex
        Finds whom an alert can call.
    clock : callable
        Gives the time.
    """

    def __init__(
        self, store: Store, keys: Keys, index: LiveIndex, clock: Callable[[], datetime]
    ) -> None:
        self._store, self._keys, self._clock = store, keys, clock
        self._find = IndexFinder(index)
        self._name = new_holder()
        self._learnt_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run in a thread."""
        self._thread = threading.Thread(target=self._run, name="field", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def step(self) -> dict[str, int]:
        """Do what is due, where the lease is ours; return how many of each kind."""
        now = self._clock()
        if not self._store.submit(lambda s: take_lease(s, "field", self._name, now, LEASE_S)):
            return {}
        with self._store.read() as session:
            limits = limits_of(session)
        done: dict[str, int] = {}
        for name, step in steps(self._keys, self._find, limits, now).items():
            try:
                done[name] = finish(self._store, step)
            except Exception:  # noqa: BLE001 - the other steps are due all the same
                _LOG.exception("A step of tasks and turns failed: %s.", name)
        if self._learnt_at is None or now >= self._learnt_at + LEARN_EVERY:
            self._learnt_at = now
            done["rates"] = learn_rates(self._store, now)
        if self._asked_at is None or now >= self._asked_at + ASK_EVERY:
            done["asked"] = ask_for_words(self._store, now)
            if done["asked"] < MOST:  # else the next look goes on
                self._asked_at = now
        return done

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                self.step()
            except Exception:  # noqa: BLE001 - a thread that ends leaves everybody unwatched
                _LOG.exception("Tasks and turns could not be looked at.")
