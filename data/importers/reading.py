"""A sheet's rows as checked columns, each distinct cell read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.importers.cells import RefusedError, is_blank, shown_cell
from data.importers.preview import Keeper, Refusal, SheetReport
from data.importers.wording import ROW_PROBLEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from data.importers.cells import Reader, Setting
    from data.importers.headings import Header, Heading
    from data.importers.table_files import RawSheet, RawTable
    from data.importers.wording import Words

    Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows of one sheet.

    Attributes
    ----------
    report : SheetReport
    table : DataFrame
        A column a heading, with the reader's type; a harmless value where it was refused.
    row_numbers : list of int
        As a spreadsheet counts.
    headings : dict of str to str
        Column → heading as it stands in the file.
    system : str
        Coordinate system that a heading names, or empty.
    refused : dict of int to list of Refusal
        By position in `table`; a row is refused even where no refusal of it was kept.
    keeper : Keeper
        The file's, which decides what is kept.
    """

    report: SheetReport
    table: pd.DataFrame
    row_numbers: list[int]
    headings: dict[str, str]
    system: str
    refused: dict[int, list[Refusal]]
    keeper: Keeper


def read_rows(
    raw: RawTable,
    sheet: RawSheet,
    header: Header,
    keep: Sequence[int],
    *,
    setting: Setting,
    keeper: Keeper,
    progress: Progress | None,
) -> Checked:
    """Read the rows `keep` (positions in the sheet) column by column."""
    at = [sheet.row_numbers[row] for row in keep]
    rows = [sheet.rows[row] for row in keep]
    refused: dict[int, list[Refusal]] = {}
    columns: dict[str, pd.Series] = {}
    for number, heading in enumerate(header.headings):
        if progress:
            progress("checking", number, len(header.headings))

        def refuse(row: int, words: Words, heading: Heading = heading) -> None:
            kept = refused.setdefault(row, [])
            if keeper.has_room():
                name = heading.column.name
                kept.append(Refusal(raw.file, sheet.name, at[row], heading.text, name, words))

        values = _read_column(heading, rows, setting, refuse)
        columns[heading.column.name] = _series(values, heading.column.reader)
    if progress:
        progress("checking", len(header.headings), len(header.headings))
    if raw.delimiter:
        for row, words in _wide(header, rows):
            kept = refused.setdefault(row, [])
            if keeper.has_room():
                kept.append(Refusal(raw.file, "", at[row], "", "", words))
    return Checked(
        report=_report(sheet, header, rows),
        table=pd.DataFrame(columns),
        row_numbers=at,
        headings={heading.column.name: heading.text for heading in header.headings},
        system=next((heading.system for heading in header.headings if heading.system), ""),
        refused=refused,
        keeper=keeper,
    )


def _read_column(
    heading: Heading,
    rows: list[list[Any]],
    setting: Setting,
    refuse: Callable[[int, Words], None],
) -> list[Any]:
    """Read a column; each distinct cell is read once, as most columns hold few."""
    seen: dict[Any, Any] = {}
    values = []
    position = heading.position
    for number, row in enumerate(rows):
        cell = row[position] if position < len(row) else ""
        # 1, 1.0 and True are one key of a dictionary, and days come as lists.
        key = cell if isinstance(cell, str) else (type(cell), str(cell))
        if key not in seen:
            seen[key] = _read_cell(heading, cell, setting)
        value, words = seen[key]
        if words is not None:
            refuse(number, words)
        values.append(value)
    return values


def _read_cell(heading: Heading, cell: Any, setting: Setting) -> tuple[Any, Words | None]:
    """Return a cell's value, or an empty one and why it is refused."""
    column = heading.column
    reader = column.reader
    lacking = (
        ROW_PROBLEMS["required"]
        if column.required and not (column.kept and setting.keeps)
        else None
    )
    if (code := reader.code_in(cell, setting)) is not None:
        return code, None
    if is_blank(cell, blank_words=reader.blank_words):
        return reader.empty, lacking
    try:
        value = reader.read(cell, setting)
        if value in {"", None} if isinstance(value, str | None) else False:
            return reader.empty, lacking
    except RefusedError as error:
        return reader.empty, error.words
    except (ValueError, OverflowError, KeyError):
        got = "***" if column.private else shown_cell(cell)
        return reader.empty, ROW_PROBLEMS["expected"].format(expected=reader.expected, got=got)
    return (value * heading.scale if heading.scale != 1.0 else value), None


def _series(values: list[Any], reader: Reader) -> pd.Series:
    if reader.dtype == "object":
        column = pd.Series([None] * len(values), dtype=object)
        pool = np.empty(len(values), object)
        for row, value in enumerate(values):
            pool[row] = value
        return pd.Series(pool, dtype=object) if len(values) else column
    if reader.dtype == "datetime64[s]":
        return pd.Series(np.array(values, "datetime64[s]"))
    if reader.dtype.startswith("datetime64[us"):
        return pd.Series(pd.to_datetime(pd.Series(values, dtype=object), utc=True).dt.as_unit("us"))
    return pd.Series(values, dtype=reader.dtype)


def _wide(header: Header, rows: list[list[Any]]) -> Iterator[tuple[int, Words]]:
    """Yield CSV rows with more values than headings: a stray delimiter shifts what follows."""
    for number, row in enumerate(rows):
        if len(row) > header.width:
            yield number, ROW_PROBLEMS["unheaded"].format(got=len(row), limit=header.width)


def _report(sheet: RawSheet, header: Header, rows: list[list[Any]]) -> SheetReport:
    named = {heading.position for heading in header.headings}
    named |= {position for position, _ in (*header.unknown, *header.ignored)}
    widest = max(map(len, rows), default=0)
    bare = [
        position
        for position in range(widest)
        if position not in named
        and any(position < len(row) and row[position] != "" for row in rows)
    ]
    return SheetReport(
        sheet=sheet.name,
        header_row=sheet.row_numbers[header.index],
        num_rows=len(rows),
        matched={heading.text: heading.column.name for heading in header.headings},
        unknown=(
            *(text for _, text in header.unknown),
            *(f"[{column_letters(position)}]" for position in bare),
        ),
        ignored=tuple(text for _, text in header.ignored),
        formulas=sheet.cached,
    )


def column_letters(position: int) -> str:
    """Return a column's letters, of its position from 0: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
