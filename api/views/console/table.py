"""A list as the console shows it: columns, rows, filters, and where it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the key of its values and of its heading, and whether it holds numbers."""

    name: str
    heading: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A field above the list; with `choices` (value, words) a select, else free text."""

    name: str
    label: str
    value: str = ""
    choices: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Ticks:
    """Rows that can be ticked: where the ticked ones go, and the words of the buttons."""

    action: str
    button: str
    all_words: str


@dataclass(frozen=True, slots=True)
class Table:
    """One page of a list.

    Attributes
    ----------
    rows : sequence of mapping
        Values by column name; ``url`` opens the row, ``tone`` colours its state.
    following : str
        Address of the next rows; empty at the end.
    total : int or None
        How many there are in all, where that was counted.
    empty : tuple of str
        What to say where there is nothing: a sentence, and what to do.
    links : sequence of (str, str)
        Words and addresses of what can be done here.
    ticks : Ticks or None
        Whether rows can be ticked; their ``tick`` is what is sent of them.
    """

    address: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    filters: Sequence[Filter] = ()
    following: str = ""
    total: int | None = None
    empty: tuple[str, str] = ("", "")
    more: Mapping[str, str] = field(default_factory=dict)
    links: Sequence[tuple[str, str]] = ()
    ticks: Ticks | None = None


def next_address(address: str, filters: Sequence[Filter], cursor: str | None) -> str:
    """Return where the rows after a page come from."""
    if cursor is None:
        return ""
    given = {one.name: one.value for one in filters if one.value}
    return f"{address}?{urlencode({**given, 'cursor': cursor, 'part': 'rows'})}"
