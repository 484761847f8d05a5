"""Times as a person on a phone reads them: today, tomorrow, a weekday, then a date."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from api.language import Texts


def day_words(moment: datetime, now: datetime, zone: ZoneInfo, texts: Texts) -> str:
    """Return the day of a moment, seen from now."""
    day, today = moment.astimezone(zone).date(), now.astimezone(zone).date()
    date = texts("date.day", month=day.month, day=day.day, name=texts(f"month.{day.month}"))
    distance = (day - today).days
    if distance in {-1, 0, 1}:
        near = {-1: "phone.yesterday", 0: "phone.this_day", 1: "phone.tomorrow"}[distance]
        return texts("phone.day_and_date", day=texts(near), date=date)
    return texts("phone.day_and_date", day=texts(f"weekday.{day.weekday()}"), date=date)


def moment_words(moment: datetime, now: datetime, zone: ZoneInfo, texts: Texts) -> str:
    """Return day and time of a moment."""
    return f"{day_words(moment, now, zone, texts)} {moment.astimezone(zone):%H:%M}"


def span_words(
    starts_at: datetime, ends_at: datetime, now: datetime, zone: ZoneInfo, texts: Texts
) -> str:
    """Return day, begin and end; the end's day only where it is another."""
    first, last = starts_at.astimezone(zone), ends_at.astimezone(zone)
    begin = moment_words(starts_at, now, zone, texts)
    if last.date() == first.date():
        return f"{begin}–{last:%H:%M}"
    if (last.date() - first.date()).days == 1:
        return f"{begin}–{texts('phone.next_day')} {last:%H:%M}"
    return f"{begin} – {moment_words(ends_at, now, zone, texts)}"
