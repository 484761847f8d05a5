"""How shifts, roles and areas are called on pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from api.city import City
    from api.language import Texts


@dataclass(frozen=True, slots=True)
class ShiftName:
    """A shift as a reader knows it: day, kind and hours, all local."""

    shift_id: str
    date: str
    weekday: str
    kind: str
    hours: str

    def __str__(self) -> str:
        return f"{self.date} {self.weekday} {self.kind}".strip() + f" {self.hours}"


_CODE: Final = re.compile(r"[\w.-]*\w", re.ASCII)


class Names:
    """What beats and shifts are called, put in place of their codes.

    Parameters
    ----------
    names : mapping
        By code. What is not in it stays as it is: people have codes alone.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def told(self, text: str) -> str:
        """Return a sentence with names."""
        return _CODE.sub(lambda found: self._names.get(found[0], found[0]), text)

    def all_told(self, texts: Iterable[str]) -> list[str]:
        """Return sentences with names."""
        return [self.told(text) for text in texts]


def city_names(city: City, shifts: Iterable[ShiftName]) -> Names:
    """Return the names of the beats of the served city, and of its shifts (`shift_names`)."""
    beats = city.scenario.beats
    called = zip(beats["beat_id"], beats["name"], strict=True)
    return Names(
        {
            **{code: name for code, name in called if name},
            **{name.shift_id: str(name) for name in shifts},
        }
    )


def shift_names(city: City, texts: Texts) -> list[ShiftName]:
    """Return the names of the shifts in the order of ``scenario.shifts``."""
    zone = city.scenario.timezone
    return [
        _shift_name(
            row["shift_id"],
            row["starts_at"].tz_convert(zone),
            row["ends_at"].tz_convert(zone),
            texts,
        )
        for row in city.scenario.shifts.to_dict("records")
    ]


def _shift_name(shift_id: str, start: pd.Timestamp, end: pd.Timestamp, texts: Texts) -> ShiftName:
    # An id such as `1205-evening` names its template; another city's ids may not.
    word = shift_id.rpartition("-")[2]
    kind = texts.label("template", word)
    return ShiftName(
        shift_id=shift_id,
        date=day_name(start, texts),
        weekday=texts(f"weekday.{start.weekday()}"),
        kind="" if kind == word else kind,
        hours=f"{start:%H:%M}–{end:%H:%M}",
    )


def day_name(day: pd.Timestamp, texts: Texts) -> str:
    """Return a day of the year."""
    name = texts(f"month.{day.month}")
    return texts("date.day", month=day.month, day=day.day, name=name)


def week_name(city: City, texts: Texts) -> str:
    """Return the first and the last day of the horizon."""
    zone = city.scenario.timezone
    days = [
        moment.tz_convert(zone)
        for moment in (
            city.scenario.shifts["starts_at"].min(),
            city.scenario.shifts["starts_at"].max(),
        )
    ]
    first, last = (day_name(day, texts) for day in days)
    return texts("date.range", year=days[0].year, first=first, last=last)


def role_options(city: City, texts: Texts) -> list[dict[str, Any]]:
    """Return the duty roles for a choice."""
    return [{"id": role, "name": texts.label("role", role)} for role in city.scenario.roles["role"]]


def station_options(city: City) -> list[dict[str, Any]]:
    """Return the stations for a choice, grouped by district."""
    groups: list[dict[str, Any]] = []
    for row in city.stations.to_dict("records"):
        if not groups or groups[-1]["id"] != row["sub_bureau_id"]:
            groups.append(
                {"id": row["sub_bureau_id"], "name": row["sub_bureau_name"], "stations": []}
            )
        groups[-1]["stations"].append({"id": row["station_id"], "name": row["station_name"]})
    return groups
