"""``/console/audit``: who did what to what, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from api.console import Desk, desk
from api.views.console.table import Column, Filter, Table, next_address
from data.records.audit_reading import list_entries

if TYPE_CHECKING:
    from api.language import Texts

router = APIRouter(prefix="/console", include_in_schema=False)

AuditDesk = Annotated[Desk, Depends(desk("audit.read"))]
Word = Annotated[str, Query(max_length=64)]
COLUMNS: Final = (
    Column("number", "console.number", is_number=True),
    Column("at", "console.at"),
    Column("actor", "console.actor"),
    Column("action", "console.action"),
    Column("object", "console.object"),
    Column("detail", "console.detail"),
)


@router.get("/audit")
def audit(
    office: AuditDesk,
    *,
    actor: Word = "",
    action: Word = "",
    kind: Word = "",
    key: Word = "",
    cursor: Annotated[str, Query(max_length=400)] = "",
    part: Word = "",
) -> Response:
    """List the audit."""
    filters = (
        Filter("actor", "console.actor", actor),
        Filter("action", "console.action", action),
        Filter("kind", "console.object_kind", kind),
        Filter("key", "console.object_key", key),
    )
    with office.store.read() as session:
        page = list_entries(
            session,
            actor=actor or None,
            action=action or None,
            object_kind=kind or None,
            object_key=key or None,
            cursor=cursor or None,
        )
    zone, texts = office.zone, office.texts
    rows = [
        {
            "url": "",
            "number": f"{one.number:,}",
            "at": f"{one.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            "actor": one.actor_name or one.actor,
            "action": _worded(texts, "label.action", one.action),
            "object": f"{texts.label('label.object', one.object_kind)} {one.object_key}",
            "detail": ", ".join(f"{name}={value}" for name, value in one.detail.items()),
        }
        for one in page.items
    ]
    table = Table(
        "/console/audit",
        COLUMNS,
        rows,
        filters,
        next_address("/console/audit", filters, page.next),
        None,
        (texts("console.no_entries"), texts("console.no_entries_hint")),
    )
    name = "rows.html" if part == "rows" else "table.html"
    return office.render(name, here="/console/audit", title="console.audit", table=table)


def _worded(texts: Texts, kind: str, code: str) -> str:
    """Return what a code means, with the code by which one may search."""
    said = texts.label(kind, code)
    return code if said == code else f"{said} · {code}"
