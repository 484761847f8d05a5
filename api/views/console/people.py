"""People as rows of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.table import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from api.language import Texts
    from data.records.person_search import ListedPerson

PEOPLE: Final = (
    Column("name", "console.name"),
    Column("code", "console.code"),
    Column("tier", "console.tier"),
    Column("state", "console.state"),
    Column("station", "console.station"),
    Column("teams", "console.team"),
    Column("qualifications", "console.qualification"),
    Column("insured", "console.insured"),
    Column("phone", "console.phone"),
)
TONES: Final = {"active": "good", "suspended": "warn", "refused": "off", "left": "off"}


def person_rows(
    people: Iterable[ListedPerson], texts: Texts, entries: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the rows of a list of people; `entries`: what the catalogue calls qualifications."""
    comma = "、" if texts.language == "zh" else ", "
    return [
        {
            "url": f"/console/people/{one.code}",
            "tick": f"{one.code}:{one.row_version}",
            "name": one.name or one.code,
            "code": one.code,
            "tier": texts(f"tier.{one.tier}"),
            "state": texts.label("label.person_state", one.state),
            "tone": TONES.get(one.state, "calm"),
            "station": one.station_name or one.station or "–",
            "teams": comma.join(one.teams),
            "qualifications": comma.join(entries.get(held, held) for held in one.qualifications),
            "insured": one.insured_until or "–",
            "phone": one.phone_masked or "–",
        }
        for one in people
    ]
