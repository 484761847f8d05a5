"""Which tasks a person may take, and why not the others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, or_, select

from data.field.eligibility import Offer, PersonFacts, RoleFacts, may_fill, refusals
from data.field.eligibility_facts import person_facts, role_facts
from data.field.task_values import TaskView, view_of, view_query
from data.field.wording import Refusal
from data.store.tables.tasks import LIVE_SIGNUPS, Signup, Task

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.limits import Limits

PAGE: Final = 500
METRES_A_DEGREE: Final = 111_195.0


def offer_of(task: TaskView, role: RoleFacts) -> Offer:
    """Give a task as a turn that somebody could take."""
    return Offer(f"task:{task.task_id}", role, task.starts_at, task.ends_at, task.lat, task.lng)


def door_refusals(task: TaskView, now: datetime, limits: Limits) -> tuple[Refusal, ...]:
    """Give what keeps everybody out: a task that is not open, or a deadline that has passed."""
    if task.state != "open":
        return (Refusal("not_open", {"state": task.state}),)
    if task.signup_until <= now:
        return (Refusal("deadline", {"until": limits.words(task.signup_until)}),)
    return ()


def capacity_refusals(task: TaskView, role: RoleFacts, limits: Limits) -> tuple[Refusal, ...]:
    """Give what keeps one more out: no place, or nobody to lead them (H6)."""
    limit = task.leaders * limits.volunteers_per_supervisor
    if role.supervised and task.taken + 1 > limit:
        return (Refusal("supervision", {"leaders": task.leaders, "limit": limit}),)
    if task.free < 1:
        return (Refusal("full", {"places": task.places}),)
    return ()


def why_not(
    session: Session, task: TaskView, person_id: int, limits: Limits, now: datetime
) -> tuple[Refusal, ...]:
    """Give every reason for which a person may not take a task now; none: they may."""
    role = role_facts(session, task.role)[task.role]
    person = person_facts(session, person_id, task.starts_at, task.ends_at)
    mine = select(Signup.id).where(
        Signup.task_id == task.task_id,
        Signup.person_id == person_id,
        Signup.state.in_(LIVE_SIGNUPS),
    )
    already = (Refusal("already"),) if session.scalar(mine) is not None else ()
    return (
        *door_refusals(task, now, limits),
        *already,
        *refusals(person, offer_of(task, role), limits),
        *capacity_refusals(task, role, limits),
    )


def tasks_for(
    session: Session,
    person_id: int,
    limits: Limits,
    *,
    now: datetime,
    end: datetime,
    after: tuple[datetime, int] | None = None,
    limit: int = 100,
) -> list[TaskView]:
    """List, by start, the open tasks with a free place that a person may take, and no others.

    Parameters
    ----------
    end : datetime
        Only tasks that start before.
    after : (datetime, int), optional
        Start and id of the last one of the page before.
    """
    person = person_facts(session, person_id, now, end)
    roles = role_facts(session)
    found: list[TaskView] = []
    while len(found) < limit:
        page = _candidates(session, person, roles, limits, now=now, end=end, after=after)
        for task in page:
            role = roles[task.role]
            if not capacity_refusals(task, role, limits) and not refusals(
                person, offer_of(task, role), limits
            ):
                found.append(task)
                if len(found) == limit:
                    return found
        if len(page) < PAGE:
            return found
        after = (page[-1].starts_at, page[-1].task_id)
    return found


def _candidates(
    session: Session,
    person: PersonFacts,
    roles: dict[str, RoleFacts],
    limits: Limits,
    *,
    now: datetime,
    end: datetime,
    after: tuple[datetime, int] | None,
) -> list[TaskView]:
    """Read what a person might take: roles they could fill, near enough, not signed up for yet."""
    days = [limits.local(moment).date() for moment in (now, end)]
    fillable = [
        code
        for code, role in roles.items()
        if role.tier == person.tier and any(may_fill(person, role, day) for day in days)
    ]
    mine = select(Signup.task_id).where(
        Signup.person_id == person.person_id, Signup.state.in_(LIVE_SIGNUPS)
    )
    wanted = [
        Task.state == "open",
        Task.signup_until > now,
        Task.starts_at < end,
        Task.taken < Task.places,
        Task.role.in_(fillable),
        Task.id.not_in(mine),
    ]
    if person.home is not None:
        lat, lng = person.home
        limit = person.travel_limit_m or limits.volunteer_travel_limit_m
        high = limit / max(limits.travel_factor, 1e-9) / METRES_A_DEGREE * 1.01
        wide = high / max(math.cos(math.radians(lat)), 0.01)
        wanted += [
            Task.lat.between(lat - high, lat + high),
            Task.lng.between(lng - wide, lng + wide),
        ]
    if after is not None:
        later = and_(Task.starts_at == after[0], Task.id > after[1])
        wanted.append(or_(Task.starts_at > after[0], later))
    query = view_query().where(*wanted).order_by(Task.starts_at, Task.id).limit(PAGE)
    return [view_of(row) for row in session.execute(query)]
