"""The week that is planned next: its dated shifts, demand lines and pins, edited one by one.

These rows carry no count of edits; what they hold makes their version, so that an edit that was
made of another state is found out.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, exists, select, update

from data.planning.errors import OutsideScopeError, WeekError
from data.planning.places import weights_of, weights_text
from data.planning.within import require_beats, require_people
from data.records.shift_patterns import TIMEZONE, dated
from data.store.keyset import after
from data.store.row_versions import StaleError
from data.store.tables.catalogue import DutyRole
from data.store.tables.demand import DemandLine, Pin
from data.store.tables.ground import Beat
from data.store.tables.people import Person
from data.store.tables.shifts import Shift, ShiftTemplate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from data.store.scope import Scope

DAYS = 7


@dataclass(frozen=True, slots=True)
class LineView:
    """A demand line; ``weights`` has one entry a place."""

    beat_id: str
    shift_id: str
    role: str
    required: int
    weights: tuple[int, ...]

    @property
    def version(self) -> int:
        """What an edit has to name."""
        return _version(self.required, self.weights)


@dataclass(frozen=True, slots=True)
class PinView:
    """Somebody who must, or must not, stand on a post."""

    pin_id: int
    person_id: str
    beat_id: str
    shift_id: str
    role: str
    kind: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class ShiftView:
    """A dated shift."""

    shift_id: str
    starts_at: datetime
    ends_at: datetime
    template: str | None

    @property
    def version(self) -> int:
        """What an edit has to name."""
        return _version(self.starts_at, self.ends_at)


# ---- shifts


def list_shifts(
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    behind: tuple[Any, ...] | None = None,
    limit: int = 100,
) -> list[ShiftView]:
    """List dated shifts by their beginning."""
    query = (
        select(Shift)
        .where(after([Shift.starts_at, Shift.code], behind))
        .order_by(Shift.starts_at, Shift.code)
        .limit(limit)
    )
    if since is not None:
        query = query.where(Shift.starts_at >= since)
    if until is not None:
        query = query.where(Shift.starts_at < until)
    return [_shift(row) for row in session.scalars(query)]


def find_shift(session: Session, code: str) -> ShiftView:
    """Give a shift; OutsideScopeError where there is none."""
    return _shift(_shift_row(session, code))


def add_shift(session: Session, code: str, starts_at: datetime, ends_at: datetime) -> ShiftView:
    """Add a shift.

    Raises
    ------
    WeekError
        Where it ends before it begins, or its code is taken.
    """
    _require_order(starts_at, ends_at)
    if session.scalar(select(Shift.id).where(Shift.code == code)) is not None:
        raise WeekError(f"Expected a code that no shift has, got {code[:80]!r}.")
    row = Shift(code=code, starts_at=starts_at, ends_at=ends_at)
    session.add(row)
    session.flush()
    return _shift(row)


def move_shift(
    session: Session, code: str, starts_at: datetime, ends_at: datetime, *, version: int
) -> ShiftView:
    """Move a shift in time."""
    _require_order(starts_at, ends_at)
    row = _shift_row(session, code)
    _require(_shift(row).version, version)
    row.starts_at, row.ends_at = starts_at, ends_at
    session.flush()
    return _shift(row)


def remove_shift(session: Session, code: str, *, version: int) -> None:
    """Remove a shift that nobody needs.

    Raises
    ------
    WeekError
        Where there is demand or a pin for it.
    """
    row = _shift_row(session, code)
    _require(_shift(row).version, version)
    for table in (DemandLine, Pin):
        if session.scalar(select(exists().where(table.shift_id == row.id))):
            raise WeekError(f"Expected no demand and no pins for the shift {code}, got some.")
    session.delete(row)
    session.flush()


def open_week(
    session: Session, first: date, like: date | None, *, timezone: str = TIMEZONE
) -> tuple[int, int]:
    """Make the shifts of seven days by the templates, with the demand of another week.

    Days that have shifts already keep them; demand is copied to shifts of the same template and
    place in the week that have none.

    Parameters
    ----------
    first : date
        The first of the seven days.
    like : date, optional
        The first of the seven days whose demand is copied.

    Returns
    -------
    tuple of int
        How many shifts and demand lines were made.
    """
    zone = ZoneInfo(timezone)
    taken = {shift.starts_at.astimezone(zone).date() for shift in _of_week(session, first, zone)}
    templates = session.scalars(
        select(ShiftTemplate).where(ShiftTemplate.is_active).order_by(ShiftTemplate.code)
    ).all()
    made = 0
    for day in (first + timedelta(days=n) for n in range(DAYS)):
        if day in taken:
            continue
        turns = (dated(template, day, timezone) for template in templates)
        for one in sorted(turns, key=lambda turn: turn.starts_at):
            code = f"{day:%Y}-{one.shift_id}"
            shift = Shift(
                code=code, starts_at=one.starts_at, ends_at=one.ends_at, template=one.template
            )
            session.add(shift)
            made += 1
    session.flush()
    lines = 0 if like is None else _copy_demand(session, like, first, zone)
    return made, lines


def _copy_demand(session: Session, like: date, first: date, zone: ZoneInfo) -> int:
    def places(day: date) -> dict[tuple[int, Any], int]:
        return {
            (
                (row.starts_at.astimezone(zone).date() - day).days,
                (row.starts_at.astimezone(zone).time(), row.ends_at.astimezone(zone).time()),
            ): row.id
            for row in _of_week(session, day, zone)
        }

    old, new = places(like), places(first)
    pairs = {old[place]: shift for place, shift in new.items() if place in old}
    filled = set(
        session.scalars(
            select(DemandLine.shift_id).where(DemandLine.shift_id.in_(pairs.values())).distinct()
        )
    )
    query = select(DemandLine).where(DemandLine.shift_id.in_(pairs))
    rows = [
        DemandLine(
            beat_id=row.beat_id,
            shift_id=pairs[row.shift_id],
            role=row.role,
            required=row.required,
            weights=row.weights,
        )
        for row in session.scalars(query)
        if pairs[row.shift_id] not in filled
    ]
    session.add_all(rows)
    session.flush()
    return len(rows)


def _of_week(session: Session, first: date, zone: ZoneInfo) -> Sequence[Shift]:
    begin = datetime(first.year, first.month, first.day, tzinfo=zone)
    query = select(Shift).where(
        Shift.starts_at >= begin, Shift.starts_at < begin + timedelta(days=DAYS)
    )
    return session.scalars(query.order_by(Shift.starts_at, Shift.id)).all()


# ---- demand


def find_line(session: Session, scope: Scope, beat: str, shift: str, role: str) -> LineView:
    """Give a demand line.

    Raises
    ------
    OutsideScopeError
    """
    row = session.execute(
        _lines().where(
            scope.beats_(), Beat.code == beat, Shift.code == shift, DemandLine.role == role
        )
    ).first()
    if row is None:
        raise OutsideScopeError("demand line", f"{beat} {shift} {role}")
    return _line(*row)


def add_line(
    session: Session, scope: Scope, post: tuple[str, str, str], weights: tuple[int, ...]
) -> LineView:
    """Add a demand line to a post (beat, shift, role), with a place a weight.

    Raises
    ------
    OutsideScopeError
    WeekError
        Where the post has such a line already.
    """
    beat, shift, role = post
    place = _post(session, scope, beat, shift, role)
    if session.get(DemandLine, place) is not None:
        raise WeekError(f"Expected a line that is new, got {beat} {shift} {role}.")
    row = DemandLine(
        beat_id=place[0], shift_id=place[1], role=role, required=len(weights), weights=""
    )
    row.weights = weights_text(weights)
    session.add(row)
    session.flush()
    return _line(row, beat, shift)


def change_line(
    session: Session, scope: Scope, line: LineView, weights: tuple[int, ...], *, version: int
) -> LineView:
    """Change how many a line needs, and how much each matters."""
    found = find_line(session, scope, line.beat_id, line.shift_id, line.role)
    _require(found.version, version)
    place = _post(session, scope, line.beat_id, line.shift_id, line.role)
    session.execute(
        update(DemandLine)
        .where(DemandLine.beat_id == place[0], DemandLine.shift_id == place[1])
        .where(DemandLine.role == line.role)
        .values(required=len(weights), weights=weights_text(weights))
    )
    session.expire_all()
    return find_line(session, scope, line.beat_id, line.shift_id, line.role)


def remove_line(
    session: Session, scope: Scope, beat: str, shift: str, role: str, *, version: int
) -> None:
    """Remove a demand line."""
    _require(find_line(session, scope, beat, shift, role).version, version)
    place = _post(session, scope, beat, shift, role)
    session.execute(
        delete(DemandLine)
        .where(DemandLine.beat_id == place[0], DemandLine.shift_id == place[1])
        .where(DemandLine.role == role)
    )


# ---- pins


def list_pins(
    session: Session, scope: Scope, *, behind: tuple[Any, ...] | None = None, limit: int = 100
) -> list[PinView]:
    """List the pins of people and on beats within a scope."""
    query = _pin_rows(scope).where(after([Pin.id], behind)).order_by(Pin.id).limit(limit)
    return [_pin(*row) for row in session.execute(query)]


def shift_pins(session: Session, scope: Scope, shift: str) -> list[PinView]:
    """Return the pins of a shift (code) within a scope."""
    query = _pin_rows(scope).where(Shift.code == shift).order_by(Pin.id)
    return [_pin(*row) for row in session.execute(query)]


def add_pin(
    session: Session,
    scope: Scope,
    person: str,
    post: tuple[str, str, str],
    kind: str,
    *,
    by: str,
    now: datetime,
) -> PinView:
    """Say that somebody must, or must not, stand on a post (beat, shift, role).

    Raises
    ------
    OutsideScopeError
    WeekError
        Where it is said already.
    """
    who = require_people(session, scope, [person])[person]
    beat, shift, role = _post(session, scope, *post)
    row = Pin(person_id=who, beat_id=beat, shift_id=shift, role=role, kind=kind)
    same = select(Pin.id).where(
        Pin.person_id == who, Pin.beat_id == beat, Pin.shift_id == shift, Pin.role == role
    )
    if session.scalar(same.where(Pin.kind == kind)) is not None:
        raise WeekError(f"Expected a pin that is new, got {kind} of {person}.")
    row.created_at, row.created_by = now, by
    session.add(row)
    session.flush()
    return _pin(row, person, post[0], post[1])


def remove_pin(session: Session, scope: Scope, pin_id: int) -> PinView:
    """Remove a pin; a pin never changes, so there is nothing to compare.

    Raises
    ------
    OutsideScopeError
    """
    row = session.execute(_pin_rows(scope).where(Pin.id == pin_id)).first()
    if row is None:
        raise OutsideScopeError("pin", str(pin_id))
    found = _pin(*row)
    session.execute(delete(Pin).where(Pin.id == pin_id))
    return found


def _pin_rows(scope: Scope) -> Any:
    return (
        select(Pin, Person.code, Beat.code, Shift.code)
        .join(Person, Person.id == Pin.person_id)
        .join(Beat, Beat.id == Pin.beat_id)
        .join(Shift, Shift.id == Pin.shift_id)
        .where(scope.people(), scope.beats_())
    )


def _pin(row: Pin, person: str, beat: str, shift: str) -> PinView:
    return PinView(row.id, person, beat, shift, row.role, row.kind, row.created_at, row.created_by)


def _post(session: Session, scope: Scope, beat: str, shift: str, role: str) -> tuple[int, int, str]:
    place = require_beats(session, scope, [beat])[beat]
    if session.get(DutyRole, role) is None:
        raise OutsideScopeError("duty role", role)
    return place, _shift_row(session, shift).id, role


def _lines() -> Any:
    return (
        select(DemandLine, Beat.code, Shift.code)
        .join(Beat, Beat.id == DemandLine.beat_id)
        .join(Shift, Shift.id == DemandLine.shift_id)
    )


def _line(row: DemandLine, beat: str, shift: str) -> LineView:
    return LineView(beat, shift, row.role, row.required, weights_of(row.required, row.weights))


def _shift_row(session: Session, code: str) -> Shift:
    row = session.scalars(select(Shift).where(Shift.code == code)).one_or_none()
    if row is None:
        raise OutsideScopeError("shift", code)
    return row


def _shift(row: Shift) -> ShiftView:
    return ShiftView(row.code, row.starts_at, row.ends_at, row.template)


def _version(*values: object) -> int:
    return zlib.crc32(repr(values).encode()) + 1


def _require(found: int, version: int) -> None:
    if found != version:
        raise StaleError


def _require_order(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise WeekError("Expected a shift that ends after it begins.")
