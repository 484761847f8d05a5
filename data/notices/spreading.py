"""Spread what was told: a row in the inbox, one waiting row a browser, own address and group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from data.notices.addresses import has_address
from data.notices.preferences import leaves_at, preference_of, stops_of
from data.notices.text_caps import TextCaps, TextsOfDay
from data.notices.ways import ways_for
from data.store.tables.accounts import Account
from data.store.tables.notices import InboxNotice, PushSubscription
from data.store.tables.outbox import OutboxNotice

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from data.notices.channels import Groups

BATCH: Final = 100


def spread(
    session: Session,
    now: datetime,
    zone: ZoneInfo,
    limit: int = BATCH,
    *,
    groups: Groups | None = None,
    ways: Collection[str] = (),
    caps: TextCaps | None = None,
) -> int:
    """Spread the oldest notices that nobody has spread, in one transaction; return how many.

    Parameters
    ----------
    ways : collection of str
        Those to people's own addresses that there are, of ``sms`` and ``mail``.
    caps : TextCaps, optional
        How many text messages go out in a day.
    """
    rows = session.scalars(
        select(OutboxNotice)
        .where(
            OutboxNotice.channel.is_(None),
            OutboxNotice.sent_at.is_(None),
            OutboxNotice.dead_at.is_(None),
            OutboxNotice.due_at <= now,
        )
        .order_by(OutboxNotice.due_at, OutboxNotice.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    texts = None
    if rows and "sms" in ways:
        texts = TextsOfDay.read(session, caps or TextCaps(), now)
    for row in rows:
        row.outcome, row.sent_at = _spread_one(session, row, now, zone, ways, texts), now
        if groups is not None:
            _to_groups(session, row, groups.told_of(row.topic), now)
    session.flush()
    if texts is not None:
        texts.tell()
    return len(rows)


def _spread_one(  # noqa: PLR0917 - what one row is spread by
    session: Session,
    row: OutboxNotice,
    now: datetime,
    zone: ZoneInfo,
    ways: Collection[str],
    texts: TextsOfDay | None,
) -> str:
    person = row.content.get("person_id")
    account = session.scalar(select(Account.id).where(Account.person_id == person))
    if person is None or account is None:
        return "gone"
    if stops_of(session, account) & {row.topic, row.matter}:
        return "declined"
    session.add(
        InboxNotice(
            account_id=account,
            event_id=row.event_id,
            topic=row.topic,
            content=row.content.get("values", {}),
            created_at=row.created_at,
        )
    )
    if row.expires_at is not None and row.expires_at <= now:
        return "expired"
    preference = preference_of(session, account)
    wanted = ways_for(session, account, row.topic)
    due = leaves_at(preference, now, zone, urgent=row.urgent)
    if preference.push and "push" in wanted:
        _to_browsers(session, row, account, now, due)
    for way in sorted(wanted & set(ways)):
        if not has_address(session, account, way):
            continue
        if way != "sms" or texts is None or texts.take(account, urgent=row.urgent):
            session.add(_to_own_address(row, account, way, now, due))
    return "sent"


def _to_groups(session: Session, row: OutboxNotice, names: list[str], now: datetime) -> None:
    """Tell each group once of an event, however many people are told of it."""
    event = row.event_id.removesuffix(f":{row.content.get('person_id')}")
    for name in names:
        event_id = f"{event}:group:{name}"
        known = select(OutboxNotice.id).where(OutboxNotice.event_id == event_id)
        if session.scalar(known) is None:
            own = {"content": {"values": row.content.get("values", {})}, "target": name}
            session.add(_sent_on(row, now, now, event_id=event_id, channel="group", **own))
            session.flush()


def _to_browsers(
    session: Session, row: OutboxNotice, account: int, now: datetime, due: datetime
) -> None:
    browsers = session.scalars(
        select(PushSubscription.id).where(
            PushSubscription.account_id == account, PushSubscription.dead_at.is_(None)
        )
    )
    for browser in browsers.all():
        event_id = f"{row.event_id}:push:{browser}"
        own = {"content": _told(row), "account_id": account, "subscription_id": browser}
        session.add(_sent_on(row, now, due, event_id=event_id, channel="push", **own))


def _to_own_address(
    row: OutboxNotice, account: int, way: str, now: datetime, due: datetime
) -> OutboxNotice:
    """Make the row of a person's own number or mail; the address is opened when it is sent."""
    own = {"content": _told(row), "account_id": account, "target": way}
    return _sent_on(row, now, due, event_id=f"{row.event_id}:{way}", channel="message", **own)


def _told(row: OutboxNotice) -> dict[str, Any]:
    return {**row.content, "event_id": row.event_id}


def _sent_on(row: OutboxNotice, now: datetime, due: datetime, **own: Any) -> OutboxNotice:
    """Make the row by which an event goes one of its ways; what it is about stays the same."""
    return OutboxNotice(
        topic=row.topic,
        matter=row.matter,
        urgent=row.urgent,
        expires_at=row.expires_at,
        created_at=now,
        due_at=due,
        **own,
    )
