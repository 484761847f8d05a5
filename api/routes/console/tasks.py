"""``/console/tasks``: publish tasks, see who signed up and who waits, open, close, cancel, end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.fields import rights_over
from api.access.policy import access_of, may
from api.console import Desk, desk
from api.console_forms import carry_out, make_once
from api.cursors import decode, encode
from api.field_answers import sight
from api.forms import Form, FormDep, FormRefusedError, Refusal, fill
from api.once import FormOnceDep
from api.routes.console.place import pick_part, place_part
from api.routes.v1.signups import give_place, read_signups, take_place
from api.routes.v1.tasks import Step, TaskPath, make_task, move_task, seen_task
from api.schemas import field as schemas
from api.views.console.sheets import Panel, Trouble, answered
from api.views.console.table import Filter, Table, next_address
from api.views.console.tasks import (
    HERE,
    TASKS,
    new_task_sheet,
    place_sheets,
    signups_panel,
    step_sheets,
    task_rows,
    task_terms,
)
from data.field.places import beats_listed, names_of, place_ids, place_names
from data.field.tasks import list_tasks
from data.records.catalogue import list_entries
from data.records.finding import stations_within
from dispatch.rules import Tier

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.language import Texts
    from data.field.signups import SignupView
    from data.field.task_values import TaskView

router = APIRouter(prefix=HERE, include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("task.read"))]
WriterDesk = Annotated[Desk, Depends(desk("task.write"))]
StationDesk = Annotated[Desk, Depends(desk("signup.assign"))]
Word = Annotated[str, Query(max_length=64)]
PAGE: Final = 100


@router.get("")
def tasks(
    office: ReaderDesk,
    *,
    state: Word = "",
    kind: Word = "",
    station: Word = "",
    when: Word = "coming",
    cursor: Annotated[str, Query(max_length=400)] = "",
    part: Word = "",
) -> Response:
    """List the tasks of one's jurisdiction by their start, at first those that are not over."""
    texts = office.texts
    scope, drafts = sight(office.access)
    with office.store.read() as session:
        stations = stations_within(session, scope)
        known = station if station in dict(stations) else ""
        filters = _filters(texts, stations, state=state, kind=kind, station=known, when=when)
        wanted = {one.name: one.value or None for one in filters}
        found = list_tasks(
            session,
            scope,
            state=wanted["state"],
            kind=wanted["kind"],
            begin=office.now if wanted["when"] == "coming" else None,
            station_id=place_ids(session, scope, known or None, None)[0],
            after=decode("tasks", (datetime, int), cursor) if cursor else None,
            limit=PAGE + 1,
            drafts=drafts,
        )
    last = found[PAGE - 1] if len(found) > PAGE else None
    following = None if last is None else encode("tasks", (last.starts_at, last.task_id))
    links = [(texts("tasks.new"), f"{HERE}/new")] if _may_write(office) else []
    table = Table(
        HERE,
        TASKS,
        task_rows(found[:PAGE], texts, office.zone),
        filters,
        next_address(HERE, filters, following),
        None,
        (texts("tasks.none"), texts("tasks.none_hint")),
        links=links,
    )
    name = "rows.html" if part == "rows" else "table.html"
    return office.render(name, here=HERE, title="tasks.tasks", table=table)


@router.post("")
def create(office: WriterDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Publish a task, or keep it as a draft."""

    def work(session: Session) -> str:
        body = fill(schemas.NewTask, form, zone=office.zone)
        _require(body, office.now)
        return f"{HERE}/{make_task(session, office.office, body).task_id}?done=added"

    return make_once(office, form, once, work, lambda trouble: _new(office, trouble))


@router.get("/new")
def new(office: WriterDesk) -> Response:
    """Show the form of a new task."""
    return _new(office)


@router.get("/{task_id}")
def task(office: ReaderDesk, task_id: TaskPath) -> Response:
    """Show a task; that its people were read is kept."""
    return _page(office, task_id)


@router.post("/{task_id}/steps/{step}")
def step(
    office: WriterDesk, task_id: TaskPath, step: Annotated[Step, Path()], form: FormDep
) -> Response:
    """Open, close, cancel or end a task; a cancellation tells everybody who signed up."""

    def act() -> None:
        body = fill(schemas.Why, form, needs=("reason",) if step == "cancel" else ())
        office.store.submit(
            lambda session: move_task(session, office.office, task_id, step, body.reason)
        )

    return _on_task(office, task_id, form, act)


@router.post("/{task_id}/assigned")
def assign(office: StationDesk, task_id: TaskPath, form: FormDep, once: FormOnceDep) -> Response:
    """Give somebody a place, by the same rules as if they had signed up."""

    def work(session: Session) -> str:
        body = fill(schemas.Assign, form)
        give_place(session, office.office, task_id, body.person_id)
        return f"{HERE}/{task_id}?done=saved"

    return make_once(office, form, once, work, lambda trouble: _page(office, task_id, trouble))


@router.post("/{task_id}/released")
def release(office: StationDesk, task_id: TaskPath, form: FormDep) -> Response:
    """Take a place back before the start; the next one in line is asked."""

    def act() -> None:
        person, why = fill(schemas.Assign, form).person_id, fill(schemas.Why, form).reason
        office.store.submit(
            lambda session: take_place(session, office.office, task_id, person, why)
        )

    return _on_task(office, task_id, form, act)


def _on_task(office: Desk, task_id: int, form: Form, act: Any) -> Response:
    back = f"{HERE}/{task_id}?done=saved"
    return carry_out(office, form, act, lambda trouble: _page(office, task_id, trouble), back=back)


def _page(office: Desk, task_id: int, trouble: Trouble | None = None) -> Response:
    texts, zone, actor = office.texts, office.zone, office.access.actor
    with office.store.read() as session:
        reader = replace(office.office, access=_access(office, "task.read"))
        found = seen_task(session, reader, task_id)
        station = place_names(session, [found.station_code]).get(found.station_code, "")
    links = []
    if may(actor, "post.code") and found.state in {"open", "closed"}:
        links.append((texts("code.show"), f"/console/post-code?task_id={task_id}"))
    panels = [
        Panel(texts("tasks.task"), terms=task_terms(found, station, texts, zone), links=links)
    ]
    if _may_write(office) and (sheets := step_sheets(found, texts)):
        panels.append(Panel(texts("tasks.steps"), sheets=answered(sheets, trouble)))
    if may(actor, "signup.read"):
        panels += _people(office, found, trouble)
    up = (texts("tasks.tasks"), HERE)
    place = place_part(office, found.lat, found.lng)
    return office.sheet(found.title, panels, here=HERE, trouble=trouble, up=up, place=place)


def _people(office: Desk, found: TaskView, trouble: Trouble | None) -> list[Panel]:
    texts = office.texts
    reader = replace(office.office, access=_access(office, "signup.read"))

    def work(session: Session) -> tuple[list[SignupView], dict[str, str], Any]:
        signups = read_signups(session, reader, found.task_id)
        codes = [one.person_code for one in signups]
        return signups, names_of(session, codes), rights_over(session, reader.access, codes)

    signups, names, rights = office.store.submit(work)
    shown = {code: name for code, name in names.items() if rights[code].sees("name")}
    panels = [signups_panel(signups, shown, rights, texts, office.zone)]
    if may(office.access.actor, "signup.assign"):
        sheets = place_sheets(found, signups, shown, texts)
        if sheets:
            panels.append(Panel(texts("tasks.places_of"), sheets=answered(sheets, trouble)))
    return panels


def _access(office: Desk, action: str) -> Any:
    return access_of(office.access.actor, action).dated(office.today)


def _new(office: Desk, trouble: Trouble | None = None) -> Response:
    texts, scope = office.texts, office.access.scope
    with office.store.read() as session:
        stations = stations_within(session, scope)
        sheet = new_task_sheet(
            texts, _roles(session, texts), stations, beats_listed(session, scope)
        )
    panel = Panel(hint=texts("tasks.new_hint"), sheets=answered([sheet], trouble), is_wide=True)
    up = (texts("tasks.tasks"), HERE)
    place = pick_part(office)
    return office.sheet(
        texts("tasks.new"), [panel], here=HERE, trouble=trouble, up=up, place=place, is_wide=True
    )


def _roles(session: Session, texts: Texts) -> list[tuple[str, str]]:
    """Return the duty roles that volunteers may take: none that is hazardous."""
    name = "label_zh" if texts.language == "zh" else "label_en"
    return [
        (one["code"], one[name])
        for one in list_entries(session, "duty-roles")
        if one["is_active"] and not one["hazardous"] and one["tier"] == Tier.VOLUNTEER
    ]


def _filters(texts: Texts, stations: list[tuple[str, str]], **given: str) -> tuple[Filter, ...]:
    """Return what the list may be narrowed to; words that are none count as not given."""
    states = [(one, texts.label("label.task_state", one)) for one in get_args(schemas.TaskState)]
    kinds = [(one, texts.label("label.task", one)) for one in get_args(schemas.TaskKind)]
    times = [(one, texts.label("label.task_when", one)) for one in ("coming", "all")]
    given = {**given, "when": given["when"] or "all"}
    filters = [
        Filter("when", "tasks.when", given["when"], times),
        Filter("state", "console.state", given["state"], states),
        Filter("kind", "tasks.kind", given["kind"], kinds),
        Filter("station", "console.station", given["station"], stations),
    ]
    return tuple(
        one if one.value in dict(one.choices) else replace(one, value="")
        for one in filters
        if one.name != "station" or len(one.choices) > 1
    )


def _require(body: schemas.NewTask, now: datetime) -> None:
    """Refuse beside their fields the values with which no task can be.

    Raises
    ------
    FormRefusedError
    """
    start, until = body.starts_at, body.signup_until or body.starts_at
    point = (body.lat is None, body.lng is None)
    placed = body.beat_id is not None or (body.station_id is not None and not any(point))
    rules = (
        ("ends_at", "ends_before_start", body.ends_at <= start),
        ("signup_until", "until_after_start", until > start),
        ("signup_until", "is_over", body.publish and until <= now < start),
        ("starts_at", "is_over", body.publish and start <= now),
        ("min_people", "more_than_places", body.min_people > body.places),
        ("lat", "half_a_point", point[0] != point[1]),
        ("beat_id", "no_place", not placed),
        ("is_beat_wide", "needs_beat", body.is_beat_wide and body.beat_id is None),
    )
    if refused := {name: Refusal(why, {}) for name, why, is_so in rules if is_so}:
        raise FormRefusedError(refused)


def _may_write(office: Desk) -> bool:
    return may(office.access.actor, "task.write")
