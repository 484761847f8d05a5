"""The numbers behind the rules of tasks and turns: the planner's own, and some of the field."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from data.store.reading import rows_of
from data.store.tables.rosters import Roster
from data.store.tables.scenarios import Scenario

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_RULES: Final = (
    *("min_rest_hours", "volunteers_per_supervisor", "travel_factor"),
    *("volunteer_travel_limit_m",),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a city.

    Attributes
    ----------
    min_rest_hours, volunteers_per_supervisor, travel_factor, volunteer_travel_limit_m
        As in `dispatch.rules.Rules`; the published plan's where there is one.
    timezone, cell_resolution : str, int
        As in the plan.
    adult_age, night_starts, night_ends : int, time, time
        Those younger are not on duty at night (local time).
    offer_min : int
        Minutes in which a place that came free has to be confirmed.
    early_min, grace_min : int
        Check-in opens so many minutes before the start; after the grace it is a no-show.
    offline_hours : int
        How old an entry of a phone's offline queue may be.
    radius_m, accuracy_cap_m : float
        How far from the post one may check in, and how bad a position may be.
    lone_every_min : int
        How often somebody who patrols alone has to say that all is well.
    """

    min_rest_hours: float = 8
    volunteers_per_supervisor: int = 8
    travel_factor: float = 1.3
    volunteer_travel_limit_m: float = 3000
    timezone: str = "Asia/Shanghai"
    cell_resolution: int = 9
    adult_age: int = 18
    night_starts: time = time(22)
    night_ends: time = time(6)
    offer_min: int = 30
    early_min: int = 30
    grace_min: int = 30
    offline_hours: int = 12
    radius_m: float = 200
    accuracy_cap_m: float = 500
    lone_every_min: int = 30

    @property
    def zone(self) -> ZoneInfo:
        """Give the city's time zone."""
        return ZoneInfo(self.timezone)

    def local(self, moment: datetime) -> datetime:
        """Give a moment in the city's own time."""
        return moment.astimezone(self.zone)

    def week_of(self, moment: datetime) -> tuple[datetime, datetime]:
        """Give the local week, Monday to Monday, in which a moment lies."""
        day = self.local(moment).replace(hour=0, minute=0, second=0, microsecond=0)
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)

    def is_night(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Tell whether any part of a turn lies in the night."""
        first = self.local(starts_at).date() - timedelta(days=1)
        for number in range((self.local(ends_at).date() - first).days + 1):
            day = first + timedelta(days=number)
            begin = datetime.combine(day, self.night_starts, self.zone)
            end = datetime.combine(day + timedelta(days=1), self.night_ends, self.zone)
            if starts_at < end and begin < ends_at:
                return True
        return False

    def words(self, moment: datetime) -> str:
        """Write a moment as people of the city read it."""
        return f"{self.local(moment):%m-%d %H:%M}"


def limits_of(session: Session) -> Limits:
    """Read the limits: those of the plan that was published last, and the usual ones beside."""
    return limits_from(rows_of(session, PLAN_SETTINGS).scalar())


def limits_from(settings: str | None) -> Limits:
    """Return the limits that go with what `PLAN_SETTINGS` gives; None: no plan is published."""
    return Limits() if settings is None else _limits_from(settings)


@lru_cache(maxsize=8)
def _limits_from(settings: str) -> Limits:
    found = json.loads(settings)
    rules = {name: found["rules"][name] for name in _RULES if name in found["rules"]}
    place = {"timezone": found["timezone"], "cell_resolution": found["cell_resolution"]}
    return replace(Limits(), **rules, **place)


# Written once: almost every request asks.
PLAN_SETTINGS: Final = (
    select(Scenario.settings)
    .join(Roster, Roster.scenario_id == Scenario.id)
    .where(Roster.state == "published")
    .order_by(Roster.published_at.desc(), Roster.id.desc())
    .limit(1)
)
