"""Teams and specialist groups, who is in them and who leads; and the three-tier team of a beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, select

from data.records.errors import DuplicateError, RecordMissingError, StepError
from data.records.finding import find_beat, find_person, find_team
from data.records.membership import MOVABLE
from data.records.memberships import end_rows, holds
from data.records.pages import PageOf, cut, read_cursor, write_cursor
from data.store.tables.ground import Station
from data.store.tables.people import Person
from data.store.tables.teams import BeatMember, Team, TeamMember

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from data.store.scope import Scope
    from data.store.tables.ground import Beat

_TIER_OF = {"community_officer": "officer", "auxiliary": "auxiliary", "volunteer": "volunteer"}
"""The tier that a duty in a beat's team asks for."""


@dataclass(frozen=True, slots=True)
class ListedTeam:
    """A team, how many are in it today, and who leads."""

    code: str
    name: str
    station: str | None
    station_name: str | None
    specialism: str | None
    is_active: bool
    num_members: int
    leaders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a team or a beat's team; ``duty`` of a beat, ``is_leader`` of a team."""

    code: str
    name: str | None
    tier: str
    state: str
    profession: str | None
    since: date
    is_leader: bool = False
    duty: str | None = None


def list_teams(
    session: Session,
    scope: Scope,
    *,
    today: date,
    name: str | None = None,
    station: str | None = None,
    specialism: str | None = None,
    specialist: bool | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> PageOf[ListedTeam]:
    """Give a page of teams by code.

    Parameters
    ----------
    name : str, optional
        Part of a name.
    specialist : bool, optional
        True: groups with a specialism alone.
    """
    conditions: list[Any] = [scope.teams_()]
    if name is not None:
        conditions.append(Team.name.contains(name, autoescape=True))
    if station is not None:
        conditions.append(Station.code == station)
    if specialism is not None:
        conditions.append(Team.specialism == specialism)
    if specialist is not None:
        conditions.append(Team.specialism.is_not(None) == specialist)
    if after := read_cursor(cursor, str):
        conditions.append(Team.code > after[0])
    query = (
        select(Team, Station.code, Station.name)
        .outerjoin(Station, Station.id == Team.station_id)
        .where(*conditions)
        .order_by(Team.code)
        .limit(limit + 1)
    )
    rows, more = cut(session.execute(query).all(), limit)
    items = _listed(session, [tuple(row) for row in rows], today)
    return PageOf(items, write_cursor(rows[-1][0].code) if more else None)


def read_team(
    session: Session, scope: Scope, code: str, *, today: date
) -> tuple[ListedTeam, tuple[Member, ...]]:
    """Give a team and who is in it today, leaders first.

    Raises
    ------
    RecordMissingError
    """
    team = find_team(session, scope, code)
    station = session.get(Station, team.station_id) if team.station_id else None
    row = (team, station.code if station else None, station.name if station else None)
    member = TeamMember
    query = (
        select(Person, member.since, member.is_leader)
        .join(Person, Person.id == member.person_id)
        .where(member.team_id == team.id, holds(member, today))
        .order_by(member.is_leader.desc(), Person.code)
    )
    members = tuple(
        Member(p.code, p.name, p.tier, p.state, p.profession, since, is_leader=leads)
        for p, since, leads in session.execute(query)
    )
    return _listed(session, [row], today)[0], members


def join_team(
    session: Session, scope: Scope, code: str, person_code: str, *, leader: bool, today: date
) -> None:
    """Put a member into a team, or say anew whether they lead it.

    Raises
    ------
    RecordMissingError, StepError
    """
    # Locked: nobody may dissolve a team while somebody joins it.
    team = find_team(session, scope, code, locked=True)
    person = find_person(session, scope, person_code)
    _require_member(person)
    if not team.is_active:
        raise StepError(f"Expected an active team, got {code}, which is closed.")
    row = session.scalars(
        select(TeamMember).where(
            TeamMember.team_id == team.id,
            TeamMember.person_id == person.id,
            holds(TeamMember, today),
        )
    ).first()
    if row is None:
        session.add(TeamMember(team_id=team.id, person_id=person.id, is_leader=leader, since=today))
    else:
        row.is_leader, row.until = leader, None
    session.flush()


def leave_team(session: Session, scope: Scope, code: str, person_code: str, *, today: date) -> None:
    """End a membership in a team.

    Raises
    ------
    RecordMissingError
    """
    team, person = find_team(session, scope, code), find_person(session, scope, person_code)
    _end(session, TeamMember, TeamMember.team_id == team.id, person, today)


def beat_team(session: Session, scope: Scope, code: str, *, today: date) -> tuple[Member, ...]:
    """Give the three-tier team (三级警格) of a beat: officer, auxiliaries, volunteers.

    Raises
    ------
    RecordMissingError
    """
    beat = find_beat(session, scope, code, homes=False)
    query = (
        select(Person, BeatMember.since, BeatMember.duty)
        .join(Person, Person.id == BeatMember.person_id)
        .where(BeatMember.beat_id == beat.id, holds(BeatMember, today))
    )
    order = list(_TIER_OF)
    members = [
        Member(p.code, p.name, p.tier, p.state, p.profession, since, duty=duty)
        for p, since, duty in session.execute(query)
    ]
    return tuple(sorted(members, key=lambda one: (order.index(one.duty or ""), one.code)))


def join_beat(
    session: Session, scope: Scope, code: str, person_code: str, *, duty: str, today: date
) -> None:
    """Put a member into a beat's team; a beat has one community officer at a time.

    Raises
    ------
    RecordMissingError, StepError
    DuplicateError
        Where the beat has another community officer.
    """
    beat, person = find_beat(session, scope, code), find_person(session, scope, person_code)
    _require_member(person)
    put_into_beat(session, beat, person, duty=duty, today=today)


def put_into_beat(session: Session, beat: Beat, person: Person, *, duty: str, today: date) -> None:
    """Put somebody into a beat's team."""
    if _TIER_OF.get(duty) != person.tier:
        raise StepError(f"Expected a duty that fits the tier {person.tier}, got {duty!r:.40}.")
    current = and_(BeatMember.beat_id == beat.id, holds(BeatMember, today))
    if duty == "community_officer" and session.scalar(
        select(exists().where(current, BeatMember.duty == duty, BeatMember.person_id != person.id))
    ):
        raise DuplicateError(f"Expected a beat without a community officer, got {beat.code}.")
    row = session.scalars(
        select(BeatMember).where(current, BeatMember.person_id == person.id)
    ).first()
    if row is None:
        session.add(BeatMember(beat_id=beat.id, person_id=person.id, duty=duty, since=today))
    else:
        row.duty, row.until = duty, None
    session.flush()


def leave_beat(session: Session, scope: Scope, code: str, person_code: str, *, today: date) -> None:
    """End a membership in a beat's team.

    Raises
    ------
    RecordMissingError
    """
    beat, person = find_beat(session, scope, code), find_person(session, scope, person_code)
    _end(session, BeatMember, BeatMember.beat_id == beat.id, person, today)


def _listed(session: Session, rows: list[tuple[Any, ...]], today: date) -> tuple[ListedTeam, ...]:
    ids = [team.id for team, *_ in rows]
    member = TeamMember
    current = and_(member.team_id.in_(ids), holds(member, today))
    counts: dict[int, int] = dict(
        session.execute(
            select(member.team_id, func.count()).where(current).group_by(member.team_id)
        ).all()
    )
    leaders: dict[int, list[str]] = {}
    query = (
        select(member.team_id, Person.code)
        .join(Person, Person.id == member.person_id)
        .where(current, member.is_leader)
        .order_by(Person.code)
    )
    for team_id, code in session.execute(query):
        leaders.setdefault(team_id, []).append(code)
    return tuple(
        ListedTeam(
            code=team.code,
            name=team.name,
            station=station,
            station_name=station_name,
            specialism=team.specialism,
            is_active=team.is_active,
            num_members=counts.get(team.id, 0),
            leaders=tuple(leaders.get(team.id, ())),
        )
        for team, station, station_name in rows
    )


def _require_member(person: Person) -> None:
    if person.state not in MOVABLE:
        raise StepError(f"Expected a member, got {person.code}, who is {person.state}.")


def _end(session: Session, table: Any, place: Any, person: Person, today: date) -> None:
    if not end_rows(session, table, today, place, table.person_id == person.id):
        raise RecordMissingError("member", person.code)
