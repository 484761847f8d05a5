"""The last position of people on duty: a cell and a time, a row a person, gone after some days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, delete, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from data.field.errors import FieldStateError
from data.field.limits import PLAN_SETTINGS, limits_from
from data.field.live import LATEST_OUT
from data.store.city_box import EXTREMES, box_around
from data.store.tables.alerts import Alert, AlertCall
from data.store.tables.checkins import CheckIn
from data.store.tables.ground import Beat
from data.store.tables.people import Consent
from data.store.tables.positions import Position
from dispatch.alerts import CallState
from grid.cells import cells_at

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import BindParameter, Select
    from sqlalchemy.orm import Session

KEPT: Final = timedelta(days=7)
"""How long a last position is kept."""
COMING: Final = (CallState.ACCEPTED, CallState.ON_THE_WAY, CallState.ARRIVED)
"""The states of a call in which somebody is at work."""
CONSENT: Final = "position"
"""The purpose of the consent to it (`data.records.consent_wordings`)."""


def _on_duty() -> Select[bool]:
    person: BindParameter[int] = bindparam("person")
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
    return select(or_(there, called))


def _agrees() -> Select[bool]:
    """Say whether a person gave their consent to positions, and did not take it back."""
    own = (Consent.person_id == bindparam("person"), Consent.purpose == CONSENT)
    return select(exists().where(*own, Consent.withdrawn_at.is_(None)))


def _put(dialect: Any) -> Any:
    made = dialect.insert(Position.__table__)
    taken = {name: made.excluded[name] for name in ("cell", "at", "accuracy_m")}
    return made.on_conflict_do_update(index_elements=["person_id"], set_=taken)


# Written once: every phone on duty asks and says where it is, again and again.
_ON_DUTY = _on_duty()
_AGREES = _agrees()
# All that a position is judged by, in one question.
_ASKED: Final = select(
    _ON_DUTY.scalar_subquery(),
    _AGREES.scalar_subquery(),
    PLAN_SETTINGS.scalar_subquery(),
    *EXTREMES,
).select_from(Beat)
_PUT: Final = {"sqlite": _put(sqlite), "postgresql": _put(postgresql)}


def report_position(
    session: Session,
    person_id: int,
    lat: float,
    lng: float,
    *,
    now: datetime,
    accuracy_m: float | None = None,
) -> int:
    """Keep where a person on duty is, as a cell; return the cell.

    Raises
    ------
    OutsideError
        For a place that does not lie in or near the city.
    FieldStateError
        Off duty: nobody is followed home; or without their own consent to it.
    """
    connection = session.connection()
    values = {"person": person_id, "since": now - LATEST_OUT}
    on_duty, agrees, settings, *extremes = connection.execute(_ASKED, values).one()
    box_around(extremes).require(lat, lng)
    if not on_duty:
        raise FieldStateError("Expected somebody on duty, or on the way to an alert, got neither.")
    if not agrees:
        raise FieldStateError("Expected consent to tell one's position, got none.")
    cell = int(cells_at([lat], [lng], limits_from(settings).cell_resolution)[0])
    place = {"person_id": person_id, "cell": cell, "at": now, "accuracy_m": accuracy_m}
    connection.execute(_PUT[connection.dialect.name], place)
    return cell


def is_on_duty(session: Session, person_id: int, now: datetime) -> bool:
    """Tell whether a person has checked in, or has accepted an alert that goes on."""
    values = {"person": person_id, "since": now - LATEST_OUT}
    return bool(session.scalar(_ON_DUTY, values))


def agrees_to_positions(session: Session, person_id: int) -> bool:
    """Tell whether a person gave their consent to tell where they are while on duty."""
    return bool(session.scalar(_AGREES, {"person": person_id}))


def forget_positions(session: Session, now: datetime, kept: timedelta = KEPT) -> int:
    """Delete positions that are too old; return how many."""
    gone = session.execute(
        delete(Position).where(Position.at < now - kept).returning(Position.person_id)
    )
    return len(gone.all())
