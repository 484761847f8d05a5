"""The waiting list of a task: it moves up by itself, asks to confirm, and goes on in silence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select, update

from data.field.eligibility import refusals
from data.field.eligibility_facts import facts_of, role_facts
from data.field.eligibility_tasks import capacity_refusals, door_refusals, offer_of
from data.field.tasks import find_task, lock_task
from data.notices.telling import tell
from data.store.reading import rows_of
from data.store.tables.tasks import Signup, Task

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.limits import Limits


_WAITING: Final = (
    select(Signup.id, Signup.person_id)
    .where(Signup.task_id == bindparam("task"), Signup.state == "waiting")
    .order_by(Signup.id)
)


def move_up(session: Session, task_id: int, limits: Limits, now: datetime) -> list[int]:
    """Offer free places to those who wait, in their order; return the people who are asked.

    An offered place is held until it is confirmed, declined or lapses, whoever signs up meanwhile.
    Somebody whom a rule keeps out by now is passed over and keeps waiting. The task is locked here.
    """
    lock_task(session, task_id)
    waiting = rows_of(session, _WAITING, {"task": task_id}).all()
    if not waiting:
        return []
    task = find_task(session, task_id)
    if door_refusals(task, now, limits):
        return []
    role = role_facts(session, task.role)[task.role]
    people = [person for _, person in waiting]
    facts = {p.person_id: p for p in facts_of(session, people, task.starts_at, task.ends_at)}
    until = min(now + timedelta(minutes=limits.offer_min), task.signup_until)
    asked: list[int] = []
    for signup_id, person in waiting:
        if capacity_refusals(task, role, limits):
            break
        if refusals(facts[person], offer_of(task, role), limits):
            continue
        values = {"state": "offered", "offered_until": until, "changed_at": now}
        session.execute(
            update(Signup)
            .where(Signup.id == signup_id)
            .values(row_version=Signup.row_version + 1, **values)
        )
        session.execute(update(Task).where(Task.id == task_id).values(taken=Task.taken + 1))
        asked.append(person)
        told = {"task": task.code, "task_id": task_id, "until": limits.words(until)}
        tell(session, "task.offered", f"{signup_id}", [person], told, now=now, expires_at=until)
        task = find_task(session, task_id)
    return asked


def lapse_offers(session: Session, limits: Limits, now: datetime, limit: int = 200) -> int:
    """End offers whose time has passed and ask the next ones; return how many lapsed."""
    tasks = session.scalars(
        select(Signup.task_id)
        .where(Signup.state == "offered", Signup.offered_until <= now)
        .distinct()
        .order_by(Signup.task_id)
        .limit(limit)
    ).all()
    lapsed = 0
    for task_id in tasks:
        task = find_task(session, task_id, lock=True)
        people = session.scalars(
            update(Signup)
            .where(
                Signup.task_id == task_id,
                Signup.state == "offered",
                Signup.offered_until <= now,
            )
            .values(
                state="lapsed",
                offered_until=None,
                changed_at=now,
                row_version=Signup.row_version + 1,
            )
            .returning(Signup.person_id)
        ).all()
        lapsed += len(people)
        free = {"taken": Task.taken - len(people)}
        session.execute(update(Task).where(Task.id == task_id).values(free))
        told = {"task": task.code}
        tell(session, "task.offer_lapsed", f"{task_id}:{now.isoformat()}", people, told, now=now)
        move_up(session, task_id, limits, now)
    return lapsed
