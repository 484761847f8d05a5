"""``/console/courses``: courses and their runs, who is in each, and how it went."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.fields import rights_over
from api.access.policy import may
from api.console import Desk, desk
from api.console_forms import carry_out, make_once
from api.forms import Form, FormDep, FormRefusedError, Refusal, fill, valid
from api.once import FormOnceDep
from api.routes.v1.courses import (
    change_course,
    enrol_many,
    keep_results,
    make_course,
    make_run,
    take_out,
)
from api.schemas import training as schemas
from api.views.console.courses import RUNS, run_rows
from api.views.console.sheets import Panel, Trouble, answered
from api.views.console.table import Filter, Table, next_address
from api.views.console.training import (
    CATALOGUE,
    HERE,
    RESULTS,
    course_sheet,
    courses_panel,
    enrol_sheet,
    result_rows,
    run_sheet,
    run_terms,
)
from data.records.attendance import attendance_of
from data.records.catalogue import list_entries
from data.records.courses import find_course, list_courses, list_runs, listed_course, read_run
from data.records.finding import stations_within

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.language import Texts

router = APIRouter(prefix=HERE, include_in_schema=False)

TrainingDesk = Annotated[Desk, Depends(desk("training.read"))]
WriterDesk = Annotated[Desk, Depends(desk("training.write"))]
Word = Annotated[str, Query(max_length=64)]
Cursor = Annotated[str, Query(max_length=400)]
RunPath = Annotated[int, Path(ge=1, lt=2**63)]
CodePath = Annotated[str, Path(min_length=1, max_length=128)]


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
    links = [(texts("training.courses"), CATALOGUE)]
    if _may_write(office):
        links.insert(0, (texts("training.new_run"), f"{HERE}/new"))
    table = Table(
        HERE,
        RUNS,
        run_rows(page.items, texts, office.zone),
        filters,
        next_address(HERE, filters, page.next),
        None,
        (texts("records.no_runs"), texts("records.no_runs_hint")),
        links=links,
    )
    name_of = "rows.html" if part == "rows" else "table.html"
    return office.render(name_of, here=HERE, title="records.training", table=table)


@router.post("")
def create_run(office: WriterDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Add a run: batch, instructor, place, time, and how many may take part."""

    def work(session: Session) -> str:
        body = fill(schemas.NewRun, form, zone=office.zone)
        return f"{HERE}/{make_run(session, office.office, body)}?done=added"

    return make_once(office, form, once, work, lambda trouble: _new_run(office, trouble))


@router.get("/new")
def new_run(office: WriterDesk) -> Response:
    """Show the form of a new run."""
    return _new_run(office)


@router.get("/catalogue")
def catalogue(office: TrainingDesk) -> Response:
    """List the courses, those that are closed as well."""
    texts = office.texts
    with office.store.read() as session:
        found = list_courses(session, all_of_them=True)
        names = dict(pair for words in _words(session, texts).values() for pair in words)
    panel = courses_panel(found, names, texts, may_write=_may_write(office))
    return office.sheet(texts("training.courses"), [panel], here=HERE, up=_up(texts))


@router.post("/catalogue")
def create_course(office: WriterDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Add a course; passing one of its runs grants its qualification."""

    def work(session: Session) -> str:
        make_course(session, office.office, fill(schemas.NewCourse, form))
        return f"{CATALOGUE}?done=added"

    return make_once(office, form, once, work, lambda trouble: _course(office, None, trouble))


@router.get("/catalogue/new")
def new_course(office: WriterDesk) -> Response:
    """Show the form of a new course."""
    return _course(office, None)


@router.get("/catalogue/{code}")
def course(office: WriterDesk, code: CodePath) -> Response:
    """Show the form of a course."""
    return _course(office, code)


@router.post("/catalogue/{code}")
def edit_course(office: WriterDesk, code: CodePath, form: FormDep) -> Response:
    """Change or close a course; what it granted before stays."""
    clears = ("profession", "role", "grants", "valid_months")

    def act() -> None:
        body, seen = fill(schemas.CourseEdit, form, clears=clears, needs=("name",)), form.text
        office.store.submit(
            lambda session: change_course(session, office.office, code, body, seen("version"))
        )

    return carry_out(
        office,
        form,
        act,
        lambda trouble: _course(office, code, trouble),
        back=f"{CATALOGUE}?done=saved",
    )


@router.get("/{run}")
def run(office: TrainingDesk, run: RunPath) -> Response:
    """Show who is in a run; that it was read is kept."""
    page = _run(office, run)
    office.note("course_run", str(run))
    return page


@router.post("/{run}/enrolments")
def enrol(office: WriterDesk, run: RunPath, form: FormDep, once: FormOnceDep) -> Response:
    """Enrol people by their codes, all of them or none."""

    def work(session: Session) -> str:
        body = valid(schemas.NewEnrolments, {"people": codes_of(form, "people")})
        enrol_many(session, office.office, run, body.people)
        return f"{HERE}/{run}?done=enrolled"

    return make_once(office, form, once, work, lambda trouble: _run(office, run, trouble))


@router.post("/{run}/withdrawals")
def withdraw(office: WriterDesk, run: RunPath, form: FormDep) -> Response:
    """Take somebody out of a run who has not attended."""

    def act() -> None:
        code = form.text("out")
        office.store.submit(lambda session: take_out(session, office.office, run, code))

    return _on_run(office, run, form, act)


@router.post("/{run}/results")
def record(office: WriterDesk, run: RunPath, form: FormDep) -> Response:
    """Record attendance and results; who passes gets the qualification, and points, once."""

    def act() -> None:
        body = valid(schemas.Results, {"results": _results(form)})
        office.store.submit(lambda session: keep_results(session, office.office, run, body))

    return _on_run(office, run, form, act)


def codes_of(form: Form, name: str) -> list[str]:
    """Return the codes that stand in a field, with blanks, commas or new lines between them."""
    return list(dict.fromkeys(filter(None, re.split(r"[\s,，、;；]+", form.text(name)))))


def _results(form: Form) -> list[dict[str, Any]]:
    """Return the results of those of whom one was chosen.

    Raises
    ------
    FormRefusedError
        For a score that is no number, or a form that no page of ours has sent.
    """
    columns = [form.fields.get(name, ()) for name in ("person", "state", "score")]
    if len({len(column) for column in columns}) != 1:
        raise FormRefusedError({"results": Refusal("value_error", {})})
    found = []
    for person, state, score in zip(*columns, strict=True):
        if not state:
            continue
        try:
            kept = float(score) if score else None
        except ValueError:
            raise FormRefusedError({"score": Refusal("float_type", {})}) from None
        found.append({"person": person, "state": state, "score": kept})
    return found


def _on_run(office: Desk, run: int, form: Form, act: Any) -> Response:
    return carry_out(
        office,
        form,
        act,
        lambda trouble: _run(office, run, trouble),
        back=f"{HERE}/{run}?done=saved",
    )


def _run(office: Desk, run: int, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        found = read_run(session, office.access.scope, run)
        people = attendance_of(session, office.access.scope, run)
        rights = rights_over(session, office.access, [one.code for one in people])
    panels = [Panel(texts("training.run"), terms=run_terms(found, texts, office.zone))]
    if _may_write(office) and found.ends_at > office.now:
        sheets = answered([enrol_sheet(run, texts)], trouble)
        panels.append(Panel(texts("training.enrol"), texts("training.enrol_hint"), sheets=sheets))
    return office.sheet(
        f"{found.course_name} · {found.batch}",
        panels,
        here=HERE,
        trouble=trouble,
        template="course_run.html",
        up=_up(texts),
        rows=result_rows(people, rights, texts, office.zone),
        results=RESULTS,
        action=f"{HERE}/{run}/results",
        withdraw=f"{HERE}/{run}/withdrawals",
        may_write=_may_write(office),
    )


def _new_run(office: Desk, trouble: Trouble | None = None) -> Response:
    texts, scope = office.texts, office.access.scope
    with office.store.read() as session:
        known = tuple((one.code, one.name) for one in list_courses(session))
        stations = tuple(stations_within(session, scope))
    sheets = answered([run_sheet(texts, known, stations, for_city=scope.city)], trouble)
    panel = Panel(sheets=sheets, is_wide=True)
    if not known:
        empty = (texts("training.no_courses"), texts("training.no_courses_hint"))
        links = ((texts("training.new_course"), f"{CATALOGUE}/new"),)
        panel = Panel(heads=("",), empty=empty, links=links)
    return office.sheet(
        texts("training.new_run"), [panel], here=HERE, trouble=trouble, up=_up(texts)
    )


def _course(office: Desk, code: str | None, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        words = _words(session, texts)
        found = None if code is None else listed_course(find_course(session, code))
    sheet = course_sheet(texts, words, found)
    heading = texts("training.new_course") if found is None else found.name
    panel = Panel(sheets=answered([sheet], trouble), is_wide=True)
    up = (texts("training.courses"), CATALOGUE)
    return office.sheet(heading, [panel], here=HERE, trouble=trouble, up=up)


def _words(session: Session, texts: Texts) -> dict[str, tuple[tuple[str, str], ...]]:
    name = "label_zh" if texts.language == "zh" else "label_en"
    return {
        topic: tuple((one["code"], one[name]) for one in list_entries(session, topic))
        for topic in ("professions", "duty-roles", "qualifications")
    }


def _may_write(office: Desk) -> bool:
    return may(office.access.actor, "training.write")


def _up(texts: Texts) -> tuple[str, str]:
    return texts("records.training"), HERE
