"""The relay: takes waiting notices on a lease, sends each, notes what came of it.

A lease is a transaction of its own, sending happens outside any, and what came of it is noted only
while the lease is still ours. A relay that dies after sending sends again: receivers tell it by
the event id.
"""

from __future__ import annotations

import logging
import random
import secrets
import threading
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select

from data.notices.channels import Result
from data.notices.parcels import Parcel, Taker, end
from data.notices.spreading import spread
from data.notices.words import words_of
from data.store.errors import StoreError
from data.store.tables.notices import PushSubscription
from data.store.tables.outbox import OutboxNotice

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.notices.channels import Groups, Push
    from data.notices.personal import Personal
    from data.notices.text_caps import TextCaps
    from data.store.engine import Store
    from data.store.keys import Keys

BATCH: Final = 20
MAX_TRIES: Final = 10
FIRST_WAIT_S: Final = 2.0
LONGEST_WAIT_S: Final = 1800.0
EVERY_S: Final = 1.0
_LOG: Final = logging.getLogger(__name__)


class Relay:
    """Sends what waits, by hand (`step`) or in a thread (`start`).

    Parameters
    ----------
    store : Store
    clock : callable
        Gives the time.
    zone : ZoneInfo
        The city's, for quiet hours.
    push : Push or None
    groups : Groups or None
    personal : Personal or None
        None: that channel is not there and what is meant for it ends as ``gone``.
    keys : Keys, optional
        Open people's own addresses; without them nothing goes there.
    caps : TextCaps, optional
        How many text messages go out in a day.
    site : str
        Address of the service, for links in mail and text messages; empty: none.
    chance : random.Random, optional
        For the jitter of waits.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        zone: ZoneInfo,
        *,
        push: Push | None = None,
        groups: Groups | None = None,
        personal: Personal | None = None,
        keys: Keys | None = None,
        caps: TextCaps | None = None,
        site: str = "",
        chance: random.Random | None = None,
    ) -> None:
        self._store, self._clock, self._zone = store, clock, zone
        self._push, self._groups, self._personal = push, groups, personal
        self._ways = frozenset(personal.patterns) if personal and keys else frozenset[str]()
        self._caps = caps
        self._site = site.rstrip("/")
        self._chance = chance or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._name = secrets.token_hex(8)
        self._taker = Taker(self._name, zone, keys)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run in a thread."""
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after what is being sent."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def step(self) -> int:
        """Spread and send one batch; return how much was done."""
        now = self._clock()
        if not self._has_due(now):  # a look that takes no writer's turn
            return 0
        count = self._store.submit(
            lambda session: spread(
                session, now, self._zone, groups=self._groups, ways=self._ways, caps=self._caps
            )
        )
        parcels = self._store.submit(lambda session: self._lease(session, now))
        for parcel in parcels:
            if self._stop.is_set():  # the lease runs out, and another relay goes on
                break
            result = self._send(parcel)
            self._store.submit(partial(self._note, parcel=parcel, result=result))
        return count + len(parcels)

    def _has_due(self, now: datetime) -> bool:
        query = select(OutboxNotice.id).where(*_waiting(now)).limit(1)
        with self._store.read() as session:
            return session.scalar(query) is not None

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                done = self.step()
            except StoreError:
                _LOG.warning("The relay of notices could not use the store and tries again.")
                done = 0
            except Exception:  # noqa: BLE001 - a thread that ends leaves everybody untold
                _LOG.exception("Notices could not be sent.")
                done = 0
            if not done:
                self._stop.wait(EVERY_S)

    def _lease(self, session: Session, now: datetime) -> list[Parcel]:
        rows = session.scalars(
            select(OutboxNotice)
            .where(OutboxNotice.channel.is_not(None), *_waiting(now))
            .order_by(OutboxNotice.due_at, OutboxNotice.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        parcels = [self._taker.take(session, row, now) for row in rows]
        session.flush()
        return [parcel for parcel in parcels if parcel is not None]

    def _send(self, parcel: Parcel) -> Result:
        words = words_of(parcel.topic, parcel.values, parcel.language)
        if parcel.browser is not None and self._push is not None:
            return self._push.send(parcel.browser, words, parcel.event_id, urgent=parcel.urgent)
        if parcel.address is not None and self._personal is not None:
            link = f"{self._site}{words.url}" if self._site else ""
            way = str(parcel.target)
            return self._personal.send(way, parcel.address, words, parcel.event_id, link)
        if parcel.target is not None and parcel.address is None and self._groups is not None:
            return self._groups.send(parcel.target, words, parcel.event_id)
        return Result("gone", "no such channel")

    def _note(self, session: Session, parcel: Parcel, result: Result) -> None:
        now = self._clock()
        row = session.get(OutboxNotice, parcel.id, with_for_update=True)
        if row is None or row.leased_by != self._name:
            return
        row.leased_by = row.leased_until = None
        row.last_error = result.error or None
        if result.outcome != "failed":
            end(row, result.outcome, now)
        elif parcel.tries >= MAX_TRIES:
            row.dead_at, row.outcome = now, "dead"
        else:
            row.due_at = now + timedelta(seconds=wait_s(parcel.tries, self._chance))
        _note_browser(session, parcel, result, now)
        session.flush()


def _waiting(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxNotice.sent_at.is_(None),
        OutboxNotice.dead_at.is_(None),
        OutboxNotice.due_at <= now,
        or_(OutboxNotice.leased_until.is_(None), OutboxNotice.leased_until <= now),
    )


def wait_s(tries: int, chance: random.Random) -> float:
    """Return the seconds to the next try: doubled each time, somewhere in its upper half."""
    longest: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (tries - 1))
    return longest * chance.uniform(0.5, 1.0)


def _note_browser(session: Session, parcel: Parcel, result: Result, now: datetime) -> None:
    if parcel.subscription_id is None or parcel.browser is None:
        return
    browser = session.get(PushSubscription, parcel.subscription_id)
    if browser is None:
        return
    if result.outcome == "sent":
        browser.last_sent_at, browser.failures = now, 0
    else:
        browser.failures += 1
        browser.dead_at = now if result.outcome == "gone" else None
