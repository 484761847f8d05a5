"""Teams, specialist groups, and the three-tier team of a beat."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from api.schemas.base import Count, Model, TierName
from api.schemas.inputs import Body, Code, Name
from api.schemas.pages import PageQuery, Word
from api.schemas.people import State

BeatDuty = Literal["community_officer", "auxiliary", "volunteer"]


class TeamQuery(PageQuery):
    """Which teams are listed."""

    name: Word = Field(None, description="Part of a name.")
    station: Word = Field(None, description="Of this station.")
    specialism: Word = Field(None, description="Groups for this duty role.")
    specialist: bool | None = Field(None, description="Specialist groups only, or only others.")


class NewTeam(Body):
    """A team; without a station it is the whole city's."""

    code: Code = Field(examples=["kunbei-2"])
    name: Name = Field(examples=["昆北二队"])
    station: Code | None = None
    specialism: Code | None = Field(None, description="A duty role without hazards.")


class TeamEdit(Body):
    """A change of a team; members are changed one by one."""

    name: Name | None = Field(None, examples=["昆北夜巡队"])
    station: Code | None = Field(None, description="Null: the whole city's.")
    specialism: Code | None = Field(None, description="A duty role without hazards; null: none.")
    is_active: bool | None = Field(None, description="False dissolves a team that nobody is in.")

    @model_validator(mode="after")
    def _some_cannot_be_cleared(self) -> TeamEdit:
        for name in ("name", "is_active"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"expected a value of {name}, got null")
        return self


class Membership(Body):
    """How somebody is in a team."""

    is_leader: bool = False


class BeatMembership(Body):
    """What somebody is in a beat's team; a beat has one community officer at a time."""

    duty: BeatDuty


class ListedTeam(Model):
    """A team."""

    code: str
    name: str
    station: str | None
    station_name: str | None
    specialism: str | None
    is_active: bool
    num_members: Count
    leaders: list[str] = Field(description="Codes of those who lead it.")


class Teams(Model):
    """A page of teams by code."""

    items: list[ListedTeam]
    next: str | None


class Member(Model):
    """Somebody in a team; what one's roles do not show is left out."""

    code: str
    since: date
    is_leader: bool
    duty: BeatDuty | None
    name: str | None = None
    tier: TierName | None = None
    state: State | None = None
    profession: str | None = None


class Team(ListedTeam):
    """A team and who is in it today, leaders first."""

    members: list[Member]


class BeatTeam(Model):
    """The three-tier team of a beat (三级警格)."""

    beat: str
    members: list[Member]
