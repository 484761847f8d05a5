"""Cells that hold days, moments and times of day, as Excel stores them or as people write them."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from data.importers.cells import Reader, Setting, plain_text
from data.importers.wording import Words

_DAY = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s*[T ]?\s*(.*))?$")
_CLOCK = re.compile(r"^(\d{1,2})[:时点](\d{1,2})?(?:[:分](\d{1,2})?(?:\.\d+)?秒?)?分?$")
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001 - wall clocks


def read_wall_clock(
    cell: Any, setting: Setting
) -> tuple[date | None, time | None, datetime | None]:
    """Return the day, the time of day and, where the text has an offset, the moment of a cell."""
    if isinstance(cell, bool):
        raise ValueError  # noqa: TRY004 - a value of its owner's
    if isinstance(cell, int | float):
        return _of_number(float(cell), setting)
    text = cell[0] if isinstance(cell, list) else plain_text(cell)
    if re.search(r"T\d|\d [+-]?\d", text) and (moment := _iso(text)) is not None:
        if moment.tzinfo is not None:
            return moment.date(), moment.time(), moment
        return moment.date(), moment.time(), None
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if parts := _DAY.match(text):
        day = date(int(parts[1]), int(parts[2]), int(parts[3]))
        rest = (parts[4] or "").strip()
        return day, _clock(rest) if rest else None, None
    return None, _clock(text), None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _of_number(value: float, setting: Setting) -> tuple[date | None, time | None, None]:
    """Read a number as Excel means it: days since its epoch, a part of a day, or 20261130."""
    if 0 <= value < 1:
        return None, _time_of_part(value), None
    if value.is_integer() and 19_000_101 <= value <= 21_001_231:
        digits = str(int(value))
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])), None, None
    if not 1 <= value < 110_000:
        raise ValueError
    day = _EPOCHS[setting.date1904] + timedelta(days=math.floor(value))
    part = value - math.floor(value)
    return day.date(), _time_of_part(part) if part else None, None


def _time_of_part(part: float) -> time:
    seconds = min(round(part * 86_400), 86_399)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _clock(text: str) -> time:
    parts = _CLOCK.match(text.replace(" ", ""))
    if not parts:
        raise ValueError
    hour, minute, second = (int(part or 0) for part in parts.groups())
    return time(hour, minute, second)


def days() -> Reader:
    """Read a day."""

    def read(cell: Any, setting: Setting) -> datetime:
        day, clock, _ = read_wall_clock(cell, setting)
        if day is None or clock not in {None, time()} or not 1900 <= day.year <= 2200:
            raise ValueError
        return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a day has no zone

    return Reader(Words("2026-11-30 这样的日期", "a date such as 2026-11-30"), read,
                  "datetime64[s]", None)  # fmt: skip


def moments() -> Reader:
    """Read a moment; without an offset it is a wall clock's of the setting's zone."""

    def read(cell: Any, setting: Setting) -> datetime:
        day, clock, moment = read_wall_clock(cell, setting)
        if moment is not None:
            return moment.astimezone(UTC)
        if day is None or clock is None or not 1900 <= day.year <= 2200:
            raise ValueError
        return datetime.combine(day, clock, setting.timezone).astimezone(UTC)

    words = Words("2026-11-30 18:30 这样的时间", "a time such as 2026-11-30 18:30")
    return Reader(words, read, "datetime64[us, UTC]", None)


def clocks() -> Reader:
    """Read a time of day or a whole moment: (day or None, time, moment or None)."""

    def read(cell: Any, setting: Setting) -> Any:
        day, clock, moment = read_wall_clock(cell, setting)
        if clock is None:
            raise ValueError
        return day, clock, moment

    words = Words(
        "18:30 或 2026-11-30 18:30 这样的时间", "a time such as 18:30 or 2026-11-30 18:30"
    )
    return Reader(words, read, "object", None)
