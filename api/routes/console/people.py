"""``/console/people``: who is a member, found quickly; each read is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.access.fields import rights_over, search_rights
from api.access.policy import may
from api.console import Desk, desk
from api.person_answers import told_file
from api.views.console.membership import Words, member_panels
from api.views.console.people import PEOPLE, person_rows
from api.views.console.person import Wording, person_parts
from api.views.console.sheets import answered
from api.views.console.table import Filter, Table, Ticks, next_address
from data.field.places import name_near
from data.records.catalogue import list_entries
from data.records.finding import stations_within
from data.records.membership import possible_steps
from data.records.person_file import read_file
from data.records.person_search import PersonFilter, search_people
from data.records.teams import list_teams
from data.store.tables.people import PERSON_STATES
from dispatch.rules import Tier

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.language import Texts
    from api.views.console.sheets import Trouble

router = APIRouter(prefix="/console", include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("person.read"))]
Word = Annotated[str, Query(max_length=64)]
Cursor = Annotated[str, Query(max_length=400)]
PAGE = 100
HERE = "/console/people"
BULK = ("person.transfer", "person.activate", "training.write", "team.write", "insurance.write")
"""Actions that may be done with many people at once."""


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
    asked = {"name": name, "phone": phone}
    search_rights(office.access).require("r", [key for key, value in asked.items() if value])
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
        entries = _entries(session, texts)
    office.note("people", "list", filters=[one.name for one in filters if one.value])
    table = Table(
        HERE,
        PEOPLE,
        person_rows(page.items, texts, entries),
        filters,
        next_address(HERE, filters, page.next),
        page.total,
        (texts("console.no_people"), texts("console.no_people_hint")),
        links=_links(office),
        ticks=bulk_ticks(office),
    )
    name_of = "rows.html" if part == "rows" else "table.html"
    return office.render(name_of, here=HERE, title="console.people", table=table)


@router.get("/people/{code}")
def person(office: ReaderDesk, code: str) -> Response:
    """Show one member's file; the reading is kept and shown to the member."""
    return member_page(office, code)


def bulk_ticks(office: Desk) -> Ticks | None:
    """Return what ticked people are sent to, for those who may do something with many at once."""
    if not any(may(office.access.actor, action) for action in BULK):
        return None
    return Ticks(f"{HERE}/bulk", office.texts("people.bulk"), office.texts("people.tick_all"))


def _links(office: Desk) -> tuple[tuple[str, str], ...]:
    texts, actor = office.texts, office.access.actor
    found = []
    if may(actor, "person.create"):
        found.append((texts("people.new"), "/console/applications/new"))
    if may(actor, "person.vet") or may(actor, "person.activate"):
        found.append((texts("people.applications"), "/console/applications"))
    if may(actor, "import.preview"):
        found.append((texts("people.import"), "/console/imports"))
    return tuple(found)


def member_page(office: Desk, code: str, trouble: Trouble | None = None) -> Response:
    """Return the page of a member: the file as far as it may be seen, and what may be done."""
    with office.store.read() as session:
        file = read_file(session, office.access.scope, office.keys, code, today=office.today)
        rights = rights_over(session, office.access, [code])[code]
        profile = file.profile
        words = member_words(session, office, profile.get("station"), profile.get("tier"))
        steps = possible_steps(
            session,
            office.access.scope,
            code,
            by_person=office.access.actor.person_id,
            today=office.today,
        )
        entries = _entries(session, office.texts)
        told = told_file(file, rights)
        if area := told["profile"].get("home_area"):
            near = name_near(session, area) or area
            told["profile"]["home_area"] = office.texts("people.home_near", place=near)
    office.note("person", code)
    panels = [
        replace(panel, sheets=answered(panel.sheets, trouble))
        for panel in member_panels(told, steps, words)
    ]
    return office.sheet(
        told["profile"].get("name") or code,
        panels,
        here=HERE,
        trouble=trouble,
        template="person.html",
        code=code,
        parts=person_parts(told, Wording(office.texts, office.zone, entries)),
    )


def member_words(
    session: Session, office: Desk, station: str | None = None, tier: str | None = None
) -> Words:
    """Return what the sheets of a member let one choose from, within the reader's scope."""
    actor, scope = office.access.actor, office.access.scope
    teams: tuple[tuple[str, str], ...] = ()
    if station and may(actor, "person.transfer"):
        listed = list_teams(session, scope, today=office.today, station=station, limit=500)
        teams = tuple((one.code, one.name) for one in listed.items)
    return Words(
        office.texts,
        lambda action: may(actor, action),
        tuple(_words(session, office.texts, "professions")),
        tuple(_words(session, office.texts, "duty-roles", tier)),
        tuple(stations_within(session, scope)),
        teams,
    )


def _words(
    session: Session, texts: Texts, topic: str, tier: str | None = None
) -> list[tuple[str, str]]:
    """Return the entries of a topic that are in use; of duty roles those of a tier."""
    name = "label_zh" if texts.language == "zh" else "label_en"
    return [
        (one["code"], one[name])
        for one in list_entries(session, topic)
        if one["is_active"] and (tier is None or one["tier"] == tier)
    ]


def _entries(session: Session, texts: Texts) -> dict[str, str]:
    """Return what the city calls its professions and qualifications."""
    name = "label_zh" if texts.language == "zh" else "label_en"
    topics = ("professions", "qualifications")
    return {row["code"]: row[name] for topic in topics for row in list_entries(session, topic)}
