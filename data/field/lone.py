"""The timer of somebody who is alone: they say that all is well, or others are told, then called.

It runs while one person alone is checked in at a patrol or a visit, or in a supervised role of the
roster (a guard at a school gate is not on the way anywhere). A time that passes goes one level up:
the person is asked, the beat's officers are told, an alert calls the nearest staff.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, select

from data.field.alerts import create_alert, end_alert
from data.field.alerts_values import AlertValues
from data.field.beat_staff import officers_of
from data.field.eligibility_facts import role_facts
from data.field.errors import FieldMissingError
from data.field.wording import ALONE_TITLE
from data.notices.telling import tell, withdraw
from data.store.audit import Event, append
from data.store.reading import rows_of
from data.store.tables.alerts import Alert
from data.store.tables.checkins import CheckIn, LoneWatch
from data.store.tables.ground import Beat
from data.store.tables.people import Person
from data.store.tables.positions import Position
from data.store.tables.tasks import Task
from dispatch.alerts import OPEN_ALERTS, AlertState, Danger
from grid.cells import cell_centres

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.field.alerts_values import AlertView, Finder, Wanted
    from data.field.limits import Limits
    from data.store.keys import Keys

ROAMING: Final = frozenset({"patrol", "visit"})
"""Kinds of tasks that take people away from where others see them."""
STEP: Final = timedelta(minutes=5)
"""From being asked to officers being told, and from there to an alert."""
ASKED, TOLD, CALLED = 1, 2, 3
_SAFE_UNTIL: Final = (
    select(func.min(LoneWatch.due_at))
    .join(CheckIn, CheckIn.id == LoneWatch.check_in_id)
    .where(CheckIn.person_id == bindparam("person"), LoneWatch.ended_at.is_(None))
)


def follow(session: Session, row: CheckIn, limits: Limits, now: datetime) -> None:
    """Start the timer of whoever is alone at a post now, and end those of all others there."""
    if not _roams(session, row):
        return
    there = list(session.scalars(select(CheckIn).where(*_same_post(row), CheckIn.state == "in")))
    alone = there[0].id if len(there) == 1 else None
    watches = select(LoneWatch).join(CheckIn, CheckIn.id == LoneWatch.check_in_id)
    known = {one.check_in_id: one for one in session.scalars(watches.where(*_same_post(row)))}
    for check_in_id, one in known.items():
        if check_in_id != alone and one.ended_at is None:
            _end(session, one, now)
    if alone is not None and (alone not in known or known[alone].ended_at is not None):
        watch = known.get(alone) or LoneWatch(check_in_id=alone)
        watch.every_min, watch.ended_at = limits.lone_every_min, None
        _reset(watch, now)
        session.add(watch)
    session.flush()


def say_safe(session: Session, person_id: int, *, by: str, now: datetime) -> datetime:
    """Keep that somebody who is alone is well; return until when they have to say so again.

    Raises
    ------
    FieldMissingError
        Where no timer of theirs runs.
    """
    watches = _open_watches(session, person_id)
    if not watches:
        raise FieldMissingError("Expected a timer that runs, got none: nobody is alone here.")
    for watch in watches:
        _call_off(session, watch, by=by, now=now)
        _reset(watch, now)
    session.flush()
    return min(watch.due_at for watch in watches)


def safe_until(session: Session, person_id: int) -> datetime | None:
    """Give until when somebody has to say that all is well; None where no timer runs."""
    found: datetime | None = rows_of(session, _SAFE_UNTIL, {"person": person_id}).scalar()
    return found


def escalate(
    session: Session, keys: Keys, find: Finder, limits: Limits, *, now: datetime, limit: int = 50
) -> int:
    """Take every timer that has run out one level up; return how many."""
    due = (
        select(LoneWatch)
        .where(LoneWatch.ended_at.is_(None), LoneWatch.due_at <= now, LoneWatch.level < CALLED)
        .order_by(LoneWatch.due_at, LoneWatch.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    watches = list(session.scalars(due))
    for watch in watches:
        row = session.get_one(CheckIn, watch.check_in_id)
        if _num_there(session, row) != 1:  # two came in the same moment, or the last one left
            _end(session, watch, now)
            continue
        watch.level += 1
        watch.due_at = now + STEP
        if watch.level == CALLED:
            _call(session, keys, watch, row, find, limits=limits, now=now)
        else:
            _tell(session, watch, row, now)
    session.flush()
    return len(watches)


def _num_there(session: Session, row: CheckIn) -> int:
    there = select(func.count()).select_from(CheckIn)
    return session.scalar(there.where(*_same_post(row), CheckIn.state == "in")) or 0


def _tell(session: Session, watch: LoneWatch, row: CheckIn, now: datetime) -> None:
    """Ask the person (level 1), or tell the beat's officers whose silence it is (level 2)."""
    asked = watch.level == ASKED
    people = [row.person_id] if asked else officers_of(session, row.beat_id, now)
    code = session.scalars(select(Person.code).where(Person.id == row.person_id)).one()
    told = {"minutes": watch.every_min} if asked else {"person": code}
    tell(
        session,
        "alone.asked" if asked else "alone.silent",
        f"{watch.id}:{watch.safe_at.isoformat()}",
        [one for one in people if asked or one != row.person_id],
        told,
        now=now,
        matter=f"alone:{watch.id}",
        urgent=True,
    )


def _call(
    session: Session,
    keys: Keys,
    watch: LoneWatch,
    row: CheckIn,
    find: Finder,
    *,
    limits: Limits,
    now: datetime,
) -> None:
    """Make the alert: nobody knows what has happened there, so staff alone are called."""
    lat, lng = _last_seen(session, row)
    values = AlertValues(
        kind="other", title=ALONE_TITLE, danger=Danger.HAZARDOUS, lat=lat, lng=lng, role=None
    )

    def others(alert: AlertView, wanted: Wanted) -> list[int]:
        return [one for one in find(alert, wanted) if one != row.person_id]

    made = create_alert(session, values, others, limits, by=f"watch:{watch.id}", now=now).alert
    detail = {"kind": made.kind, "danger": str(made.danger), "watch": watch.id}
    append(session, keys, now, Event("clock", "alert.create", "alert", made.code, detail))


def _last_seen(session: Session, row: CheckIn) -> tuple[float, float]:
    """Give the middle of the last cell that is known: of the phone, the check-in, or the post."""
    query = select(Position.cell, Position.at).where(Position.person_id == row.person_id)
    last = session.execute(query).one_or_none()
    cell = row.in_cell
    if last is not None and (row.in_at is None or cell is None or last.at >= row.in_at):
        cell = last.cell
    if cell is not None:
        lat, lng = cell_centres([cell])
        return float(lat[0]), float(lng[0])
    table = Task if row.task_id is not None else Beat
    number = row.task_id if row.task_id is not None else row.beat_id
    found = session.execute(select(table.lat, table.lng).where(table.id == number)).one()
    return found.lat, found.lng


def _reset(watch: LoneWatch, now: datetime) -> None:
    watch.level, watch.safe_at = 0, now
    watch.due_at = now + timedelta(minutes=watch.every_min)


def _end(session: Session, watch: LoneWatch, now: datetime) -> None:
    _call_off(session, watch, by="clock", now=now)
    watch.ended_at, watch.level = now, 0


def _call_off(session: Session, watch: LoneWatch, *, by: str, now: datetime) -> None:
    """End what a silence has set going: notices that wait, and the alert."""
    if watch.level == 0:
        return
    withdraw(session, f"alone:{watch.id}", now)
    mine = (Alert.created_by == f"watch:{watch.id}", Alert.state.in_(OPEN_ALERTS))
    for alert_id in list(session.scalars(select(Alert.id).where(*mine))):
        end_alert(session, alert_id, AlertState.CANCELLED, by=by, now=now, outcome="well")


def _open_watches(session: Session, person_id: int) -> list[LoneWatch]:
    query = (
        select(LoneWatch)
        .join(CheckIn, CheckIn.id == LoneWatch.check_in_id)
        .where(CheckIn.person_id == person_id, LoneWatch.ended_at.is_(None))
        .order_by(LoneWatch.id)
    )
    return list(session.scalars(query))


def _roams(session: Session, row: CheckIn) -> bool:
    if row.task_id is not None:
        kind = session.scalars(select(Task.kind).where(Task.id == row.task_id)).one()
        return kind in ROAMING
    if row.role is None:
        return False
    role = role_facts(session, row.role).get(row.role)
    return role is not None and role.supervised


def _same_post(row: CheckIn) -> tuple[ColumnElement[bool], ...]:
    """Give the conditions on `CheckIn` that it is of the same place and time."""
    if row.task_id is not None:
        return (CheckIn.task_id == row.task_id,)
    return (
        CheckIn.scenario_id == row.scenario_id,
        CheckIn.beat_id == row.beat_id,
        CheckIn.starts_at == row.starts_at,
    )
