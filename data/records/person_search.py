"""Find people: by name, code, phone, place, team, profession, qualification, state, tier.

Pages run along ``person.id``: a page costs the same at the beginning and at the end of 40,000
people. Phones and ID numbers are found by their blind index, whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from data.records.errors import ValueRefusedError
from data.records.insured import insured_until
from data.records.memberships import holds
from data.records.pages import MAX_LIMIT, PageOf, cut, read_cursor, write_cursor
from data.store.personal import id_number_index, masked, open_phone, phone_index
from data.store.tables.ground import Beat, Station
from data.store.tables.people import PERSON_STATES, Person, PersonRole
from data.store.tables.teams import BeatMember, Team, TeamMember
from data.store.tables.training import PersonQualification
from dispatch.rules import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from data.store.keys import Keys
    from data.store.scope import Scope

MEMBERS = tuple(state for state in PERSON_STATES if state not in {"refused", "left"})
"""The states of those who are, or may become, members."""


@dataclass(frozen=True, slots=True)
class PersonFilter:
    """What people must be to be listed; None asks nothing.

    Attributes
    ----------
    name : str
        Part of a name.
    code : str
        Beginning of a code.
    phone, id_number : str
        Whole, however written.
    station, beat, team, profession, qualification, role : str
        Codes. A qualification is held today, a membership or role holds today.
    states : tuple of str
        Empty: all but those who were refused or left.
    """

    name: str | None = None
    code: str | None = None
    phone: str | None = None
    id_number: str | None = None
    station: str | None = None
    beat: str | None = None
    team: str | None = None
    profession: str | None = None
    qualification: str | None = None
    role: str | None = None
    tier: str | None = None
    states: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.tier is not None and self.tier not in {tier.value for tier in Tier}:
            raise ValueRefusedError(f"Expected a tier, got {self.tier!r:.40}.")
        for state in self.states:
            if state not in PERSON_STATES:
                raise ValueRefusedError(f"Expected a state of a person, got {state!r:.40}.")


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person as lists show them: the phone masked, ID number, home and address not at all."""

    code: str
    name: str | None
    tier: str
    state: str
    station: str | None
    station_name: str | None
    profession: str | None
    phone_masked: str
    teams: tuple[str, ...]
    qualifications: tuple[str, ...]
    insured_until: date | None
    max_shifts: int
    row_version: int


_COLUMNS = (
    Person.id,
    Person.code,
    Person.name,
    Person.tier,
    Person.state,
    Station.code.label("station"),
    Station.name.label("station_name"),
    Person.profession,
    Person.phone_sealed,
    Person.max_shifts,
    Person.row_version,
)


def search_people(
    session: Session,
    scope: Scope,
    keys: Keys,
    wanted: PersonFilter,
    *,
    today: date,
    cursor: str | None = None,
    limit: int = 50,
    with_total: bool = False,
) -> PageOf[ListedPerson]:
    """Give a page of the people who are as wanted, within a scope.

    Raises
    ------
    ValueRefusedError
        For a limit out of range or a cursor that is none.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueRefusedError(f"Expected a limit in 1..{MAX_LIMIT}, got {limit}.")
    after = read_cursor(cursor, int)
    condition = and_(scope.people(), *_conditions(wanted, keys, today))
    query = (
        select(*_COLUMNS)
        .outerjoin(Station, Station.id == Person.station_id)
        .where(condition)
        .order_by(Person.id)
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(Person.id > after[0])
    rows, more = cut(session.execute(query).all(), limit)
    items = tuple(_listed(session, keys, rows, today))
    total = None
    if with_total:
        total = session.scalar(select(func.count()).select_from(Person).where(condition))
    return PageOf(items, write_cursor(rows[-1].id) if more else None, total)


def _conditions(wanted: PersonFilter, keys: Keys, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Person.state.in_(wanted.states or MEMBERS)]
    if wanted.tier:
        found.append(Person.tier == wanted.tier)
    if wanted.profession:
        found.append(Person.profession == wanted.profession)
    if wanted.code:
        # A range, so that the index serves; `LIKE` would ignore case on SQLite alone.
        found.append(and_(Person.code >= wanted.code, Person.code < f"{wanted.code}\U0010ffff"))
    if wanted.name:
        found.append(_named(wanted.name))
    if wanted.phone:
        found.append(Person.phone_index == phone_index(keys, wanted.phone))
    if wanted.id_number:
        found.append(Person.id_number_index == id_number_index(keys, wanted.id_number))
    if wanted.station:
        found.append(
            Person.station_id.in_(select(Station.id).where(Station.code == wanted.station))
        )
    return found + [Person.id.in_(query) for query in _memberships(wanted, today)]


def _named(part: str) -> ColumnElement[bool]:
    """Look for a part of a name in the index of names, which is narrower than the table."""
    names = select(Person.id).where(Person.name.contains(part, autoescape=True))
    return Person.id.in_(names)


def _memberships(wanted: PersonFilter, today: date) -> Iterable[Select[int]]:
    if wanted.team:
        yield (
            select(TeamMember.person_id)
            .join(Team, Team.id == TeamMember.team_id)
            .where(Team.code == wanted.team, holds(TeamMember, today))
        )
    if wanted.beat:
        yield (
            select(BeatMember.person_id)
            .join(Beat, Beat.id == BeatMember.beat_id)
            .where(Beat.code == wanted.beat, holds(BeatMember, today))
        )
    if wanted.role:
        yield select(PersonRole.person_id).where(
            PersonRole.role == wanted.role, holds(PersonRole, today)
        )
    if wanted.qualification:
        yield select(PersonQualification.person_id).where(
            PersonQualification.qualification == wanted.qualification, is_valid(today)
        )


def is_valid(today: date) -> ColumnElement[bool]:
    """Give the condition that a qualification is held on a day: neither expired nor revoked."""
    held = PersonQualification
    return and_(
        held.granted_on <= today,
        or_(held.expires_on.is_(None), held.expires_on >= today),
        or_(held.revoked_on.is_(None), held.revoked_on > today),
    )


def _listed(
    session: Session, keys: Keys, rows: Sequence[Row[*tuple[Any, ...]]], today: date
) -> Iterable[ListedPerson]:
    ids = [row.id for row in rows]
    teams = _words(
        session,
        select(TeamMember.person_id, Team.code)
        .join(Team, Team.id == TeamMember.team_id)
        .where(TeamMember.person_id.in_(ids), holds(TeamMember, today)),
    )
    held = _words(
        session,
        select(PersonQualification.person_id, PersonQualification.qualification).where(
            PersonQualification.person_id.in_(ids), is_valid(today)
        ),
    )
    until = insured_until(session, ids, today)
    for row in rows:
        yield ListedPerson(
            code=row.code,
            name=row.name,
            tier=row.tier,
            state=row.state,
            station=row.station,
            station_name=row.station_name,
            profession=row.profession,
            phone_masked=masked(open_phone(keys, row.code, row.phone_sealed)),
            teams=tuple(sorted(teams.get(row.id, ()))),
            qualifications=tuple(sorted(held.get(row.id, ()))),
            insured_until=until.get(row.id),
            max_shifts=row.max_shifts,
            row_version=row.row_version,
        )


def _words(session: Session, query: Select[int, str]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for person, word in session.execute(query):
        found.setdefault(person, set()).add(word)
    return found
