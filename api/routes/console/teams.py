"""``/console/teams``: teams and specialist groups, who is in each and who leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response

from api.access.fields import rights_over, search_rights
from api.access.policy import may
from api.console import Desk, desk
from api.person_answers import told_member
from api.views.console.sheets import Panel, answered
from api.views.console.table import Filter, Table, Ticks, next_address
from api.views.console.team_sheets import HERE, TeamWords, team_sheets
from api.views.console.teams import MEMBERS, TEAMS, member_rows, team_rows, team_terms
from data.field.places import names_of
from data.records.catalogue import list_entries
from data.records.finding import stations_within
from data.records.team_edits import team_tag
from data.records.teams import list_teams, read_team

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.views.console.sheets import Trouble

router = APIRouter(prefix=HERE, include_in_schema=False)

TeamDesk = Annotated[Desk, Depends(desk("team.read"))]
Word = Annotated[str, Query(max_length=64)]
Cursor = Annotated[str, Query(max_length=400)]
ACTS: Final = (
    ("lead", "teams.make_leader", "outline-primary"),
    ("follow", "teams.end_leader", "outline-primary"),
    ("take_out", "teams.take_out", "outline-danger"),
)
"""What may be done with ticked members: the word of the form, its text, its tone."""


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
        leaders = [code for one in page.items for code in one.leaders]
        sees_names = search_rights(office.access).sees("name")
        names = names_of(session, leaders) if sees_names else {}
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
    may_write = may(office.access.actor, "team.write")
    links = ((texts("teams.new"), f"{HERE}/new"),) if may_write else ()
    table = Table(
        HERE,
        TEAMS,
        team_rows(page.items, names, texts),
        filters,
        next_address(HERE, filters, page.next),
        None,
        (texts("console.no_teams"), texts("console.no_teams_hint")),
        links=links,
    )
    name_of = "rows.html" if part == "rows" else "table.html"
    return office.render(name_of, here=HERE, title="console.teams", table=table)


@router.get("/{code}")
def team(office: TeamDesk, code: str) -> Response:
    """Show a team's roll; that it was read is kept."""
    return team_page(office, code)


def team_page(office: Desk, code: str, trouble: Trouble | None = None) -> Response:
    """Return the page of a team: what it is, who is in it, and what may be changed."""
    texts, may_write = office.texts, may(office.access.actor, "team.write")
    place = f"{HERE}/{quote(code, safe='')}"
    with office.store.read() as session:
        found, members = read_team(session, office.access.scope, code, today=office.today)
        rights = rights_over(session, office.access, [one.code for one in members], together=True)
        words = team_words(session, office)
    office.note("team", code)
    told = [told_member(one, rights[one.code]) for one in members]
    panels = [Panel(texts("teams.about"), terms=team_terms(found, told, texts))]
    if may_write:
        label = texts.label("role", found.specialism or "")
        sheets = answered(team_sheets(place, found, team_tag(found), words, label), trouble)
        joining = ((texts("teams.add_members"), f"{place}/joining"),) if found.is_active else ()
        panels.append(Panel(texts("people.change"), sheets=sheets, links=joining))
    ticks = Ticks(f"{place}/roll", texts("teams.act"), texts("teams.tick_all"))
    table = Table(
        place,
        MEMBERS,
        member_rows(told, texts),
        total=found.num_members,
        empty=(texts("records.no_members"), texts("records.no_members_hint")),
        ticks=ticks if may_write else None,
    )
    return office.sheet(
        found.name,
        panels,
        here=HERE,
        trouble=trouble,
        template="team.html",
        table=table,
        acts=tuple((act, texts(key), tone) for act, key, tone in ACTS),
        up=(texts("console.teams"), HERE),
    )


def team_words(session: Session, office: Desk) -> TeamWords:
    """Return what the sheets of a team let one choose from, within the reader's scope."""
    texts, scope = office.texts, office.access.scope
    name = "label_zh" if texts.language == "zh" else "label_en"
    roles = [
        (one["code"], one[name])
        for one in list_entries(session, "duty-roles")
        if one["is_active"] and not one["hazardous"]
    ]
    return TeamWords(texts, tuple(stations_within(session, scope)), tuple(roles), scope.city)
