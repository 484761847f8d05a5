"""Cells that hold numbers: quantities, shares, degrees, telephone and identity numbers."""

from __future__ import annotations

import math
import re
from typing import Any

from data.importers.cells import Reader, RefusedError, Setting, plain_text, read_id
from data.importers.wording import Words

_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$")
_GROUPED = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")
# Normalised, a sign of seconds is two signs of minutes.
_DEGREES = re.compile(r"""^(\d{1,3})[°度](\d{1,2})['′分](\d{1,2}(?:\.\d+)?)(?:"|′′|''|秒)?$""")


def read_number(cell: Any, *, percent: bool = False) -> float:
    """Return a number; ``1,200``, full-width digits and, where it makes sense, ``90%``."""
    if isinstance(cell, bool | list):
        raise ValueError  # noqa: TRY004 - a value of its owner's
    if isinstance(cell, int | float):
        return float(cell)
    text = plain_text(cell)
    scale = 1.0
    if percent and text.endswith("%"):
        text, scale = text[:-1].strip(), 0.01
    if _GROUPED.match(text):
        text = text.replace(",", "")
    if not _NUMBER.match(text):
        raise ValueError
    return float(text) * scale


def numbers(
    low: float, high: float = math.inf, *, open_low: bool = False, percent: bool = False
) -> Reader:
    """Read a finite number in ``low..high``."""

    def read(cell: Any, _: Setting) -> float:
        value = read_number(cell, percent=percent)
        if not (low < value if open_low else low <= value) or value > high:
            raise ValueError
        if math.isinf(value):
            raise ValueError
        return round(value, 12)

    return Reader(_span("数", "a number", low, high, open_low=open_low), read, "float64", math.nan)


def integers(low: int, high: int) -> Reader:
    """Read an integer in ``low..high``."""

    def read(cell: Any, _: Setting) -> int:
        value = read_number(cell)
        if not value.is_integer() or not low <= value <= high:
            raise ValueError
        return int(value)

    return Reader(_span("整数", "an integer", low, high), read, "Int64", None)


def degrees(limit: int) -> Reader:
    """Read degrees in ``-limit..limit``, also as ``110°02′13″``."""

    def read(cell: Any, _: Setting) -> float:
        text = plain_text(cell).replace(" ", "") if isinstance(cell, str) else ""
        if parts := _DEGREES.match(text):
            whole, minutes, seconds = (float(part) for part in parts.groups())
            value = whole + minutes / 60 + seconds / 3600
        else:
            value = read_number(cell)
        if not abs(value) <= limit:
            raise ValueError
        return value

    words = _span("度数", "degrees", -limit, limit)
    return Reader(words, read, "float64", math.nan)


def _span(zh: str, en: str, low: float, high: float, *, open_low: bool = False) -> Words:
    bottom, top = (f"{end:,.12g}" for end in (low, high))
    if math.isinf(high):
        sign = ">" if open_low else "≥"
        return Words(f"{sign} {bottom} 的{zh}", f"{en} {sign} {bottom}")
    if open_low:
        return Words(f"大于 {bottom}、不超过 {top} 的{zh}", f"{en} > {bottom} and ≤ {top}")
    return Words(f"{bottom} 到 {top} 的{zh}", f"{en} from {bottom} to {top}")


def phones() -> Reader:
    """Read a telephone number; digits, blanks and hyphens, ``+`` before the country."""

    def read(cell: Any, _: Setting) -> str:
        if isinstance(cell, float):
            raise ValueError  # noqa: TRY004 - a value of its owner's
        text = re.sub(r"[\s()-]", "", plain_text(cell))
        if not re.fullmatch(r"\+?\d{5,15}", text):
            raise ValueError
        return text

    return Reader(Words("电话号码", "a telephone number"), read, "str", "")


def id_numbers() -> Reader:
    """Read an 18-character identity number by GB 11643 (check character: ISO 7064 MOD 11-2)."""

    def read(cell: Any, setting: Setting) -> str:
        text = read_id(cell, setting).upper()
        if not re.fullmatch(r"\d{17}[\dX]", text):
            raise ValueError
        total = sum(int(digit) * (2 ** (17 - i) % 11) for i, digit in enumerate(text[:17]))
        if "10X98765432"[total % 11] != text[17]:
            # The number itself is nobody's business: only its ends are told.
            raise RefusedError("checksum", got=f"{text[:2]}…{text[-1]}")
        return text

    return Reader(Words("18 位身份证号", "an ID number of 18 characters"), read, "str", "")
