"""When somebody can come, as ticks by weekday and shift, and the days on which they are away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from api.views.phone.reader import Reader
    from data.records.habits import Habit
    from data.records.own_habits import Away, Template


def habit_days(
    habits: Iterable[Habit], templates: Iterable[Template], reader: Reader
) -> list[dict[str, Any]]:
    """Return the week's days with a tick for every shift, on where the person usually can come."""
    known, patterns = {(one.weekday, one.template) for one in habits}, list(templates)
    return [
        {
            "number": day,
            "label": reader.texts(f"weekday.{day}"),
            "shifts": [
                {
                    "template": one.code,
                    "label": _label(one, day, reader),
                    "on": (day, one.code) in known,
                }
                for one in patterns
            ],
        }
        for day in range(7)
    ]


def exception_lines(away: Iterable[Away], reader: Reader) -> list[dict[str, Any]]:
    """Return the days away, each with the number by which it is taken back."""
    return [{"id": one.number, "label": _span(one.starts_on, one.ends_on, reader)} for one in away]


def _label(template: Template, day: int, reader: Reader) -> str:
    first, last = template.weekend if day >= 5 else template.workday
    name = template.label_zh if reader.texts.language == "zh" else template.label_en
    return f"{name} {first:%H:%M}–{last:%H:%M}"


def _span(first: date, last: date, reader: Reader) -> str:
    words = [
        reader.texts(
            "date.day", month=day.month, day=day.day, name=reader.texts(f"month.{day.month}")
        )
        for day in dict.fromkeys((first, last))
    ]
    return " – ".join(words)
