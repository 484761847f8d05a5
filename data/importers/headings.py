"""Which column of a sheet is which: headings as offices write them, found below their titles."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data.importers.cells import Codes, RefusedError, text_of
from data.importers.kinds import IGNORED, SYSTEMS, Column, Kind
from data.importers.text_reader import plain_heading
from data.importers.wording import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOKED_AT = 60
_BRACKETS = re.compile(r"^(.*?)\s*[(\[【〔]\s*(.*?)\s*[)\]】〕][\s*:]*$", re.DOTALL)
_SYSTEM_CODES = Codes.of(Words("坐标系", "coordinate systems"), SYSTEMS)


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a sheet that was understood.

    Attributes
    ----------
    column : Column
    position : int
        From 0.
    text : str
        As it stands in the file.
    scale : float
        By which its numbers are multiplied, from a unit in brackets.
    system : str
        Coordinate system named in brackets, or empty.
    """

    column: Column
    position: int
    text: str
    scale: float = 1.0
    system: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The row of headings of a sheet.

    Attributes
    ----------
    index : int
        Among the sheet's rows that are not blank.
    headings : tuple of Heading
    unknown, ignored : tuple of (position, text)
    width : int
        Positions up to the last heading.
    """

    index: int
    headings: tuple[Heading, ...]
    unknown: tuple[tuple[int, str], ...]
    ignored: tuple[tuple[int, str], ...]
    width: int

    def missing(self, kind: Kind, *, all_known: bool = False) -> list[Column]:
        """Return the columns that must be there and are not.

        Parameters
        ----------
        all_known : bool
            Whether the rows may all be of keys that are there already.
        """
        found = {heading.column.name for heading in self.headings}
        return [
            column
            for column in kind.columns
            if column.required and column.name not in found and not (column.kept and all_known)
        ]

    def twice(self) -> tuple[Heading, Heading] | None:
        """Return two headings that mean the same column, where there are such."""
        seen: dict[str, Heading] = {}
        for heading in self.headings:
            if heading.column.name in seen:
                return seen[heading.column.name], heading
            seen[heading.column.name] = heading
        return None


def catalogue(kind: Kind) -> dict[str, Column]:
    """Return every heading that is known for a kind, in plain form; earlier columns come first."""
    known: dict[str, Column] = {}
    for rank in range(3):
        for column in kind.columns:
            heading = column.heading
            names = ((heading.zh, heading.en), (column.name,), column.others)[rank]
            for name in names:
                known.setdefault(plain_heading(name), column)
    return known


def find_header(rows: Sequence[Sequence[Any]], kind: Kind) -> Header | None:
    """Return the row with the most known headings; None where no row has two.

    Parameters
    ----------
    rows : sequence of rows
        A sheet's rows that are not blank; titles and dates of printing may stand above the header.
    """
    known = catalogue(kind)
    best: Header | None = None
    for index, row in enumerate(rows[:LOOKED_AT]):
        header = _read_header(index, row, known)
        distinct = len({heading.column.name for heading in header.headings})
        if distinct >= 2 and (
            best is None or distinct > len({heading.column.name for heading in best.headings})
        ):
            best = header
    return best


def repeats_header(row: Sequence[Any], header_row: Sequence[Any]) -> bool:
    """Whether a row is the header again, as on every printed page."""
    return len(row) > 1 and list(row) == list(header_row)


def _read_header(index: int, row: Sequence[Any], known: dict[str, Column]) -> Header:
    found, unknown, ignored = [], [], []
    skipped = {plain_heading(name) for name in IGNORED}
    for position, cell in enumerate(row):
        text = _heading_text(cell)
        if not text:
            continue
        heading = _match(position, text, known)
        if heading:
            found.append(heading)
        elif plain_heading(text) in skipped or text == "#":
            ignored.append((position, text))
        else:
            unknown.append((position, text))
    return Header(index, tuple(found), tuple(unknown), tuple(ignored), len(row))


def _heading_text(cell: Any) -> str:
    try:
        return text_of(cell)[:100]
    except RefusedError:
        return ""


def _match(position: int, text: str, known: dict[str, Column]) -> Heading | None:
    """Match a heading as it stands, then without what is in brackets: a unit or a remark."""
    whole = unicodedata.normalize("NFKC", text)
    if column := known.get(plain_heading(whole)):
        return Heading(column, position, text)
    parts = _BRACKETS.match(whole)
    column = known.get(plain_heading(parts[1])) if parts else None
    if parts is None or column is None:
        return None
    if column.units is not None:
        scale = column.units.get(parts[2].lower())
        return None if scale is None else Heading(column, position, text, scale=scale)
    if column.name in {"lng", "lat"}:
        return Heading(column, position, text, system=_system(parts[2]))
    return Heading(column, position, text)


def _system(text: str) -> str:
    try:
        return _SYSTEM_CODES.find(text)
    except RefusedError:
        return ""
