"""Which part of a list is asked for, together with its filters."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.cursors import MAX_LIMIT
from api.schemas.inputs import CLEANED

Cursor = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[A-Za-z0-9_-]+$")]
Word = Annotated[str | None, Field(min_length=1, max_length=128), CLEANED]
"""A filter that is a line of text."""


class PageQuery(BaseModel):
    """Query parameters of a list; filters are named by those who derive from it."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = Field(
        100, description="How many at most.", examples=[100]
    )
    cursor: Cursor | None = Field(None, description="`next` of the page before.")
