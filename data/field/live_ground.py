"""What a live index holds beside people: the city's cells, open tasks, who is at which alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import bindparam, func, select

from data.field.task_values import view_of, view_query
from data.store.reading import rows_of
from data.store.tables.alerts import Alert, AlertCall
from data.store.tables.catalogue import DutyRole, Qualification
from data.store.tables.ground import Beat, GroundCell, Station
from data.store.tables.people import Person
from data.store.tables.rosters import Roster
from data.store.tables.tasks import LIVE_SIGNUPS, Signup, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from data.field.task_values import TaskView
    from data.store.scope import Scope


def city_cells(session: Session) -> NDArray[np.uint64]:
    """Read the city's cells; where the ground is not known yet, those of people's homes."""
    cells: Sequence[int | None] = session.scalars(select(GroundCell.cell)).all()
    if not cells:
        cells = session.scalars(
            select(Person.home_cell).where(Person.home_cell.is_not(None)).distinct()
        ).all()
    return np.unique(np.array(cells, np.int64)).astype(np.uint64)


def words_of_catalogue(session: Session) -> tuple[list[str], list[str]]:
    """Read the codes of duty roles and of qualifications, in alphabetical order."""
    roles = session.scalars(select(DutyRole.code).order_by(DutyRole.code)).all()
    held = session.scalars(select(Qualification.code).order_by(Qualification.code)).all()
    return list(roles), list(held)


def open_tasks(session: Session, task_ids: Sequence[int] | None = None) -> list[TaskView]:
    """Read open tasks; all of them, or those of the given ids that are open."""
    query = view_query().where(Task.state == "open")
    if task_ids is not None:
        query = query.where(Task.id.in_(task_ids))
    return [view_of(row) for row in session.execute(query.order_by(Task.id))]


_MINE = select(Signup.task_id).where(
    Signup.person_id == bindparam("person"), Signup.state.in_(LIVE_SIGNUPS)
)


def live_signups(session: Session, person_id: int) -> frozenset[int]:
    """Read the tasks for which a person has signed up, or waits."""
    return frozenset(rows_of(session, _MINE, {"person": person_id}).scalars())


def people_of_alerts(session: Session, alert_ids: Iterable[int]) -> set[int]:
    """Read who was called to alerts: an alert's end sets them free."""
    wanted = AlertCall.alert_id.in_(list(alert_ids))
    return set(session.scalars(select(AlertCall.person_id).where(wanted)))


def alert_places(
    session: Session, alert_ids: Iterable[int]
) -> dict[int, tuple[int | None, int | None]]:
    """Read the beat and the station of alerts, by their ids."""
    query = select(Alert.id, Alert.beat_id, Alert.station_id).where(Alert.id.in_(list(alert_ids)))
    return {row.id: (row.beat_id, row.station_id) for row in session.execute(query)}


def people_in(session: Session, scope: Scope) -> frozenset[int]:
    """Read the ids of the people in a jurisdiction."""
    return frozenset(session.scalars(select(Person.id).where(scope.people())))


def last_published(session: Session) -> datetime | None:
    """Read when a roster was published last: another one changes who is on duty."""
    return session.scalar(select(func.max(Roster.published_at)).where(Roster.state == "published"))


def places_in(session: Session, scope: Scope) -> tuple[frozenset[int], frozenset[int]]:
    """Read the ids of beats and stations in a jurisdiction."""
    beats = session.scalars(select(Beat.id).where(scope.beats_()))
    stations = session.scalars(select(Station.id).where(scope.stations_()))
    return frozenset(beats), frozenset(stations)
