"""A turn of duty as somebody keeps it: of a roster or of a task, with place, time and its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import bindparam, select

from data.field.errors import FieldMissingError
from data.field.roster_turns import turn_of, turns_of_person
from data.field.signups import signups_of_person
from data.field.tasks import find_task
from data.store.reading import rows_of
from data.store.tables.people import Person
from data.store.tables.tasks import Signup

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.roster_turns import RosterTurn
    from data.field.task_values import TaskView


@dataclass(frozen=True, slots=True)
class DutyTurn:
    """A turn that a person is to keep.

    Attributes
    ----------
    source : str
        Its business key: one check-in, one service record and one award go by it.
    post : str
        Key of the place and time where people meet; its QR code says it.
    is_beat_wide : bool
        Whether one may check in anywhere in the beat.
    points : int or None
        What a task promises; None: by the city's table.
    """

    source: str
    post: str
    kind: Literal["task", "roster"]
    title: str
    place: str
    person_id: int
    signup_id: int | None
    task_id: int | None
    scenario_id: int | None
    shift: str | None
    task_kind: str | None
    role: str
    beat_id: int | None
    station_id: int | None
    lat: float
    lng: float
    is_beat_wide: bool
    starts_at: datetime
    ends_at: datetime
    points: int | None


_HELD: Final = (
    select(Signup.id, Person.code)
    .join(Person, Person.id == Signup.person_id)
    .where(
        Signup.task_id == bindparam("task"),
        Signup.person_id == bindparam("person"),
        Signup.state == "confirmed",
    )
)


def task_turn(session: Session, task_id: int, person_id: int) -> DutyTurn:
    """Give the turn of a person who holds a place of a task.

    Raises
    ------
    FieldMissingError
        Where they hold none.
    """
    task = find_task(session, task_id)
    mine = rows_of(session, _HELD, {"task": task_id, "person": person_id}).one_or_none()
    if mine is None:
        raise FieldMissingError(f"Expected a place of task {task.code}, got none.")
    signup, code = mine
    return of_task(task, signup, person_id, code)


def roster_turn(session: Session, scenario_id: int, person_id: int, shift: str) -> DutyTurn:
    """Give the turn of a person in the published roster of a scenario.

    Raises
    ------
    FieldMissingError
        Where there is none.
    """
    return of_roster(turn_of(session, scenario_id, person_id, shift), person_id)


def duty_turns(session: Session, person_id: int, *, since: datetime) -> list[DutyTurn]:
    """List everything that a person is to keep and that ends after a moment, by begin."""
    found = [
        of_roster(turn, person_id) for turn in turns_of_person(session, person_id, since=since)
    ]
    code = session.scalar(select(Person.code).where(Person.id == person_id))
    found += [
        of_task(task, signup.signup_id, person_id, str(code))
        for signup, task in signups_of_person(session, person_id, since=since)
        if signup.state == "confirmed"
    ]
    return sorted(found, key=lambda turn: (turn.starts_at, turn.source))


def of_task(task: TaskView, signup_id: int, person_id: int, code: str) -> DutyTurn:
    """Give a place of a task as a turn that a person (id, code) is to keep."""
    return DutyTurn(
        source=f"task:{task.task_id}:{code}",
        post=f"task:{task.task_id}",
        kind="task",
        title=task.title,
        place=task.where,
        person_id=person_id,
        signup_id=signup_id,
        task_id=task.task_id,
        scenario_id=None,
        shift=None,
        task_kind=task.kind,
        role=task.role,
        beat_id=task.beat_id,
        station_id=task.station_id,
        lat=task.lat,
        lng=task.lng,
        is_beat_wide=task.is_beat_wide,
        starts_at=task.starts_at,
        ends_at=task.ends_at,
        points=task.points or None,
    )


def of_roster(turn: RosterTurn, person_id: int) -> DutyTurn:
    """Give a turn of a roster as one that a person is to keep."""
    return DutyTurn(
        source=turn.source,
        post=f"roster:{turn.scenario_id}:{turn.beat_code}:{turn.shift_code}",
        kind="roster",
        title=turn.beat_name or turn.beat_code,
        place=turn.beat_name or turn.beat_code,
        person_id=person_id,
        signup_id=None,
        task_id=None,
        scenario_id=turn.scenario_id,
        shift=turn.shift_code,
        task_kind=None,
        role=turn.role_code,
        beat_id=turn.beat_id,
        station_id=turn.station_id,
        lat=turn.lat,
        lng=turn.lng,
        is_beat_wide=False,
        starts_at=turn.starts_at,
        ends_at=turn.ends_at,
        points=None,
    )
