"""``/api/v1/courses`` and ``/api/v1/course-runs``: training, from the course to what it grants."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.fields import rights_over
from api.errors import UnknownIdError, problems
from api.office import Office, office
from api.once import OnceDep, answer
from api.routes.v1.people import CodePath
from api.schemas import training as schemas
from api.schemas.inputs import CLEANED
from api.schemas.people import Made
from api.versions import IfMatchTagDep, etag
from data.points.awards import Merit
from data.points.awards import award as award_points
from data.records.attendance import (
    attendance_of,
    enrol,
    grant_qualification,
    record_results,
    revoke_qualification,
    withdraw,
)
from data.records.courses import (
    add_course,
    add_run,
    edit_course,
    find_course,
    list_courses,
    list_runs,
    listed_course,
    read_run,
)
from data.records.finding import code_of
from data.store.scope import Scope

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.records.attendance import Passed
    from data.records.courses import ListedCourse
    from data.store.idempotency import Answer

router = APIRouter(tags=["training"])

Reader = Annotated[Office, Depends(office("training.read"))]
Writer = Annotated[Office, Depends(office("training.write"))]
Joiner = Annotated[Office, Depends(office("training.enrol_own"))]
CoursePath = Annotated[
    str, Path(min_length=1, max_length=128, description="A course's code."), CLEANED
]
RunPath = Annotated[int, Path(ge=1, lt=2**63, description="The number of a run.", examples=[1])]
Word = Annotated[
    str | None, Query(min_length=1, max_length=128, description="For this, or for all."), CLEANED
]
READS = problems(401, 403, 404, 422)
CHANGES = problems(400, 401, 403, 404, 409, 413, 422)


@router.get(
    "/courses",
    response_model=schemas.Courses,
    responses=problems(401, 403, 422),
    summary="Courses by profession and duty role",
)
def courses(
    at: Reader,
    profession: Word = None,
    role: Word = None,
    *,
    closed: Annotated[bool, Query(description="Those that are closed, too.")] = False,
) -> Response:
    """List the courses, with those that are for everybody."""
    with at.store.read() as session:
        found = list_courses(session, profession=profession, role=role, all_of_them=closed)
    return at.answer({"items": found})


@router.post(
    "/courses",
    status_code=201,
    response_model=schemas.Course,
    responses=CHANGES,
    summary="Add a course",
)
def create(body: schemas.NewCourse, at: Writer, once: OnceDep) -> Response:
    """Add a course; passing one of its runs grants its qualification."""

    def work(session: Session) -> Answer:
        made = make_course(session, at, body)
        return answer(asdict(made), location=f"/api/v1/courses/{made.code}", ETag=etag(made.tag))

    return once.submit(at.store, work)


@router.get("/courses/{code}", response_model=schemas.Course, responses=READS, summary="One course")
def course(at: Reader, code: CoursePath) -> Response:
    """Return a course; its ETag is what an edit has to name."""
    with at.store.read() as session:
        found = listed_course(find_course(session, code))
    return at.answer(found, tag=etag(found.tag))


@router.patch(
    "/courses/{code}",
    response_model=schemas.Course,
    responses=problems(400, 401, 403, 404, 409, 412, 413, 422, 428),
    summary="Change a course",
)
def edit(body: schemas.CourseEdit, at: Writer, code: CoursePath, seen: IfMatchTagDep) -> Response:
    """Change or close a course; what it granted before stays."""
    found = at.store.submit(lambda session: change_course(session, at, code, body, seen))
    return at.answer(found, tag=etag(found.tag))


@router.get(
    "/course-runs",
    response_model=schemas.Runs,
    responses=problems(401, 403, 422),
    summary="Runs of courses, the newest first",
)
def runs(at: Reader, wanted: Annotated[schemas.CourseQuery, Query()]) -> Response:
    """List the city's runs, those of one's stations, and those in which one is."""
    with at.store.read() as session:
        page = list_runs(session, at.scope, **wanted.model_dump())
    return at.answer({"items": page.items, "next": page.next})


@router.post(
    "/course-runs",
    status_code=201,
    response_model=schemas.MadeRun,
    responses=CHANGES,
    summary="Add a run of a course",
)
def create_run(body: schemas.NewRun, at: Writer, once: OnceDep) -> Response:
    """Add a run: batch, instructor, place, time, and how many may take part."""

    def work(session: Session) -> Answer:
        number = make_run(session, at, body)
        return answer({"run": number}, location=f"/api/v1/course-runs/{number}")

    return once.submit(at.store, work)


@router.get(
    "/course-runs/{run}", response_model=schemas.Run, responses=READS, summary="One run's list"
)
def run(at: Reader, run: RunPath) -> Response:
    """Return a run with those of one's jurisdiction who are in it."""
    with at.store.read() as session:
        found = asdict(read_run(session, at.scope, run))
        people = attendance_of(session, at.scope, run)
        rights = rights_over(session, at.access, [one.code for one in people])
        told = [
            asdict(one) if rights[one.code].sees("name") else _nameless(asdict(one))
            for one in people
        ]
    at.note("course_run", str(run))
    return at.answer({**found, "people": told})


@router.post(
    "/course-runs/{run}/enrolments",
    status_code=201,
    response_model=schemas.Enrolled,
    responses=CHANGES,
    summary="Enrol people",
)
def enrol_people(body: schemas.NewEnrolments, at: Writer, run: RunPath, once: OnceDep) -> Response:
    """Enrol members up to the run's capacity; whoever is in it already stays so."""

    def work(session: Session) -> Answer:
        new = enrol_many(session, at, run, body.people)
        return answer({"num_new": new}, location=f"/api/v1/course-runs/{run}")

    return once.submit(at.store, work)


@router.delete(
    "/course-runs/{run}/enrolments/{person_code}",
    status_code=204,
    responses=READS,
    summary="Take somebody out of a run",
)
def withdraw_person(
    at: Writer,
    run: RunPath,
    person_code: Annotated[str, Path(min_length=1, max_length=128), CLEANED],
) -> Response:
    """Withdraw somebody who has not attended."""
    at.store.submit(lambda session: take_out(session, at, run, person_code))
    return Response(status_code=204)


@router.put(
    "/course-runs/{run}/results",
    response_model=schemas.Recorded,
    responses=CHANGES,
    summary="Record how a run went",
)
def record(body: schemas.Results, at: Writer, run: RunPath) -> Response:
    """Record attendance and results; who passes gets the qualification, and points, once."""
    return at.answer({"passed": at.store.submit(lambda work: keep_results(work, at, run, body))})


@router.post(
    "/me/enrolments",
    status_code=201,
    response_model=schemas.Enrolled,
    responses=CHANGES,
    summary="Enrol oneself",
)
def enrol_oneself(body: schemas.OwnEnrolment, at: Joiner, once: OnceDep) -> Response:
    """Enrol oneself into a run of the city or of one's own station."""
    person = at.access.actor.person_id
    if person is None:
        raise UnknownIdError("personal record", at.by)

    def work(session: Session) -> Answer:
        own = Scope(person=person).dated(at.today)
        new = enrol(session, own, body.run, [code_of(session, person)], by=at.by, now=at.now)
        at.keep(session, "course_run", str(body.run), num_new=new)
        return answer({"num_new": new}, location=f"/api/v1/course-runs/{body.run}")

    return once.submit(at.store, work)


@router.post(
    "/people/{code}/qualifications",
    status_code=201,
    response_model=Made,
    responses=CHANGES,
    summary="Put a qualification into a file",
)
def grant(body: schemas.NewQualification, at: Writer, code: CodePath, once: OnceDep) -> Response:
    """Take in a qualification from outside, with its certificate and expiry."""

    def work(session: Session) -> Answer:
        number = grant_qualification(session, at.scope, code, **body.model_dump())
        at.keep(session, "person", code, qualification=body.qualification)
        return answer({"id": number}, location=f"/api/v1/people/{code}")

    return once.submit(at.store, work)


@router.delete(
    "/people/{code}/qualifications/{number}",
    status_code=204,
    responses=problems(401, 403, 404, 409, 422),
    summary="Revoke a qualification",
)
def revoke(
    at: Writer, code: CodePath, number: Annotated[int, Path(ge=1, lt=2**63, examples=[1])]
) -> Response:
    """Revoke a qualification from today on; that it was held stays in the file."""

    def work(session: Session) -> None:
        name = revoke_qualification(session, at.scope, code, number, today=at.today)
        at.keep(session, "person", code, revoked=name)

    at.store.submit(work)
    return Response(status_code=204)


def make_course(session: Session, at: Office, body: schemas.NewCourse) -> ListedCourse:
    """Add a course, kept by the audit."""
    made = add_course(session, body.code, body.model_dump(exclude={"code"}))
    at.keep(session, "course", made.code)
    return made


def change_course(
    session: Session, at: Office, code: str, body: schemas.CourseEdit, seen: str
) -> ListedCourse:
    """Change a course that was seen with this tag, kept by the audit."""
    values = body.model_dump(exclude_unset=True)
    found = edit_course(session, code, values, seen=seen)
    at.keep(session, "course", code, fields=sorted(values))
    return found


def make_run(session: Session, at: Office, body: schemas.NewRun) -> int:
    """Add a run of a course, kept by the audit."""
    number = add_run(session, at.scope, body.course, **body.model_dump(exclude={"course"}))
    at.keep(session, "course_run", str(number), course=body.course)
    return number


def enrol_many(session: Session, at: Office, run: int, people: list[str]) -> int:
    """Enrol people, kept by the audit; return how many are new."""
    new = enrol(session, at.scope, run, people, by=at.by, now=at.now)
    at.keep(session, "course_run", str(run), num_new=new)
    return new


def take_out(session: Session, at: Office, run: int, person_code: str) -> None:
    """Take somebody out of a run, kept by the audit."""
    withdraw(session, at.scope, run, person_code)
    at.keep(session, "course_run", str(run), withdrawn=1)


def keep_results(
    session: Session, at: Office, run: int, body: schemas.Results
) -> list[dict[str, Any]]:
    """Record how a run went, kept by the audit; return who has passed now."""
    results = {line.person: (line.state, line.score) for line in body.results}
    passed = record_results(
        session,
        at.scope,
        run,
        results,
        by=at.by,
        by_person=at.access.actor.person_id,
        now=at.now,
        today=at.today,
    )
    told = [_passed(session, at, one) for one in passed]
    at.keep(session, "course_run", str(run), results=len(results), passed=len(passed))
    return told


def _nameless(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "name"}


def _passed(session: Session, at: Office, one: Passed) -> dict[str, Any]:
    """Award what the city's table gives a volunteer for passing, once a run."""
    points = 0
    if one.is_volunteer:
        merit = Merit(one.person_id, "course", one.points_key, at.by)
        points = award_points(session, at.keys, at.now, merit).points
    return {
        "code": one.code,
        "qualification": one.qualification,
        "expires_on": one.expires_on,
        "points": points,
    }
