"""Pages of a list that is in the database: a cursor says after which row to go on.

::

    PEOPLE = cursor_for("people", str, int)          # the types of what the query is ordered by

    def people(window: Annotated[Window, Depends(PEOPLE)], …):
        rows = list_people(session, scope, after=window.after, limit=window.fetch)
        items, following = window.cut(rows, lambda row: (row.name, row.id))
        return {"items": items, "next": following}

In ``data`` the condition is `data.store.keyset.after`.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import orjson
from fastapi import Query

from api.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

T = TypeVar("T")
Key = tuple[Any, ...]

MAX_LIMIT: Final = 500
_LONGEST: Final = 400
_WHOLE: Final = 2**63

LimitQuery = Annotated[
    int, Query(ge=1, le=MAX_LIMIT, description="How many at most.", examples=[100])
]
CursorQuery = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=_LONGEST,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="`next` of the page before.",
    ),
]


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is wanted.

    Attributes
    ----------
    name : str
        Of the list: a cursor of another is refused.
    limit : int
    after : tuple or None
        What the last row seen was ordered by.
    """

    name: str
    limit: int
    after: Key | None

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than wanted, to know whether any follow."""
        return self.limit + 1

    def cut(self, rows: Sequence[T], key: Callable[[T], Key]) -> tuple[Sequence[T], str | None]:
        """Return the wanted rows of those fetched, and the cursor of what follows them."""
        if len(rows) <= self.limit:
            return rows, None
        items = rows[: self.limit]
        return items, encode(self.name, key(items[-1]))


def cursor_for(name: str, *types: type) -> Callable[..., Awaitable[Window]]:
    """Return the dependency that reads ``limit`` and ``cursor`` of a list.

    Parameters
    ----------
    name : str
        Of the list.
    types : type
        ``str``, ``int``, ``date`` or ``datetime``, of each value that the list is ordered by.
    """

    async def window(limit: LimitQuery = 100, cursor: CursorQuery = None) -> Window:
        return Window(name, limit, None if cursor is None else decode(name, types, cursor))

    return window


def encode(name: str, key: Key) -> str:
    """Return the cursor of a row."""
    values = [value.isoformat() if isinstance(value, date) else value for value in key]
    return base64.urlsafe_b64encode(orjson.dumps([name, *values])).rstrip(b"=").decode()


def decode(name: str, types: Sequence[type], cursor: str) -> Key:
    """Return the values of a cursor.

    Raises
    ------
    ParameterError
        Where it is of another list, or was not made here.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return _key(name, types, *orjson.loads(raw))
    except (ValueError, TypeError, binascii.Error):
        raise ParameterError("Expected `next` of a page of this list as cursor.") from None


def _key(name: str, types: Sequence[type], given: object, *values: object) -> Key:
    if given != name or len(values) != len(types):
        raise ValueError(name)
    return tuple(_value(kind, value) for kind, value in zip(types, values, strict=True))


def _value(kind: type, value: object) -> object:
    if kind is int and type(value) is int and -_WHOLE <= value < _WHOLE:
        return value
    if kind is str and isinstance(value, str) and "\0" not in value:
        return value
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment
    elif kind is date and isinstance(value, str):
        return date.fromisoformat(value)
    raise ValueError(kind)
