"""The last position of people on duty: a cell and a time, a row a person, gone after some days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Union

from sqlalchemy import and_, bindparam, delete, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from data.field.errors import FieldStateError
from data.field.limits import PLAN_SETTINGS, limits_from
from data.field.live import LATEST_OUT
from data.store.city_box import EXTREMES, OutsideError, box_around
from data.store.reading import rows_of
from data.store.tables.alerts import Alert, AlertCall
from data.store.tables.checkins import CheckIn
from data.store.tables.ground import Beat
from data.store.tables.people import Consent, Person
from data.store.tables.positions import Position
from dispatch.alerts import CallState
from grid.cells import cells_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from data.store.city_box import Box
    from grid.errors import JinggeError

KEPT: Final = timedelta(days=7)
"""How long a last position is kept."""
COMING: Final = (CallState.ACCEPTED, CallState.ON_THE_WAY, CallState.ARRIVED)
"""The states of a call in which somebody is at work."""
CONSENT: Final = "position"
"""The purpose of the consent to it (`data.records.consent_wordings`)."""


_Person = Union["BindParameter[int]", "InstrumentedAttribute[int]"]


@dataclass(frozen=True, slots=True)
class Report:
    """Where a person says that they are: degrees, WGS-84, and how exact that is, metres."""

    person_id: int
    lat: float
    lng: float
    at: datetime
    accuracy_m: float | None = None


def _on_duty(person: _Person) -> ColumnElement[bool]:
    there = exists().where(
        CheckIn.person_id == person, CheckIn.state == "in", CheckIn.ends_at > bindparam("since")
    )
    called = (
        select(AlertCall.id)
        .join(Alert, Alert.id == AlertCall.alert_id)
        .where(
            and_(
                AlertCall.person_id == person, AlertCall.state.in_(COMING), Alert.ended_at.is_(None)
            )
        )
        .exists()
    )
    return or_(there, called)


def _agrees(person: _Person) -> ColumnElement[bool]:
    """Say whether a person gave their consent to positions, and did not take it back."""
    own = (Consent.person_id == person, Consent.purpose == CONSENT)
    return exists().where(*own, Consent.withdrawn_at.is_(None))


def _put(dialect: Any) -> Any:
    made = dialect.insert(Position.__table__)
    taken = {name: made.excluded[name] for name in ("cell", "at", "accuracy_m")}
    return made.on_conflict_do_update(index_elements=["person_id"], set_=taken)


_AGREES: Final = select(_agrees(bindparam("person")))
# What positions are judged by, written once: every phone on duty says where it is, all the time.
_CITY: Final = select(PLAN_SETTINGS.scalar_subquery(), *EXTREMES).select_from(Beat)
_PEOPLE: Final = select(Person.id, _on_duty(Person.id), _agrees(Person.id)).where(
    Person.id.in_(bindparam("people", expanding=True))
)
_PUT: Final = {"sqlite": _put(sqlite), "postgresql": _put(postgresql)}


def report_positions(session: Session, items: Sequence[Report]) -> list[int | JinggeError]:
    """Keep where people on duty are, as cells.

    Returns
    -------
    list
        For each report the cell, or why it is not kept: `OutsideError` for a place that does not
        lie in or near the city; `FieldStateError` off duty, as nobody is followed home, or without
        the person's own consent.
    """
    connection = session.connection()
    settings, *extremes = connection.execute(_CITY).one()
    box, limits = box_around(extremes), limits_from(settings)
    newest = max(one.at for one in items)
    who = {"people": sorted({one.person_id for one in items}), "since": newest - LATEST_OUT}
    people = {row[0]: (row[1], row[2]) for row in connection.execute(_PEOPLE, who)}
    refused = [_refusal(one, box, *people.get(one.person_id, (False, False))) for one in items]
    kept = [one for one, error in zip(items, refused, strict=True) if error is None]
    if not kept:
        return [error for error in refused if error is not None]
    found = cells_at([one.lat for one in kept], [one.lng for one in kept], limits.cell_resolution)
    cells = iter(found.tolist())
    rows = [
        {"person_id": one.person_id, "cell": cell, "at": one.at, "accuracy_m": one.accuracy_m}
        for one, cell in zip(kept, found.tolist(), strict=True)
    ]
    rows.sort(key=itemgetter("person_id"))  # in one order by all, so that none waits crosswise
    connection.execute(_PUT[connection.dialect.name], rows)
    return [next(cells) if error is None else error for error in refused]


def _refusal(report: Report, box: Box, on_duty: bool, agrees: bool) -> JinggeError | None:
    try:
        box.require(report.lat, report.lng)
    except OutsideError as error:
        return error
    if not on_duty:
        return FieldStateError("Expected somebody on duty, or on the way to an alert, got neither.")
    return None if agrees else FieldStateError("Expected consent to tell one's position, got none.")


def agrees_to_positions(session: Session, person_id: int) -> bool:
    """Tell whether a person gave their consent to tell where they are while on duty."""
    return bool(rows_of(session, _AGREES, {"person": person_id}).scalar())


def forget_positions(session: Session, now: datetime, kept: timedelta = KEPT) -> int:
    """Delete positions that are too old; return how many."""
    gone = session.execute(
        delete(Position).where(Position.at < now - kept).returning(Position.person_id)
    )
    return len(gone.all())
