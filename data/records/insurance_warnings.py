"""Whose insurance runs out soon, and which shifts of published rosters that leaves uncovered.

A volunteer is in the list who is not insured on some day from today to N days on, or on the local
day on which a shift ends that they are on (rule H8): the latter however far ahead it lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select

from data.records.coming_duties import ComingDuty, coming_duties
from data.records.errors import ValueRefusedError
from data.records.insured import last_day, spans
from data.records.pages import PageOf, read_cursor, write_cursor
from data.records.shift_patterns import TIMEZONE
from data.store.tables.ground import Station
from data.store.tables.insurance import InsuranceCover, InsurancePolicy
from data.store.tables.people import Person
from data.store.tables.rosters import Roster
from data.store.tables.scenarios import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from data.store.scope import Scope

MAX_DAYS = 366


@dataclass(frozen=True, slots=True)
class InsuranceWarning:
    """A volunteer whose insurance runs out.

    Attributes
    ----------
    insured_until : date or None
        The last day of unbroken cover from today on; None: not insured today.
    starts_again_on : date or None
        The first day of the cover after that.
    uncovered : tuple of ComingDuty
        The coming shifts on whose last day no cover counts.
    """

    code: str
    name: str | None
    state: str
    station: str | None
    station_name: str | None
    insured_until: date | None
    starts_again_on: date | None
    uncovered: tuple[ComingDuty, ...]


def insurance_warnings(
    session: Session,
    scope: Scope,
    *,
    now: datetime,
    within_days: int = 30,
    station: str | None = None,
    only_on_duty: bool = False,
    cursor: str | None = None,
    limit: int = 100,
    timezone: str = TIMEZONE,
) -> PageOf[InsuranceWarning]:
    """Give a page of warnings: those on duty uncovered first, then by last insured day and code.

    Parameters
    ----------
    within_days : int
        How many days ahead, 0 to 366.
    only_on_duty : bool
        Only those whom a published roster has on a shift that is not covered.
    """
    if not 0 <= within_days <= MAX_DAYS:
        raise ValueRefusedError(f"Expected 0..{MAX_DAYS} days, got {within_days}.")
    found = all_warnings(
        session, scope, now=now, within_days=within_days, station=station, timezone=timezone
    )
    if only_on_duty:
        found = [warning for warning in found if warning.uncovered]
    after = read_cursor(cursor, int, str, str)
    rest = found if after is None else [warning for warning in found if _key(warning) > after]
    page = rest[:limit]
    following = write_cursor(*_key(page[-1])) if len(rest) > limit else None
    return PageOf(tuple(page), following, len(found))


def all_warnings(
    session: Session,
    scope: Scope,
    *,
    now: datetime,
    within_days: int,
    station: str | None = None,
    timezone: str = TIMEZONE,
) -> list[InsuranceWarning]:
    """Give all warnings of a scope, in the order of `insurance_warnings`."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    until = today + timedelta(days=within_days)
    last_duty = _last_duty_day(session, now, timezone)
    conditions: list[Any] = [
        scope.people(),
        Person.tier == "volunteer",
        Person.state.in_(("active", "suspended")),
        ~_covered_throughout(today, max(until, last_duty)),
    ]
    if station is not None:
        conditions.append(Person.station_id.in_(select(Station.id).where(Station.code == station)))
    people = session.execute(_people(conditions)).all()
    covers = dict(spans(session, select(Person.id).where(*conditions), today))
    last_days = {row.id: last_day(covers.get(row.id, ()), today) for row in people}
    uncovered = _uncovered(session, covers, last_days, last_duty, now)
    found = []
    for row in people:
        last, duties = last_days[row.id], tuple(uncovered.get(row.id, ()))
        if duties or last is None or last < until:
            found.append(
                InsuranceWarning(
                    code=row.code,
                    name=row.name,
                    state=row.state,
                    station=row.station,
                    station_name=row.station_name,
                    insured_until=last,
                    starts_again_on=_next_start(covers.get(row.id, ()), last or today),
                    uncovered=duties,
                )
            )
    return sorted(found, key=_key)


def _uncovered(
    session: Session,
    covers: dict[int, list[tuple[date, date]]],
    last_days: dict[int, date | None],
    last_duty: date,
    now: datetime,
) -> dict[int, list[ComingDuty]]:
    """Give the coming shifts on whose last day no cover counts, by person."""
    # Whoever is insured beyond the last shift of all rosters has none, so theirs are not read.
    chosen = [who for who, last in last_days.items() if last is None or last < last_duty]
    found: dict[int, list[ComingDuty]] = {}
    for duty in coming_duties(session, chosen, now):
        if not _on(covers.get(duty.person_id, ()), duty.ends_on):
            found.setdefault(duty.person_id, []).append(duty)
    return found


def _people(conditions: list[Any]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Person.id,
            Person.code,
            Person.name,
            Person.state,
            Station.code.label("station"),
            Station.name.label("station_name"),
        )
        .outerjoin(Station, Station.id == Person.station_id)
        .where(*conditions)
    )


def _covered_throughout(first: date, last: date) -> Any:
    """Give the condition that one single cover counts from the first to the last day."""
    return exists().where(
        InsuranceCover.person_id == Person.id,
        InsuranceCover.policy_id == InsurancePolicy.id,
        InsuranceCover.starts_on <= first,
        InsuranceCover.ends_on >= last,
        InsurancePolicy.starts_on <= first,
        InsurancePolicy.ends_on >= last,
    )


def _last_duty_day(session: Session, now: datetime, timezone: str) -> date:
    """Give a day on or after the last local day of all published rosters."""
    last = session.scalar(
        select(func.max(Scenario.ends_at))
        .join(Roster, Roster.scenario_id == Scenario.id)
        .where(Roster.state == "published")
    )
    zone = ZoneInfo(timezone)
    return max(now, last or now).astimezone(zone).date() + timedelta(days=1)


def _on(covers: Iterable[tuple[date, date]], day: date) -> bool:
    return any(first <= day <= last for first, last in covers)


def _next_start(covers: Iterable[tuple[date, date]], after: date) -> date | None:
    return min((first for first, _ in covers if first > after), default=None)


def _key(warning: InsuranceWarning) -> tuple[int, str, str]:
    last = warning.insured_until.isoformat() if warning.insured_until else ""
    return (0 if warning.uncovered else 1, last, warning.code)
