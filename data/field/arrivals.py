"""The arrivals board: who is due at a place and time, who has come, who is late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from data.field.errors import FieldMissingError
from data.field.my_shifts import replies_of
from data.field.roster_turns import find_turns
from data.field.tasks import visible
from data.store.scope import CITY
from data.store.tables.checkins import CheckIn, LoneWatch
from data.store.tables.ground import Beat
from data.store.tables.people import Person
from data.store.tables.scenarios import ScenarioPerson, ScenarioShift
from data.store.tables.tasks import Signup, Task

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.field.duty_turns import DutyTurn
    from data.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who is to come.

    Attributes
    ----------
    state : str
        ``due``, ``late`` (begun, nobody there), ``in``, ``out``, ``no_show``, ``declined``.
    alone_level : int or None
        Of the timer of who is alone: 0 well, 1 asked, 2 officers told, 3 staff called.
    """

    person_id: int
    person_code: str
    name: str | None
    kind: str
    task_id: int | None
    scenario_id: int | None
    shift: str | None
    title: str
    role: str
    beat_code: str | None
    starts_at: datetime
    ends_at: datetime
    state: str
    in_at: datetime | None
    in_means: str | None
    out_at: datetime | None
    alone_level: int | None


def arrivals(
    session: Session, span: tuple[datetime, datetime], now: datetime, scope: Scope = CITY
) -> list[Arrival]:
    """List who is due in a time within a jurisdiction, by start, place and person."""
    found = [*_of_tasks(session, span, now, scope), *_of_rosters(session, span, now, scope)]
    return sorted(found, key=lambda one: (one.starts_at, one.title, one.person_code))


def require_within(session: Session, turn: DutyTurn, scope: Scope) -> None:
    """Refuse a turn of another jurisdiction.

    Raises
    ------
    FieldMissingError
    """
    if scope.city:
        return
    if turn.task_id is not None:
        query = select(Task.id).where(Task.id == turn.task_id, visible(scope))
    else:
        query = select(Beat.id).where(Beat.id == turn.beat_id, scope.beats_())
    if session.scalar(query) is None:
        raise FieldMissingError("Expected a turn in your own jurisdiction, got none.")


def _of_tasks(
    session: Session, span: tuple[datetime, datetime], now: datetime, scope: Scope
) -> list[Arrival]:
    query = (
        select(Signup, Task, Person, Beat.code.label("beat_code"), CheckIn, LoneWatch.level)
        .join(Task, Task.id == Signup.task_id)
        .join(Person, Person.id == Signup.person_id)
        .join(Beat, Beat.id == Task.beat_id, isouter=True)
        .join(CheckIn, CheckIn.signup_id == Signup.id, isouter=True)
        .join(LoneWatch, _watch_of(CheckIn), isouter=True)
        .where(
            Signup.state == "confirmed",
            Task.state != "cancelled",
            Task.starts_at < span[1],
            Task.ends_at > span[0],
            visible(scope),
        )
    )
    return [
        Arrival(
            person_id=person.id,
            person_code=person.code,
            name=person.name,
            kind="task",
            task_id=task.id,
            scenario_id=None,
            shift=None,
            title=task.title,
            role=task.role,
            beat_code=beat,
            starts_at=task.starts_at,
            ends_at=task.ends_at,
            state=_state(row, task.starts_at, "open", now),
            in_at=None if row is None else row.in_at,
            in_means=None if row is None else row.in_means,
            out_at=None if row is None else row.out_at,
            alone_level=level,
        )
        for _, task, person, beat, row, level in session.execute(query)
    ]


def _of_rosters(
    session: Session, span: tuple[datetime, datetime], now: datetime, scope: Scope
) -> list[Arrival]:
    conditions: list[ColumnElement[bool]] = [
        ScenarioShift.starts_at < span[1],
        ScenarioShift.ends_at > span[0],
        ScenarioPerson.person_id.is_not(None),
    ]
    if not scope.city:
        conditions.append(Beat.id.in_(select(Beat.id).where(scope.beats_())))
    turns = find_turns(session, *conditions)
    people = {turn.person_id for turn in turns if turn.person_id is not None}
    names = _names(session, people)
    kept = _kept(session, {turn.scenario_id for turn in turns}, span)
    replies = replies_of(session, {turn.scenario_id for turn in turns})
    found = []
    for turn in turns:
        row, level = kept.get(turn.source, (None, None))
        key = (turn.person_id, turn.scenario_id, turn.shift, turn.beat, turn.role)
        found.append(
            Arrival(
                person_id=turn.person_id or 0,
                person_code=turn.person_code,
                name=names.get(turn.person_id or 0),
                kind="roster",
                task_id=None,
                scenario_id=turn.scenario_id,
                shift=turn.shift_code,
                title=turn.beat_name or turn.beat_code,
                role=turn.role_code,
                beat_code=turn.beat_code,
                starts_at=turn.starts_at,
                ends_at=turn.ends_at,
                state=_state(row, turn.starts_at, replies.get(key, "open"), now),
                in_at=None if row is None else row.in_at,
                in_means=None if row is None else row.in_means,
                out_at=None if row is None else row.out_at,
                alone_level=level,
            )
        )
    return found


def _state(row: CheckIn | None, starts_at: datetime, reply: str, now: datetime) -> str:
    if row is not None:
        return row.state
    if reply == "declined":
        return "declined"
    return "late" if starts_at <= now else "due"


def _kept(
    session: Session, scenarios: set[int], span: tuple[datetime, datetime]
) -> dict[str, tuple[CheckIn, int | None]]:
    query = (
        select(CheckIn, LoneWatch.level)
        .join(LoneWatch, _watch_of(CheckIn), isouter=True)
        .where(
            CheckIn.scenario_id.in_(scenarios),
            CheckIn.starts_at < span[1],
            CheckIn.ends_at > span[0],
        )
    )
    return {row.source: (row, level) for row, level in session.execute(query)}


def _names(session: Session, people: set[int]) -> dict[int, str | None]:
    wanted = sorted(people)
    found: dict[int, str | None] = {}
    for first in range(0, len(wanted), 500):
        query = select(Person.id, Person.name).where(Person.id.in_(wanted[first : first + 500]))
        found |= dict(session.execute(query).all())
    return found


def _watch_of(table: type[CheckIn]) -> ColumnElement[bool]:
    return and_(LoneWatch.check_in_id == table.id, LoneWatch.ended_at.is_(None))
