"""``/api/v1/audit``: who did what to what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.errors import problems
from api.office import Office, office
from api.schemas import audit as schemas
from data.records.audit_reading import list_entries

router = APIRouter(tags=["audit"])

Reader = Annotated[Office, Depends(office("audit.read"))]


@router.get(
    "/audit",
    response_model=schemas.Entries,
    responses=problems(401, 403, 422),
    summary="The audit, the newest first",
)
def audit(at: Reader, wanted: Annotated[schemas.AuditQuery, Query()]) -> Response:
    """List entries; ``since`` counts, ``until`` no more. That it was read is kept, too."""
    with at.store.read() as session:
        page = list_entries(session, **wanted.model_dump())
    at.note("audit", "list")
    return at.answer({"items": page.items, "next": page.next})
