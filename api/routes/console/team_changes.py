"""``/console/teams/…``: make a team, change it, put people in and take them out, dissolve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.fields import rights_over, search_rights
from api.console import Desk, desk
from api.console_forms import carry_out, make_once
from api.forms import Form, FormDep, FormRefusedError, Refusal, fill, valid
from api.once import FormOnceDep
from api.person_answers import told_person
from api.routes.console.courses import codes_of
from api.routes.console.teams import team_page, team_words
from api.routes.v1.teams import change_team, make_team, put_into_team, take_out_of_team
from api.schemas.teams import NewTeam, TeamEdit
from api.views.console.sheets import Panel, Trouble, answered
from api.views.console.team_sheets import HERE, joining_sheet, new_team_sheet
from data.records.errors import RecordMissingError
from data.records.membership import MOVABLE
from data.records.person_search import PersonFilter, search_people
from data.records.teams import read_team

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

router = APIRouter(prefix=HERE, include_in_schema=False)

WriterDesk = Annotated[Desk, Depends(desk("team.write"))]
TeamPath = Annotated[str, Path(min_length=1, max_length=128)]
FOUND: Final = 30
MOST: Final = 500


@router.get("/new")
def new(office: WriterDesk) -> Response:
    """Show the form of a new team."""
    return _new(office)


@router.post("")
def create(office: WriterDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Make a team, and go on to its page."""

    def work(session: Session) -> str:
        body = fill(NewTeam, form)
        make_team(session, office.office, body)
        return f"{_place(body.code)}?done=team_added"

    return make_once(office, form, once, work, lambda trouble: _new(office, trouble))


@router.post("/{code}")
def edit(office: WriterDesk, code: TeamPath, form: FormDep) -> Response:
    """Rename a team, move it to another station, give it a specialism."""

    def act() -> None:
        body = _named(form)
        office.store.submit(lambda session: _change(session, office, code, body, form))

    return _carry_out(office, code, form, act, "saved")


@router.post("/{code}/closing")
def close(office: WriterDesk, code: TeamPath, form: FormDep) -> Response:
    """Dissolve a team that nobody is in."""
    return _set_active(office, code, form, is_active=False)


@router.post("/{code}/reopening")
def reopen(office: WriterDesk, code: TeamPath, form: FormDep) -> Response:
    """Let a team that was dissolved take people in again."""
    return _set_active(office, code, form, is_active=True)


@router.post("/{code}/roll")
def roll(office: WriterDesk, code: TeamPath, form: FormDep) -> Response:
    """Make the ticked members leaders or leaders no more, or take them out of the team."""
    act = form.text("act")

    def work(session: Session) -> None:
        people = form.all("people")
        _require_in(session, office, code, people)
        for person in people:
            if act == "take_out":
                take_out_of_team(session, office.office, code, person)
            else:
                put_into_team(session, office.office, code, person, is_leader=act == "lead")

    def do() -> None:
        if act not in {"lead", "follow", "take_out"} or not form.all("people"):
            raise FormRefusedError({"people": Refusal("missing", {})})
        office.store.submit(work)

    return _carry_out(office, code, form, do, "team_taken_out" if act == "take_out" else "saved")


@router.get("/{code}/joining")
def joining(
    office: WriterDesk, code: TeamPath, find: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """Show who may join a team: found by name or code, or named by their codes."""
    return _joining(office, code, find.strip())


@router.post("/{code}/joining")
def join(office: WriterDesk, code: TeamPath, form: FormDep, once: FormOnceDep) -> Response:
    """Put people into a team, all of them or none."""

    def work(session: Session) -> str:
        people = list(dict.fromkeys([*form.all("found"), *codes_of(form, "people")]))
        if not people:
            raise FormRefusedError({"people": Refusal("missing", {})})
        if len(people) > MOST:
            raise FormRefusedError({"people": Refusal("too_long", {"max_length": MOST})})
        for person in people:
            leads = form.text("is_leader") == "true"
            put_into_team(session, office.office, code, person, is_leader=leads)
        return f"{_place(code)}?done=team_joined"

    return make_once(office, form, once, work, lambda trouble: _joining(office, code, "", trouble))


def _carry_out(office: Desk, code: str, form: Form, act: Callable[[], Any], done: str) -> Response:
    return carry_out(
        office,
        form,
        act,
        lambda trouble: team_page(office, code, trouble),
        back=f"{_place(code)}?done={done}",
    )


def _set_active(office: Desk, code: str, form: Form, *, is_active: bool) -> Response:
    body = valid(TeamEdit, {"is_active": is_active})

    def act() -> None:
        office.store.submit(
            lambda session: change_team(session, office.office, code, body, form.text("version"))
        )

    return _carry_out(office, code, form, act, "saved" if is_active else "team_closed")


def _named(form: Form) -> TeamEdit:
    """Return what the form of a team says; blank: the whole city, no specialism."""
    if not form.text("name"):
        raise FormRefusedError({"name": Refusal("missing", {})})
    places = {name: form.text(name) or None for name in ("station", "specialism")}
    return valid(TeamEdit, {"name": form.text("name"), **places})


def _change(session: Session, office: Desk, code: str, body: TeamEdit, form: Form) -> None:
    """Change what differs: a specialism that was put out of use since may stay as it is."""
    team, _ = read_team(session, office.access.scope, code, today=office.today)
    given = body.model_dump(exclude_unset=True)
    differs = {name: value for name, value in given.items() if getattr(team, name) != value}
    change_team(session, office.office, code, valid(TeamEdit, differs), form.text("version"))


def _require_in(session: Session, office: Desk, code: str, people: list[str]) -> None:
    """Refuse ticks of people who are no longer in the team, lest they join it anew."""
    _, members = read_team(session, office.access.scope, code, today=office.today)
    here = {one.code for one in members}
    for person in people:
        if person not in here:
            raise RecordMissingError("member of the team", person)


def _new(office: Desk, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        sheet = new_team_sheet(team_words(session, office))
    panel = Panel(sheets=answered([sheet], trouble), is_wide=True)
    up = (texts("console.teams"), HERE)
    return office.sheet(texts("teams.new"), [panel], here=HERE, trouble=trouble, up=up)


def _joining(office: Desk, code: str, find: str, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        team, members = read_team(session, office.access.scope, code, today=office.today)
        found = _found(session, office, find, {one.code for one in members}) if find else []
    say = ""
    if find:
        office.note("people", "list", filters=["name", "code"])
        say = "" if found else texts("teams.nobody_found")
    if len(found) > FOUND:
        say = texts("teams.more_found", count=FOUND)
    place = _place(code)
    sheets = answered([joining_sheet(place, found[:FOUND], texts)], trouble)
    panel = Panel(
        texts("teams.add_members"), texts("teams.add_members_hint"), sheets=sheets, is_wide=True
    )
    return office.sheet(
        f"{team.name} · {texts('teams.add_members')}",
        [panel],
        here=HERE,
        trouble=trouble,
        template="team_joining.html",
        up=(team.name, place),
        finder=f"{place}/joining",
        find=find,
        say=say,
    )


def _found(session: Session, office: Desk, find: str, here: set[str]) -> list[dict[str, Any]]:
    """Return those whose name has these letters, or whose code begins with them."""
    access = office.access
    search_rights(access).require("r", ["name"])
    people: dict[str, Any] = {}
    for wanted in (
        PersonFilter(name=find, states=MOVABLE),
        PersonFilter(code=find, states=MOVABLE),
    ):
        page = search_people(
            session,
            access.scope,
            office.keys,
            wanted,
            today=office.today,
            limit=FOUND + 1 + min(len(here), 400),
        )
        people |= {one.code: one for one in page.items if one.code not in here}
    some = list(people.values())[: FOUND + 1]
    rights = rights_over(session, access, [one.code for one in some])
    return [told_person(one, rights[one.code]) for one in some]


def _place(code: str) -> str:
    return f"{HERE}/{quote(code, safe='')}"
