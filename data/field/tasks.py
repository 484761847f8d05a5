"""Tasks and their way: draft → open → closed → done, or cancelled.

Hazardous roles and roles of the staff are refused at every write: a task is something volunteers
can take. Nobody may be led by too few: a supervised role needs enough leaders for its places.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, case, func, or_, select, update

from data.field.eligibility_facts import role_facts
from data.field.errors import (
    FieldMissingError,
    FieldStateError,
    FieldValueError,
    FieldVersionError,
    RefusedError,
)
from data.field.task_values import TaskValues, TaskView, view_of, view_query
from data.field.wording import Refusal
from data.notices.telling import tell
from data.store.bulk import reserve_ids
from data.store.row_locks import has_row_locks
from data.store.scope import CITY
from data.store.tables.ground import Beat, Station
from data.store.tables.tasks import LIVE_SIGNUPS, TASK_KINDS, Signup, Task
from dispatch.rules import Tier
from grid.cells import cells_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.field.limits import Limits
    from data.store.scope import Scope

STEPS: Final = {
    "open": ("draft",),
    "closed": ("open",),
    "done": ("closed",),
    "cancelled": ("draft", "open", "closed"),
}
"""To which state from which."""


def create_task(
    session: Session, values: TaskValues, limits: Limits, *, by: str, now: datetime
) -> TaskView:
    """Insert a task as a draft.

    Raises
    ------
    FieldValueError
        For values with which no task can be.
    RefusedError
        For a hazardous role or one of the staff, or too few leaders.
    """
    written = _checked(session, values, limits)
    (task_id,) = reserve_ids(session, Task.__table__, 1)  # type: ignore[arg-type]
    code = f"T{limits.local(values.starts_at):%y%m%d}-{task_id:05d}"
    made = {"created_at": now, "created_by": by, "changed_at": now}
    session.add(Task(id=task_id, code=code, state="draft", **written, **made))
    session.flush()
    return find_task(session, task_id)


def edit_task(
    session: Session,
    task_id: int,
    limits: Limits,
    *,
    row_version: int,
    now: datetime,
    scope: Scope = CITY,
    **changes: Any,
) -> TaskView:
    """Change a draft or an open task; people who hold places keep them, or the edit is refused.

    Time, place and role of a task for which people have signed up stay as they are: they agreed to
    these, and the rules were checked with them.

    Raises
    ------
    FieldVersionError
        Where it has changed since it was read.
    """
    found = find_task(session, task_id, scope, lock=True)
    _require(found, "draft", "open")
    if found.row_version != row_version:
        raise FieldVersionError(f"Expected version {found.row_version}, got {row_version}.")
    before = TaskValues(**{f.name: getattr(found, f.name) for f in fields(TaskValues)})
    if "beat_id" in changes and not {"lat", "lng"} & changes.keys():
        changes |= {"lat": None, "lng": None}
    values = replace(before, **changes)
    bound = ("station_id", "beat_id", "role", "starts_at", "ends_at", "lat", "lng", "is_beat_wide")
    moved = [name for name in bound if getattr(values, name) != getattr(before, name)]
    if moved and _num_live(session, task_id):
        raise FieldStateError(f"Expected no sign-ups where {', '.join(moved)} changes, got some.")
    if values.places < found.taken:
        raise FieldStateError(f"Expected places >= {found.taken}, which are held, got fewer.")
    written = _checked(session, values, limits)
    task = session.get_one(Task, task_id)
    for name, value in written.items():
        setattr(task, name, value)
    task.changed_at = now
    session.flush()
    return find_task(session, task_id)


def step_task(
    session: Session,
    task_id: int,
    state: str,
    *,
    now: datetime,
    reason: str | None = None,
    scope: Scope = CITY,
) -> TaskView:
    """Take a task one step; cancelling tells everybody who signed up, and frees them.

    Raises
    ------
    FieldStateError
        For a step that its state does not allow, a cancellation without a reason, or opening a
        task whose deadline has passed.
    """
    found = find_task(session, task_id, scope, lock=True)
    _require(found, *STEPS[state])
    if state == "cancelled" and not reason:
        raise FieldStateError("Expected a reason for which the task is cancelled, got none.")
    if state == "open" and found.signup_until <= now:
        until = found.signup_until.isoformat()
        raise FieldStateError(f"Expected a deadline to come, got {until}.")
    task = session.get_one(Task, task_id)
    task.state, task.reason, task.changed_at = state, reason, now
    if state == "open":
        task.opened_at = now
    session.flush()
    if state == "cancelled":
        release_all(session, task_id, now, "task.cancelled")
    if state == "closed":
        _end_waiting(session, task_id, now)
    return find_task(session, task_id)


def close_due(session: Session, now: datetime, limit: int = 200) -> list[int]:
    """Close open tasks whose deadline has passed; call off those with too few people.

    Nobody is left to stand alone: with fewer than ``min_people`` the task is cancelled and
    everybody told. Tasks that have ended become done.
    """
    due = session.scalars(
        select(Task.id)
        .where(Task.state == "open", Task.signup_until <= now)
        .order_by(Task.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    quiet, few, rest = _sorted_due(session, due)
    _step_quietly(session, quiet, "closed", now)
    for task_id in few:
        step_task(session, task_id, "cancelled", now=now, reason="too_few")
    for task_id in rest:
        step_task(session, task_id, "closed", now=now)
    over = select(Task.id).where(Task.state == "closed", Task.ends_at <= now)
    ended = session.scalars(
        over.order_by(Task.id).limit(limit).with_for_update(skip_locked=True, key_share=True)
    ).all()
    _step_quietly(session, ended, "done", now)
    return [*due, *ended]


def _sorted_due(session: Session, due: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
    """Sort locked tasks: nobody waits and enough come; too few come; all others."""
    if not due:
        return [], [], []
    confirmed = func.sum(case((Signup.state == "confirmed", 1), else_=0))
    waiting = func.sum(case((Signup.state.in_(("waiting", "offered")), 1), else_=0))
    rows = session.execute(
        select(Task.id, Task.min_people, Task.taken, confirmed, waiting)
        .outerjoin(Signup, Signup.task_id == Task.id)
        .where(Task.id.in_(due))
        .group_by(Task.id, Task.min_people, Task.taken)
        .order_by(Task.id)
    )
    found: tuple[list[int], list[int], list[int]] = ([], [], [])
    for task_id, least, taken, come, wait in rows:
        where = 1 if come < least else 0 if not wait and taken == come else 2
        found[where].append(task_id)
    return found


def _step_quietly(session: Session, tasks: Sequence[int], state: str, now: datetime) -> None:
    """Take tasks a step that concerns nobody else, all in one statement: a morning has hundreds."""
    if tasks:
        values = {"state": state, "reason": None, "changed_at": now}
        version = {"row_version": Task.row_version + 1}
        session.execute(update(Task).where(Task.id.in_(tasks)).values(**values, **version))


def find_task(
    session: Session, task_id: int, scope: Scope = CITY, *, lock: bool = False
) -> TaskView:
    """Read a task; `lock` keeps others from changing it until the transaction ends.

    Raises
    ------
    FieldMissingError
        Where there is none of this number in the scope.
    """
    if lock:
        lock_task(session, task_id)
    query = _ONE if scope.city else _ONE.where(visible(scope))
    row = session.execute(query, {"task": task_id}).one_or_none()
    if row is None:
        raise FieldMissingError(f"Expected the number of a task, got {task_id}.")
    return view_of(row)


def lock_task(session: Session, task_id: int) -> None:
    """Keep others from changing a task until the transaction ends."""
    if has_row_locks(session):
        query = select(Task.id).where(Task.id == task_id).with_for_update(key_share=True)
        session.execute(query).all()


# Written once: everything that is done to a task reads it first.
_ONE: Final = (
    view_query().where(Task.id == bindparam("task")).execution_options(populate_existing=True)
)


def list_tasks(
    session: Session,
    scope: Scope = CITY,
    *,
    state: str | None = None,
    kind: str | None = None,
    begin: datetime | None = None,
    end: datetime | None = None,
    station_id: int | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = 100,
    drafts: bool = True,
) -> list[TaskView]:
    """List tasks by their start.

    Parameters
    ----------
    begin, end : datetime, optional
        Only tasks that overlap this time.
    after : (datetime, int), optional
        Start and id of the last one of the page before.
    drafts : bool
        Whether those that are not published yet are listed, too.
    """
    wanted = [visible(scope)]
    if not drafts:
        wanted.append(Task.state != "draft")
    if state is not None:
        wanted.append(Task.state == state)
    if kind is not None:
        wanted.append(Task.kind == kind)
    if begin is not None:
        wanted.append(Task.ends_at > begin)
    if end is not None:
        wanted.append(Task.starts_at < end)
    if station_id is not None:
        wanted.append(Task.station_id == station_id)
    if after is not None:
        later = and_(Task.starts_at == after[0], Task.id > after[1])
        wanted.append(or_(Task.starts_at > after[0], later))
    query = view_query().where(*wanted).order_by(Task.starts_at, Task.id).limit(limit)
    return [view_of(row) for row in session.execute(query)]


def visible(scope: Scope) -> ColumnElement[bool]:
    """Give the condition on `Task` that it lies in the scope: the station's, or the beat's."""
    if scope.city:
        return Task.id.is_not(None)
    stations = select(Station.id).where(scope.stations_())
    if not (scope.sub_bureaus or scope.stations or scope.beats):
        return Task.station_id.in_(stations)
    beats = select(Beat.id).where(scope.beats_())
    own: list[ColumnElement[bool]] = [Task.beat_id.in_(beats)]
    if scope.sub_bureaus or scope.stations:
        own.append(and_(Task.beat_id.is_(None), Task.station_id.in_(stations)))
    return or_(*own)


def release_all(session: Session, task_id: int, now: datetime, topic: str) -> None:
    """End every live sign-up of a task and tell their people."""
    people = session.scalars(
        update(Signup)
        .where(Signup.task_id == task_id, Signup.state.in_(LIVE_SIGNUPS))
        .values(
            state="released",
            offered_until=None,
            changed_at=now,
            row_version=Signup.row_version + 1,
        )
        .returning(Signup.person_id)
    ).all()
    session.execute(update(Task).where(Task.id == task_id).values(taken=0))
    view = find_task(session, task_id)
    tell(session, topic, str(task_id), people, {"task": view.code, "reason": view.reason}, now=now)


def _end_waiting(session: Session, task_id: int, now: datetime) -> None:
    """End the waiting list of a closed task; a place offered and not confirmed comes free."""
    ended = session.scalars(
        update(Signup)
        .where(Signup.task_id == task_id, Signup.state.in_(("waiting", "offered")))
        .values(
            state="lapsed",
            offered_until=None,
            changed_at=now,
            row_version=Signup.row_version + 1,
        )
        .returning(Signup.person_id)
    ).all()
    taken = _num_confirmed(session, task_id)
    session.execute(update(Task).where(Task.id == task_id).values(taken=taken))
    code = session.scalars(select(Task.code).where(Task.id == task_id)).one()
    tell(session, "task.waiting_ended", str(task_id), ended, {"task": code}, now=now)


def _checked(session: Session, values: TaskValues, limits: Limits) -> dict[str, Any]:
    """Give the columns of a task, or refuse what no task can be."""
    _require_values(values)
    role = role_facts(session, values.role).get(values.role)
    if role is None:
        raise FieldValueError(f"Expected the code of a duty role, got {values.role!r}.")
    if role.hazardous:
        raise RefusedError((Refusal("hazardous"),))
    if role.tier != Tier.VOLUNTEER:
        raise RefusedError((Refusal("tier", {"tier": role.tier}),))
    limit = values.leaders * limits.volunteers_per_supervisor
    if role.supervised and values.places > limit:
        told = {"leaders": values.leaders, "limit": limit}
        raise RefusedError((Refusal("supervision", told),))
    lat, lng = _point(session, values)
    columns = {field.name: getattr(values, field.name) for field in fields(TaskValues)}
    cell = int(cells_at(lat, lng, limits.cell_resolution)[0])
    return {**columns, "lat": lat, "lng": lng, "cell": cell}


def _require_values(values: TaskValues) -> None:
    if values.kind not in TASK_KINDS:
        raise FieldValueError(f"Expected a kind of {TASK_KINDS}, got {values.kind!r}.")
    if not values.starts_at < values.ends_at:
        raise FieldValueError("Expected a task to start before it ends, got it the other way.")
    if values.signup_until > values.starts_at:
        raise FieldValueError("Expected a deadline before the start, got one after it.")
    if not 1 <= values.min_people <= values.places:
        raise FieldValueError(
            f"Expected min_people in 1..{values.places}, got {values.min_people}."
        )


def _point(session: Session, values: TaskValues) -> tuple[float, float]:
    """Give where people report, and see to it that station and beat belong together."""
    if session.get(Station, values.station_id) is None:
        raise FieldValueError(f"Expected the number of a station, got {values.station_id}.")
    beat = None if values.beat_id is None else session.get(Beat, values.beat_id)
    if values.beat_id is not None and (beat is None or beat.station_id != values.station_id):
        raise FieldValueError(f"Expected a beat of the station, got {values.beat_id}.")
    if values.is_beat_wide and beat is None:
        raise FieldValueError("Expected a beat where people may check in all over it, got none.")
    if values.lat is not None and values.lng is not None:
        return values.lat, values.lng
    if beat is None:
        raise FieldValueError("Expected a place or a beat, got neither.")
    return beat.lat, beat.lng


def _require(found: TaskView, *states: str) -> None:
    if found.state not in states:
        wanted = " or ".join(states)
        raise FieldStateError(f"Expected task {found.code} to be {wanted}, got {found.state}.")


def _num_live(session: Session, task_id: int) -> int:
    mine = (Signup.task_id == task_id, Signup.state.in_(LIVE_SIGNUPS))
    return session.scalar(select(func.count()).select_from(Signup).where(*mine)) or 0


def _num_confirmed(session: Session, task_id: int) -> int:
    mine = (Signup.task_id == task_id, Signup.state == "confirmed")
    return session.scalar(select(func.count()).select_from(Signup).where(*mine)) or 0
