"""One pass over a sheet's XML: how far its values reach, and what Calamine would not tell.

It gives an empty text for an error value and for a formula that was never calculated, and lays a
sheet out as a full rectangle: one value in the last corner of a sheet would take 400 GB.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from data.importers.table_problem import TableProblem
from data.importers.workbook_parts import parse, strict_parser

MAX_MERGES = 200_000
_REFERENCE = re.compile(r"^([A-Z]{1,3})([0-9]{1,7})$")
_DIGITS = "0123456789"
_OURS = frozenset({"c", "v", "is", "f", "row", "t"})
"""Elements as nearly everybody writes them; some put a prefix before every name."""


class Looked(NamedTuple):
    """What one pass over a sheet's XML found; rows and columns count from 0.

    ``odd`` maps (row, column) to ``{"e": "#N/A"}`` or ``{"f": 1}``: an error value, a formula
    without a value. ``cached`` counts formulas with one.
    """

    num_values: int
    last_row: int
    last_column: int
    odd: dict[tuple[int, int], dict[str, Any]]
    merges: list[tuple[int, int, int, int]]
    cached: int


def look(sheet: str, part: bytes, header: dict[str, Any]) -> Looked:
    """Pass over a sheet's XML once: how far its values reach, and what Calamine would not tell."""
    looker = _Looker(sheet, header)
    parser = strict_parser(namespaces=False)
    parser.buffer_text = True
    parser.StartElementHandler = looker.start
    parser.EndElementHandler = looker.end
    parser.CharacterDataHandler = looker.text
    parse(parser, f"sheet {sheet!r}", part)
    return looker.found()


class _Looker:
    """Counts a sheet's cells while expat reads them."""

    def __init__(self, sheet: str, header: dict[str, Any]) -> None:
        self.sheet, self.limits = sheet, header
        self.row = self.column = -1
        self.last_row = self.last_column = -1
        self.num_values = self.cached = 0
        self.odd: dict[tuple[int, int], dict[str, Any]] = {}
        self.merges: list[tuple[int, int, int, int]] = []
        self.kind = ""
        self.formula = self.value = self.inside = False
        self.shown: list[str] = []
        self.columns: dict[str, int] = {}

    def start(self, element: str, attributes: dict[str, str]) -> None:
        local = element if element in _OURS else element.rpartition(":")[2]
        if local == "c":
            self._start_cell(attributes)
        elif local in {"v", "is"}:
            # Some tools write an empty value after a formula; one of text may well be empty.
            self.value = not self.formula or self.kind == "str"
            self.inside = self.formula or self.kind == "e"
        elif local == "f":
            self.formula = True
        elif local == "row":
            number = attributes.get("r", "")
            self.row = int(number) - 1 if number.isdecimal() else self.row + 1
            self.column = -1
        elif local == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.kind = attributes.get("t", "")
        self.formula = self.value = False
        place = attributes.get("r", "")
        letters = place.rstrip(_DIGITS)
        column = self.columns.get(letters)
        if column is None and _REFERENCE.match(place):
            column = self.columns[letters] = column_number(letters)
        number = place[len(letters) :]
        if column is None or not number:
            self.column += 1
        else:
            self.column = column
            self.row = int(number) - 1

    def text(self, data: str) -> None:
        if self.inside:
            self.value = True
            if self.kind == "e":
                self.shown.append(data)

    def end(self, element: str) -> None:
        local = element if element in _OURS else element.rpartition(":")[2]
        if local == "c" and (self.value or self.formula):
            self._end_cell()
        elif local in {"v", "is"}:
            self.inside = False

    def _end_cell(self) -> None:
        self.num_values += 1
        if self.row > self.last_row or self.column > self.last_column:
            self.last_row = max(self.last_row, self.row)
            self.last_column = max(self.last_column, self.column)
            self._check_reach()
        if self.kind == "e":
            self.odd[self.row, self.column] = {"e": "".join(self.shown)[:20] or "#"}
            self.shown.clear()
        elif self.formula and not self.value:
            self.odd[self.row, self.column] = {"f": 1}
        elif self.formula:
            self.cached += 1

    def _check_reach(self) -> None:
        rows, columns = self.limits["max_rows"], self.limits["max_columns"]
        if self.last_row >= rows:
            raise TableProblem("rows", sheet=self.sheet, limit=rows, got=self.last_row + 1)
        if self.last_column >= columns:
            got = self.last_column + 1
            raise TableProblem("columns", sheet=self.sheet, limit=columns, got=got)

    def _merge(self, reference: str) -> None:
        ends = [_REFERENCE.match(end) for end in reference.split(":")]
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            return
        if len(self.merges) >= MAX_MERGES:
            raise TableProblem("merges", limit=MAX_MERGES)
        (left, top), (right, bottom) = (
            (column_number(end[1]), int(end[2]) - 1) for end in ends if end
        )
        self.merges.append((top, left, bottom, right))

    def found(self) -> Looked:
        return Looked(
            self.num_values, self.last_row, self.last_column, self.odd, self.merges, self.cached
        )


def column_number(letters: str) -> int:
    """Return the number of a column from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
