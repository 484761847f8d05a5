"""Duties as an iCalendar file (RFC 5545) for one person's phone.

A duty keeps its UID for ever, so that a calendar that is read again changes instead of doubling; a
duty that changed has a higher SEQUENCE, and one that fell away stays in the file as cancelled. The
UID is a hash: an address book that syncs to somebody's cloud learns no id from it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from icalendar import Calendar, Event, vGeo

from data.exporters.roster_rows import ExportError
from data.importers.wording import Words

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    from data.importers.wording import Language

ENTRY_COLUMNS: Final = (
    "person_id", "shift_id", "starts_at", "ends_at", "beat_id", "beat_name", "station_name",
    "lng", "lat", "role", "role_label", "sequence", "cancelled",
)  # fmt: skip
_COMPARED = ("starts_at", "ends_at", "beat_id", "role", "lng", "lat")
_SUMMARY = Words("{role}（{beat}）", "{role} ({beat})")
_CANCELLED = Words("已取消：{summary}", "Cancelled: {summary}")
_NAME = Words("勤务排班", "Duties")


def next_entries(rows: pd.DataFrame, previous: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return what calendars are to hold now, given what they held before.

    Parameters
    ----------
    rows : DataFrame
        Of `roster_rows.roster_rows`: the roster that holds now.
    previous : DataFrame, optional
        What this function returned last time.

    Returns
    -------
    DataFrame
        Columns `ENTRY_COLUMNS`, one row a person and shift, by these. ``sequence`` (int64) rises
        by one whenever anything that `_COMPARED` names, or whether it takes place, changes.

    Raises
    ------
    ExportError
        For a person who stands twice in a shift, which no checked roster has.
    """
    twice = rows.duplicated(["person_id", "shift_id"])
    if twice.any():
        person, shift = rows.loc[twice, ["person_id", "shift_id"]].iloc[0]
        raise ExportError(f"Expected one duty a person and shift, got two of {person} in {shift}.")
    now = rows[list(ENTRY_COLUMNS[:-2])].assign(sequence=0, cancelled=False)
    if previous is None or not len(previous):
        return _sorted(now)
    key = ["person_id", "shift_id"]
    before = previous.set_index(key)
    known = pd.MultiIndex.from_frame(now[key])
    at = before.index.get_indexer(known)
    old = before.iloc[at[at >= 0]].reset_index(drop=True)
    new = now[at >= 0].reset_index(drop=True)
    changed = old["cancelled"].to_numpy(bool, copy=True)
    for name in _COMPARED:
        changed |= (old[name] != new[name]).to_numpy(bool)
    now.loc[at >= 0, "sequence"] = old["sequence"].to_numpy() + changed
    gone = previous[~before.index.isin(known)].copy()
    gone["sequence"] += (~gone["cancelled"].astype(bool)).astype(int)
    gone["cancelled"] = True
    return _sorted(pd.concat([now, gone[list(ENTRY_COLUMNS)]], ignore_index=True))


def person_calendar(
    entries: pd.DataFrame, *, now: datetime, timezone: str, language: Language
) -> bytes:
    """Return one person's duties as an iCalendar file.

    Parameters
    ----------
    entries : DataFrame
        Of `next_entries`, of one person.
    now : datetime
        When the file is made, aware.
    timezone : str
        IANA name; times are written in it, with its rules beside them.
    language : {"zh", "en"}
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Jingge//Duties//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _NAME.in_(language))
    for entry in entries.to_dict("records"):
        calendar.add_component(_event(entry, now, timezone, language))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def uid(person_id: str, shift_id: str) -> str:
    """Return the UID of a person's duty in a shift."""
    digest = hashlib.sha256(f"{len(person_id)}:{person_id}{shift_id}".encode()).hexdigest()
    return f"{digest[:40]}@jingge.invalid"


def _event(entry: dict[Hashable, Any], now: datetime, timezone: str, language: Language) -> Event:
    event = Event()
    summary = _SUMMARY.in_(language).format(role=entry["role_label"], beat=entry["beat_name"])
    if entry["cancelled"]:
        summary = _CANCELLED.in_(language).format(summary=summary)
    event.add("uid", uid(str(entry["person_id"]), str(entry["shift_id"])))
    event.add("dtstamp", now)
    event.add("dtstart", pd.Timestamp(entry["starts_at"]).tz_convert(timezone).to_pydatetime())
    event.add("dtend", pd.Timestamp(entry["ends_at"]).tz_convert(timezone).to_pydatetime())
    event.add("sequence", int(entry["sequence"]))
    event.add("status", "CANCELLED" if entry["cancelled"] else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry["cancelled"] else "OPAQUE")
    event.add("summary", _one_line(summary))
    event.add("location", _one_line(f"{entry['station_name']} {entry['beat_name']}"))
    event["geo"] = vGeo((float(entry["lat"]), float(entry["lng"])))
    return event


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _sorted(entries: pd.DataFrame) -> pd.DataFrame:
    return entries.sort_values(["person_id", "starts_at", "shift_id"], ignore_index=True)
