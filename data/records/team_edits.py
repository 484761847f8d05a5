"""Make a team, rename it, move it to another station, dissolve it and let it work again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, or_, select

from data.records.errors import (
    DuplicateError,
    RecordMissingError,
    SafetyError,
    TeamNotEmptyError,
)
from data.records.finding import find_station, find_team, require_version, require_word
from data.records.tags import tag_of
from data.store.tables.catalogue import DutyRole
from data.store.tables.ground import Station
from data.store.tables.teams import Team, TeamMember

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from data.records.teams import ListedTeam
    from data.store.scope import Scope


def add_team(
    session: Session,
    scope: Scope,
    *,
    code: str,
    name: str,
    station: str | None,
    specialism: str | None,
) -> str:
    """Add a team; without a station only where the scope is the whole city.

    Raises
    ------
    DuplicateError, RecordMissingError, SafetyError
    """
    if session.scalar(select(exists().where(Team.code == code))):
        raise DuplicateError(f"Expected a code that no team has yet, got {code!r:.80}.")
    session.add(
        Team(
            code=code,
            name=name,
            station_id=_station_id(session, scope, station),
            specialism=_specialism(session, specialism),
            is_active=True,
        )
    )
    session.flush()
    return code


def edit_team(
    session: Session,
    scope: Scope,
    code: str,
    values: Mapping[str, Any],
    *,
    seen: str,
    today: date,
) -> Team:
    """Change ``name``, ``station``, ``specialism`` or ``is_active`` of a team seen with this tag.

    Raises
    ------
    RecordMissingError, StaleError, SafetyError
    TeamNotEmptyError
        Where a team would be closed that somebody is still in.
    """
    team = find_team(session, scope, code, locked=True)
    require_version(0, 0 if seen == _tag(session, team) else 1)
    if values.get("is_active") is False:
        require_empty(session, team, today)
    for name, value in values.items():
        if name == "station":
            team.station_id = _station_id(session, scope, value)
        else:
            setattr(team, name, _specialism(session, value) if name == "specialism" else value)
    session.flush()
    return team


def require_empty(session: Session, team: Team, today: date) -> None:
    """Refuse to dissolve a team that somebody is in, or will be.

    Raises
    ------
    TeamNotEmptyError
    """
    member = TeamMember
    still = or_(member.until.is_(None), member.until >= today)
    number = session.scalar(select(func.count()).where(member.team_id == team.id, still))
    if number:
        raise TeamNotEmptyError(f"Expected a team that nobody is in, got {number} in {team.code}.")


def team_tag(team: ListedTeam) -> str:
    """Give what changes when a team's own fields do; teams have no version column."""
    return tag_of(team.name, team.specialism, team.is_active, team.station)


def _tag(session: Session, team: Team) -> str:
    station = session.get(Station, team.station_id) if team.station_id else None
    code = station.code if station else None
    return tag_of(team.name, team.specialism, team.is_active, code)


def _station_id(session: Session, scope: Scope, station: str | None) -> int | None:
    if station is not None:
        return find_station(session, scope, station).id
    if not scope.city:
        raise RecordMissingError("station", station)
    return None


def _specialism(session: Session, role: str | None) -> str | None:
    if role is None:
        return None
    if require_word(session, DutyRole, "duty role", role).hazardous:
        raise SafetyError(f"Expected a specialism that volunteers may have, got {role}.")
    return role
