"""``/console/people``: who is a member, found quickly; each read is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.access.fields import rights_over, search_rights
from api.console import Desk, desk
from api.person_answers import told_file
from api.views.console.people import PEOPLE, person_rows
from api.views.console.person import Wording, person_parts
from api.views.console.table import Filter, Table, next_address
from data.records.catalogue import list_entries
from data.records.person_file import read_file
from data.records.person_search import PersonFilter, search_people
from data.store.tables.people import PERSON_STATES
from dispatch.rules import Tier

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.language import Texts

router = APIRouter(prefix="/console", include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("person.read"))]
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
    office.note("people", "list", filters=[one.name for one in filters if one.value])
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
        rights = rights_over(session, office.access, [code])[code]
        entries = _entries(session, office.texts)
    office.note("person", code)
    told = told_file(file, rights)
    return office.render(
        "person.html",
        here="/console/people",
        heading=told["profile"].get("name") or code,
        code=code,
        parts=person_parts(told, Wording(office.texts, office.zone, entries)),
    )


def _entries(session: Session, texts: Texts) -> dict[str, str]:
    """Return what the city calls its professions and qualifications."""
    name = "label_zh" if texts.language == "zh" else "label_en"
    topics = ("professions", "qualifications")
    return {row["code"]: row[name] for topic in topics for row in list_entries(session, topic)}
