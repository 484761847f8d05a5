"""A CSV file's rows as texts, inside the locked process of `table_reader`.

Offices have UTF-8 with and without a byte-order mark, GB 18030 (what Chinese Excel calls CSV) and
UTF-16 (what Excel calls Unicode text), with commas, semicolons or tabs, and a title above the head.
"""

from __future__ import annotations

import csv
import io
import itertools
import unicodedata
from typing import TYPE_CHECKING, Any

from data.importers.table_problem import TableProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS = (",", ";", "\t")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LOOKED_AT = 50


def rows(content: bytes, header: dict[str, Any], size: int = 2_000) -> Iterator[dict[str, Any]]:
    """Yield one description and then the rows in pieces, as `workbook_reader.sheets` does.

    Parameters
    ----------
    content : bytes
    header : dict
        ``max_rows, max_columns, max_values, max_text`` and ``headings``: known headings, plain,
        by which the delimiter is told.
    """
    text, encoding = decode(content)
    delimiter, text, skipped = _delimiter(text, header["headings"])
    yield {"sheet": "", "num_rows": text.count("\n") + 1, "cached": 0, "date1904": False} | {
        "encoding": encoding,
        "delimiter": delimiter,
    }
    left = header["max_values"]
    piece: dict[str, list[Any]] = {"at": [], "rows": []}
    for line, row in _records(text, delimiter):
        while row and not row[-1].strip():
            row.pop()
        if not row:
            continue
        left -= len(row)
        _check(line + skipped, row, header, left)
        piece["at"].append(line + skipped)
        piece["rows"].append(row)
        if len(piece["at"]) == size:
            yield piece
            piece = {"at": [], "rows": []}
    if piece["at"]:
        yield piece


def decode(content: bytes) -> tuple[str, str]:
    """Return a file's text and its encoding; raise TableProblem where it is none of ours."""
    order = ("utf-16",) if content.startswith(_UTF16) else ("utf-8-sig", "gb18030")
    for encoding in order:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise TableProblem("nul")
        return text, encoding
    raise TableProblem("encoding")


def _delimiter(text: str, headings: list[str]) -> tuple[str, str, int]:
    """Return the delimiter, the text after a ``sep=;`` line, and how many lines that took.

    The delimiter is the one with which a line near the top holds the most known headings, and of
    those the one that cuts it into the most values.
    """
    first, _, rest = text.partition("\n")
    told = first.strip().strip('"').lower()
    if told.startswith("sep=") and told[4:] in {*DELIMITERS, "\\t", ""}:
        return told[4:].replace("\\t", "\t") or "\t", rest, 1
    known = set(headings)
    top = "\n".join(itertools.islice(io.StringIO(text[: 1 << 20]), _LOOKED_AT))

    def score(delimiter: str) -> tuple[int, int]:
        lines = list(csv.reader(top.splitlines(), delimiter=delimiter))
        matches = max(
            (sum(plain_heading(value) in known for value in line) for line in lines), default=0
        )
        return matches, max(map(len, lines), default=0)

    csv.field_size_limit(2**31 - 1)
    return max(DELIMITERS, key=score), text, 0


def plain_heading(value: str) -> str:
    """Return a heading without blanks, signs, capitals and full-width forms, to compare it by."""
    return "".join(char for char in unicodedata.normalize("NFKC", value).lower() if char.isalnum())


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each record starts and its values."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for record in reader:
            yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        open_quote = "unexpected end" in str(error)
        raise TableProblem("quote" if open_quote else "csv", line=line, what=str(error)) from None


def _check(line: int, row: list[str], header: dict[str, Any], left: int) -> None:
    rows, columns, text = header["max_rows"], header["max_columns"], header["max_text"]
    if line > rows:
        raise TableProblem("rows", sheet="", limit=rows, got=line)
    if len(row) > columns:
        raise TableProblem("columns", sheet="", limit=columns, got=len(row))
    if left < 0:
        raise TableProblem("values", limit=header["max_values"])
    for column, value in enumerate(row, 1):
        if len(value) > text:
            raise TableProblem(
                "text", sheet="", row=line, column=column, limit=text, got=len(value)
            )
