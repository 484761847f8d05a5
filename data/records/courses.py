"""Training: courses by profession and duty role, and their runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, case, exists, func, or_, select, true

from data.records.errors import DuplicateError, RecordMissingError, ValueRefusedError
from data.records.finding import find_station, require_version, require_word
from data.records.pages import PageOf, cut, read_cursor, write_cursor
from data.records.tags import tag_of
from data.store.tables.catalogue import DutyRole, Profession, Qualification
from data.store.tables.ground import Station
from data.store.tables.people import Person
from data.store.tables.training import MODES, Attendance, Course, CourseRun

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.scope import Scope

FIELDS: Final = ("name", "mode", "profession", "role", "grants", "valid_months", "is_active")
"""What an edit of a course may change."""
_WORDS: Final = {
    "profession": (Profession, "profession"),
    "role": (DutyRole, "duty role"),
    "grants": (Qualification, "qualification"),
}


@dataclass(frozen=True, slots=True)
class ListedCourse:
    """A course; passing it grants ``grants`` for ``valid_months`` (None: without end)."""

    code: str
    name: str
    mode: str
    profession: str | None
    role: str | None
    grants: str | None
    valid_months: int | None
    is_active: bool

    @property
    def tag(self) -> str:
        """What changes when the course does; courses have no version column."""
        return tag_of(self)


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run of a course; ``station`` None: for the whole city."""

    run: int
    course: str
    course_name: str
    mode: str
    batch: str
    instructor: str | None
    place: str | None
    station: str | None
    starts_at: datetime
    ends_at: datetime
    capacity: int | None
    num_enrolled: int
    num_attended: int
    num_passed: int


def list_courses(
    session: Session,
    *,
    profession: str | None = None,
    role: str | None = None,
    all_of_them: bool = False,
) -> tuple[ListedCourse, ...]:
    """Give the courses by code; of a profession or role also those that are for everybody."""
    query = select(Course).order_by(Course.code)
    if not all_of_them:
        query = query.where(Course.is_active)
    if profession is not None:
        query = query.where(or_(Course.profession == profession, Course.profession.is_(None)))
    if role is not None:
        query = query.where(or_(Course.role == role, Course.role.is_(None)))
    return tuple(listed_course(row) for row in session.scalars(query))


def find_course(session: Session, code: str) -> Course:
    """Give a course's row.

    Raises
    ------
    RecordMissingError
    """
    row = session.scalars(select(Course).where(Course.code == code)).one_or_none()
    if row is None:
        raise RecordMissingError("course", code)
    return row


def add_course(session: Session, code: str, values: Mapping[str, Any]) -> ListedCourse:
    """Add a course.

    Raises
    ------
    DuplicateError, RecordMissingError, ValueRefusedError
    """
    if session.scalar(select(exists().where(Course.code == code))):
        raise DuplicateError(f"Expected a code that no course has yet, got {code!r:.80}.")
    course = Course(code=code, is_active=True)
    _apply(session, course, values)
    session.add(course)
    session.flush()
    return listed_course(course)


def edit_course(
    session: Session, code: str, values: Mapping[str, Any], *, seen: str
) -> ListedCourse:
    """Change a course that was seen with this tag; qualifications granted already stay.

    Raises
    ------
    RecordMissingError, StaleError, ValueRefusedError
    """
    course = find_course(session, code)
    require_version(0, 0 if listed_course(course).tag == seen else 1)
    _apply(session, course, values)
    session.flush()
    return listed_course(course)


def listed_course(row: Course) -> ListedCourse:
    """Give a course as a value."""
    return ListedCourse(
        row.code,
        row.name,
        row.mode,
        row.profession,
        row.role,
        row.grants,
        row.valid_months,
        row.is_active,
    )


def add_run(
    session: Session,
    scope: Scope,
    code: str,
    *,
    batch: str,
    starts_at: datetime,
    ends_at: datetime,
    station: str | None,
    instructor: str | None = None,
    place: str | None = None,
    capacity: int | None = None,
) -> int:
    """Add a run of a course; return its number. Without a station: the whole city's alone.

    Raises
    ------
    RecordMissingError, ValueRefusedError
    """
    course = find_course(session, code)
    if not course.is_active:
        raise ValueRefusedError(f"Expected an active course, got {code}, which is closed.")
    if ends_at < starts_at:
        raise ValueRefusedError("Expected an end after the start, got one before it.")
    if capacity is not None and capacity < 1:
        raise ValueRefusedError(f"Expected a capacity of 1 or more, got {capacity}.")
    if station is None and not scope.city:
        raise RecordMissingError("station", station)
    run = CourseRun(
        course_id=course.id,
        station_id=None if station is None else find_station(session, scope, station).id,
        batch=batch,
        instructor=instructor,
        place=place,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
    )
    session.add(run)
    session.flush()
    return run.id


def find_run(session: Session, scope: Scope, number: int) -> CourseRun:
    """Give a run that somebody with this scope may see.

    Raises
    ------
    RecordMissingError
    """
    run = session.scalars(
        select(CourseRun).where(CourseRun.id == number, runs_of(scope))
    ).one_or_none()
    if run is None:
        raise RecordMissingError("course run", number)
    return run


def runs_of(scope: Scope) -> ColumnElement[bool]:
    """Give the condition on runs: the city's, those of one's stations, those one is in."""
    if scope.city:
        return true()
    stations = select(Station.id).where(scope.stations_())
    parts = [CourseRun.station_id.is_(None), CourseRun.station_id.in_(stations)]
    if scope.person is not None:
        mine = select(Attendance.course_run_id).where(Attendance.person_id == scope.person)
        parts.append(CourseRun.id.in_(mine))
    return or_(*parts)


def list_runs(
    session: Session,
    scope: Scope,
    *,
    course: str | None = None,
    person: str | None = None,
    since: datetime | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> PageOf[ListedRun]:
    """Give a page of runs, newest first; ``person``: those that somebody is in."""
    conditions: list[Any] = [runs_of(scope)]
    if course is not None:
        conditions.append(Course.code == course)
    if since is not None:
        conditions.append(CourseRun.ends_at >= since)
    if person is not None:
        mine = select(Attendance.course_run_id).join(Person, Person.id == Attendance.person_id)
        conditions.append(CourseRun.id.in_(mine.where(Person.code == person, scope.people())))
    if after := read_cursor(cursor, int):
        conditions.append(CourseRun.id < after[0])
    query = _RUNS.where(*conditions).order_by(CourseRun.id.desc()).limit(limit + 1)
    rows, more = cut(session.execute(query).all(), limit)
    items = _listed_runs(session, [tuple(row) for row in rows])
    return PageOf(items, write_cursor(rows[-1][0].id) if more else None)


def read_run(session: Session, scope: Scope, number: int) -> ListedRun:
    """Give a run that somebody with this scope may see.

    Raises
    ------
    RecordMissingError
    """
    rows = session.execute(_RUNS.where(CourseRun.id == number, runs_of(scope))).all()
    if not rows:
        raise RecordMissingError("course run", number)
    return _listed_runs(session, [tuple(row) for row in rows])[0]


_RUNS: Final = (
    select(CourseRun, Course, Station.code)
    .join(Course, Course.id == CourseRun.course_id)
    .outerjoin(Station, Station.id == CourseRun.station_id)
)


def _listed_runs(session: Session, rows: list[tuple[Any, ...]]) -> tuple[ListedRun, ...]:
    counts = _counts(session, [run.id for run, *_ in rows])
    return tuple(
        ListedRun(
            run=run.id,
            course=row.code,
            course_name=row.name,
            mode=row.mode,
            batch=run.batch,
            instructor=run.instructor,
            place=run.place,
            station=station,
            starts_at=run.starts_at,
            ends_at=run.ends_at,
            capacity=run.capacity,
            **counts.get(run.id, dict.fromkeys(_COUNTS, 0)),
        )
        for run, row, station in rows
    )


_COUNTS: Final = {
    "num_enrolled": ("enrolled", "attended", "absent", "passed", "failed"),
    "num_attended": ("attended", "passed", "failed"),
    "num_passed": ("passed",),
}


def _counts(session: Session, runs: list[int]) -> dict[int, dict[str, int]]:
    columns = [
        func.sum(case((Attendance.state.in_(states), 1), else_=0)) for states in _COUNTS.values()
    ]
    query = (
        select(Attendance.course_run_id, *columns)
        .where(Attendance.course_run_id.in_(runs))
        .group_by(Attendance.course_run_id)
    )
    return {
        run: dict(zip(_COUNTS, map(int, counts), strict=True))
        for run, *counts in session.execute(query)
    }


def _apply(session: Session, course: Course, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name not in FIELDS:
            raise ValueRefusedError(f"Expected fields of {FIELDS}, got {name!r:.40}.")
        if name in _WORDS and value is not None and value != getattr(course, name):
            require_word(session, *_WORDS[name], value)
        setattr(course, name, value)
    if course.mode not in MODES:
        raise ValueRefusedError(f"Expected a mode of {MODES}, got {course.mode!r:.40}.")
    if course.valid_months is not None and course.valid_months < 1:
        raise ValueRefusedError(f"Expected 1 month or more, got {course.valid_months}.")
