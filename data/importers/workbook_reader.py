"""A workbook's visible sheets as rows of plain values, inside the locked process of `table_reader`.

Calamine reads the values, twenty times as fast as openpyxl. Before it does, expat looks through
each sheet (`sheet_inspection`), and Calamine never sees the file itself but a zip of the few parts
that it needs, which zipfile has unpacked and checked (`workbook_parts`).
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from data.importers.sheet_inspection import look
from data.importers.table_problem import TableProblem
from data.importers.workbook_parts import one_line, read_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.importers.sheet_inspection import Looked

_HEAD = 1 << 14
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^<>]*/>")
_COUNTS = re.compile(rb"<(?:\w+:)?sst\b[^<>]*>")
_COUNT = re.compile(rb"""\s(?:uniqueCount|count)\s*=\s*(?:"[^"]*"|'[^']*')""")
PIECE = 2_000
"""Rows in one line of the answer."""


def sheets(content: bytes, header: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield for each visible sheet one description, and then its rows in pieces.

    Parameters
    ----------
    content : bytes
        The file, a zip.
    header : dict
        ``unpacked_bytes, max_rows, max_columns, max_values, max_text, max_chars``.

    Yields
    ------
    dict
        ``{"sheet": name, "num_rows": n, "cached": n, "date1904": bool}`` and ``{"at": [row
        numbers from 1], "rows": [[value, …], …]}``. A value is a text, a number, a truth value,
        ``[ISO date or time]`` or one of the odd ones of `Looked`.
    """
    header = {**header, "chars_left": header["max_chars"]}
    parts, facts = read_parts(content, header["unpacked_bytes"])
    looked: dict[str, Looked] = {}
    left = header["max_values"]
    for sheet in facts.visible:
        looked[sheet] = look(sheet, parts[facts.places[sheet]], header)
        left -= looked[sheet].num_values
        if left < 0:
            raise TableProblem("values", limit=header["max_values"])
    yield from _values(parts, looked, header, date1904=facts.date1904)


def _values(
    parts: dict[str, bytes],
    looked: dict[str, Looked],
    header: dict[str, Any],
    *,
    date1904: bool,
) -> Iterator[dict[str, Any]]:
    import python_calamine as calamine  # noqa: PLC0415 - loaded before the lock, by `warm_up`

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        while parts:
            name, part = parts.popitem()
            archive.writestr(name, _without_claims(part))
    packed.seek(0)
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(packed)
        for name, found in looked.items():
            described = {"sheet": name, "num_rows": found.last_row + 1, "cached": found.cached}
            yield described | {"date1904": date1904}
            if found.num_values:
                sheet = workbook.get_sheet_by_name(name)
                # Its rows begin with row 1, but with the first column that holds anything.
                left = sheet.start[1] if sheet.start else 0
                yield from _pieces(name, sheet.iter_rows(), left, found, header)
    except calamine.CalamineError as error:
        raise TableProblem("unreadable", what=one_line(error)) from None


def _pieces(
    name: str, rows: Iterator[list[Any]], left: int, found: Looked, header: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield a sheet's rows in pieces, without blank ones, merged cells filled downwards."""
    odd: dict[int, list[tuple[int, dict[str, Any]]]] = {}
    for (at, column), value in found.odd.items():
        odd.setdefault(at, []).append((column, value))
    filler = _Filler(_downward(found))
    piece: dict[str, list[Any]] = {"at": [], "rows": []}
    chars = header["chars_left"]
    for number, values in enumerate(rows):
        row = [""] * left + [_plain(value) for value in values]
        for column, value in odd.get(number, ()):
            row.extend([""] * (column + 1 - len(row)))
            row[column] = value
        filler.fill(number, row)
        while row and row[-1] == "":
            row.pop()
        if not row:
            continue
        chars -= _length(name, number, row, header["max_text"])
        if chars < 0:
            raise TableProblem("chars", limit=header["max_chars"])
        piece["at"].append(number + 1)
        piece["rows"].append(row)
        if len(piece["at"]) == PIECE:
            yield piece
            piece = {"at": [], "rows": []}
    header["chars_left"] = chars
    if piece["at"]:
        yield piece


class _Filler:
    """Gives the cells below the first of a merged cell what the first one holds."""

    def __init__(self, merges: dict[int, list[tuple[int, int]]]) -> None:
        self.merges = merges
        self.open: dict[int, tuple[int, Any]] = {}

    def fill(self, number: int, row: list[Any]) -> None:
        for column, (last, value) in list(self.open.items()):
            if number > last:
                del self.open[column]
            elif column < len(row) and row[column] == "":
                row[column] = value
        for column, last in self.merges.get(number, ()):
            if column < len(row):
                self.open[column] = (last, row[column])


def _without_claims(part: bytes) -> bytes:
    """Drop what a part says of its own size, which Calamine believes and reserves memory for."""
    head = _DIMENSION.sub(b"", part[:_HEAD])
    return _COUNTS.sub(lambda found: _COUNT.sub(b"", found[0]), head) + part[_HEAD:]


def _downward(found: Looked) -> dict[int, list[tuple[int, int]]]:
    """Return by first row the columns in which a merged cell goes on below, and its last row."""
    merges: dict[int, list[tuple[int, int]]] = {}
    for top, left, bottom, _ in found.merges:
        if bottom > top and top <= found.last_row and left <= found.last_column:
            merges.setdefault(top, []).append((left, min(bottom, found.last_row)))
    return merges


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it; days, times and spans of time as ``[ISO text]``."""
    if isinstance(value, float):
        if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN
            return {"e": "#NUM!"}
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, str | bool | int):
        return value
    if hasattr(value, "total_seconds"):
        return value.total_seconds() / 86_400  # a span is the number of days that it is stored as
    return [value.isoformat()]


def _length(sheet: str, row: int, values: list[Any], limit: int) -> int:
    """Return the characters of a row; refuse a text beyond the limit."""
    total = 0
    for column, value in enumerate(values):
        if not isinstance(value, str):
            continue
        total += len(value)
        if len(value) > limit:
            raise TableProblem(
                "text", sheet=sheet, row=row + 1, column=column + 1, limit=limit, got=len(value)
            )
    return total


def warm_up() -> None:
    """Read a tiny workbook, so that whatever is loaded late is loaded before the lock."""
    import datetime as dt  # noqa: F401, PLC0415 - Calamine asks for it at the first day

    import python_calamine as calamine  # noqa: PLC0415

    try:
        calamine.CalamineWorkbook.from_filelike(io.BytesIO(b"PK\x05\x06" + bytes(18)))
    except calamine.CalamineError:
        return
