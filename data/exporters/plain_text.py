"""Texts that no spreadsheet takes for a formula.

A cell whose text begins with ``= + - @``, a tab or a carriage return, with their full-width forms,
or with one of these after blanks, is calculated by one program or another when a file is opened,
and a formula can read other files and call other hosts. In a CSV file, which has no types, a quote
is put before such a text (our own import takes it away again); in a workbook, the cell is typed as
text and marked as quoted, so that it stays text when somebody edits it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_CELL: Final = 32_767
"""Characters that Excel takes in a cell."""
# Control characters that XML 1.0 has no way to write, and halves of pairs that UTF-8 has none for.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STARTS = frozenset("=+-@\t\r\n")
_INVISIBLE = ("C", "Z")
"""Unicode's categories of control, format and blank characters."""


def starts_formula(text: str) -> bool:
    """Whether some program may take a text for a formula.

    Examples
    --------
    >>> starts_formula(" ＝1+1"), starts_formula("a=1")
    (True, False)
    """
    for char in text:
        if char in _STARTS:
            return True
        if unicodedata.category(char)[0] not in _INVISIBLE:
            return unicodedata.normalize("NFKC", char)[:1] in _STARTS
    return False


def csv_text(text: str) -> str:
    """Return a text as a CSV field that is no formula: with a quote before it where needed."""
    clean = _UNWRITABLE.sub("", text)
    # One that stands there already is not ours: with a second one it comes back as it was.
    return "'" + clean if starts_formula(clean) or is_quoted(clean) else clean


def is_quoted(text: str) -> bool:
    """Whether a text is one that begins like a formula, with quotes before it.

    Examples
    --------
    >>> is_quoted("'=1"), is_quoted("''=1"), is_quoted("'90s")
    (True, True, False)
    """
    return text.startswith("'") and starts_formula(text.lstrip("'"))


def sheet_text(text: str) -> str:
    """Return a text as a workbook can hold it: without unwritable characters, cut at the limit."""
    return _UNWRITABLE.sub("", text)[:MAX_CELL]
