"""Pages of a long list: a cursor is the version of the list and a position in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from api.dependencies import CityDep
from api.errors import ParameterError

MAX_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    start: int
    limit: int
    version: str

    def cut(self, total: int) -> tuple[slice, str | None]:
        """Return the wanted part of a list and the cursor of what follows it."""
        end = min(self.start + self.limit, total)
        following = f"{self.version}.{end}" if end < total else None
        return slice(min(self.start, total), end), following


def get_page(
    city: CityDep,
    limit: Annotated[
        int, Query(ge=1, le=MAX_LIMIT, description="How many at most.", examples=[100])
    ] = 100,
    cursor: Annotated[
        str | None,
        Query(
            max_length=32,
            pattern=r"^[0-9a-f]{16}\.[0-9]{1,9}$",
            description="`next` of the page before.",
        ),
    ] = None,
) -> Page:
    """Return the part of a list that was asked for.

    Raises
    ------
    ParameterError
        Where the cursor is of another bundle or roster: the list has changed since.
    """
    if cursor is None:
        return Page(0, limit, city.version)
    version, _, start = cursor.partition(".")
    if version != city.version:
        raise ParameterError("Expected a cursor of the roster served now: begin the list anew.")
    return Page(int(start), limit, version)


PageDep = Annotated[Page, Depends(get_page)]
