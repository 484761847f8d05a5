"""Alerts (预警, 警情): make them, read them, end them.

Making one calls its first people in the same transaction; `data.field.alerts_stepping` takes it
from there by the clock, and `data.field.alerts_calls` takes the answers.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, or_, select

from data.field.alerts_calls import call, callable_people, calls_of, stand_down
from data.field.alerts_stepping import step_row
from data.field.alerts_values import AlertValues, AlertView, Wanted, alert_of, alert_query
from data.field.errors import FieldMissingError, FieldStateError, FieldValueError
from data.store.keyset import after as later_than
from data.store.row_locks import has_row_locks
from data.store.scope import CITY
from data.store.tables.alerts import ALERT_KINDS, Alert, AlertCall
from data.store.tables.catalogue import DutyRole, Qualification
from data.store.tables.ground import Beat, GroundCell, Station
from data.store.tables.people import Person
from dispatch.alerts import HOPEFUL, OPEN_ALERTS, AlertState, Mode, require_alert_step
from dispatch.alerts import AlertError as StepError
from dispatch.alerts_response import ResponseModel
from grid.cells import cells_at

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.field.alerts_values import Finder
    from data.field.limits import Limits
    from data.store.scope import Scope
    from dispatch.nearest_rules import Refusal

BY_NAME: Final = frozenset({Mode.ONE, Mode.SEVERAL})
_APART: Final = {"people", "mode", "danger", "area"}


@dataclass(frozen=True, slots=True)
class Made:
    """A new alert, and who could not be called: code of the person → first rule that says no."""

    alert: AlertView
    refused: dict[str, Refusal]


def create_alert(
    session: Session,
    values: AlertValues,
    find: Finder,
    limits: Limits,
    *,
    by: str,
    now: datetime,
    scope: Scope = CITY,
    model: ResponseModel | None = None,
) -> Made:
    """Make an alert and call its first people, in the session's transaction.

    Parameters
    ----------
    find : Finder
        Gives the nearest who pass the rules; for ``circle`` all in the area, for ``one`` and
        ``several`` it is not asked.
    scope : Scope
        Where the maker may call people to; who is called may come from anywhere.

    Raises
    ------
    FieldValueError
        For values that no alert can have, or a place outside the scope.
    FieldStateError
        Where none of those chosen by name may be called; says by which rules.
    """
    row = _row(session, values, limits, by=by, now=now)
    session.add(row)
    session.flush()
    alert = find_alert(session, row.id)
    seen = select(Alert.id).where(Alert.id == row.id, visible(scope))
    if not scope.city and session.scalar(seen) is None:
        raise FieldValueError("Expected a place in your own jurisdiction, got one outside.")
    model = model or ResponseModel()
    refused: dict[str, Refusal] = {}
    if alert.mode != Mode.WAVES:
        by_name = alert.mode in BY_NAME
        people = _named(session, values.people) if by_name else find(alert, Wanted())
        passing, refused = callable_people(session, alert, people, limits, now, by_name=by_name)
        if by_name and not passing:
            rules = ", ".join(f"{code}: {rule}" for code, rule in sorted(refused.items()))
            raise FieldStateError(f"Expected somebody who may be called, got {rules or 'nobody'}.")
        call(session, alert, passing[: alert.most_calls], wave=1, now=now, model=model)
        row.waves = 1
    calls = [] if alert.mode == Mode.WAVES else calls_of(session, row.id)
    step_row(session, row, alert, calls, find=find, limits=limits, now=now, model=model)
    return Made(find_alert(session, alert.alert_id), refused)


def end_alert(
    session: Session,
    alert_id: int,
    state: AlertState,
    *,
    by: str,
    now: datetime,
    outcome: str | None = None,
    scope: Scope = CITY,
) -> AlertView:
    """Close or cancel an alert; whoever may still come is stood down and told.

    Raises
    ------
    FieldStateError
        Where it is over already.
    """
    alert = find_alert(session, alert_id, scope, lock=True)
    try:
        require_alert_step(alert.state, state)
    except StepError as error:
        raise FieldStateError(str(error)) from None
    row = session.get_one(Alert, alert_id)
    row.state, row.ended_at, row.ended_by, row.outcome = state, now, by, outcome or row.outcome
    session.flush()
    hopeful = [one.call_id for one in calls_of(session, alert_id) if one.state in HOPEFUL]
    stand_down(session, alert, hopeful, now)
    return find_alert(session, alert_id)


def find_alert(
    session: Session, alert_id: int, scope: Scope = CITY, *, lock: bool = False
) -> AlertView:
    """Read an alert.

    Raises
    ------
    FieldMissingError
        Where there is none of this number in the scope.
    """
    if lock and has_row_locks(session):
        session.execute(select(Alert.id).where(Alert.id == alert_id).with_for_update()).all()
    query = alert_query().where(Alert.id == alert_id, visible(scope))
    row = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise FieldMissingError(f"Expected the number of an alert, got {alert_id}.")
    return alert_of(row)


def list_alerts(
    session: Session,
    scope: Scope = CITY,
    *,
    is_open: bool | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = 100,
) -> list[AlertView]:
    """List alerts, the newest first."""
    wanted = [visible(scope)]
    if is_open is not None:
        wanted.append(Alert.ended_at.is_(None) if is_open else Alert.ended_at.is_not(None))
    key = (Alert.created_at, Alert.id)
    wanted.append(later_than(key, after, descending=True))
    order = [column.desc() for column in key]
    query = alert_query().where(*wanted).order_by(*order).limit(limit)
    return [alert_of(row) for row in session.execute(query)]


def alerts_of_person(
    session: Session, person_id: int, *, is_open: bool = True, limit: int = 50
) -> list[AlertView]:
    """List the alerts to which a person was called, the newest first."""
    query = _OPEN_OF_PERSON if is_open else _OF_PERSON
    rows = session.execute(query, {"person": person_id, "most": limit})
    return [alert_of(row) for row in rows]


def visible(scope: Scope) -> ColumnElement[bool]:
    """Give the condition on `Alert` that it lies in the scope: its beat's, or its station's."""
    if scope.city:
        return Alert.id.is_not(None)
    own: list[ColumnElement[bool]] = []
    if scope.sub_bureaus or scope.stations or scope.beats:
        own.append(Alert.beat_id.in_(select(Beat.id).where(scope.beats_())))
    if scope.sub_bureaus or scope.stations:
        stations = select(Station.id).where(scope.stations_())
        own.append(and_(Alert.beat_id.is_(None), Alert.station_id.in_(stations)))
    if scope.person is not None:
        called = select(AlertCall.alert_id).where(AlertCall.person_id == scope.person)
        own.append(Alert.id.in_(called))
    return or_(*own) if own else Alert.id.is_(None)


def _row(session: Session, values: AlertValues, limits: Limits, *, by: str, now: datetime) -> Alert:
    _require_values(session, values)
    cell = int(cells_at([values.lat], [values.lng], limits.cell_resolution)[0])
    place = select(Beat.id, Beat.station_id).join(GroundCell, GroundCell.beat_id == Beat.id)
    beat = session.execute(place.where(GroundCell.cell == cell)).one_or_none()
    same: dict[str, Any] = {
        one.name: getattr(values, one.name) for one in fields(AlertValues) if one.name not in _APART
    }
    return Alert(
        code=f"{limits.local(now):%y%m%d}-{secrets.token_hex(3)}",
        mode=values.mode,
        danger=values.danger,
        area=None if values.area is None else dict(values.area),
        cell=cell,
        beat_id=None if beat is None else beat.id,
        station_id=None if beat is None else beat.station_id,
        state="open",
        next_step_at=now,
        created_at=now,
        created_by=by,
        **same,
    )


def _require_values(session: Session, values: AlertValues) -> None:
    if values.kind not in ALERT_KINDS:
        raise FieldValueError(f"Expected a kind of {ALERT_KINDS}, got {values.kind!r}.")
    if (values.mode in BY_NAME) != bool(values.people):
        raise FieldValueError("Expected people in the modes one and several, and only there.")
    if values.mode == Mode.ONE and len(values.people) != 1:
        raise FieldValueError(f"Expected one person, got {len(values.people)}.")
    if (values.mode == Mode.CIRCLE) != (values.area is not None):
        raise FieldValueError("Expected an area in the mode circle, and only there.")
    for table, code in ((DutyRole, values.role), (Qualification, values.qualification)):
        if code is not None and session.get(table, code) is None:
            raise FieldValueError(f"Expected a code of the catalogue, got {code!r}.")


def _named(session: Session, codes: tuple[str, ...]) -> list[int]:
    query = select(Person.code, Person.id).where(Person.code.in_(codes))
    ids = {row.code: row.id for row in session.execute(query)}
    missing = sorted(set(codes) - set(ids))
    if missing:
        raise FieldValueError(f"Expected codes of people, got {missing[0]!r}.")
    return [ids[code] for code in dict.fromkeys(codes)]


# Written once: each phone asks for its open alerts with every page of today.
_OF_PERSON = (
    alert_query()
    .where(
        Alert.id.in_(select(AlertCall.alert_id).where(AlertCall.person_id == bindparam("person")))
    )
    .order_by(Alert.id.desc())
    .limit(bindparam("most"))
)
_OPEN_OF_PERSON = _OF_PERSON.where(Alert.state.in_(OPEN_ALERTS))
