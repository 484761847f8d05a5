"""Teams and their rolls as rows of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.people import TONES
from api.views.console.table import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from api.language import Texts
    from data.records.teams import ListedTeam

TEAMS: Final = (
    Column("name", "console.name"),
    Column("code", "console.code"),
    Column("station", "console.station"),
    Column("specialism", "console.specialism"),
    Column("leaders", "records.leaders"),
    Column("state", "console.state"),
    Column("members", "console.members", is_number=True),
)
MEMBERS: Final = (
    Column("name", "console.name"),
    Column("code", "console.code"),
    Column("leads", "records.leaders"),
    Column("tier", "console.tier"),
    Column("state", "console.state"),
    Column("since", "records.since"),
)


def team_rows(
    teams: Iterable[ListedTeam], names: Mapping[str, str], texts: Texts
) -> list[dict[str, Any]]:
    """Return the rows of a list of teams; `names`: of leaders, as far as they may be read."""
    comma = "、" if texts.language == "zh" else ", "
    return [
        {
            "url": f"/console/teams/{one.code}",
            "name": one.name,
            "code": one.code,
            "station": one.station_name or one.station or texts("records.whole_city"),
            "specialism": texts.label("role", one.specialism) if one.specialism else "–",
            "leaders": comma.join(names.get(code, code) for code in one.leaders) or "–",
            "state": texts("records.in_use" if one.is_active else "records.closed"),
            "tone": "good" if one.is_active else "off",
            "members": f"{one.num_members:,}",
        }
        for one in teams
    ]


def team_terms(
    team: ListedTeam, members: Iterable[Mapping[str, Any]], texts: Texts
) -> list[tuple[str, Any]]:
    """Return what a team is: its code, place, specialism, state and who leads it."""
    comma = "、" if texts.language == "zh" else ", "
    leaders = [one.get("name") or one["code"] for one in members if one["is_leader"]]
    state = {
        "text": texts("records.in_use" if team.is_active else "records.closed"),
        "tone": "good" if team.is_active else "off",
    }
    return [
        (texts("console.code"), team.code),
        (
            texts("console.station"),
            team.station_name or team.station or texts("records.whole_city"),
        ),
        (
            texts("console.specialism"),
            texts.label("role", team.specialism) if team.specialism else "–",
        ),
        (texts("records.leaders"), comma.join(leaders) or "–"),
        (texts("console.members"), f"{team.num_members:,}"),
        (texts("console.state"), state),
    ]


def member_rows(members: Iterable[Mapping[str, Any]], texts: Texts) -> list[dict[str, Any]]:
    """Return the rows of a roll: what the reader's roles show of each member."""
    return [
        {
            "url": f"/console/people/{one['code']}" if "name" in one else "",
            "name": one.get("name") or one["code"],
            "code": one["code"],
            "tick": one["code"],
            "leads": texts("records.leads") if one["is_leader"] else "",
            "tier": texts(f"tier.{one['tier']}") if "tier" in one else "–",
            "state": texts.label("label.person_state", one["state"]) if "state" in one else "–",
            "tone": TONES.get(one.get("state", ""), "calm"),
            "since": one["since"],
        }
        for one in members
    ]
