"""Months as a city counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import datetime

CITY_TIME: Final = ZoneInfo("Asia/Shanghai")
"""China has one time."""


def month_start(now: datetime) -> datetime:
    """Return the moment at which the month of `now` began in the city."""
    local = now.astimezone(CITY_TIME)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
