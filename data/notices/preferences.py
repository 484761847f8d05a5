"""How an account wants its notices: language, browsers, quiet hours, and what no more."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select

from data.store.row_versions import StaleError
from data.store.tables.notices import NoticePreference, NoticeStop

if TYPE_CHECKING:
    from collections.abc import Collection
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Preference:
    """What an account chose; the defaults where it chose nothing.

    `quiet_from` and `quiet_until` are in the city's time; both or none. Before `muted_until`
    nothing leaves.
    """

    language: str = "zh-CN"
    push: bool = True
    message: bool = False
    quiet_from: time | None = None
    quiet_until: time | None = None
    urgent_in_quiet: bool = True
    muted_until: datetime | None = None
    row_version: int = 0


_NAMES: Final = tuple(field.name for field in fields(Preference))


def preference_of(session: Session, account_id: int) -> Preference:
    """Return an account's choice; version 0 where there is none yet."""
    row = session.get(NoticePreference, account_id)
    return Preference() if row is None else Preference(*(getattr(row, name) for name in _NAMES))


def set_preference(
    session: Session, account_id: int, now: datetime, expected: int | None = None, **changes: Any
) -> Preference:
    """Change some of an account's choice.

    Parameters
    ----------
    expected : int or None
        The version that was read, 0 before the first choice; None: whatever it is.

    Raises
    ------
    StaleError
        Where it changed meanwhile.
    """
    if unknown := set(changes) - set(_NAMES[:-1]):
        raise ValueError(f"Expected some of {_NAMES[:-1]}, got {sorted(unknown)}.")
    row = session.get(NoticePreference, account_id, with_for_update=True)
    found = 0 if row is None else row.row_version
    if expected is not None and expected != found:
        raise StaleError
    if row is None:
        row = NoticePreference(account_id=account_id, updated_at=now, row_version=0)
        session.add(row)
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at, row.row_version = now, found + 1
    session.flush()
    return preference_of(session, account_id)


def stop(session: Session, account_id: int, subject: str, now: datetime) -> None:
    """Send an account no more of a topic, or of one matter such as ``alert:17``."""
    if session.get(NoticeStop, (account_id, subject)) is None:
        session.add(NoticeStop(account_id=account_id, subject=subject, stopped_at=now))
        session.flush()


def resume(session: Session, account_id: int, subject: str) -> None:
    """Send an account a topic or matter again."""
    session.execute(
        delete(NoticeStop).where(NoticeStop.account_id == account_id, NoticeStop.subject == subject)
    )


def stops_of(session: Session, account_id: int) -> frozenset[str]:
    """Return the topics and matters that an account wants no more of."""
    query = select(NoticeStop.subject).where(NoticeStop.account_id == account_id)
    return frozenset(session.scalars(query))


def leaves_at(preference: Preference, now: datetime, zone: ZoneInfo, *, urgent: bool) -> datetime:
    """Return when a notice may leave: now, or when quiet hours or a mute have ended."""
    start = now
    if preference.muted_until is not None and preference.muted_until > now:
        start = preference.muted_until
    if urgent and preference.urgent_in_quiet:
        return start
    since, until = preference.quiet_from, preference.quiet_until
    if since is None or until is None or since == until:
        return start
    local = start.astimezone(zone)
    clock = local.time()
    overnight = since > until
    quiet = (clock >= since or clock < until) if overnight else since <= clock < until
    if not quiet:
        return start
    day = local.date() + timedelta(days=1 if overnight and clock >= since else 0)
    return datetime.combine(day, until, zone).astimezone(UTC)


def keep_stops(session: Session, account_id: int, topics: Collection[str], now: datetime) -> None:
    """Make these the topics that an account wants no more of; matters stay as they are."""
    known = stops_of(session, account_id)
    for subject in sorted(known - set(topics)):
        if ":" not in subject:
            resume(session, account_id, subject)
    for subject in sorted(set(topics) - known):
        stop(session, account_id, subject, now)
