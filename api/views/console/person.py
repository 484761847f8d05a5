"""A member's file as the console shows it: parts with lines, each a term and its value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from api.language import Texts

_PROFILE: Final = (
    *("code", "name", "tier", "state", "profession", "sex", "born_on", "employer"),
    *("station_name", "sub_bureau_name", "phone_masked", "id_number_masked", "home_area"),
    *("max_shifts", "travel_limit_m", "show_up", "joined_on", "left_on", "note"),
)
_LISTS: Final = (
    *("qualifications", "roles", "teams", "beats", "training", "covers", "habits"),
    *("exceptions", "awards", "consents", "events"),
)
_HIDDEN: Final = frozenset({"id", "run", "row_version", "course_run_id"})
# How the words of a field are labelled; a list may have words of its own.
_WORDS: Final = {
    "tier": "tier",
    "state": "label.person_state",
    "training.state": "label.attendance",
    "sex": "label.sex",
    "insurer": "label.insurer",
    "mode": "label.course_mode",
    "duty": "label.beat_duty",
    "kind": "label.person_event",
    "weekday": "weekday",
    "template": "template",
    "role": "role",
    "specialism": "role",
    "from_value": "label.person_state",
    "to_value": "label.person_state",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """In which words, and in which time zone, a file is told.

    Attributes
    ----------
    entries : mapping of str to str
        What the city's catalogue calls professions and qualifications.
    """

    texts: Texts
    zone: ZoneInfo
    entries: Mapping[str, str]

    def shown(self, part: str, name: str, value: Any) -> str:
        """Return a value of a field in words."""
        if value is None or value == "":
            return "–"
        if isinstance(value, bool):
            return self.texts("console.yes" if value else "console.no")
        if isinstance(value, date):
            return self._day(value)
        if name in {"profession", "qualification"}:
            return self.entries.get(value, str(value))
        kind = _WORDS.get(f"{part}.{name}", _WORDS.get(name))
        plain = f"{value:.0%}" if name == "show_up" else str(value)
        return plain if kind is None else self.texts.label(kind, plain)

    def _day(self, value: date) -> str:
        """Return a day, or a moment in local time."""
        if isinstance(value, datetime):
            return f"{value.astimezone(self.zone):%Y-%m-%d %H:%M}"
        return value.isoformat()


def person_parts(told: Mapping[str, Any], wording: Wording) -> list[dict[str, Any]]:
    """Return the parts of a file that the reader sees: terms, and everything else as tables."""
    label = wording.texts.label
    profile = [
        (label("label.profile", name), wording.shown("profile", name, told["profile"][name]))
        for name in _PROFILE
        if told["profile"].get(name) not in {None, ""}
    ]
    parts: list[dict[str, Any]] = [
        {"title": label("label.file", "profile"), "terms": profile, "rows": [], "heads": []}
    ]
    for part in _LISTS:
        if part not in told:
            continue
        rows = told[part]
        keys = [key for key in (rows[0] if rows else {}) if key not in _HIDDEN]
        parts.append(
            {
                "title": label("label.file", part),
                "terms": [],
                "heads": [_head(wording.texts, part, key) for key in keys],
                "rows": [[wording.shown(part, key, row[key]) for key in keys] for row in rows],
            }
        )
    return parts


def _head(texts: Texts, part: str, key: str) -> str:
    """Return what a column is called: a list may have words of its own."""
    own = f"{part}.{key}"
    text = texts.label("label.profile", own)
    return texts.label("label.profile", key) if text == own else text
