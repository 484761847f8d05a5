"""A roster as the console shows it: its figures in words, its week as a table of heat."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from api.language import Texts
    from data.planning.jobs import JobView
    from data.planning.rosters import RosterView
    from data.planning.week_fill import StationWeek, WeekFill

STEPS: Final = 9
"""Shades of what is short."""
_NIGHT_H: Final = 8


def roster_card(roster: RosterView, texts: Texts, zone: ZoneInfo) -> dict[str, Any]:
    """Return a roster as a row of the list."""
    figures = roster.figures or {}
    return {
        "url": f"/console/rosters/{roster.roster_id}",
        "number": roster.roster_id,
        "state": roster.state,
        "state_words": texts.label("label.roster_state", roster.state),
        "tone": {"published": "good", "draft": "calm"}.get(roster.state, "off"),
        "week": week_words(roster.starts_at, roster.ends_at, texts, zone) or roster.scenario_name,
        "label": roster.label,
        "assigned": int(figures.get("assigned", 0)),
        "unmet": int(figures.get("unmet", 0)),
        "gap": float(figures.get("gap", 0.0)),
        "objective": int(figures.get("objective", 0)),
        "broken": {rule: count for rule, count in roster.violations.items() if count},
        "at": moment(roster.published_at or roster.created_at, zone),
    }


def job_card(job: JobView, texts: Texts, zone: ZoneInfo) -> dict[str, Any]:
    """Return a job as its panel shows it."""
    progress = job.progress or {}
    return {
        "number": job.job_id,
        "kind": texts.label("label.job_kind", job.kind),
        "state": job.state,
        "state_words": texts.label("label.job_state", job.state),
        "is_live": job.state in {"queued", "running"},
        "roster": job.roster_id,
        "error": job.error or "",
        "label": str(job.request.get("label") or job.request.get("name") or ""),
        "objective": progress.get("objective"),
        "bound": progress.get("bound"),
        "at": moment(job.created_at, zone),
    }


def job_words(texts: Texts) -> dict[str, Any]:
    """Return what the page's script says of a job that goes on."""
    stages = ("encode", "bound", "construct", "improve", "check", "explain")
    return {
        "progress": texts("rosters.live"),
        "stages": {name: texts(f"stage.{name}") for name in stages},
    }


def week_table(week: WeekFill, texts: Texts, zone: ZoneInfo) -> dict[str, Any]:
    """Return days, shifts, sums and, for each station, a cell a shift.

    A cell is its shade, how many are short, and the shift's code as part of an address, which is
    empty where nobody is wanted.
    """
    days: list[dict[str, Any]] = []
    for turn in week.turns:
        name = day_words(turn.starts_at, texts, zone)
        if not days or days[-1]["name"] != name:
            days.append({"name": name, "span": 0})
        days[-1]["span"] += 1
    # A city has thousands of cells: what a column has in common is made once.
    columns = [(turn.number, quote(turn.code, safe="")) for turn in week.turns]
    stations = [
        {
            "code": station.code,
            "name": station.name,
            "cells": [_cell(station, number, code) for number, code in columns],
        }
        for station in week.stations
    ]
    return {
        "days": days,
        "turns": [
            {"code": one.code, "hours": hours(one.starts_at, one.ends_at, zone)}
            for one in week.turns
        ],
        "wanted": sum(sum(one.required.values()) for one in week.stations),
        "missing": sum(one.missing(turn.number) for one in week.stations for turn in week.turns),
        "stations": stations,
    }


def _cell(station: StationWeek, number: int, code: str) -> tuple[int, int, str]:
    wanted = station.required.get(number, 0)
    if not wanted:
        return 0, 0, ""
    missing = max(wanted - station.filled.get(number, 0), 0)
    shade = 0 if not missing else min(STEPS, 1 + int(missing / wanted * STEPS))
    return shade, missing, code


def week_words(
    starts_at: datetime | None, ends_at: datetime | None, texts: Texts, zone: ZoneInfo
) -> str:
    """Return the days of a roster."""
    if starts_at is None or ends_at is None:
        return ""
    # A night shift that ends in the morning belongs to the day on which it began.
    last = ends_at - timedelta(hours=_NIGHT_H)
    days = (day_words(one, texts, zone, weekday=False) for one in (starts_at, last))
    return " – ".join(days)


def day_words(at: datetime, texts: Texts, zone: ZoneInfo, *, weekday: bool = True) -> str:
    """Return a day, with its weekday."""
    day = at.astimezone(zone).date()
    date = texts("date.day", month=day.month, day=day.day, name=texts(f"month.{day.month}"))
    name = texts(f"weekday.{day.weekday()}")
    return texts("phone.day_and_date", day=name, date=date) if weekday else date


def hours(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """Return a shift's hours: 18:00–22:00; whole hours alone as 18–22."""
    first, last = starts_at.astimezone(zone), ends_at.astimezone(zone)
    if first.minute == last.minute == 0:
        return f"{first:%H}–{last:%H}"
    return f"{first:%H:%M}–{last:%H:%M}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return date and time, the same in both languages."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
