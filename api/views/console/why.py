"""Explanations for a page of the console: with names in place of codes, and what a button does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import orjson

from api.views.console.weeks import day_words, hours
from api.views.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from api.language import Texts
    from data.planning.week_fill import Turn

PLACES: Final = {
    "trained": "/console/courses",
    "insured": "/console/insurance",
    "recruit": "/console/applications",
}
"""Where a change is made that is not one of the roster."""
OF_A_PERSON: Final = frozenset({"available", "one_more_shift", "reach"})
"""Changes of a person's own file."""


def turn_words(turn: Turn, texts: Texts, zone: ZoneInfo) -> str:
    """Return a shift's day and hours."""
    return f"{day_words(turn.starts_at, texts, zone)} {hours(turn.starts_at, turn.ends_at, zone)}"


def names_for(
    beats: Mapping[str, str], turns: Iterable[Turn], texts: Texts, zone: ZoneInfo
) -> Names:
    """Return the names of a week's beats and shifts."""
    return Names({**beats, **{turn.code: turn_words(turn, texts, zone) for turn in turns}})


def explained_line(line: dict[str, Any], names: Names, texts: Texts) -> dict[str, Any]:
    """Return one demand line: what is short, what would help, and why these people."""
    short = line.get("text") or []
    return {
        "role": texts.label("role", line["line"][2]),
        "short": names.told(short) if isinstance(short, str) else names.all_told(short),
        "remedies": [_remedy(one, names, texts) for one in line["remedies"]],
        "people": [names.told(one["text"]) for one in line["people"]],
    }


def _remedy(one: dict[str, Any], names: Names, texts: Texts) -> dict[str, Any]:
    """Return a remedy in words, with the moves that a button makes, or where else it is done."""
    wanted = one["remedy"]
    given = [(move["person"], *move["takes"]) for move in wanted["moves"]]
    taken = [(move["person"], *move["leaves"]) for move in wanted["moves"] if move["leaves"]]
    kinds = [change["kind"] for change in wanted["changes"]]
    can = not kinds and bool(given) and not wanted["obstacle"]
    links = []
    for change in wanted["changes"]:
        kind, place = change["kind"], PLACES.get(change["kind"], "")
        if kind in OF_A_PERSON:
            place = f"/console/people/{quote(str(change['person']), safe='')}"
        if place:
            links.append((texts.label("label.remedy_place", kind), place))
    return {
        "text": names.told(one["text"]),
        "effects": names.all_told(one["effects"]),
        "taken": [orjson.dumps(row).decode() for row in taken] if can else [],
        "given": [orjson.dumps(row).decode() for row in given] if can else [],
        "links": list(dict.fromkeys(links)),
    }
