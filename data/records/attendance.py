"""Who is in a run of a course, how it went, and the qualification that passing grants."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from data.notices.telling import tell
from data.records.courses import find_run
from data.records.errors import (
    DuplicateError,
    RecordMissingError,
    StepError,
    ValueRefusedError,
)
from data.records.finding import find_person, people_ids, require_word
from data.records.membership import MOVABLE
from data.records.person_edit import require_here
from data.store.tables.catalogue import Qualification
from data.store.tables.people import Person
from data.store.tables.training import (
    ATTENDANCE_STATES,
    Attendance,
    Course,
    CourseRun,
    PersonQualification,
)
from dispatch.rules import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.scope import Scope

RESULTS: Final = tuple(state for state in ATTENDANCE_STATES if state != "enrolled")


@dataclass(frozen=True, slots=True)
class Attended:
    """Somebody in a run."""

    code: str
    name: str | None
    state: str
    score: float | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Passed:
    """That somebody passed a run: what points may be awarded for, once (`points_key`).

    Attributes
    ----------
    person_id : int
    qualification : str or None
        What was granted, until ``expires_on``.
    is_volunteer : bool
        Whom the city's table gives points.
    """

    person_id: int
    code: str
    run: int
    course: str
    qualification: str | None
    expires_on: date | None
    is_volunteer: bool

    @property
    def points_key(self) -> str:
        """The business key under which the ledger may award points for this, once."""
        return f"course:{self.run}:{self.person_id}"


def attendance_of(session: Session, scope: Scope, number: int) -> tuple[Attended, ...]:
    """Give those of a run who lie within the scope.

    Raises
    ------
    RecordMissingError
    """
    run = find_run(session, scope, number)
    query = (
        select(Person.code, Person.name, Attendance)
        .join(Person, Person.id == Attendance.person_id)
        .where(Attendance.course_run_id == run.id, scope.people())
        .order_by(Person.code)
    )
    return tuple(
        Attended(code, name, row.state, row.score, row.recorded_at)
        for code, name, row in session.execute(query)
    )


def enrol(
    session: Session,
    scope: Scope,
    number: int,
    codes: Iterable[str],
    *,
    by: str,
    now: datetime,
) -> int:
    """Enrol people into a run; return how many are new.

    Raises
    ------
    RecordMissingError
    StepError
        For somebody who is no member, or a run that has ended.
    ValueRefusedError
        Where more would be in it than its capacity.
    """
    run = _locked(session, find_run(session, scope, number))
    if run.ends_at <= now:
        raise StepError(f"Expected a run that has not ended, got {number}, which has.")
    ids = people_ids(session, scope, codes)
    states = dict(
        session.execute(
            select(Person.code, Person.state).where(Person.id.in_(list(ids.values())))
        ).all()
    )
    for code, state in states.items():
        if state not in MOVABLE:
            raise StepError(f"Expected a member, got {code}, who is {state}.")
    already = set(
        session.scalars(select(Attendance.person_id).where(Attendance.course_run_id == run.id))
    )
    new = [person for person in ids.values() if person not in already]
    if run.capacity is not None and len(already) + len(new) > run.capacity:
        raise ValueRefusedError(
            f"Expected at most {run.capacity} in run {number}, got {len(already) + len(new)}."
        )
    for person in new:
        session.add(
            Attendance(
                course_run_id=run.id,
                person_id=person,
                state="enrolled",
                recorded_at=now,
                recorded_by=by,
            )
        )
    session.flush()
    return len(new)


def withdraw(session: Session, scope: Scope, number: int, code: str) -> None:
    """Take somebody out of a run who has not attended it.

    Raises
    ------
    RecordMissingError
    """
    run, person = find_run(session, scope, number), find_person(session, scope, code)
    gone = session.execute(
        delete(Attendance)
        .where(
            Attendance.course_run_id == run.id,
            Attendance.person_id == person.id,
            Attendance.state == "enrolled",
        )
        .returning(Attendance.person_id)
    ).all()
    if not gone:
        raise RecordMissingError("person enrolled in that run", code)


def record_results(
    session: Session,
    scope: Scope,
    number: int,
    results: Mapping[str, tuple[str, float | None]],
    *,
    by: str,
    by_person: int | None,
    now: datetime,
    today: date,
) -> tuple[Passed, ...]:
    """Record how a run went for people; who passed is granted the course's qualification.

    Recording the same again changes nothing; a pass that is taken back revokes what it granted.

    Parameters
    ----------
    results : mapping of str to (str, float or None)
        Code → ``attended``, ``absent``, ``passed`` or ``failed``, and a score.

    Returns
    -------
    tuple of Passed
        Those who have passed now and had not before.

    Raises
    ------
    RecordMissingError
        For somebody who is not in the run.
    StepError
        For oneself, or a run that has not begun.
    """
    run = _locked(session, find_run(session, scope, number))
    if run.starts_at > now:
        raise StepError(f"Expected a run that has begun, got {number}, which has not.")
    course = session.get_one(Course, run.course_id)
    ids = people_ids(session, scope, results)
    rows = {
        row.person_id: row
        for row in session.scalars(select(Attendance).where(Attendance.course_run_id == run.id))
    }
    passed = []
    for code, (state, score) in results.items():
        row = rows.get(ids[code])
        if row is None:
            raise RecordMissingError("person enrolled in that run", code)
        if state not in RESULTS:
            raise ValueRefusedError(f"Expected a result of {RESULTS}, got {state!r:.40}.")
        if ids[code] == by_person:
            raise StepError("Expected somebody else's result, got one's own.")
        before, row.state = row.state, state
        row.score, row.recorded_at, row.recorded_by = score, now, by
        if state == "passed" and before != "passed":
            passed.append(_grant(session, run, course, (code, ids[code]), today))
            event, told = f"{run.id}:{now:%Y%m%d}", {"course": course.code}
            tell(session, "membership.trained", event, [ids[code]], told, now=now)
        if before == "passed" and state != "passed":
            _take_back(session, run, ids[code], today)
    session.flush()
    return tuple(passed)


def grant_qualification(
    session: Session,
    scope: Scope,
    code: str,
    *,
    qualification: str,
    granted_on: date,
    expires_on: date | None,
    certificate_no: str | None,
) -> int:
    """Put a qualification from outside into a file; return its id.

    Raises
    ------
    RecordMissingError, StepError, ValueRefusedError, DuplicateError
    """
    person = find_person(session, scope, code)
    require_here(person)
    require_word(session, Qualification, "qualification", qualification)
    if expires_on is not None and expires_on < granted_on:
        raise ValueRefusedError(f"Expected an expiry on {granted_on} or later, got {expires_on}.")
    held = PersonQualification
    there = session.scalar(
        select(held.id).where(
            held.person_id == person.id,
            held.qualification == qualification,
            held.granted_on == granted_on,
        )
    )
    if there is not None:
        raise DuplicateError(f"Expected no {qualification} granted on {granted_on}, got one.")
    row = PersonQualification(
        person_id=person.id,
        qualification=qualification,
        granted_on=granted_on,
        expires_on=expires_on,
        certificate_no=certificate_no,
    )
    session.add(row)
    session.flush()
    return row.id


def revoke_qualification(
    session: Session, scope: Scope, code: str, number: int, *, today: date
) -> str:
    """Revoke a qualification from today on; return its code.

    Raises
    ------
    RecordMissingError, StepError
    """
    person = find_person(session, scope, code)
    row = session.get(PersonQualification, number)
    if row is None or row.person_id != person.id:
        raise RecordMissingError("qualification in that file", number)
    if row.revoked_on is not None:
        raise StepError("Expected a qualification that is held, got one that is revoked.")
    row.revoked_on = today
    session.flush()
    return row.qualification


def add_months(day: date, months: int) -> date:
    """Give the same day some months later, or the last one of a month that is shorter."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _locked(session: Session, run: CourseRun) -> CourseRun:
    """Lock a run's row: two who enrol at once must count each other."""
    return session.scalars(select(CourseRun).where(CourseRun.id == run.id).with_for_update()).one()


def _grant(
    session: Session, run: CourseRun, course: Course, who: tuple[str, int], today: date
) -> Passed:
    code, person = who
    expires = None if course.valid_months is None else add_months(today, course.valid_months)
    granted = None
    if course.grants is not None:
        granted = course.grants
        held = PersonQualification
        row = session.scalars(
            select(held).where(
                held.person_id == person,
                held.qualification == course.grants,
                held.granted_on == today,
            )
        ).one_or_none()
        if row is None:
            row = PersonQualification(
                person_id=person, qualification=course.grants, granted_on=today
            )
            session.add(row)
        row.expires_on, row.course_run_id, row.revoked_on = expires, run.id, None
        session.flush()
    tier = session.scalar(select(Person.tier).where(Person.id == person))
    volunteer = tier == Tier.VOLUNTEER
    return Passed(person, code, run.id, course.code, granted, expires, volunteer)


def _take_back(session: Session, run: CourseRun, person: int, today: date) -> None:
    held = PersonQualification
    for row in session.scalars(
        select(held).where(
            held.person_id == person, held.course_run_id == run.id, held.revoked_on.is_(None)
        )
    ):
        row.revoked_on = today
