"""``/console/people``, ``/console/teams``: who is a member, found quickly; each read is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from api.console import Desk, desk
from api.views.console.people import PEOPLE, TEAMS, person_rows, team_rows
from api.views.console.person import person_parts
from api.views.console.table import Filter, Table, next_address
from data.records.person_file import read_file
from data.records.person_search import PersonFilter, search_people
from data.records.teams import list_teams
from data.store.audit import append
from data.store.tables.people import PERSON_STATES
from dispatch.rules import Tier

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter(prefix="/console", include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("person.read"))]
TeamDesk = Annotated[Desk, Depends(desk("team.read"))]
Word = Annotated[str, Query(max_length=64)]
Cursor = Annotated[str, Query(max_length=400)]
PAGE = 100


@router.get("/people")
def people(
    office: ReaderDesk,
    *,
    name: Word = "",
    code: Word = "",
    phone: Word = "",
    team: Word = "",
    tier: Word = "",
    state: Word = "",
    cursor: Cursor = "",
    part: Word = "",
) -> Response:
    """List the people of one's jurisdiction; more come as one scrolls."""
    wanted = PersonFilter(
        name=name or None,
        code=code or None,
        phone=phone or None,
        team=team or None,
        tier=tier or None,
        states=(state,) if state else (),
    )
    texts = office.texts
    filters = (
        Filter("name", "console.name", name),
        Filter("code", "console.code", code),
        Filter("phone", "console.phone", phone),
        Filter("team", "console.team", team),
        Filter("tier", "console.tier", tier, [(one, texts(f"tier.{one}")) for one in Tier]),
        Filter(
            "state",
            "console.state",
            state,
            [(one, texts.label("label.person_state", one)) for one in PERSON_STATES],
        ),
    )
    first = not cursor
    with office.store.read() as session:
        page = search_people(
            session,
            office.access.scope,
            office.keys,
            wanted,
            today=office.today,
            cursor=cursor or None,
            limit=PAGE,
            with_total=first,
        )
    _note(office, "people", "list", filters=[one.name for one in filters if one.value])
    table = Table(
        "/console/people",
        PEOPLE,
        person_rows(page.items, texts),
        filters,
        next_address("/console/people", filters, page.next),
        page.total,
        (texts("console.no_people"), texts("console.no_people_hint")),
    )
    name_of = "rows.html" if part == "rows" else "table.html"
    return office.render(name_of, here="/console/people", title="console.people", table=table)


@router.get("/people/{code}")
def person(office: ReaderDesk, code: str) -> Response:
    """Show one member's file; the reading is kept and shown to the member."""
    with office.store.read() as session:
        file = read_file(session, office.access.scope, office.keys, code, today=office.today)
    _note(office, "person", code)
    profile = file.profile
    return office.render(
        "person.html",
        here="/console/people",
        heading=profile["name"] or code,
        code=code,
        parts=person_parts(file, office.texts),
    )


@router.get("/teams")
def teams(
    office: TeamDesk, *, station: Word = "", cursor: Cursor = "", part: Word = ""
) -> Response:
    """List the teams of one's jurisdiction."""
    filters = (Filter("station", "console.station_code", station),)
    with office.store.read() as session:
        page = list_teams(
            session,
            office.access.scope,
            today=office.today,
            station=station or None,
            cursor=cursor or None,
        )
    texts = office.texts
    table = Table(
        "/console/teams",
        TEAMS,
        team_rows(page.items, texts),
        filters,
        next_address("/console/teams", filters, page.next),
        None,
        (texts("console.no_teams"), texts("console.no_teams_hint")),
    )
    name_of = "rows.html" if part == "rows" else "table.html"
    return office.render(name_of, here="/console/teams", title="console.teams", table=table)


def _note(office: Desk, kind: str, key: str, **detail: Any) -> None:
    def work(session: Session) -> None:
        append(session, office.keys, office.now, office.access.event(kind, key, **detail))

    office.store.submit(work)
