"""What an import would do: rows that are new, changed or refused, and why; nothing is done yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from data.importers.wording import Language, Words

MAX_REFUSALS = 20_000
"""Refusals of a file that are told one by one; the rows of the others are counted."""
_DEGREES_APART = 1e-7
"""Coordinates nearer than this (a centimetre) are the same, whatever wrote them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value, and with it a row, that cannot be imported.

    Attributes
    ----------
    file, sheet : str
        The sheet is empty for a CSV file.
    row : int
        As a spreadsheet counts it; for a CSV file, the line on which the row begins.
    column : str
        The heading as it stands in the file, or what a template calls it.
    field : str
        Name of the column in the finished table.
    words : Words
        Why.
    """

    file: str
    sheet: str
    row: int
    column: str
    field: str
    words: Words

    def in_(self, language: Language) -> str:
        """Return the refusal as one line."""
        if language == "zh":
            place = f"{self.file}：{self.sheet}！" if self.sheet else f"{self.file}："
            return f"{place}第 {self.row} 行：{self.column}：{self.words.zh}"
        sheet = f"{self.sheet}: " if self.sheet else ""
        return f"{self.file}: {sheet}row {self.row}: {self.column}: {self.words.en}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, the reason in both languages."""
        return {
            "file": self.file,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "field": self.field,
            "reason": {"zh": self.words.zh, "en": self.words.en},
        }


@dataclass(slots=True)
class Keeper:
    """Keeps the first refusals of a file and counts the others: a wrong file may have millions.

    Attributes
    ----------
    left : int
        How many more are kept.
    dropped : int
        How many were not.
    """

    left: int = MAX_REFUSALS
    dropped: int = 0

    def has_room(self) -> bool:
        """Count one refusal; tell whether it is to be kept."""
        if self.left:
            self.left -= 1
            return True
        self.dropped += 1
        return False


@dataclass(frozen=True, slots=True)
class SheetReport:
    """How one sheet was understood.

    Attributes
    ----------
    sheet : str
    header_row : int
        Number of the row of headings.
    num_rows : int
        Rows of data; blank ones, repeated headers and the template's example are not counted.
    matched : Mapping of str to str
        Heading as it stands → column of the finished table.
    unknown, ignored : tuple of str
        Headings that nothing is known of, and those that are left aside on purpose. A column of
        values without a heading is told by its letter, such as ``[P]``.
    formulas : int
        Cells whose value is the last that a formula had.
    """

    sheet: str
    header_row: int
    num_rows: int
    matched: Mapping[str, str]
    unknown: tuple[str, ...]
    ignored: tuple[str, ...]
    formulas: int


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What an import would do to a table.

    Attributes
    ----------
    kind : str
    file, sha256 : str
        Name and hash of the file.
    sheets : tuple of SheetReport
    skipped_sheets : tuple of str
        Visible sheets without a row of headings of this kind.
    key, columns : tuple of str
        Columns that tell rows apart, and all that the file gives. A column that the file lacks
        stays as it is; an empty cell empties it.
    new, changed : DataFrame
        Checked rows, the given columns.
    changed_from : DataFrame
        What the rows of `changed` hold now, in the same order and columns.
    num_unchanged : int
    num_absent : int
        Rows of the existing table that the file does not have; they stay.
    refused : tuple of Refusal
    num_refused : int
        Rows refused: one row may have several refusals.
    num_untold : int
        Refusals beyond `MAX_REFUSALS`, of which only the number is kept.
    """

    kind: str
    file: str
    sha256: str
    sheets: tuple[SheetReport, ...]
    skipped_sheets: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[str, ...]
    new: pd.DataFrame
    changed: pd.DataFrame
    changed_from: pd.DataFrame
    num_unchanged: int
    num_absent: int
    refused: tuple[Refusal, ...]
    num_refused: int
    num_untold: int = 0

    @property
    def unknown_headings(self) -> tuple[str, ...]:
        """Every unknown heading once."""
        return tuple(dict.fromkeys(text for sheet in self.sheets for text in sheet.unknown))

    @property
    def changes_nothing(self) -> bool:
        """Whether no row is new or changed."""
        return not len(self.new) and not len(self.changed)

    def to_dict(self, max_refusals: int = 1_000) -> dict[str, Any]:
        """Return counts and refusals as plain values; no rows, which hold personal data."""
        return {
            "kind": self.kind,
            "file": self.file,
            "sha256": self.sha256,
            "sheets": [
                {
                    "sheet": sheet.sheet,
                    "header_row": sheet.header_row,
                    "num_rows": sheet.num_rows,
                    "matched": dict(sheet.matched),
                    "unknown": list(sheet.unknown),
                    "ignored": list(sheet.ignored),
                    "formulas": sheet.formulas,
                }
                for sheet in self.sheets
            ],
            "skipped_sheets": list(self.skipped_sheets),
            "columns": list(self.columns),
            "num_new": len(self.new),
            "num_changed": len(self.changed),
            "num_unchanged": self.num_unchanged,
            "num_absent": self.num_absent,
            "num_refused": self.num_refused,
            "changed_columns": self.changed_columns(),
            "refusals": [refusal.to_dict() for refusal in self.refused[:max_refusals]],
            "more_refusals": max(len(self.refused) - max_refusals, 0) + self.num_untold,
        }

    def changed_columns(self) -> dict[str, int]:
        """Count the changed rows by column."""
        counts = {
            name: int(different(self.changed[name], self.changed_from[name]).sum())
            for name in self.columns
            if name not in self.key
        }
        return {name: count for name, count in counts.items() if count}


def compare(
    table: pd.DataFrame, existing: pd.DataFrame | None, key: tuple[str, ...]
) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.bool_]]:
    """Compare checked rows with a table that is there.

    Parameters
    ----------
    table : DataFrame
        With the key's columns, each key once.
    existing : DataFrame or None
        With the key's columns, each key once; a column that it lacks counts as empty.
    key : tuple of str

    Returns
    -------
    new : (n,) bool
    at : (n,) int
        Position of each row in `existing`, -1 for new ones.
    changed : (n,) bool
        Rows that are there with other values.
    """
    if existing is None or not len(existing):
        return (
            np.ones(len(table), np.bool_),
            np.full(len(table), -1, np.intp),
            np.zeros(len(table), np.bool_),
        )
    at = _index(existing, key).get_indexer(_index(table, key))
    known = at >= 0
    changed = np.zeros(len(table), np.bool_)
    before = existing.iloc[at[known]].reset_index(drop=True)
    after = table[known].reset_index(drop=True)
    differs = np.zeros(len(after), np.bool_)
    for name in table.columns:
        if name not in key:
            differs |= different(after[name], _column(before, name, after[name]))
    changed[known] = differs
    return ~known, at, changed


def different(after: pd.Series, before: pd.Series) -> NDArray[np.bool_]:
    """Tell for each row whether two columns differ; nothing equals nothing."""
    if after.dtype.kind == "f":
        values = after.to_numpy(np.float64), pd.to_numeric(before).to_numpy(np.float64)
        close = np.abs(values[0] - values[1]) <= _DEGREES_APART
        return np.asarray(~(close | (np.isnan(values[0]) & np.isnan(values[1]))), np.bool_)
    if after.dtype == object:
        pairs = zip(after, before, strict=True)
        return np.fromiter((_plain(one) != _plain(two) for one, two in pairs), np.bool_, len(after))
    if after.dtype.kind == "M":
        was = pd.to_datetime(before, utc=getattr(after.dtype, "tz", None) is not None)
    else:
        was = before.astype(after.dtype)
    none = after.isna().to_numpy(), was.isna().to_numpy()
    same = (after == was).fillna(value=False).to_numpy(np.bool_)
    return np.asarray(~(same | (none[0] & none[1])), np.bool_)


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def empty_like(column: pd.Series) -> pd.Series:
    """Return a column of nothing, of the same type and length."""
    if column.dtype == object:
        return pd.Series([()] * len(column), dtype=object)
    if isinstance(column.dtype, pd.StringDtype):
        return pd.Series([""] * len(column), dtype=column.dtype)
    return pd.Series([None] * len(column)).astype(column.dtype)


def _column(table: pd.DataFrame, name: str, like: pd.Series) -> pd.Series:
    return table[name] if name in table else empty_like(like)


def _index(table: pd.DataFrame, key: tuple[str, ...]) -> pd.Index:
    if len(key) == 1:
        return pd.Index(table[key[0]].astype("str"))
    return pd.MultiIndex.from_frame(table[list(key)].astype("str"))
