"""The sheets of a team: making one, its name and place, who joins, dissolving it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.views.console.sheets import Field, Sheet, option_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.language import Texts
    from data.records.teams import ListedTeam

Choices = tuple[tuple[str, str], ...]
HERE: Final = "/console/teams"
_CODE: Final[dict[str, object]] = {"maxlength": 128}
_NAME: Final[dict[str, object]] = {"maxlength": 64}


@dataclass(frozen=True, slots=True)
class TeamWords:
    """What the sheets of a team let one choose from; `city`: also the whole city as its place."""

    texts: Texts
    stations: Choices
    roles: Choices
    city: bool


def new_team_sheet(words: TeamWords) -> Sheet:
    """Return the form that makes a team."""
    texts = words.texts
    code = Field(
        *("code", texts("console.code")),
        hint=texts("teams.code_hint"),
        is_required=True,
        limits=_CODE,
    )
    name = Field("name", texts("console.name"), is_required=True, limits=_NAME)
    first = words.stations[0][0] if words.stations and not words.city else ""
    fields = (name, code, _station(words, first), _specialism(words, ""))
    return Sheet("new-team", HERE, texts("teams.make"), fields, is_once=True)


def team_sheets(
    place: str, team: ListedTeam, version: str, words: TeamWords, label: str
) -> list[Sheet]:
    """Return what may be changed of a team; `label` is what its specialism is called."""
    texts = words.texts
    if not team.is_active:
        button = texts("teams.reopen")
        return [
            Sheet(
                *("reopen", f"{place}/reopening", button),
                title=button,
                hint=texts("teams.reopen_hint"),
                version=version,
            )
        ]
    name = Field("name", texts("console.name"), "text", team.name, is_required=True, limits=_NAME)
    roles = words.roles
    if team.specialism and team.specialism not in dict(roles):
        roles = (*roles, (team.specialism, label))
    mine = TeamWords(texts, words.stations, roles, words.city)
    fields = (name, _station(mine, team.station or ""), _specialism(mine, team.specialism or ""))
    edit, dissolve = texts("teams.edit"), texts("teams.dissolve")
    return [
        Sheet(*("team", place, texts("forms.save"), fields, edit), version=version, is_folded=True),
        Sheet(
            *("dissolve", f"{place}/closing", dissolve, (), dissolve),
            hint=texts("teams.dissolve_hint"),
            version=version,
            tone="outline-danger",
            is_folded=True,
        ),
    ]


def joining_sheet(place: str, found: Sequence[Mapping[str, Any]], texts: Texts) -> Sheet:
    """Return the form that puts those who were found, and others by code, into a team."""
    choices = tuple((one["code"], _person(one, texts)) for one in found)
    fields: tuple[Field, ...] = (
        Field(
            *("people", texts("training.codes"), "area"),
            hint=texts("training.codes_hint"),
            limits={"maxlength": 20000},
        ),
        Field("is_leader", texts("people.leads"), "check"),
    )
    if choices:
        fields = (Field("found", texts("teams.found"), "checks", (), "", choices), *fields)
    return Sheet("join", f"{place}/joining", texts("teams.add_members"), fields, is_once=True)


def _station(words: TeamWords, value: str) -> Field:
    texts, choices = words.texts, words.stations
    if words.city:
        choices = option_list(choices, texts, blank=texts("records.whole_city"))
    return Field("station", texts("console.station"), "select", value, choices=choices)


def _specialism(words: TeamWords, value: str) -> Field:
    texts = words.texts
    return Field(
        *("specialism", texts("console.specialism"), "select", value),
        hint=texts("teams.specialism_hint"),
        choices=option_list(words.roles, texts, blank="–"),
    )


def _person(one: Mapping[str, Any], texts: Texts) -> str:
    """Return what tells somebody who was found from others of the same name."""
    parts = [one.get("name"), one["code"], one.get("station_name")]
    if "tier" in one:
        parts.append(texts(f"tier.{one['tier']}"))
    return " · ".join(str(part) for part in parts if part)
