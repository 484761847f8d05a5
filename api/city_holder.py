"""The city that is served: the published roster as look-ups in memory, kept up to date.

Look-ups of a whole city take seconds to build. Requests go on with what there is while a roster
that was published meanwhile is read in a thread; only the very first reader waits.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol

from api.city import City, CityError, build_city
from api.errors import NoRosterError
from api.long_lived import without_collection
from data.store.result_io import find_roster, load_result
from data.store.scenario_reading import load_scenario
from data.store.served_roster import served_roster
from dispatch.check import check
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.engine import Store
    from dispatch.scenario import Scenario

LOOK_EVERY_S: Final = 1.0
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    """A city and the numbers of what it was read from."""

    city: City
    roster_id: int
    scenario_id: int


class CityHolder(Protocol):
    """What gives requests their city."""

    def served(self) -> Served:
        """Return what is served now; NoRosterError where nothing is published."""
        ...

    def at_hand(self) -> Served | None:
        """Return the same without a look at the store; None where one is due."""
        ...

    def held(self) -> Served | None:
        """Return what is in memory, though another may be published by now."""
        ...

    def refresh(self) -> None:
        """Look for a newly published roster at once, and wait for it."""
        ...

    def close(self) -> None:
        """Stop."""
        ...


@dataclass(frozen=True, slots=True)
class FixedCity:
    """Always the same city: for what is looked at without a store of its own."""

    city: City

    def served(self) -> Served:
        """Return it."""
        return Served(self.city, 0, 0)

    def at_hand(self) -> Served | None:
        """Return it."""
        return self.served()

    def held(self) -> Served | None:
        """Return it."""
        return self.served()

    def refresh(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class StoredCity:
    """The published roster of a store.

    Parameters
    ----------
    store : Store
    clock : callable
        Gives the time: which week we are in.
    look_every_s : float
        How long a look at the store's published roster is good for.
    after_reading : callable
        Called when another city is in memory.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        look_every_s: float = LOOK_EVERY_S,
        after_reading: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._look_every_s = look_every_s
        self._after_reading = after_reading
        self._lock = Lock()
        self._looked_at = float("-inf")
        self._served: Served | None = None
        self._broken: int | None = None
        self._reading: Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="city")

    def served(self) -> Served:
        """Return what is served now.

        Raises
        ------
        NoRosterError
            Where nothing is published.
        """
        reading = self._look()
        if self._served is None and reading is not None:
            reading.result()
        served = self._served
        if served is None:
            raise NoRosterError
        return served

    def at_hand(self) -> Served | None:
        """Return what is served, where the last look at the store is still good."""
        is_due = time.monotonic() >= self._looked_at + self._look_every_s
        return None if is_due else self._served

    def held(self) -> Served | None:
        """Return what is in memory, though another may be published by now."""
        return self._served

    def refresh(self) -> None:
        """Look for a newly published roster at once, and wait for it."""
        with self._lock:
            self._looked_at = float("-inf")
        reading = self._look()
        if reading is not None:
            reading.result()

    def close(self) -> None:
        """Finish reading and stop."""
        self._thread.shutdown()

    def _look(self) -> Future[None] | None:
        """Begin to read another roster where one was published; return the reading under way."""
        with self._lock:
            if self._reading is not None and self._reading.done():
                self._reading = None
            now = time.monotonic()
            if self._reading is None and now >= self._looked_at + self._look_every_s:
                self._looked_at = now
                with self._store.read() as session:
                    wanted = served_roster(session, self._clock())
                have = None if self._served is None else self._served.roster_id
                if wanted is None:
                    self._served = None
                elif wanted not in {have, self._broken}:
                    self._reading = self._thread.submit(self._read, wanted)
            return self._reading

    def _read(self, roster_id: int) -> None:
        try:
            self._served = read_city(self._store, roster_id)
            self._after_reading()
        except JinggeError:
            # What was served stays; a roster that cannot be read is not tried every second.
            _LOG.exception("roster %d cannot be served", roster_id)
            self._broken = roster_id


def scenario_of(session: Session, scenario_id: int, served: Served | None) -> Scenario:
    """Return a scenario: the served city's where it is that one, for none ever changes."""
    if served is not None and served.scenario_id == scenario_id:
        return served.city.scenario
    return load_scenario(session, scenario_id)


def read_city(store: Store, roster_id: int) -> Served:
    """Read a roster with its scenario and build the look-ups.

    Raises
    ------
    ScenarioMissingError
        Where there is no such roster.
    CityError
        Where it breaks a rule, whatever its report says: it is never shown.
    """
    with without_collection(), store.read() as session:
        scenario_id = find_roster(session, roster_id).scenario_id
        scenario = load_scenario(session, scenario_id)
        result = load_result(session, roster_id)
    broken = [rule for rule, count in check(scenario, result.roster).violations.items() if count]
    if broken:
        raise CityError(
            f"Expected roster {roster_id} to keep every rule, got {', '.join(broken)} broken."
        )
    city = build_city(scenario, result, result.report.scenario_sha256)
    return Served(city, roster_id, scenario_id)
