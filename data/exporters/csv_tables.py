"""Any table as a CSV file that Excel opens as it is meant, and that holds no formula."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from data.exporters.plain_text import csv_text

if TYPE_CHECKING:
    from collections.abc import Mapping


def csv_table(
    table: pd.DataFrame,
    headings: Mapping[str, str] | None = None,
    *,
    timezone: str = "UTC",
    mark: bool = True,
) -> bytes:
    """Return a table as UTF-8 CSV.

    Parameters
    ----------
    table : DataFrame
        Texts, numbers, truth values, days, moments, tuples of texts (joined by ``;``).
    headings : Mapping of str to str, optional
        Column → heading; without it the columns' names.
    timezone : str
        IANA name; moments are written in it, with offset.
    mark : bool
        Whether a byte-order mark comes first, without which Excel takes Chinese for something else.
    """
    zone = ZoneInfo(timezone)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    names = headings or {}
    writer.writerow([csv_text(names.get(name, str(name))) for name in table.columns])
    columns = [[_field(value, zone) for value in table[name]] for name in table.columns]
    writer.writerows(zip(*columns, strict=True))
    return (("\ufeff" if mark else "") + out.getvalue()).encode()


def _field(value: Any, zone: ZoneInfo) -> str:
    """Return a value as a field; only a text can be a formula, a negative number is none."""
    if isinstance(value, tuple | list):
        return csv_text(";".join(map(str, value)))
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, date):
        return _time_field(value, zone)
    if isinstance(value, int | float | np.integer | np.floating):
        number = float(value)
        return str(int(value)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return csv_text(str(value))


def _time_field(value: date, zone: ZoneInfo) -> str:
    """Return a moment in the zone, with offset; a wall clock's midnight is a day."""
    if not isinstance(value, datetime):
        return value.isoformat()
    if value.tzinfo is not None:
        return value.astimezone(zone).isoformat()
    is_day = (value.hour, value.minute, value.second) == (0, 0, 0)
    return f"{value:%Y-%m-%d}" if is_day else value.isoformat()
