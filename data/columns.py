"""Columns of a `Sheet` as values, the whole column at once.

Each function returns an array with one entry a row; rows that are wrong are noted in the sheet's
problems and hold a harmless value, so that one reading finds everything that is wrong.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.sheets import Sheet, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_CONTROL = r"[\x00-\x1f\x7f\x{80}-\x{9f}]"
_INTEGER = r"^[+-]?[0-9]{1,18}$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?$"


def texts(sheet: Sheet, column: str) -> pd.Series:
    """Give a column as it stands; empty where the file lacks it."""
    if column not in sheet:
        return pd.Series([""] * sheet.num_rows, dtype="str")
    return _series(sheet[column])


def ids(sheet: Sheet, column: str, may_be_empty: NDArray[np.bool_] | None = None) -> pd.Series:
    """Give a column of ids: texts without ``;`` and control characters, empty where allowed."""
    values = sheet[column]
    bad = _flags(pc.match_substring_regex(values, rf"{_CONTROL}|;"))
    empty = _flags(pc.equal(values, ""))
    bad |= empty if may_be_empty is None else empty & ~may_be_empty
    sheet.refuse(np.flatnonzero(bad), column, "an id without ';' and control characters")
    return _series(values)


def unique_ids(sheet: Sheet, column: str) -> pd.Series:
    """Give a column of ids of which none may stand twice."""
    values = ids(sheet, column)
    codes = pc.dictionary_encode(sheet[column]).indices.to_numpy()
    no_repeats(sheet, (column,), (codes,))
    return values


def labels(sheet: Sheet, column: str, allowed: Sequence[str]) -> pd.Series:
    """Give a column whose values come from a short list."""
    known = pc.is_in(sheet[column], pa.array(list(allowed), pa.string()))
    sheet.refuse(np.flatnonzero(~_flags(known)), column, f"one of {', '.join(allowed)}")
    return _series(sheet[column])


def integers(
    sheet: Sheet, column: str, low: int, high: int | None = None, default: int | None = None
) -> NDArray[np.int64]:
    """Give a column of integers in ``low..high``; `default` where it is empty or missing.

    Rows that are wrong hold ``low - 1``.
    """
    if column not in sheet:
        return np.full(sheet.num_rows, default, np.int64)
    values, empty = _trimmed(sheet[column])
    written = pc.match_substring_regex(values, _INTEGER)
    numbers_ = _cast(values, written, pa.int64(), low)
    good = _flags(written) & (numbers_ >= low)
    fill = (default, low - 1)
    numbers_ = _settle(sheet, column, numbers_, good, empty, fill, f"an integer ≥ {low}")
    if high is not None and (large := numbers_ > high).any():
        sheet.refuse(np.flatnonzero(large), column, f"an integer ≤ {high}")
        numbers_[large] = low - 1
    return numbers_


def numbers(
    sheet: Sheet,
    column: str,
    low: float,
    high: float | None = None,
    *,
    open_low: bool = False,
    default: float | None = None,
) -> NDArray[np.float64]:
    """Give a column of finite numbers in ``low..high`` (above `low` where that end is open)."""
    expected = _span(low, high, open_low=open_low)
    if column not in sheet:
        return np.full(sheet.num_rows, default, np.float64)
    values, empty = _trimmed(sheet[column])
    written = pc.match_substring_regex(values, _NUMBER)
    found = _cast(values, written, pa.float64(), 0)
    inside = (found > low) if open_low else (found >= low)
    inside &= found <= (np.finfo(np.float64).max if high is None else high)
    good = _flags(written) & inside
    safe = 1.0 if high is None else high
    return _settle(sheet, column, found, good, empty, (default, safe), expected)


def booleans(sheet: Sheet, column: str, *, default: bool | None = None) -> NDArray[np.bool_]:
    """Give a column of ``true`` and ``false``; `default` where it is empty or missing."""
    if column not in sheet:
        return np.full(sheet.num_rows, default, np.bool_)
    values, empty = _trimmed(sheet[column])
    true = _flags(pc.equal(pc.utf8_lower(values), "true"))
    good = true | _flags(pc.equal(pc.utf8_lower(values), "false"))
    return _settle(sheet, column, true, good, empty, (default, False), "true or false")


def lists(sheet: Sheet, column: str) -> pd.Series:
    """Give a column of texts joined by ``;`` as tuples; empty entries are left out."""

    def split(text: str) -> tuple[str, ...]:
        parts = tuple(part.strip() for part in text.split(";"))
        if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in text):
            raise ValueError
        return tuple(part for part in parts if part)

    return each_distinct(sheet, column, split, (), "texts joined by ';'")


def days(sheet: Sheet, column: str) -> pd.Series:
    """Give a column of dates as datetime64[s] at midnight; NaT where it is empty."""

    def read(text: str) -> np.datetime64:
        if not text.strip():
            return np.datetime64("NaT", "s")
        day = text.strip().removesuffix(" 00:00:00")
        if len(day) != 10:
            raise ValueError
        return np.datetime64(date.fromisoformat(day), "s")

    empty = np.datetime64("NaT", "s")
    found = each_distinct(sheet, column, read, empty, "a date such as 2026-11-30 or nothing")
    return pd.Series(np.array(found.tolist(), "datetime64[s]"))


def instants(sheet: Sheet, column: str) -> pd.Series:
    """Give a column of times with offset as datetime64[us, UTC]."""

    def read(text: str) -> datetime:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)

    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    expected = "a time with offset such as 2026-11-30T18:30:00+08:00"
    found = each_distinct(sheet, column, read, epoch, expected)
    return pd.Series(pd.to_datetime(found.tolist(), utc=True).as_unit("us"))


def each_distinct(
    sheet: Sheet,
    column: str,
    read: Callable[[str], Any],
    fallback: object,
    expected: str,
) -> pd.Series:
    """Read each distinct text of a column once with `read`, which raises ValueError on a bad one.

    Columns of dates, lists and weights hold few different texts: this is what keeps 40,000 rows
    as cheap as the dozen texts in them.
    """
    if column not in sheet:
        return _objects([fallback], np.zeros(sheet.num_rows, np.int64))
    encoded = pc.dictionary_encode(sheet[column])
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    found, bad = [], []
    for code, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            found.append(read(text))
        except (ValueError, OverflowError):
            found.append(fallback)
            bad.append(code)
    if bad:
        sheet.refuse(np.flatnonzero(np.isin(codes, bad)), column, expected)
    return _objects(found or [fallback], codes)


def references(sheet: Sheet, column: str, known: pd.Series, table: str) -> NDArray[np.int32]:
    """Give for each row the position of its id in `known`, or -1 (noted as unknown)."""
    keys = pa.array(known, pa.string())
    if isinstance(keys, pa.ChunkedArray):
        keys = keys.combine_chunks()
    found = pc.fill_null(pc.index_in(sheet[column], keys), -1).to_numpy(zero_copy_only=False)
    sheet.refuse(np.flatnonzero(found < 0), column, f"an id of {table}")
    return np.asarray(found, np.int32)


def no_repeats(
    sheet: Sheet, columns: Sequence[str], codes: Sequence[NDArray[np.integer[Any]]]
) -> None:
    """Note rows whose key, given as one array of codes a column, stood on an earlier row.

    Rows with a negative code (an unknown id, noted elsewhere) are left alone.
    """
    if not sheet.num_rows:
        return
    key = np.zeros(sheet.num_rows, np.int64)
    known = np.ones(sheet.num_rows, np.bool_)
    for code in codes:
        key = key * (int(code.max()) + 2) + code
        known &= code >= 0
    series = pd.Series(key)
    repeated = np.flatnonzero(series.duplicated().to_numpy() & known)
    if not len(repeated):
        return
    firsts = np.unique(key, return_index=True)
    first_rows = firsts[1][np.searchsorted(firsts[0], key[repeated])]
    for row, earlier in zip(repeated, first_rows, strict=True):
        got = ", ".join(shown(sheet[column][int(row)].as_py()) for column in columns)
        name = ", ".join(columns)
        message = f"{name}: expected a key once, got {got} again after line {{}}"
        sheet.problems.add(sheet.place_of(int(row)), message.format(sheet.line_of(int(earlier))))


def _series(values: pa.Array) -> pd.Series:
    return pd.Series(values.to_pandas(), dtype="str")


def _objects(found: Sequence[object], codes: NDArray[np.integer[Any]]) -> pd.Series:
    pool = np.empty(len(found), object)
    pool[:] = found
    if any(isinstance(value, tuple) for value in found):
        for position, value in enumerate(found):
            pool[position] = value
    return pd.Series(pool[codes], dtype=object)


def _span(low: float, high: float | None, *, open_low: bool) -> str:
    if high is None:
        return "a number" if math.isinf(low) else f"a number {'>' if open_low else '≥'} {low:g}"
    return f"a number in {'(' if open_low else '['}{low:g}, {high:g}]"


def _trimmed(values: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    trimmed = pc.utf8_trim_whitespace(values)
    return trimmed, _flags(pc.equal(trimmed, ""))


def _flags(values: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(values.to_numpy(zero_copy_only=False), np.bool_)


def _cast(values: pa.Array, written: pa.Array, kind: pa.DataType, other: float) -> NDArray[Any]:
    # Arrow's integer parser knows no leading plus sign.
    plain = pc.replace_substring_regex(values, r"^\+", "")
    plain = pc.if_else(written, plain, str(other))
    return np.array(plain.cast(kind).to_numpy(zero_copy_only=False))


def _settle(  # noqa: PLR0917 - a kernel of its module
    sheet: Sheet,
    column: str,
    values: NDArray[Any],
    good: NDArray[np.bool_],
    empty: NDArray[np.bool_],
    fill: tuple[object, object],
    expected: str,
) -> NDArray[Any]:
    """Fill in the default, note what is wrong, and leave a safe value there (`fill` has both)."""
    default, safe = fill
    wrong = ~good
    if default is not None:
        values[empty] = default
        wrong &= ~empty
        expected = f"{expected} or nothing"
    if wrong.any():
        sheet.refuse(np.flatnonzero(wrong), column, expected)
        values[wrong] = safe
    return values
