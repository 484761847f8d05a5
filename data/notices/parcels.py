"""What a relay holds the lease of: taken from the outbox, with all that sending it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from data.notices.addresses import CODE_TOPIC, GOOD, address_of, code_to_send
from data.notices.preferences import leaves_at, preference_of, stops_of
from data.notices.subscriptions import Browser
from data.notices.ways import ways_for
from data.store.tables.notices import PushSubscription

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from data.notices.preferences import Preference
    from data.store.keys import Keys
    from data.store.tables.outbox import OutboxNotice

LEASE: Final = timedelta(minutes=5)
"""Longer than a batch of time-outs lasts."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A notice that a relay holds the lease of; a person's own address is not printed."""

    id: int
    topic: str
    values: dict[str, Any] = field(repr=False)
    event_id: str
    language: str
    urgent: bool
    tries: int
    browser: Browser | None = field(repr=False)
    subscription_id: int | None
    target: str | None
    address: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes rows for a relay of a name; without keys nobody's own address is opened."""

    name: str
    zone: ZoneInfo
    keys: Keys | None = None

    def take(self, session: Session, row: OutboxNotice, now: datetime) -> Parcel | None:
        """Lease a row; None where it ends here or has to wait for the end of quiet hours."""
        if row.expires_at is not None and row.expires_at <= now:
            end(row, "expired", now)
            return None
        language, values = "zh-CN", dict(row.content.get("values", {}))
        if row.account_id is not None:
            preference = preference_of(session, row.account_id)
            language = preference.language
            if row.topic != CODE_TOPIC and not self._may_leave(session, row, preference, now):
                return None
        browser, address = None, None
        if row.channel == "push":
            browser = _browser(session, row)
        elif row.channel == "message":
            address, more = self._address(session, row, now)
            values |= more
        if row.channel != "group" and browser is None and address is None:
            end(row, "gone", now)
            return None
        row.leased_by, row.leased_until, row.tries = self.name, now + LEASE, row.tries + 1
        return Parcel(
            row.id,
            row.topic,
            values,
            str(row.content.get("event_id", row.event_id)),
            language,
            row.urgent,
            row.tries,
            browser,
            row.subscription_id,
            row.target,
            address,
        )

    def _may_leave(
        self, session: Session, row: OutboxNotice, preference: Preference, now: datetime
    ) -> bool:
        """Tell whether it is wanted, and now; note what it comes to where it is not."""
        account = row.account_id or 0
        if stops_of(session, account) & {row.topic, row.matter}:
            end(row, "declined", now)
            return False
        way = "push" if row.channel == "push" else row.target
        wanted = ways_for(session, account, row.topic)
        if way not in wanted or (way == "push" and not preference.push):
            end(row, "muted", now)
            return False
        due = leaves_at(preference, now, self.zone, urgent=row.urgent)
        if due > now:
            row.due_at = due
            return False
        return True

    def _address(
        self, session: Session, row: OutboxNotice, now: datetime
    ) -> tuple[str | None, dict[str, Any]]:
        """Open the person's own address, and make the code of one that is to be confirmed."""
        if self.keys is None or row.account_id is None or row.target is None:
            return None, {}
        if row.topic != CODE_TOPIC:
            return address_of(session, self.keys, row.account_id, row.target), {}
        found = code_to_send(session, self.keys, row.account_id, row.event_id, now)
        if found is None:
            return None, {}
        address, code = found
        return address, {"code": code, "minutes": int(GOOD.total_seconds() // 60)}


def end(row: OutboxNotice, outcome: str, now: datetime) -> None:
    """Note how a row ended."""
    row.outcome, row.sent_at = outcome, now


def _browser(session: Session, row: OutboxNotice) -> Browser | None:
    found = session.get(PushSubscription, row.subscription_id)
    if found is None or found.dead_at is not None:
        return None
    return Browser(found.endpoint, found.p256dh, found.auth)
