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
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import or_, select

from data.notices.channels import Result
from data.notices.preferences import leaves_at, preference_of, stops_of
from data.notices.spreading import spread
from data.notices.subscriptions import Browser
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
    from data.store.engine import Store

BATCH: Final = 20
LEASE: Final = timedelta(minutes=5)
"""Longer than a batch of time-outs lasts."""
MAX_TRIES: Final = 10
FIRST_WAIT_S: Final = 2.0
LONGEST_WAIT_S: Final = 1800.0
EVERY_S: Final = 1.0
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A notice that this relay holds the lease of, with all that sending it takes."""

    id: int
    topic: str
    values: dict[str, Any]
    event_id: str
    language: str
    urgent: bool
    tries: int
    browser: Browser | None
    subscription_id: int | None
    target: str | None


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
        None: that channel is not there and what is meant for it ends as ``gone``.
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
        chance: random.Random | None = None,
    ) -> None:
        self._store, self._clock, self._zone = store, clock, zone
        self._push, self._groups = push, groups
        self._chance = chance or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._name = secrets.token_hex(8)
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
            lambda session: spread(session, now, self._zone, groups=self._groups)
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
        parcels = [self._take(session, row, now) for row in rows]
        session.flush()
        return [parcel for parcel in parcels if parcel is not None]

    def _take(self, session: Session, row: OutboxNotice, now: datetime) -> Parcel | None:
        """Lease a row; None where it ends here or has to wait for the end of quiet hours."""
        language, browser = "zh-CN", None
        if row.expires_at is not None and row.expires_at <= now:
            _end(row, "expired", now)
            return None
        if row.account_id is not None:
            if stops_of(session, row.account_id) & {row.topic, row.matter}:
                _end(row, "declined", now)
                return None
            preference = preference_of(session, row.account_id)
            if row.channel == "push" and not preference.push:
                _end(row, "muted", now)
                return None
            due = leaves_at(preference, now, self._zone, urgent=row.urgent)
            if due > now:
                row.due_at = due
                return None
            language = preference.language
        if row.channel == "push":
            found = session.get(PushSubscription, row.subscription_id)
            if found is None or found.dead_at is not None:
                _end(row, "gone", now)
                return None
            browser = Browser(found.endpoint, found.p256dh, found.auth)
        row.leased_by, row.leased_until, row.tries = self._name, now + LEASE, row.tries + 1
        return Parcel(
            row.id,
            row.topic,
            dict(row.content.get("values", {})),
            str(row.content.get("event_id", row.event_id)),
            language,
            row.urgent,
            row.tries,
            browser,
            row.subscription_id,
            row.target,
        )

    def _send(self, parcel: Parcel) -> Result:
        words = words_of(parcel.topic, parcel.values, parcel.language)
        if parcel.browser is not None and self._push is not None:
            return self._push.send(parcel.browser, words, parcel.event_id, urgent=parcel.urgent)
        if parcel.target is not None and self._groups is not None:
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
            _end(row, result.outcome, now)
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


def _end(row: OutboxNotice, outcome: str, now: datetime) -> None:
    row.outcome, row.sent_at = outcome, now


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
