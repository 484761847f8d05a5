"""Find demand lines by place, shift and role, within a jurisdiction, with the names of each.

Which dated shifts are meant (a week, a weekday, a kind of shift) is settled first: a city has a few
dozen of them a week, and lines by the ten thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select

from data.planning.places import weights_of
from data.records.shift_patterns import TIMEZONE, DatedShift, with_templates
from data.store.keyset import after
from data.store.tables.demand import DemandLine
from data.store.tables.ground import Beat, Station
from data.store.tables.shifts import Shift

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.store.scope import Scope


@dataclass(frozen=True, slots=True)
class DemandFilter:
    """Which lines are meant; what is None is not asked for.

    Attributes
    ----------
    station, beat, shift, role : str or None
        Codes.
    place : str or None
        A part of a beat's name, or the begin of its code.
    week : date or None
        Any local day of the week in which the shift begins.
    weekday : int or None
        On which the shift begins: 1, Monday, to 7, Sunday.
    template : str or None
        Code of the shift template that the shift follows.
    """

    station: str | None = None
    beat: str | None = None
    place: str | None = None
    shift: str | None = None
    week: date | None = None
    weekday: int | None = None
    template: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class DatedTurn:
    """A dated shift; `day` is the local day on which it begins."""

    number: int
    code: str
    starts_at: datetime
    ends_at: datetime
    template: str | None
    day: date

    @property
    def week(self) -> date:
        """The Monday of its week."""
        return self.day - timedelta(days=self.day.weekday())

    @property
    def hours(self) -> float:
        """How long it is."""
        return (self.ends_at - self.starts_at) / timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A demand line with the names of its place; `weights` has one entry a place."""

    beat: str
    beat_name: str
    station: str
    station_name: str
    turn: DatedTurn
    role: str
    required: int
    weights: tuple[int, ...]
    place: tuple[int, int, str]


def dated_turns(session: Session, timezone: str = TIMEZONE) -> list[DatedTurn]:
    """Give the dated shifts by their beginning, each with the template of its times."""
    rows = session.scalars(select(Shift).order_by(Shift.starts_at, Shift.code)).all()
    zone = ZoneInfo(timezone)
    matched = with_templates(
        session,
        [DatedShift(row.code, row.starts_at, row.ends_at, row.template) for row in rows],
        timezone,
    )
    return [
        DatedTurn(row.id, row.code, row.starts_at, row.ends_at, one.template, one.day(zone))
        for row, one in zip(rows, matched, strict=True)
    ]


def meant_turns(turns: Sequence[DatedTurn], wanted: DemandFilter) -> list[DatedTurn]:
    """Return the shifts that a filter means."""
    week = None if wanted.week is None else wanted.week - timedelta(days=wanted.week.weekday())
    return [
        one
        for one in turns
        if wanted.shift in {None, one.code}
        and week in {None, one.week}
        and wanted.weekday in {None, one.day.isoweekday()}
        and wanted.template in {None, one.template}
    ]


def lines_meant(
    scope: Scope, wanted: DemandFilter, turns: Sequence[DatedTurn]
) -> ColumnElement[bool]:
    """Return the condition on `DemandLine` of a filter; `turns` are all dated shifts."""
    beats = select(Beat.id).where(scope.beats_())
    if wanted.station is not None:
        beats = beats.join(Station).where(Station.code == wanted.station)
    if wanted.beat is not None:
        beats = beats.where(Beat.code == wanted.beat)
    if wanted.place is not None:
        named = Beat.name.icontains(wanted.place, autoescape=True)
        beats = beats.where(or_(named, Beat.code.istartswith(wanted.place, autoescape=True)))
    parts: list[ColumnElement[bool]] = [DemandLine.beat_id.in_(beats)]
    numbers = [one.number for one in meant_turns(turns, wanted)]
    if len(numbers) < len(turns):
        parts.append(DemandLine.shift_id.in_(numbers))
    if wanted.role is not None:
        parts.append(DemandLine.role == wanted.role)
    return and_(*parts)


def search_lines(
    session: Session,
    scope: Scope,
    wanted: DemandFilter,
    turns: Sequence[DatedTurn],
    *,
    behind: tuple[Any, ...] | None = None,
    limit: int = 100,
) -> list[FoundLine]:
    """List the lines that a filter means, by beat, shift and role.

    Parameters
    ----------
    turns : sequence of DatedTurn
        All dated shifts (`dated_turns`).
    behind : tuple, optional
        The `place` of the last line that was seen.
    """
    keys = [DemandLine.beat_id, DemandLine.shift_id, DemandLine.role]
    query = (
        select(DemandLine, Beat.code, Beat.name, Station.code.label("of"), Station.name.label("at"))
        .join(Beat, Beat.id == DemandLine.beat_id)
        .join(Station, Station.id == Beat.station_id)
        .where(lines_meant(scope, wanted, turns), after(keys, behind))
        .order_by(*keys)
        .limit(limit)
    )
    by_number = {one.number: one for one in turns}
    return [
        FoundLine(
            code,
            name or code,
            station,
            station_name or station,
            by_number[line.shift_id],
            line.role,
            line.required,
            weights_of(line.required, line.weights),
            (line.beat_id, line.shift_id, line.role),
        )
        for line, code, name, station, station_name in session.execute(query)
    ]


def count_lines(
    session: Session, scope: Scope, wanted: DemandFilter, turns: Sequence[DatedTurn]
) -> int:
    """Count the lines that a filter means."""
    query = select(func.count()).select_from(DemandLine)
    return int(session.scalar(query.where(lines_meant(scope, wanted, turns))) or 0)
