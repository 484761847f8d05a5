"""``/console/demand``: how many people of which role each beat wants in each shift."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.policy import may
from api.console import Desk, desk
from api.console_forms import carry_out, make_once
from api.cursors import decode, encode
from api.forms import Form, FormDep, FormRefusedError, Refusal, valid
from api.once import FormOnceDep
from api.routes.console.settings import seen_version
from api.routes.v1.demand import end_line, make_line, set_line
from api.schemas.week import LineWeights, NewLine
from api.views.console.demand import (
    HERE,
    LINES,
    Called,
    bulk_address,
    line_address,
    line_rows,
    line_sheets,
    line_terms,
    new_sheet,
    stations_panel,
)
from api.views.console.sheets import Panel, Trouble, answered
from api.views.console.table import Filter, Table, next_address
from data.field.places import beats_listed
from data.planning.demand_search import DemandFilter, count_lines, dated_turns, search_lines
from data.planning.places import MOST_PLACES
from data.planning.rosters import roster_of_shift
from data.planning.week import find_line
from data.records.catalogue import list_entries
from data.records.finding import stations_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from data.planning.demand_search import DatedTurn

router = APIRouter(prefix=HERE, include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("demand.read"))]
WriterDesk = Annotated[Desk, Depends(desk("demand.write"))]
Word = Annotated[str, Query(max_length=64)]
CodePath = Annotated[str, Path(min_length=1, max_length=128)]
PAGE: Final = 100
COMING: Final = "coming"


@router.get("")
def lines(
    office: ReaderDesk,
    *,
    place: Word = "",
    week: Word = COMING,
    station: Word = "",
    weekday: Word = "",
    template: Word = "",
    role: Word = "",
    cursor: Annotated[str, Query(max_length=400)] = "",
    part: Word = "",
) -> Response:
    """List the lines of one's jurisdiction, at first those of the week to come."""
    texts, scope = office.texts, office.access.scope
    with office.store.read() as session:
        turns = dated_turns(session, office.zone.key)
        called = names_for(session, office)
        if week == COMING:
            week = _coming(turns, office)
        given = {"week": week, "weekday": weekday, "template": template, "role": role}
        filters = _filters(called, turns, {"place": place, "station": station, **given})
        wanted = filter_of({one.name: one.value for one in filters})
        behind = decode("console_demand", (int, int, str), cursor) if cursor else None
        found = search_lines(session, scope, wanted, turns, behind=behind, limit=PAGE + 1)
        total = None if cursor else count_lines(session, scope, wanted, turns)
    following = encode("console_demand", found[PAGE - 1].place) if len(found) > PAGE else None
    hint = "demand.none_hint" if turns else "demand.no_shifts_hint"
    table = Table(
        HERE,
        LINES,
        line_rows(found[:PAGE], called),
        filters,
        next_address(HERE, _named(filters), following),
        total,
        (texts("demand.none"), texts(hint)),
        links=_links(office, wanted, is_empty=not found),
    )
    name = "rows.html" if part == "rows" else "table.html"
    return office.render(name, here=HERE, title="demand.title", table=table)


@router.get("/new")
def new(office: WriterDesk, station: Word = "") -> Response:
    """Show the form of a new line; of several stations one is chosen first."""
    return _new(office, station)


@router.post("")
def create(office: WriterDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Say that a post wants people in a role."""

    def work(session: Session) -> str:
        post = {name: form.text(name) for name in ("beat_id", "shift_id", "role")}
        if missing := [name for name, text in post.items() if not text]:
            raise FormRefusedError({name: Refusal("missing", {}) for name in missing})
        made = make_line(
            session, office.office, valid(NewLine, {**post, "weights": _weights(form)})
        )
        return f"{line_address(made.beat_id, made.shift_id, made.role)}?done=added"

    return make_once(office, form, once, work, lambda trouble: _new_again(office, form, trouble))


@router.get("/{beat}/{shift}/{role}")
def line(office: ReaderDesk, beat: CodePath, shift: CodePath, role: CodePath) -> Response:
    """Show a line, with the forms to change it where the reader may."""
    return _one(office, (beat, shift, role))


@router.post("/{beat}/{shift}/{role}")
def edit(
    office: WriterDesk, beat: CodePath, shift: CodePath, role: CodePath, form: FormDep
) -> Response:
    """Change how many people a line wants, and how much each matters."""
    post = (beat, shift, role)

    def act() -> None:
        body, seen = valid(LineWeights, {"weights": _weights(form)}), seen_version(form)
        office.store.submit(lambda session: set_line(session, office.office, post, body, seen))

    back = f"{line_address(*post)}?done=saved"
    return carry_out(office, form, act, lambda trouble: _one(office, post, trouble), back=back)


@router.post("/{beat}/{shift}/{role}/end")
def end(
    office: WriterDesk, beat: CodePath, shift: CodePath, role: CodePath, form: FormDep
) -> Response:
    """Say that a post wants nobody in a role any more."""
    post = (beat, shift, role)

    def act() -> None:
        seen = seen_version(form)
        office.store.submit(lambda session: end_line(session, office.office, post, seen))

    back = f"{HERE}?done=demand_ended"
    return carry_out(office, form, act, lambda trouble: _one(office, post, trouble), back=back)


def names_for(session: Session, office: Desk) -> Called:
    """Return what stations, roles and templates are called."""
    texts = office.texts
    label = "label_zh" if texts.language == "zh" else "label_en"

    def labels(topic: str) -> dict[str, str]:
        return {one["code"]: one[label] for one in list_entries(session, topic)}

    stations = dict(stations_within(session, office.access.scope))
    return Called(stations, labels("duty-roles"), labels("shift-templates"), texts, office.zone)


def filter_of(given: Mapping[str, str]) -> DemandFilter:
    """Return the lines that the fields of an address or a form mean; what is no value is left."""
    try:
        week = date.fromisoformat(given.get("week", ""))
    except ValueError:
        week = None
    weekday = given.get("weekday", "")
    return DemandFilter(
        station=given.get("station") or None,
        place=given.get("place") or None,
        week=week,
        weekday=int(weekday) if re.fullmatch("[1-7]", weekday) else None,
        template=given.get("template") or None,
        role=given.get("role") or None,
    )


def week_choices(turns: Sequence[DatedTurn], called: Called) -> tuple[tuple[str, str], ...]:
    """Return the weeks that have shifts, the last last."""
    weeks = sorted({one.week for one in turns})
    return tuple((one.isoformat(), called.week(one)) for one in weeks)


def _coming(turns: Sequence[DatedTurn], office: Desk) -> str:
    """Return the first week that is not over; where all are, the last."""
    coming = next((one.week for one in turns if one.ends_at > office.now), None)
    if coming is None:
        return turns[-1].week.isoformat() if turns else ""
    return coming.isoformat()


def _filters(
    called: Called, turns: Sequence[DatedTurn], given: Mapping[str, str]
) -> tuple[Filter, ...]:
    """Return what the list may be narrowed to; words that are none count as not given."""
    used = {one.template for one in turns}
    choices: dict[str, Any] = {
        "week": week_choices(turns, called),
        "station": tuple(called.stations.items()),
        "weekday": [(str(day), called.texts(f"weekday.{day - 1}")) for day in range(1, 8)],
        "template": [one for one in called.templates.items() if one[0] in used],
        "role": tuple(called.roles.items()),
    }
    labels = {"station": "console.station", "template": "demand.shift"}
    selects = [
        Filter(name, labels.get(name, f"demand.{name}"), given[name], found)
        for name, found in choices.items()
        if len(found) > (name == "station")
    ]
    checked = [one if one.value in dict(one.choices) else replace(one, value="") for one in selects]
    return (Filter("place", "demand.place", given["place"].strip().replace("\0", "")), *checked)


def _named(filters: Sequence[Filter]) -> list[Filter]:
    """Return the filters, with any week told from the week to come."""
    return [
        replace(one, value="any") if one.name == "week" and not one.value else one
        for one in filters
    ]


def _links(office: Desk, wanted: DemandFilter, *, is_empty: bool) -> list[tuple[str, str]]:
    actor, texts = office.access.actor, office.texts
    links = []
    if may(actor, "demand.write"):
        only = "" if wanted.station is None else f"?station={wanted.station}"
        links.append((texts("demand.new"), f"{HERE}/new{only}"))
        if not is_empty:
            links.append((texts("demand.bulk"), bulk_address(wanted)))
    if may(actor, "shift.write"):
        links.append((texts("demand.open_week"), f"{HERE}/week"))
    if is_empty and may(actor, "import.preview"):
        links.append((texts("imports.title"), "/console/imports"))
    return links


def _weights(form: Form) -> list[int]:
    """Return a weight for each of the people that a form asks for.

    Raises
    ------
    FormRefusedError
        Where a field holds no whole numbers, or not one weight for all or one for each.
    """
    people, told = form.text("people"), re.split(r"[\s,，、;；]+", form.text("weights"))
    refusals: dict[str, Refusal] = {}
    if not re.fullmatch(r"[0-9]{1,9}", people, re.ASCII):
        refusals["people"] = Refusal("int_type" if people else "missing", {})
    elif int(people) > MOST_PLACES:
        refusals["people"] = Refusal("less_than_equal", {"le": MOST_PLACES})
    if not all(re.fullmatch(r"[0-9]{1,10}", one, re.ASCII) for one in told):
        refusals["weights"] = Refusal("value_error" if form.text("weights") else "missing", {})
    elif "people" not in refusals and len(told) not in {1, int(people)}:
        refusals["weights"] = Refusal("weights_count", {"people": int(people)})
    if refusals:
        raise FormRefusedError(refusals)
    weights = [int(one) for one in told]
    return weights * int(people) if len(weights) == 1 else weights


def _one(office: Desk, post: tuple[str, str, str], trouble: Trouble | None = None) -> Response:
    texts, scope, actor = office.texts, office.access.scope, office.access.actor
    beat, shift, role = post
    with office.store.read() as session:
        version = find_line(session, scope, *post).version
        turns = dated_turns(session, office.zone.key)
        wanted = DemandFilter(beat=beat, shift=shift, role=role)
        found = search_lines(session, scope, wanted, turns, limit=1)[0]
        called = names_for(session, office)
        roster = roster_of_shift(session, shift, beat) if may(actor, "roster.read") else None
    links = [(texts("demand.of_beat"), f"{HERE}?place={found.beat}&week={found.turn.week}")]
    if roster is not None:
        board = f"/console/rosters/{roster}/board?station={found.station}&shift={shift}"
        links.insert(0, (texts("demand.board"), board))
    panels = [Panel(texts("demand.line"), terms=line_terms(found, called), links=links)]
    if may(actor, "demand.write"):
        sheets = answered(line_sheets(found, texts, str(version)), trouble)
        panels.append(Panel(texts("demand.change"), texts("demand.next_plan"), sheets=sheets))
    heading = f"{found.beat_name} · {called.role(role)}"
    up = (texts("demand.title"), HERE)
    return office.sheet(heading, panels, here=HERE, trouble=trouble, up=up)


def _new_again(office: Desk, form: Form, trouble: Trouble) -> Response:
    with office.store.read() as session:
        beats = {code: of for code, _, of in beats_listed(session, office.access.scope)}
        stations = stations_within(session, office.access.scope)
    of = beats.get(form.text("beat_id"), "")
    return _new(office, next((code for code, name in stations if name == of), ""), trouble)


def _new(office: Desk, station: str, trouble: Trouble | None = None) -> Response:
    texts, scope = office.texts, office.access.scope
    with office.store.read() as session:
        stations = dict(stations_within(session, scope))
        if station not in stations and len(stations) == 1:
            station = next(iter(stations))
        if station not in stations:
            return _page(office, stations_panel(stations.items(), texts), trouble)
        called = names_for(session, office)
        turns = dated_turns(session, office.zone.key)
        listed = beats_listed(session, scope)
        roles = list_entries(session, "duty-roles")
    beats = [(code, name) for code, name, of in listed if of == stations[station]]
    shifts = tuple((one.code, called.turn(one)) for one in turns if one.ends_at > office.now)
    in_use = tuple((one["code"], called.role(one["code"])) for one in roles if one["is_active"])
    if not shifts or not beats:
        word = "demand.no_beats" if shifts else "demand.no_shifts"
        empty = (texts(word), texts("demand.no_shifts_hint"))
        return _page(office, Panel(heads=("",), empty=empty), trouble)
    sheets = answered([new_sheet(texts, beats, shifts, in_use)], trouble)
    hint = texts("demand.next_plan")
    return _page(office, Panel(stations[station], hint, sheets=sheets, is_wide=True), trouble)


def _page(office: Desk, panel: Panel, trouble: Trouble | None) -> Response:
    texts = office.texts
    up = (texts("demand.title"), HERE)
    heading = texts("demand.new")
    return office.sheet(heading, [panel], here=HERE, trouble=trouble, up=up)
