"""``/console/demand/bulk`` and ``week``: many demand lines at once, and a week that is opened."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from api.console import Desk, desk
from api.console_forms import make_once, trouble_of
from api.forms import Form, FormDep, FormRefusedError, Refusal, fill, valid
from api.once import FormOnceDep
from api.routes.console.demand import filter_of, names_for, week_choices
from api.routes.console.settings import seen_version
from api.routes.v1.demand_changes import change_lines
from api.routes.v1.shifts import make_week
from api.schemas.week import DemandChange, NewWeek
from api.views.console.demand import (
    HERE,
    ask_sheets,
    bulk_address,
    change_terms,
    confirm_sheet,
    filter_fields,
    meant_words,
    now_terms,
    week_sheet,
)
from api.views.console.sheets import Panel, Trouble, answered
from data.planning.demand_change import Resize, resize_view
from data.planning.demand_search import dated_turns

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.planning.demand_search import DemandFilter

router = APIRouter(prefix=HERE, include_in_schema=False)

WriterDesk = Annotated[Desk, Depends(desk("demand.write"))]
WeekDesk = Annotated[Desk, Depends(desk("shift.write"))]
Word = Annotated[str, Query(max_length=64)]
FIELDS = ("place", "week", "station", "weekday", "template", "role")


@router.get("/bulk")
def ask(
    office: WriterDesk,
    *,
    place: Word = "",
    week: Word = "",
    station: Word = "",
    weekday: Word = "",
    template: Word = "",
    role: Word = "",
) -> Response:
    """Show which lines are meant, and ask what they are to want."""
    values = (place, week, station, weekday, template, role)
    return _ask(office, filter_of(dict(zip(FIELDS, values, strict=True))))


@router.post("/bulk/preview")
def preview(office: WriterDesk, form: FormDep) -> Response:
    """Show what a change comes to, before it is done."""
    try:
        return _preview(office, form, _body(form))
    except FormRefusedError as error:
        return _ask(office, _filter(form), trouble_of(error, form, office.texts))


@router.post("/bulk")
def change(office: WriterDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Change all lines that are meant, or none; where another has changed them, show it anew."""
    body = _body(form)

    def work(session: Session) -> str:
        seen, timezone = seen_version(form), office.zone.key
        change_lines(session, office.office, body, seen, timezone)
        return f"{HERE}?{_query(_filter(form))}done=demand_changed"

    return make_once(
        office, form, once, work, lambda trouble: _preview(office, form, body, trouble)
    )


@router.get("/week")
def week(office: WeekDesk) -> Response:
    """Show the form that opens a week."""
    return _week(office)


@router.post("/week")
def open_week(office: WeekDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Make the shifts of seven days by the templates, with the demand of another week."""

    def work(session: Session) -> str:
        body = fill(NewWeek, form, needs=("first_day",))
        make_week(session, office.office, body, office.zone.key)
        monday = body.first_day - timedelta(days=body.first_day.weekday())
        return f"{HERE}?week={monday}&done=week_opened"

    return make_once(office, form, once, work, lambda trouble: _week(office, trouble))


def _filter(form: Form) -> DemandFilter:
    return filter_of({name: form.text(name) for name in FIELDS})


def _body(form: Form) -> DemandChange:
    """Return the change that a form asks for.

    Raises
    ------
    FormRefusedError
    """
    wanted = filter_fields(_filter(form))
    values: dict[str, Any] = {_NAMES.get(name, name): value for name, value in wanted.items()}
    if "weekday" in values:
        values["weekday"] = int(values["weekday"])
    name = "factor" if "factor" in form.fields else "people"
    text = form.text(name)
    if not text:
        raise FormRefusedError({name: Refusal("missing", {})})
    try:
        values[name] = float(text) if name == "factor" else int(text)
    except ValueError:
        kind = "float_type" if name == "factor" else "int_type"
        raise FormRefusedError({name: Refusal(kind, {})}) from None
    if values[name] - values[name] != 0 or abs(values[name]) > 10**9:
        raise FormRefusedError({name: Refusal("value_error", {})})
    return valid(DemandChange, values)


_NAMES = {"station": "station_id"}


def _query(wanted: DemandFilter) -> str:
    """Return a filter as the begin of an address' query, any week told from the week to come."""
    query = bulk_address(wanted).partition("?")[2]
    return "&".join(filter(None, (query, "" if wanted.week else "week=any"))) + "&"


def _ask(office: Desk, wanted: DemandFilter, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        called = names_for(session, office)
        scope, zone = office.access.scope, office.zone.key
        told = resize_view(session, scope, wanted, Resize(factor=1.0), zone)
    terms = [*meant_words(wanted, called), *now_terms(told, texts)]
    sheets = answered(ask_sheets(wanted, texts), trouble)
    panels = [
        Panel(texts("demand.meant"), terms=terms),
        Panel(texts("demand.bulk"), texts("demand.next_plan"), sheets=sheets),
    ]
    return _page(office, panels, trouble)


def _preview(
    office: Desk, form: Form, body: DemandChange, trouble: Trouble | None = None
) -> Response:
    texts, wanted = office.texts, _filter(form)
    resize = Resize(body.people, body.factor)
    with office.store.read() as session:
        called = names_for(session, office)
        told = resize_view(session, office.access.scope, wanted, resize, office.zone.key)
    name = "factor" if body.factor is not None else "people"
    words = texts("demand.factor" if name == "factor" else "demand.set_to")
    asked = {name: form.text(name)}
    sheets = [confirm_sheet(wanted, told, asked, texts)] if told.num_changed else []
    hint = texts("demand.next_plan" if told.num_changed else "demand.no_change")
    panels = [
        Panel(
            texts("demand.meant"),
            terms=meant_words(wanted, called),
            links=((texts("demand.other"), bulk_address(wanted)),),
        ),
        Panel(
            texts("demand.comes_to"),
            hint,
            terms=[(words, asked[name]), *change_terms(told, texts)],
            sheets=sheets,
        ),
    ]
    return _page(office, panels, trouble)


def _week(office: Desk, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        turns = dated_turns(session, office.zone.key)
        weeks = week_choices(turns, names_for(session, office))
    today = office.today - timedelta(days=office.today.weekday())
    last = max([today, *(one.week for one in turns)])
    sheets = answered([week_sheet(texts, last + timedelta(days=7), weeks)], trouble)
    panel = Panel(texts("demand.open_week"), texts("demand.open_hint"), sheets=sheets)
    return _page(office, [panel], trouble)


def _page(office: Desk, panels: list[Panel], trouble: Trouble | None) -> Response:
    texts = office.texts
    up = (texts("demand.title"), HERE)
    heading = texts("demand.bulk") if len(panels) > 1 else texts("demand.open_week")
    return office.sheet(heading, panels, here=HERE, trouble=trouble, up=up)
