"""``/console/insurance``: whose insurance runs out, and which shifts that leaves uncovered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.access.fields import rights_over
from api.access.policy import may
from api.console import Desk, desk
from api.views.console.insurance import WARNINGS, warning_rows
from api.views.console.table import Filter, Table, Ticks, next_address
from data.records.insurance_warnings import insurance_warnings

router = APIRouter(prefix="/console", include_in_schema=False)

InsuranceDesk = Annotated[Desk, Depends(desk("insurance.read"))]
Word = Annotated[str, Query(max_length=64)]
HERE = "/console/insurance"
DAYS = ("7", "14", "30", "60", "90")
DEFAULT_DAYS = 30


@router.get("/insurance")
def insurance(
    office: InsuranceDesk,
    *,
    station: Word = "",
    days: Word = "",
    duty: Word = "",
    cursor: Annotated[str, Query(max_length=400)] = "",
    part: Word = "",
) -> Response:
    """List warnings: who is on a shift uncovered first, then by the last insured day."""
    texts = office.texts
    within = int(days) if days in DAYS else DEFAULT_DAYS
    with office.store.read() as session:
        page = insurance_warnings(
            session,
            office.access.scope,
            now=office.now,
            within_days=within,
            station=station or None,
            only_on_duty=duty == "only",
            cursor=cursor or None,
            timezone=office.zone.key,
        )
        rights = rights_over(session, office.access, [one.code for one in page.items])
    office.note("people", "insurance")
    filters = (
        Filter("station", "console.station_code", station),
        Filter(
            "days",
            "records.within",
            str(within),
            [(number, texts("records.days", days=number)) for number in DAYS],
        ),
        Filter("duty", "records.uncovered", duty, [("only", texts("records.only_on_duty"))]),
    )
    ticks = None
    if may(office.access.actor, "insurance.write"):
        action = "/console/people/bulk?only=cover"
        ticks = Ticks(action, texts("insurance.renew"), texts("people.tick_all"))
    table = Table(
        HERE,
        WARNINGS,
        warning_rows(page.items, rights, texts, office.zone),
        filters,
        next_address(HERE, filters, page.next),
        page.total,
        (texts("records.all_insured"), texts("records.all_insured_hint")),
        links=((texts("insurance.policies"), f"{HERE}/policies"),),
        ticks=ticks,
    )
    name_of = "rows.html" if part == "rows" else "table.html"
    return office.render(name_of, here=HERE, title="records.insurance", table=table)
