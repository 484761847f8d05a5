"""``/console``: where whoever works at the console begins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.access.actor import Access
from api.access.errors import StepDueError
from api.access.policy import allowed
from api.console import start_of

router = APIRouter(include_in_schema=False)


@router.get("/console")
async def start(access: Annotated[Access, Depends(allowed("session.own"))]) -> Response:
    """Lead to the first place of the reader's menu; a volunteer to the pages of phones."""
    if (step := access.actor.step) is not None:
        raise StepDueError(step)
    return RedirectResponse(start_of(access.actor), 303)
