"""One station's shift in a roster as a board: posts, their lines, and who stands there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from data.store.errors import ScenarioMissingError
from data.store.tables.people import Person
from data.store.tables.rosters import Assignment
from data.store.tables.scenarios import (
    EditionBeat,
    ScenarioDemand,
    ScenarioPerson,
    ScenarioRole,
    ScenarioShift,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.planning.rosters import Reader
    from data.store.tables.rosters import Roster
    from data.store.tables.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody on a post; `number` is their position in the scenario, `turns` those of the week."""

    number: int
    code: str
    name: str
    tier: str
    profession: str
    turns: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a post: so many places for a role, and who fills them."""

    beat: int
    role: int
    role_code: str
    tier: str
    required: int
    members: tuple[Member, ...]

    @property
    def missing(self) -> int:
        """Places that nobody fills."""
        return max(self.required - len(self.members), 0)


@dataclass(frozen=True, slots=True)
class Post:
    """A beat in a shift."""

    beat: int
    beat_code: str
    beat_name: str
    lines: tuple[Line, ...]

    @property
    def missing(self) -> int:
        """Places that nobody fills."""
        return sum(line.missing for line in self.lines)


@dataclass(frozen=True, slots=True)
class Board:
    """The posts of a station in a shift, those that lack most first."""

    station_code: str
    station_name: str
    shift: int
    shift_code: str
    starts_at: datetime
    ends_at: datetime
    posts: tuple[Post, ...]

    @property
    def required(self) -> int:
        """Places of all posts."""
        return sum(line.required for post in self.posts for line in post.lines)

    @property
    def missing(self) -> int:
        """Places that nobody fills."""
        return sum(post.missing for post in self.posts)


def read_board(
    session: Session,
    reader: Reader,
    roster: Roster,
    scenario: Scenario,
    *,
    station: str,
    shift: str,
) -> Board:
    """Read the board of a station and a shift (codes), as far as the reader answers for it.

    Raises
    ------
    ScenarioMissingError
        Where the roster has no such shift, or the reader no beat of such a station.
    """
    when = session.scalars(
        select(ScenarioShift).where(
            ScenarioShift.scenario_id == scenario.id, ScenarioShift.code == shift
        )
    ).one_or_none()
    mine = and_(EditionBeat.edition_id == scenario.edition_id, EditionBeat.station_code == station)
    beats = session.scalars(
        select(EditionBeat).where(mine, reader.beats()).order_by(EditionBeat.position)
    ).all()
    if when is None or not beats:
        raise ScenarioMissingError("Expected a shift and a station of the roster within reach.")
    numbers = [beat.position for beat in beats]
    lines = _lines(session, scenario, when.position, numbers)
    members = _members(session, roster, scenario, when.position, numbers)
    posts = [
        Post(
            beat.position,
            beat.code,
            beat.name,
            tuple(
                Line(*key, facts[0], facts[1], facts[2], tuple(members[key]))
                for key, facts in lines.items()
                if key[0] == beat.position
            ),
        )
        for beat in beats
    ]
    posts = [post for post in posts if post.lines]
    posts.sort(key=lambda post: (-post.missing, post.beat))
    name = beats[0].station_name
    return Board(
        station, name, when.position, when.code, when.starts_at, when.ends_at, tuple(posts)
    )


def _lines(
    session: Session, scenario: Scenario, shift: int, beats: list[int]
) -> dict[tuple[int, int], tuple[str, str, int]]:
    query = (
        select(
            ScenarioDemand.beat,
            ScenarioDemand.role,
            ScenarioRole.code,
            ScenarioRole.tier,
            ScenarioDemand.required,
        )
        .join(
            ScenarioRole,
            and_(
                ScenarioRole.scenario_id == ScenarioDemand.scenario_id,
                ScenarioRole.position == ScenarioDemand.role,
            ),
        )
        .where(
            ScenarioDemand.scenario_id == scenario.id,
            ScenarioDemand.beat.in_(beats),
            ScenarioDemand.shift == shift,
        )
        .order_by(ScenarioDemand.beat, ScenarioDemand.role)
    )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in session.execute(query)}


def _members(
    session: Session, roster: Roster, scenario: Scenario, shift: int, beats: list[int]
) -> dict[tuple[int, int], list[Member]]:
    there = (
        select(Assignment.beat, Assignment.role, Assignment.person)
        .where(
            Assignment.roster_id == roster.id,
            Assignment.beat.in_(beats),
            Assignment.shift == shift,
        )
        .order_by(Assignment.position)
    )
    stands = session.execute(there).all()
    people = {row.person for row in stands}
    known = people_of(session, roster, scenario, people)
    found: dict[tuple[int, int], list[Member]] = defaultdict(list)
    for beat, role, person in stands:
        found[beat, role].append(known[person])
    return found


def people_of(
    session: Session, roster: Roster, scenario: Scenario, people: set[int]
) -> dict[int, Member]:
    """Give people of a scenario by position, with their turns in a roster."""
    turns = turns_of(session, roster.id, people)
    columns: Any = (
        *(ScenarioPerson.position, ScenarioPerson.code, Person.name),
        *(ScenarioPerson.tier, ScenarioPerson.profession),
    )
    rows = session.execute(
        select(*columns)
        .outerjoin(Person, Person.id == ScenarioPerson.person_id)
        .where(ScenarioPerson.scenario_id == scenario.id, ScenarioPerson.position.in_(people))
    )
    return {
        row[0]: Member(row[0], row[1], row[2] or row[1], row[3], row[4], turns.get(row[0], 0))
        for row in rows
    }


def turns_of(session: Session, roster_id: int, people: Collection[int]) -> dict[int, int]:
    """Count people's turns in a roster, by position; who has none is left out."""
    query = (
        select(Assignment.person, func.count())
        .where(Assignment.roster_id == roster_id, Assignment.person.in_(people))
        .group_by(Assignment.person)
    )
    return dict(session.execute(query).all())


def names_of(session: Session, scenario_id: int, codes: set[str]) -> dict[str, str]:
    """Give the names of people of a scenario by code, where the records have them."""
    query = (
        select(ScenarioPerson.code, Person.name)
        .join(Person, Person.id == ScenarioPerson.person_id)
        .where(ScenarioPerson.scenario_id == scenario_id, ScenarioPerson.code.in_(codes))
    )
    return {code: name or code for code, name in session.execute(query)}
