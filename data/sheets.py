"""Tables on disk as columns of text, each row knowing its line, whatever wrote them.

A `Sheet` is what stands in a ``.csv`` or ``.parquet`` file, unjudged; `data.columns` turns its
columns into values and says which lines are wrong. Line numbers are worked out only when there
is something to complain of: a good file of 400,000 rows never pays for them.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MAX_PRINTED = 50


class InputError(JinggeError):
    """Files that cannot be used, with every problem in them.

    Attributes
    ----------
    problems : tuple of str
        One line a problem, such as ``people.csv:17: max_shifts: expected an integer ≥ 0,
        got 'x'``. The text of the error holds the first 50 and then a count.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        lines = list(self.problems[:MAX_PRINTED])
        if len(self.problems) > MAX_PRINTED:
            lines.append(f"… and {len(self.problems) - MAX_PRINTED} more problems")
        super().__init__("\n".join(lines))


@dataclass(slots=True)
class Problems:
    """The problems found so far, in the order in which they were found."""

    lines: list[str] = field(default_factory=list)

    def add(self, place: str, message: str) -> None:
        """Note one problem of `place`: a file, ``file:line`` or a place inside a file."""
        self.lines.append(f"{place}: {message}")

    def raise_if_any(self, error: type[InputError] = InputError) -> None:
        """Raise `error` with everything found, if anything was."""
        if self.lines:
            raise error(self.lines)


@dataclass(slots=True)
class Sheet:
    """A table file: every column as text, missing values as the empty text.

    Attributes
    ----------
    file : str
        Name that messages use.
    columns : dict of str to pyarrow.Array
        Column → text of each row.
    num_rows : int
        Rows, without the header.
    problems : Problems
        Where complaints about this file go.
    """

    file: str
    columns: dict[str, pa.Array]
    num_rows: int
    problems: Problems
    _csv: bytes | None = None
    _lines: NDArray[np.int64] | None = None

    @classmethod
    def empty(cls, file: str, columns: Iterable[str], problems: Problems) -> Sheet:
        """Stand in for a table that was left out."""
        return cls(file, {name: pa.array([], pa.string()) for name in columns}, 0, problems)

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def __getitem__(self, column: str) -> pa.Array:
        return self.columns[column]

    def line_of(self, row: int) -> int:
        """Give the line on which a row starts (the header is line 1).

        A parquet file has no lines: its rows count as if each were a line below a header.
        """
        if self._csv is None:
            return row + 2
        if self._lines is None:
            records = (line for line, _ in _csv_records(self._csv))
            self._lines = np.fromiter(records, np.int64)[1:]
        # Two parsers can differ over stray quotes: then a row's number is the best that we have.
        return int(self._lines[row]) if len(self._lines) == self.num_rows else row + 2

    def place_of(self, row: int) -> str:
        """Give ``file:line`` of a row."""
        return f"{self.file}:{self.line_of(row)}"

    def refuse(self, rows: Iterable[int], column: str, expected: str) -> None:
        """Note for each of the rows that its value in `column` is not what was expected."""
        values = self.columns[column]
        for row in rows:
            got = shown(values[int(row)].as_py())
            self.problems.add(self.place_of(int(row)), f"{column}: expected {expected}, got {got}")


def shown(value: str, limit: int = 60) -> str:
    """Show a value inside a message: quoted, on one line, cut where it is very long."""
    return repr(value if len(value) <= limit else value[: limit - 1] + "…")


def read_sheet(
    path: Path, required: Sequence[str], optional: Sequence[str], problems: Problems
) -> Sheet | None:
    """Read the wanted columns of a ``.csv`` or ``.parquet`` file as text.

    Parameters
    ----------
    path : Path
        The file; other columns in it are not read.
    required, optional : sequence of str
        Columns that must and may be there.
    problems : Problems
        Gets what is wrong with the file as a whole: unreadable, not UTF-8, a column missing or
        standing twice, rows with too few or too many values.

    Returns
    -------
    Sheet or None
        None where the file as a whole is unusable.
    """
    before = len(problems.lines)
    read = _read_parquet if path.suffix == ".parquet" else _read_csv
    try:
        sheet = read(path, required, optional, problems)
    except OSError as error:
        problems.add(path.name, f"expected a readable file, got {error.strerror or error}")
    except pa.ArrowException as error:
        problems.add(path.name, f"expected a table, got {shown(str(error), 200)}")
    else:
        return sheet if len(problems.lines) == before else None
    return None


def _read_csv(
    path: Path, required: Sequence[str], optional: Sequence[str], problems: Problems
) -> Sheet | None:
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.add(f"{path.name}:{line}", f"expected UTF-8, got byte 0x{raw[error.start]:02x}")
        return None
    header = next((record for _, record in _csv_records(raw)), None)
    if header is None:
        problems.add(path.name, "expected a header row, got an empty file")
        return None
    wanted = _wanted(path.name, header, required, optional, problems)
    if wanted is None:
        return None
    ragged: list[int] = []

    def note(row: pa_csv.InvalidRow) -> str:
        ragged.append(row.actual_columns)
        return "skip"

    # Unwanted columns get numbered names: two unknown ones may well be called the same.
    names = [name if name in wanted else f"#{i}" for i, name in enumerate(header)]
    table = pa_csv.read_csv(
        io.BytesIO(raw),
        read_options=pa_csv.ReadOptions(column_names=names, skip_rows_after_names=1),
        parse_options=pa_csv.ParseOptions(newlines_in_values=b'"' in raw, invalid_row_handler=note),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(wanted, pa.string()), include_columns=wanted
        ),
    )
    if ragged:
        _note_ragged(path.name, raw, problems)
        return None
    columns = {name: _one_array(table[name]) for name in wanted}
    return Sheet(path.name, columns, table.num_rows, problems, raw)


def _read_parquet(
    path: Path, required: Sequence[str], optional: Sequence[str], problems: Problems
) -> Sheet | None:
    header = pq.read_schema(path).names
    wanted = _wanted(path.name, header, required, optional, problems)
    if wanted is None:
        return None
    table = pq.read_table(path, columns=wanted)
    columns = {name: _as_text(_one_array(table[name]), is_cell=name == "cell") for name in wanted}
    return Sheet(path.name, columns, table.num_rows, problems)


def _wanted(
    file: str,
    header: Sequence[str],
    required: Sequence[str],
    optional: Sequence[str],
    problems: Problems,
) -> list[str] | None:
    missing = [name for name in required if name not in header]
    twice = [name for name in (*required, *optional) if header.count(name) > 1]
    for name in missing:
        problems.add(file, f"{name}: expected this column, got {', '.join(header) or 'none'}")
    for name in twice:
        problems.add(file, f"{name}: expected this column once, got it {header.count(name)} times")
    if missing or twice:
        return None
    return [name for name in (*required, *optional) if name in header]


def _csv_records(raw: bytes) -> Iterable[tuple[int, list[str]]]:
    """Yield the line on which each record starts and its values; blank lines are no records."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(raw), "utf-8", newline=""))
    limit = csv.field_size_limit(2**31 - 1)
    try:
        line = 1
        for record in reader:
            if record:
                yield line, record
            line = reader.line_num + 1
    finally:
        csv.field_size_limit(limit)


def _note_ragged(file: str, raw: bytes, problems: Problems) -> None:
    records = iter(_csv_records(raw))
    width = len(next(iter(records))[1])
    for line, record in records:
        if len(record) != width:
            problems.add(f"{file}:{line}", f"expected {width} values, got {len(record)}")


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _as_text(column: pa.Array, *, is_cell: bool) -> pa.Array:
    """Turn a typed parquet column into the text that a CSV file would hold."""
    kind = column.type
    if is_cell and pa.types.is_integer(kind):
        return pa.array([format(cell or 0, "x") for cell in column.to_pylist()], pa.string())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), ";")
    elif pa.types.is_timestamp(kind) and kind.tz is not None:
        column = column.cast(pa.timestamp("us", "UTC"))
    elif pa.types.is_timestamp(kind):
        day = column.cast(pa.date32(), safe=False)
        column = day if day.cast(kind).equals(column) else column
    return pc.fill_null(column.cast(pa.string()), "")
