"""The city's people and tasks in memory: built at start, and following the store's changes.

Each process has its own and reads the feed of changes (`data.field.live_feed`) twice a second,
so that what any process wrote is seen by all within a second. Requests read it without
touching the database; they see one state of it or the next, never half of one.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from api.live_index_people import MODES, People, Words
from api.live_index_tasks import Taker, Tasks
from data.field.eligibility_facts import person_facts, role_facts
from data.field.limits import Limits, limits_of
from data.field.live import FRESH, last_positions, live_people
from data.field.live_feed import Feed, FeedLostError, changed_by_clock
from data.field.live_ground import (
    alert_places,
    city_cells,
    last_published,
    live_signups,
    open_tasks,
    people_in,
    people_of_alerts,
    words_of_catalogue,
)
from data.field.own_changes import FeedTail, Followed
from data.store.errors import StoreError
from dispatch.nearest_rules import role_bits
from grid.cells import cells_at
from grid.lattice import build_index
from grid.travel import SPEEDS_KMH

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from data.store.engine import Store
    from data.store.scope import Scope

LOOK_EVERY_S: Final = 0.5
CURRENT_S: Final = 2.0
"""Longer ago than this, others may have changed what nobody here knows of."""
MANY: Final = 2000
"""So many changes at once are read as a whole."""
TAKERS: Final = 5000
TAKER_AGE: Final = timedelta(minutes=10)
"""How long what was read of somebody is believed while the feed tells nothing of them. Not less:
in a rush, when nobody is answered twice within a minute, everything would be read anew each time.
"""
SCOPE_AGE: Final = timedelta(seconds=5)
AHEAD: Final = timedelta(days=14)
NOWHERE: Final = (40.66, 109.84)
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Live:
    """What was read together."""

    limits: Limits
    people: People
    tasks: Tasks


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that screens may want to show: a kind, an id, and where it was."""

    kind: str
    key: int
    beat_id: int | None = None
    station_id: int | None = None


class LiveIndex:
    """People and tasks of a store, searched without it.

    Parameters
    ----------
    store : Store
    clock : callable
        Gives the time.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._feed = Feed()
        self._live: Live | None = None
        self._seen_at: datetime | None = None
        self._published: datetime | None = None
        self._takers: dict[int, Taker] = {}
        self._scopes: dict[Scope, tuple[datetime, NDArray[np.int64]]] = {}
        self._following = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._listeners: list[Callable[[list[Happened]], object]] = []
        self._of_accounts: list[Callable[[set[int] | None], object]] = []
        self._of_changes: list[Callable[[set[tuple[str, int]] | None], object]] = []
        self._followed: Followed | None = None
        self._followed_s = -math.inf
        self._tail: FeedTail | None = None
        self._telling = threading.Lock()

    @property
    def is_running(self) -> bool:
        """Whether a thread follows the store."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_current(self) -> bool:
        """Whether a thread follows the store and has done so just now."""
        return self.is_running and time.monotonic() - self._followed_s < CURRENT_S

    def live(self) -> Live:
        """Return what is known now; read it first where nothing is yet."""
        if self._live is None:
            self.follow()
        assert self._live is not None  # noqa: S101 - `follow` reads it or raises
        return self._live

    @property
    def known(self) -> Live | None:
        """What is known now, without waiting."""
        return self._live

    def start(self) -> None:
        """Follow the store in a thread."""
        if self._store.kind == "sqlite":
            self._tail = FeedTail(self._store)
            with self._telling:
                self._tell_of(None)  # what happened before it was opened is not in it
        self._thread = threading.Thread(target=self._run, name="live-index", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        with self._telling:
            if self._tail is not None:
                self._tail.close()
            self._tail = None

    def listen(self, listener: Callable[[list[Happened]], object]) -> Callable[[], None]:
        """Have a function told of changes, from the following thread; return what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_accounts(self, listener: Callable[[set[int] | None], object]) -> None:
        """Have a function told whose session, account or roles changed; None: perhaps anybody's."""
        self._of_accounts.append(listener)

    def on_changes(self, listener: Callable[[set[tuple[str, int]] | None], object]) -> None:
        """Have a function told of the feed's kinds and keys; None: perhaps of everything."""
        self._of_changes.append(listener)

    @property
    def followed(self) -> Followed | None:
        """How far the feed was followed and told of; None before the first time."""
        return self._followed

    def catch_up(self) -> bool:
        """Tell of all that is committed by now; False where that takes a thread: on PostgreSQL."""
        with self._telling:
            if self._tail is None:
                return False
            self._tell_of(self._tail.read())
            return True

    def follow(self) -> None:
        """Read what has changed since the last time."""
        begun = time.monotonic()
        self._follow()
        self._followed_s = begun

    def _follow(self) -> None:
        with self._following, self._store.read() as session:
            now = self._clock()
            published = last_published(session)
            changes: set[tuple[str, int]] = set()
            try:
                changes = self._feed.read(session) if self._live is not None else changes
            except FeedLostError:
                self._live = None
            if self._live is None or published != self._published:
                self._published = published
                self._build(session, now)
                return
            self._tell_changes(changes)
            kinds = {kind for kind, _ in changes}
            people = self._people_of(session, changes, now)
            if people is None or "catalogue" in kinds or len(people) > MANY:
                self._build(session, now)
            else:
                self._seen_at = now
                self._take(session, self._live, people, changes, now)
            self._tell(session, changes)

    def taker(self, person_id: int) -> Taker | None:
        """Return a person who asks for tasks, where they were read lately; else None."""
        found = self._takers.get(person_id)
        return found if found and self._clock() - found.read_at < TAKER_AGE else None

    def read_taker(self, person_id: int) -> Taker:
        """Read a person who asks for tasks."""
        live, now = self.live(), self._clock()
        with self._store.read() as session:
            facts = person_facts(session, person_id, now, now + AHEAD + TAKER_AGE)
            mine = live_signups(session, person_id)
        found = live.people.find(person_id)
        mode = found.mode if found else MODES[0]
        words = live.people.words.roles
        fills = found.roles if found else frozenset[str]()
        taker = Taker(
            facts=facts,
            minutes_per_m=60 * live.limits.travel_factor / (SPEEDS_KMH[mode] * 1000),
            roles=role_bits(words[code] for code in fills if code in words),
            mine=mine,
            read_at=now,
        )
        if len(self._takers) >= TAKERS:
            self._takers.clear()
        self._takers[person_id] = taker
        return taker

    def among(self, scope: Scope) -> NDArray[np.int64] | None:
        """Return the numbers of who lies in a scope, read some seconds ago at most; None: all."""
        if scope.city:
            return None
        live, now = self.live(), self._clock()
        known = self._scopes.get(scope)
        if known is not None and now - known[0] < SCOPE_AGE and self.is_running:
            return known[1]
        with self._store.read() as session:
            numbers = live.people.numbers_of(people_in(session, scope))
        if len(self._scopes) > 1000:
            self._scopes.clear()
        self._scopes[scope] = (now, numbers)
        return numbers

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            try:
                self.follow()
            except StoreError:
                _LOG.exception("The live index could not be followed.")
            except Exception:  # noqa: BLE001 - a thread that ends leaves a stale index behind for good
                _LOG.exception("The live index is read anew.")
                self._live = None

    def _build(self, session: Session, now: datetime) -> None:
        self._feed.begin(session)
        self._tell_changes(None)  # what lies between the last look and this one is in no feed
        limits = limits_of(session)
        cells = city_cells(session)
        if not len(cells):
            cells = cells_at([NOWHERE[0]], [NOWHERE[1]], limits.cell_resolution)
        grid = build_index(cells)
        words = Words.of(*words_of_catalogue(session))
        people = live_people(session, limits, now)
        tasks = open_tasks(session)
        self._seen_at = now
        self._takers.clear()
        self._scopes.clear()
        self._live = Live(
            limits,
            People.of(grid, people, words, limits),
            Tasks.of(grid, tasks, words, role_facts(session)),
        )

    def _people_of(
        self, session: Session, changes: set[tuple[str, int]], now: datetime
    ) -> set[int] | None:
        assert self._live is not None  # noqa: S101 - only then is there anything to change
        assert self._seen_at is not None  # noqa: S101
        by_clock = changed_by_clock(session, self._seen_at, now, self._live.limits)
        if by_clock is None:
            return None
        changed = {key for kind, key in changes if kind == "person"}
        alerts = {key for kind, key in changes if kind == "alert"}
        return by_clock | changed | (people_of_alerts(session, alerts) if alerts else set())

    def _take(
        self,
        session: Session,
        live: Live,
        people: set[int],
        changes: set[tuple[str, int]],
        now: datetime,
    ) -> None:
        # Where somebody stands changes nothing else of them, and phones say it all day.
        moved = {key for kind, key in changes if kind == "position"} - people
        if moved:
            places = last_positions(session, now - FRESH, moved)
            live.people.move(places)
            people |= moved - places.keys()
        if people:
            found = live_people(session, live.limits, now, sorted(people))
            live.people.take(found, people - {one.person_id for one in found})
        tasks = {key for kind, key in changes if kind == "task"}
        if tasks:
            views = open_tasks(session, sorted(tasks))
            live.tasks.take(views, tasks - {one.task_id for one in views})
        for person in people | {key for kind, key in changes if kind == "signup"}:
            self._takers.pop(person, None)

    def _tell_changes(self, changes: set[tuple[str, int]] | None) -> None:
        if changes is None or not self.catch_up():
            self._tell_of(changes)
        self._followed = Followed(self._feed.last, tuple(self._feed.gaps))

    def _tell_of(self, changes: set[tuple[str, int]] | None) -> None:
        accounts = {key for kind, key in changes or () if kind == "account"}
        self._tell_accounts(None if changes is None else accounts)
        if changes is None or changes:
            for listener in self._of_changes:
                listener(changes)

    def _tell_accounts(self, accounts: set[int] | None) -> None:
        if accounts is None or accounts:
            for listener in self._of_accounts:
                listener(accounts)

    def _tell(self, session: Session, changes: set[tuple[str, int]]) -> None:
        if not self._listeners:
            return
        alerts = {key for kind, key in changes if kind == "alert"}
        places = alert_places(session, alerts) if alerts else {}
        told = [Happened("alert", key, *places[key]) for key in sorted(alerts) if key in places]
        kinds = {kind for kind, _ in changes}
        told += [Happened(word, 0) for word in ("task", "position", "person") if word in kinds]
        if told:
            for listener in list(self._listeners):
                listener(told)
