"""Turns to which nobody came, and check-outs that were forgotten, noted by the clock.

A task's place is a no-show when the grace has passed. A turn of a roster is one only where somebody
of the same station did check in for that shift: a station where nobody ever does keeps its arrivals
elsewhere, and silence there says nothing about people.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased

from data.field.beat_staff import officers_of
from data.field.checkins import new_row
from data.field.dropouts import report_dropout
from data.field.duty_turns import of_roster, task_turn
from data.field.eligibility_facts import lock_people
from data.field.lone import follow
from data.field.roster_turns import find_turns
from data.field.served import write_service
from data.notices.telling import tell
from data.store.tables.checkins import CheckIn
from data.store.tables.ground import Station
from data.store.tables.people import Person
from data.store.tables.rosters import Roster
from data.store.tables.scenarios import ScenarioPerson, ScenarioShift
from data.store.tables.tasks import Signup, Task
from data.store.tables.turns import Dropout

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.field.duty_turns import DutyTurn
    from data.field.limits import Limits
    from data.field.roster_turns import RosterTurn

BACK: Final = timedelta(days=2)
"""Older turns are not looked at: the server may have stood still, nobody is blamed for that."""
LEFT: Final = timedelta(hours=2)
"""So long after the end whoever has not checked out is taken to have gone at the end."""


def note_no_shows(session: Session, limits: Limits, now: datetime, limit: int = 200) -> int:
    """Note who did not come to a turn that began before the grace; return how many.

    Somebody who said before that they cannot come is a dropout and no no-show.
    """
    latest = now - timedelta(minutes=limits.grace_min)
    turns: list[tuple[DutyTurn, RosterTurn | None]] = [
        (task_turn(session, task_id, person_id), None)
        for task_id, person_id in session.execute(_missed_places(latest, limit)).all()
    ]
    turns += [
        (of_roster(turn, turn.person_id), turn)
        for turn in _missed_turns(session, latest)[: limit - len(turns)]
        if turn.person_id is not None
    ]
    lock_people(session, [turn.person_id for turn, _ in turns])
    noted = 0
    for duty, of in turns:
        known = select(CheckIn.id).where(CheckIn.source == duty.source)
        if session.scalar(known) is not None:  # they came while we waited for the lock
            continue
        session.add(new_row(duty, now))
        session.flush()
        if of is not None:
            report_dropout(session, of, "no_show", reason=None, by="clock", now=now)
        _tell(session, duty, now)
        noted += 1
    return noted


def close_forgotten(session: Session, limits: Limits, now: datetime, limit: int = 200) -> int:
    """Check out who forgot to, at the end of their turn; return how many.

    The service record is written and nobody vouches for it: an officer's word, or the late entry of
    a phone that had no network, does, and gives the points.
    """
    due = (
        select(CheckIn)
        .where(CheckIn.state == "in", CheckIn.ends_at <= now - LEFT)
        .order_by(CheckIn.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = list(session.scalars(due))
    for row in rows:
        row.state = "out"
        row.out_at = row.ends_at if row.in_at is None else max(row.ends_at, row.in_at)
        row.out_recorded_at, row.out_recorded_by = now, "clock"
        session.flush()
        write_service(session, row, by=None, now=now)
        follow(session, row, limits, now)
    return len(rows)


def _missed_places(latest: datetime, limit: int) -> Any:
    kept = exists().where(CheckIn.signup_id == Signup.id)
    return (
        select(Signup.task_id, Signup.person_id)
        .join(Task, Task.id == Signup.task_id)
        .where(
            Signup.state == "confirmed",
            Task.state.in_(("open", "closed", "done")),
            Task.starts_at <= latest,
            Task.starts_at > latest - BACK,
            ~kept,
        )
        .order_by(Task.starts_at, Signup.id)
        .limit(limit)
    )


def _missed_turns(session: Session, latest: datetime) -> list[RosterTurn]:
    in_use = select(CheckIn.scenario_id).where(
        CheckIn.scenario_id.is_not(None),
        CheckIn.in_at.is_not(None),
        CheckIn.starts_at <= latest,
        CheckIn.starts_at > latest - BACK,
    )
    scenarios = list(session.scalars(in_use.distinct()))
    if not scenarios:
        return []
    mine: ColumnElement[bool] = and_(
        CheckIn.scenario_id == ScenarioPerson.scenario_id,
        CheckIn.person_id == ScenarioPerson.person_id,
        CheckIn.starts_at == ScenarioShift.starts_at,
    )
    other = aliased(CheckIn)
    somebody = exists().where(
        other.scenario_id == ScenarioPerson.scenario_id,
        other.station_id == Station.id,
        other.starts_at == ScenarioShift.starts_at,
        other.in_at.is_not(None),
    )
    dropped = exists().where(
        Dropout.scenario_id == ScenarioPerson.scenario_id,
        Dropout.person_id == ScenarioPerson.person_id,
        Dropout.shift == ScenarioShift.position,
    )
    return find_turns(
        session,
        ScenarioPerson.scenario_id.in_(scenarios),
        ScenarioPerson.person_id.is_not(None),
        ScenarioShift.starts_at <= latest,
        ScenarioShift.starts_at > latest - BACK,
        Roster.published_at < ScenarioShift.starts_at,
        ~exists().where(mine),
        somebody,
        ~dropped,
    )


def _tell(session: Session, turn: DutyTurn, now: datetime) -> None:
    told = {"title": turn.title}
    tell(session, "turn.missed", turn.source, [turn.person_id], told, now=now, matter=turn.post)
    code = session.scalars(select(Person.code).where(Person.id == turn.person_id)).one()
    officers = [one for one in officers_of(session, turn.beat_id, now) if one != turn.person_id]
    seen = {**told, "person": code}
    tell(session, "turn.no_show", turn.source, officers, seen, now=now, matter=turn.post)
