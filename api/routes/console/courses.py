"""``/console/courses``: runs of courses, who is in each, and how it went."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.fields import rights_over
from api.console import Desk, desk
from api.views.console.courses import ATTENDED, RUNS, attended_rows, run_rows
from api.views.console.table import Filter, Table, next_address
from data.records.attendance import attendance_of
from data.records.courses import list_courses, list_runs, read_run

router = APIRouter(prefix="/console/courses", include_in_schema=False)

TrainingDesk = Annotated[Desk, Depends(desk("training.read"))]
Word = Annotated[str, Query(max_length=64)]
Cursor = Annotated[str, Query(max_length=400)]
HERE = "/console/courses"


@router.get("")
def courses(
    office: TrainingDesk,
    *,
    person: Word = "",
    course: Word = "",
    when: Word = "",
    cursor: Cursor = "",
    part: Word = "",
) -> Response:
    """List the runs of courses, the newest first."""
    texts = office.texts
    with office.store.read() as session:
        known = list_courses(session, all_of_them=True)
        page = list_runs(
            session,
            office.access.scope,
            course=course or None,
            person=person or None,
            since=office.now if when == "coming" else None,
            cursor=cursor or None,
        )
    filters = (
        Filter("person", "records.person_code", person),
        Filter("course", "records.course", course, [(one.code, one.name) for one in known]),
        Filter("when", "records.when", when, [("coming", texts("records.not_over"))]),
    )
    table = Table(
        HERE,
        RUNS,
        run_rows(page.items, texts, office.zone),
        filters,
        next_address(HERE, filters, page.next),
        None,
        (texts("records.no_runs"), texts("records.no_runs_hint")),
    )
    name_of = "rows.html" if part == "rows" else "table.html"
    return office.render(name_of, here=HERE, title="records.training", table=table)


@router.get("/{run}")
def run(office: TrainingDesk, run: Annotated[int, Path(ge=1, lt=2**63)]) -> Response:
    """Show who is in a run; that it was read is kept."""
    with office.store.read() as session:
        found = read_run(session, office.access.scope, run)
        people = attendance_of(session, office.access.scope, run)
        rights = rights_over(session, office.access, [one.code for one in people])
    office.note("course_run", str(run))
    texts = office.texts
    table = Table(
        f"{HERE}/{run}",
        ATTENDED,
        attended_rows(people, rights, texts, office.zone),
        total=len(people),
        empty=(texts("records.nobody_enrolled"), texts("records.nobody_enrolled_hint")),
    )
    heading = f"{found.course_name} · {found.batch}"
    return office.render("table.html", here=HERE, heading=heading, table=table)
