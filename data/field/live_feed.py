"""The feed of changes: what a server's memory has to read again, in the order of their numbers.

On PostgreSQL a transaction that began earlier may commit later, with a smaller number: numbers
that were left out are looked for again for a while. On SQLite one writes at a time: there
is no gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, func, or_, select

from data.field.live import FRESH, LATEST_OUT, MONTH, roster_turns
from data.store.errors import StoreError
from data.store.tables.alerts import AlertCall, AlertPreference
from data.store.tables.checkins import CheckIn
from data.store.tables.live import LiveChange
from data.store.tables.positions import Position
from data.store.tables.scenarios import ScenarioShift

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.limits import Limits

KEPT: Final = 100_000
"""Changes that are kept; a follower that lags behind them reads everything anew."""

MOST: Final = 20_000
PATIENCE: Final = 600
"""Looks at a gap before it is taken for a transaction that was undone."""


_BOUNDARIES: Final = (
    (AlertPreference.person_id, AlertPreference.muted_until, timedelta(0)),
    (AlertCall.person_id, AlertCall.called_at, MONTH),
    (CheckIn.person_id, CheckIn.ends_at, -LATEST_OUT),
    (Position.person_id, Position.at, FRESH),
)


class FeedLostError(StoreError):
    """So much has happened that the feed no longer tells all of it."""


@dataclass(slots=True)
class Feed:
    """How far a follower has read."""

    last: int = 0
    gaps: dict[int, int] = field(default_factory=dict)

    def begin(self, session: Session) -> None:
        """Take what the session sees for known: read everything after this, not before."""
        self.last = session.scalar(select(func.max(LiveChange.id))) or 0
        # What is being written at this moment may carry a smaller number.
        self.gaps = dict.fromkeys(range(max(1, self.last - 200), self.last), 0)
        known = session.scalars(select(LiveChange.id).where(LiveChange.id >= self.last - 200))
        for number in known:
            self.gaps.pop(number, None)

    def read(self, session: Session) -> set[tuple[str, int]]:
        """Return what has changed since the last time: kinds and keys.

        Raises
        ------
        FeedLostError
            Where changes were dropped before they were read.
        """
        wanted = LiveChange.id > self.last
        if self.gaps:
            wanted = or_(wanted, LiveChange.id.in_(list(self.gaps)[:1000]))
        query = select(LiveChange.id, LiveChange.kind, LiveChange.key).where(wanted)
        rows = session.execute(query.order_by(LiveChange.id).limit(MOST + 1)).all()
        if len(rows) > MOST:  # what was pruned lies beyond so many, too
            raise FeedLostError(f"Expected at most {MOST} changes since the last look, got more.")
        for number, _, _ in rows:
            if number > self.last:
                for missing in range(self.last + 1, number):
                    self.gaps[missing] = 0
                self.last = number
            else:
                self.gaps.pop(number, None)
        self.gaps = {n: looks + 1 for n, looks in self.gaps.items() if looks < PATIENCE}
        return {(kind, key) for _, kind, key in rows}


def prune(session: Session) -> int:
    """Drop old changes; return how many."""
    newest = session.scalar(select(func.max(LiveChange.id))) or 0
    gone = session.execute(
        delete(LiveChange).where(LiveChange.id <= newest - KEPT).returning(LiveChange.id)
    )
    return len(gone.all())


def changed_by_clock(
    session: Session, since: datetime, now: datetime, limits: Limits
) -> set[int] | None:
    """Return whose state may have changed by nothing but the time; None: everybody's.

    Shifts that began or ended, mutes and quiet hours, positions that grew old, calls that left the
    month. At local midnight qualifications and covers begin and end: everybody is read again.
    """
    if limits.local(since).date() != limits.local(now).date():
        return None
    found: set[int] = set()
    for person, column, back in _BOUNDARIES:
        passed = and_(column > since - back, column <= now - back)
        found |= set(session.scalars(select(person).where(passed)))
    shift = ScenarioShift
    turned = or_(
        and_(shift.starts_at > since, shift.starts_at <= now),
        and_(shift.ends_at > since, shift.ends_at <= now),
    )
    found |= set(session.scalars(roster_turns().where(turned)))
    begin, end = limits.local(since).time(), limits.local(now).time()
    choice = AlertPreference
    found |= set(
        session.scalars(
            select(choice.person_id).where(
                or_(choice.quiet_from.between(begin, end), choice.quiet_until.between(begin, end))
            )
        )
    )
    return found
