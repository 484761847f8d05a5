"""Signing up and withdrawing: every write takes the person's lock, then the task's.

People who choose for themselves and people who are assigned go through the same function, so no
place is given twice. `data.field.waiting` moves the waiting list up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select, update

from data.field.eligibility import refusals
from data.field.eligibility_facts import lock_people, person_facts, role_facts
from data.field.eligibility_tasks import capacity_refusals, door_refusals, offer_of
from data.field.errors import FieldMissingError, FieldStateError, RefusedError
from data.field.task_values import view_of, view_query
from data.field.tasks import find_task
from data.field.waiting import move_up
from data.field.wording import Refusal
from data.store.reading import rows_of
from data.store.scope import CITY
from data.store.tables.people import Person
from data.store.tables.tasks import HOLDING, LIVE_SIGNUPS, Signup, Task

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row, Update
    from sqlalchemy.orm import Session

    from data.field.limits import Limits
    from data.field.task_values import TaskView
    from data.store.scope import Scope


@dataclass(frozen=True, slots=True)
class SignupView:
    """A sign-up as it stands; ``place_in_line`` counts from 1 in the waiting list, else 0."""

    signup_id: int
    task_id: int
    task_code: str
    person_id: int
    person_code: str
    state: str
    means: str
    offered_until: datetime | None
    reason: str | None
    created_at: datetime
    changed_at: datetime
    row_version: int
    place_in_line: int


def sign_up(
    session: Session,
    task_id: int,
    person_id: int,
    limits: Limits,
    *,
    by: str,
    now: datetime,
    wait: bool = False,
    assigned: bool = False,
    scope: Scope = CITY,
) -> SignupView:
    """Give a person a place, or with `wait` one in the waiting list where all are taken.

    Parameters
    ----------
    assigned : bool
        By the station: also between the deadline and the start.

    Raises
    ------
    RefusedError
        With every rule that says no.
    """
    lock_people(session, [person_id])
    task = find_task(session, task_id, scope, lock=True)
    role = role_facts(session, task.role)[task.role]
    person = person_facts(session, person_id, task.starts_at, task.ends_at)
    may_be_late = assigned and task.state in {"open", "closed"} and now < task.starts_at
    door = () if may_be_late else door_refusals(task, now, limits)
    already = (Refusal("already"),) if _live(session, task_id, person_id) else ()
    no = (*door, *already, *refusals(person, offer_of(task, role), limits))
    capacity = capacity_refusals(task, role, limits)
    if no or (capacity and not wait):
        raise RefusedError((*no, *capacity))
    row = Signup(
        task_id=task_id,
        person_id=person_id,
        state="waiting" if capacity else "confirmed",
        means="assigned" if assigned else "self",
        created_at=now,
        created_by=by,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    if not capacity:
        _count(session, task_id, 1)
    return find_signup(session, row.id)


def confirm_offer(
    session: Session, task_id: int, person_id: int, limits: Limits, *, now: datetime
) -> SignupView:
    """Take the place that was offered to somebody in the waiting list.

    Raises
    ------
    FieldStateError
        Where none is offered, or the time to confirm has passed.
    RefusedError
        Where a rule says no by now.
    """
    lock_people(session, [person_id])
    task = find_task(session, task_id, lock=True)
    row = _require_live(session, task_id, person_id)
    if row.state != "offered" or row.offered_until is None or row.offered_until <= now:
        raise FieldStateError(f"Expected a place of {task.code} on offer, got none.")
    role = role_facts(session, task.role)[task.role]
    person = person_facts(session, person_id, task.starts_at, task.ends_at)
    if no := refusals(person, offer_of(task, role), limits):
        raise RefusedError(no)
    change_signup(session, row.id, now, state="confirmed", means="waiting_list")
    return find_signup(session, row.id)


def withdraw(
    session: Session,
    task_id: int,
    person_id: int,
    limits: Limits,
    *,
    now: datetime,
    reason: str | None = None,
    by_station: bool = False,
    scope: Scope = CITY,
) -> SignupView:
    """Give a place back, decline an offered one or leave the waiting list; the next one is asked.

    Raises
    ------
    RefusedError
        For a place held after the deadline; the station may still release it before the start.
    """
    lock_people(session, [person_id])
    task = find_task(session, task_id, scope, lock=True)
    row = _require_live(session, task_id, person_id)
    last = task.starts_at if by_station else task.signup_until
    if row.state == "confirmed" and last <= now:
        raise RefusedError((Refusal("deadline", {"until": limits.words(last)}),))
    state = {"offered": "declined", "waiting": "withdrawn"}.get(row.state, "withdrawn")
    held = row.state in HOLDING
    if by_station:
        state = "released"
    change_signup(session, row.id, now, state=state, offered_until=None, reason=reason)
    if held:
        _count(session, task_id, -1)
        move_up(session, task_id, limits, now)
    return find_signup(session, row.id)


def find_signup(session: Session, signup_id: int) -> SignupView:
    """Read a sign-up.

    Raises
    ------
    FieldMissingError
        Where there is none of this number.
    """
    row = session.execute(_ONE, {"signup": signup_id}).one_or_none()
    if row is None:
        raise FieldMissingError(f"Expected the number of a sign-up, got {signup_id}.")
    return _signup_of(row)


def signups_of_task(session: Session, task_id: int) -> list[SignupView]:
    """List a task's sign-ups in the order in which they came."""
    return [_signup_of(row) for row in session.execute(_OF_TASK, {"task": task_id})]


def signups_of_person(
    session: Session, person_id: int, *, since: datetime, limit: int = 200
) -> list[tuple[SignupView, TaskView]]:
    """List a person's sign-ups for tasks that end after a moment, by start."""
    values = {"person": person_id, "since": since, "most": limit}
    return [(_signup_of(row), view_of(row)) for row in session.execute(_OF_PERSON, values).all()]


def change_signup(session: Session, signup_id: int, now: datetime, **values: Any) -> None:
    """Change a sign-up; whoever calls this holds the task's lock."""
    values.setdefault("offered_until", None)
    given = {"of": signup_id, "changed_at": now, **values}
    rows_of(session, _change(tuple(sorted(values))), given)


@lru_cache(maxsize=32)
def _change(names: tuple[str, ...]) -> Update:
    """Return the statement that sets some columns; it names them as its values."""
    given: dict[str, Any] = {name: bindparam(name) for name in (*names, "changed_at")}
    version = {"row_version": Signup.row_version + 1}
    return update(Signup).where(Signup.id == bindparam("of")).values(**given, **version)


def _count(session: Session, task_id: int, change: int) -> None:
    rows_of(session, _COUNT, {"of": task_id, "change": change})


def _live(session: Session, task_id: int, person_id: int) -> Signup | None:
    mine = {"task": task_id, "person": person_id}
    return session.scalars(_LIVE, mine).one_or_none()


def _require_live(session: Session, task_id: int, person_id: int) -> Signup:
    row = _live(session, task_id, person_id)
    if row is None:
        raise FieldMissingError(f"Expected a sign-up for task {task_id}, got none.")
    return row


def _signup_of(found: Row[Any]) -> SignupView:
    row: Signup = found.Signup
    return SignupView(
        signup_id=row.id,
        task_id=row.task_id,
        task_code=found.task_code,
        person_id=row.person_id,
        person_code=found.person_code,
        state=row.state,
        means=row.means,
        offered_until=row.offered_until,
        reason=row.reason,
        created_at=row.created_at,
        changed_at=row.changed_at,
        row_version=row.row_version,
        place_in_line=found.place_in_line if row.state == "waiting" else 0,
    )


_AHEAD = Signup.__table__.alias("ahead")
_PLACE = (
    select(func.count())
    .select_from(_AHEAD)
    .where(
        _AHEAD.c.task_id == Signup.task_id,
        _AHEAD.c.state == "waiting",
        _AHEAD.c.id <= Signup.id,
    )
    .scalar_subquery()
    .label("place_in_line")
)
# Written once: phones ask for them all day.
_WITH_NAMES: Final = (Task.code.label("task_code"), Person.code.label("person_code"), _PLACE)
_VIEWS: Final = (
    select(Signup, *_WITH_NAMES)
    .join(Task, Task.id == Signup.task_id)
    .join(Person, Person.id == Signup.person_id)
    .order_by(Signup.id)
    .execution_options(populate_existing=True)
)
_ONE: Final = _VIEWS.where(Signup.id == bindparam("signup"))
_OF_TASK: Final = _VIEWS.where(Signup.task_id == bindparam("task"))
_LIVE: Final = (
    select(Signup)
    .where(
        Signup.task_id == bindparam("task"),
        Signup.person_id == bindparam("person"),
        Signup.state.in_(LIVE_SIGNUPS),
    )
    .execution_options(populate_existing=True)
)
_COUNT: Final = (
    update(Task).where(Task.id == bindparam("of")).values(taken=Task.taken + bindparam("change"))
)
_OF_PERSON = (
    view_query()
    .add_columns(Signup, *_WITH_NAMES)
    .join(Signup, Signup.task_id == Task.id)
    .join(Person, Person.id == Signup.person_id)
    .where(Signup.person_id == bindparam("person"), Task.ends_at > bindparam("since"))
    .order_by(Task.starts_at, Signup.id)
    .limit(bindparam("most"))
    .execution_options(populate_existing=True)
)
