"""Who logs in to the demo: one account of each role, around one volunteer who is on the roster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person
from data.store.tables.rosters import Assignment, Roster
from data.store.tables.scenarios import EditionBeat, Scenario, ScenarioPerson
from data.store.tables.teams import TeamMember

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """An account to be made: a role, where it holds, and the person behind it."""

    login: str
    name: str
    role: str
    kind: str
    place: int = 0
    person: int | None = None


def demo_logins(session: Session) -> list[DemoLogin]:
    """Choose the accounts of the demo: those of the city, and those around one beat.

    The beat is one in which a volunteer works most; its station has an officer and an auxiliary.
    """
    city = [
        DemoLogin("admin", "演示管理员", "administrator", "city"),
        DemoLogin("dispatcher", "演示市级调度", "city_dispatcher", "city"),
        DemoLogin("reviewer", "演示督导", "reviewer", "city"),
        DemoLogin("auditor", "演示审计", "auditor", "city"),
    ]
    found = _volunteer(session)
    if found is None:
        return city
    person, beat, station = found
    around = [
        DemoLogin("station", "演示所级调度", "station_dispatcher", "station", station),
        DemoLogin(
            *("officer", "演示社区民警", "community_officer", "beat"),
            *(beat, _of_station(session, "officer", station)),
        ),
        DemoLogin(
            *("auxiliary", "演示辅警", "auxiliary", "beat"),
            *(beat, _of_station(session, "auxiliary", station)),
        ),
        DemoLogin("volunteer", "演示义警", "volunteer", "own", 0, person),
    ]
    team = session.scalar(select(TeamMember.team_id).where(TeamMember.person_id == person).limit(1))
    if team is not None:
        leader = session.scalar(
            select(TeamMember.person_id)
            .where(TeamMember.team_id == team, TeamMember.person_id != person)
            .order_by(TeamMember.is_leader.desc(), TeamMember.person_id)
            .limit(1)
        )
        around.append(DemoLogin("leader", "演示队长", "team_leader", "team", team, leader))
    return city + around


def _of_station(session: Session, tier: str, station: int) -> int | None:
    return session.scalar(
        select(Person.id)
        .where(Person.tier == tier, Person.station_id == station)
        .order_by(Person.id)
        .limit(1)
    )


def _volunteer(session: Session) -> tuple[int, int, int] | None:
    """Return a volunteer with most turns in the published roster, and the beat of one of them."""
    turns = (
        select(
            ScenarioPerson.person_id.label("person"),
            func.min(Assignment.beat).label("beat"),
            func.count().label("turns"),
            Roster.scenario_id.label("scenario"),
        )
        .join(Roster, Roster.id == Assignment.roster_id)
        .join(
            ScenarioPerson,
            (ScenarioPerson.scenario_id == Roster.scenario_id)
            & (ScenarioPerson.position == Assignment.person),
        )
        .where(
            Roster.state == "published",
            ScenarioPerson.tier == "volunteer",
            ScenarioPerson.person_id.is_not(None),
        )
        .group_by(ScenarioPerson.person_id, Roster.scenario_id)
        .order_by(func.count().desc(), ScenarioPerson.person_id)
        .limit(1)
    ).subquery()
    row = session.execute(
        select(turns.c.person, Beat.id, Station.id)
        .join(Scenario, Scenario.id == turns.c.scenario)
        .join(
            EditionBeat,
            (EditionBeat.edition_id == Scenario.edition_id)
            & (EditionBeat.position == turns.c.beat),
        )
        .join(Beat, Beat.code == EditionBeat.code)
        .join(Station, Station.id == Beat.station_id)
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2])
