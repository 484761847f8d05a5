"""Pages of a long list: what follows a key, and the cursor that says which.

A cursor is the last row's sort key as JSON in base64url: opaque to a caller, of no use to a
stranger (it can only ask for what the caller may list anyway), and stable while rows come and go.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from data.records.errors import ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

MAX_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class PageOf(Generic[T]):
    """A page.

    Attributes
    ----------
    items : tuple
    next : str or None
        The cursor of what follows; None at the end.
    total : int or None
        How many there are in all, where that was asked.
    """

    items: tuple[T, ...]
    next: str | None
    total: int | None = None


def write_cursor(*key: int | str) -> str:
    """Give the cursor of a sort key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """Give the sort key of a cursor, None where there is none.

    Raises
    ------
    ValueRefusedError
        For a cursor that `write_cursor` did not make for a key of these kinds.
    """
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key = json.loads(raw)
    except (ValueError, binascii.Error, RecursionError):
        key = None
    if not isinstance(key, list) or tuple(map(type, key)) != kinds or not all(map(_is_kept, key)):
        raise ValueRefusedError("Expected a cursor that was given as `next`, got another text.")
    return tuple(key)


def _is_kept(part: int | str) -> bool:
    """Tell whether both databases can compare with a part of a key."""
    if isinstance(part, int):
        return -(2**63) <= part < 2**63
    return "\0" not in part and not any("\ud800" <= letter <= "\udfff" for letter in part)


def cut(rows: Sequence[T], limit: int) -> tuple[Sequence[T], bool]:
    """Cut one row more than a page holds; tell whether something follows."""
    return rows[:limit], len(rows) > limit
