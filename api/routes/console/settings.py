"""``/console/settings``: what can be set, the rules and costs of plans, the points table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Response

from api.access.policy import may
from api.console import Desk, desk
from api.console_forms import carry_out
from api.forms import Form, FormDep, FormRefusedError, Refusal, fill
from api.routes.v1.settings import add_shipped, change_number, change_planning, change_rule
from api.schemas.settings import (
    CostNumbers,
    PointNumber,
    PointRuleEdit,
    RuleNumbers,
    WantedPlanning,
)
from api.views.console.catalogue import HERE
from api.views.console.settings import (
    index_panels,
    number_sheet,
    planning_panel,
    planning_sheet,
    points_panels,
    rule_sheet,
)
from api.views.console.sheets import Panel, Sheet, Trouble, answered
from data.planning.settings import planning_settings
from data.points.table_edits import find_point_rule, find_point_setting, points_table
from data.store.row_versions import StaleError

if TYPE_CHECKING:
    from api.settings import Settings

router = APIRouter(prefix="/console/settings", include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("setting.read"))]
WriterDesk = Annotated[Desk, Depends(desk("setting.write"))]
RowPath = Annotated[str, Path(min_length=1, max_length=128)]
PLANNING = f"{HERE}/planning"
POINTS = f"{HERE}/points"


@router.get("")
def index(office: ReaderDesk) -> Response:
    """Show what can be set, with what each does; and what the environment sets."""
    texts = office.texts
    settings: Settings = office.request.app.state.settings
    with office.store.read() as session:
        planning = planning_settings(session)
    panels = index_panels(settings, planning, texts, office.zone)
    return office.sheet(texts("settings.title"), panels, here=HERE)


@router.get("/planning")
def planning(office: ReaderDesk) -> Response:
    """Show the rules and costs of plans; with the form where the reader may set them."""
    return _planning(office)


@router.post("/planning")
def set_planning(office: WriterDesk, form: FormDep) -> Response:
    """Set the rules and costs of plans to come."""

    def act() -> None:
        body, seen = _wanted(form), seen_version(form)
        office.store.submit(lambda session: change_planning(session, office.office, body, seen))

    return carry_out(
        office, form, act, lambda trouble: _planning(office, trouble), back=f"{PLANNING}?done=saved"
    )


@router.get("/points")
def points(office: ReaderDesk) -> Response:
    """Show the points table and its numbers."""
    texts = office.texts
    with office.store.read() as session:
        rules, numbers = points_table(session)
    may_write = may(office.access.actor, "setting.write")
    panels = points_panels(rules, numbers, texts, may_write=may_write)
    return office.sheet(texts("settings.points"), panels, here=HERE, up=_up(office))


@router.post("/points/shipped")
def take_shipped(office: WriterDesk, form: FormDep) -> Response:
    """Add the rows that are shipped."""

    def act() -> None:
        office.store.submit(lambda session: add_shipped(session, office.office))

    return carry_out(office, form, act, lambda _: points(office), back=f"{POINTS}?done=saved")


@router.get("/points/rules/{code}")
def rule(office: ReaderDesk, code: RowPath) -> Response:
    """Show a row of the points table."""
    return _rule(office, code)


@router.post("/points/rules/{code}")
def edit_rule(office: WriterDesk, code: RowPath, form: FormDep) -> Response:
    """Change a row of the points table."""
    needs = ("label_zh", "label_en", "points")

    def act() -> None:
        body = fill(PointRuleEdit, form, clears=("monthly_cap",), needs=needs)
        seen = seen_version(form)
        office.store.submit(lambda session: change_rule(session, office.office, code, body, seen))

    return carry_out(
        office, form, act, lambda trouble: _rule(office, code, trouble), back=f"{POINTS}?done=saved"
    )


@router.get("/points/numbers/{code}")
def number(office: ReaderDesk, code: RowPath) -> Response:
    """Show a number of the points."""
    return _number(office, code)


@router.post("/points/numbers/{code}")
def set_number(office: WriterDesk, code: RowPath, form: FormDep) -> Response:
    """Set a number of the points."""

    def act() -> None:
        value, seen = fill(PointNumber, form).value, seen_version(form)
        office.store.submit(
            lambda session: change_number(session, office.office, code, value, seen)
        )

    return carry_out(
        office,
        form,
        act,
        lambda trouble: _number(office, code, trouble),
        back=f"{POINTS}?done=saved",
    )


def seen_version(form: Form) -> int:
    """Return the version that the form's reader saw.

    Raises
    ------
    StaleError
        Where it names none.
    """
    text = form.text("version")
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise StaleError
    return int(text)


def _wanted(form: Form) -> WantedPlanning:
    """Return the rules and costs of a form; the steps of a person's shifts stand in one field."""
    steps = re.split(r"[\s,，、]+", form.text("extra_shift"))
    split = Form({**form.fields, "extra_shift": tuple(one for one in steps if one)})
    refusals: dict[str, Refusal] = {}
    rules = costs = None
    try:
        rules = fill(RuleNumbers, split)
    except FormRefusedError as error:
        refusals |= error.refusals
    try:
        costs = fill(CostNumbers, split)
    except FormRefusedError as error:
        refusals |= error.refusals
    if rules is None or costs is None:
        raise FormRefusedError(refusals)
    return WantedPlanning(rules=rules, costs=costs)


def _planning(office: Desk, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        found = planning_settings(session)
    panel = planning_panel(found, texts, office.zone)
    panels = [Panel(panel.title, panel.hint, heads=panel.heads, rows=panel.rows)]
    if may(office.access.actor, "setting.write"):
        sheet = planning_sheet(found, texts)
        panels = [Panel(panel.title, panel.hint, sheets=answered([sheet], trouble), is_wide=True)]
    return office.sheet(
        texts("settings.planning"), panels, here=HERE, trouble=trouble, up=_up(office)
    )


def _rule(office: Desk, code: str, trouble: Trouble | None = None) -> Response:
    with office.store.read() as session:
        found = find_point_rule(session, code)
    return _row(office, found.label_zh, found.label_en, rule_sheet(found, office.texts), trouble)


def _number(office: Desk, code: str, trouble: Trouble | None = None) -> Response:
    with office.store.read() as session:
        found = find_point_setting(session, code)
    return _row(office, found.label_zh, found.label_en, number_sheet(found, office.texts), trouble)


def _row(
    office: Desk, label_zh: str, label_en: str, sheet: Sheet, trouble: Trouble | None
) -> Response:
    texts = office.texts
    heading = label_zh if texts.language == "zh" else label_en
    panel = Panel(sheets=answered([sheet], trouble))
    if not may(office.access.actor, "setting.write"):
        panel = Panel(terms=[(one.label, str(one.value)) for one in sheet.fields])
    up = (texts("settings.points"), POINTS)
    return office.sheet(heading, [panel], here=HERE, trouble=trouble, up=up)


def _up(office: Desk) -> tuple[str, str]:
    return office.texts("settings.title"), HERE
