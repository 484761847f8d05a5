"""``/console/teams``: teams and specialist groups, who is in each and who leads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.access.fields import rights_over
from api.console import Desk, desk
from api.person_answers import told_member
from api.views.console.table import Filter, Table, next_address
from api.views.console.teams import MEMBERS, TEAMS, member_rows, team_rows
from data.records.catalogue import list_entries
from data.records.teams import list_teams, read_team

router = APIRouter(prefix="/console/teams", include_in_schema=False)

TeamDesk = Annotated[Desk, Depends(desk("team.read"))]
Word = Annotated[str, Query(max_length=64)]
Cursor = Annotated[str, Query(max_length=400)]
HERE = "/console/teams"


@router.get("")
def teams(
    office: TeamDesk,
    *,
    name: Word = "",
    station: Word = "",
    specialism: Word = "",
    cursor: Cursor = "",
    part: Word = "",
) -> Response:
    """List the teams of one's jurisdiction; more come as one scrolls."""
    texts = office.texts
    with office.store.read() as session:
        roles = [row["code"] for row in list_entries(session, "duty-roles") if row["is_active"]]
        page = list_teams(
            session,
            office.access.scope,
            today=office.today,
            name=name or None,
            station=station or None,
            specialism=specialism or None,
            cursor=cursor or None,
        )
    filters = (
        Filter("name", "console.name", name),
        Filter("station", "console.station_code", station),
        Filter(
            "specialism",
            "console.specialism",
            specialism,
            [(role, texts.label("role", role)) for role in roles],
        ),
    )
    table = Table(
        HERE,
        TEAMS,
        team_rows(page.items, texts),
        filters,
        next_address(HERE, filters, page.next),
        None,
        (texts("console.no_teams"), texts("console.no_teams_hint")),
    )
    name_of = "rows.html" if part == "rows" else "table.html"
    return office.render(name_of, here=HERE, title="console.teams", table=table)


@router.get("/{code}")
def team(office: TeamDesk, code: str) -> Response:
    """Show a team's roll; that it was read is kept."""
    with office.store.read() as session:
        found, members = read_team(session, office.access.scope, code, today=office.today)
        rights = rights_over(session, office.access, [one.code for one in members], together=True)
    office.note("team", code)
    told = [told_member(one, rights[one.code]) for one in members]
    texts = office.texts
    table = Table(
        f"{HERE}/{code}",
        MEMBERS,
        member_rows(told, texts),
        total=found.num_members,
        empty=(texts("records.no_members"), texts("records.no_members_hint")),
    )
    return office.render("table.html", here=HERE, heading=found.name, table=table)
