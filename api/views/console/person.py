"""A member's file as the console shows it: parts with lines, each a term and its value."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from api.language import Texts
    from data.records.person_file import PersonFile

_PROFILE: Final = (
    *("code", "name", "tier", "state", "profession", "sex", "born_on", "employer"),
    *("station_name", "sub_bureau_name", "phone_masked", "id_number_masked", "home_area"),
    *("max_shifts", "travel_limit_m", "show_up", "joined_on", "left_on", "note"),
)
_LISTS: Final = (
    *("qualifications", "roles", "teams", "beats", "training", "covers", "habits"),
    *("exceptions", "awards", "consents", "events"),
)
_HIDDEN: Final = frozenset({"id", "run", "row_version"})


def person_parts(file: PersonFile, texts: Texts) -> list[dict[str, Any]]:
    """Return the parts of a file: the profile as terms, everything else as small tables."""
    profile = [
        (texts.label("label.profile", name), _shown(file.profile[name], texts))
        for name in _PROFILE
        if file.profile[name] not in {None, ""}
    ]
    parts: list[dict[str, Any]] = [
        {"title": texts.label("label.file", "profile"), "terms": profile, "rows": [], "heads": []}
    ]
    for name in _LISTS:
        rows = getattr(file, name)
        keys = [key for key in (rows[0] if rows else {}) if key not in _HIDDEN]
        parts.append(
            {
                "title": texts.label("label.file", name),
                "terms": [],
                "heads": [texts.label("label.profile", key) for key in keys],
                "rows": [[_shown(row[key], texts) for key in keys] for row in rows],
            }
        )
    return parts


def _shown(value: Any, texts: Texts) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return texts("console.yes" if value else "console.no")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
