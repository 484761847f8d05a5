"""The demo week's shifts: five templates a day for seven days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from data.catalogue import load_shift_templates

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from numpy.typing import NDArray

TIMEZONE = "Asia/Shanghai"
MONDAY = date(2026, 11, 30)
NUM_DAYS = 7
TEMPLATES = ("morning", "day", "afternoon", "evening", "night")
NUM_SHIFTS = NUM_DAYS * len(TEMPLATES)


def build_shifts() -> pd.DataFrame:
    """Date the templates: ``shift_id`` such as ``1204-evening``, day by day.

    Returns
    -------
    DataFrame, 35 rows
        As `dispatch.scenario.Scenario.shifts`.
    """
    templates = {row["template"]: row for row in load_shift_templates().to_dict("records")}
    rows = [
        (f"{day:%m%d}-{name}", *_dated(day, templates[name]))
        for day in (MONDAY + timedelta(days=n) for n in range(NUM_DAYS))
        for name in TEMPLATES
    ]
    ids, starts, ends = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "shift_id": pd.Series(ids, dtype="str"),
            "starts_at": pd.to_datetime(list(starts), utc=True).as_unit("us"),
            "ends_at": pd.to_datetime(list(ends), utc=True).as_unit("us"),
        }
    )


def hours_covered(shifts: pd.DataFrame) -> NDArray[np.float64]:
    """Give the part of each local hour of the week that each shift covers, (shifts, 168).

    What runs past Sunday midnight counts for Monday's first hours: the week is a circle.
    """
    local = [
        shifts[c].dt.tz_convert(TIMEZONE).dt.tz_localize(None) for c in ("starts_at", "ends_at")
    ]
    start, end = (
        ((column - pd.Timestamp(MONDAY)) / pd.Timedelta(hours=1)).to_numpy()[:, None]
        for column in local
    )
    hour = np.arange(2 * 168)
    covered = np.clip(np.minimum(end, hour + 1) - np.maximum(start, hour), 0, 1)
    return np.asarray(covered[:, :168] + covered[:, 168:], np.float64)


def is_weekend() -> NDArray[np.bool_]:
    """Tell which shifts belong to Saturday and Sunday, (35,)."""
    return np.arange(NUM_SHIFTS) // len(TEMPLATES) >= 5


def _dated(day: date, template: dict[Hashable, Any]) -> tuple[datetime, datetime]:
    kind = "weekend" if day.weekday() >= 5 else "workday"
    zone = ZoneInfo(TIMEZONE)
    start, end = (time.fromisoformat(template[f"{kind}_{edge}"]) for edge in ("starts", "ends"))
    last_day = day + timedelta(days=1) if end <= start else day
    return datetime.combine(day, start, zone), datetime.combine(last_day, end, zone)
