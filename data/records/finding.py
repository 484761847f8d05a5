"""Find one row by its code within a scope; what lies outside is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, true

from data.records.errors import RecordMissingError, StaleError
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person
from data.store.tables.teams import Team

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from data.store.scope import Scope


def find_person(
    session: Session, scope: Scope, code: str, *, version: int | None = None, locked: bool = False
) -> Person:
    """Give a person's row.

    Parameters
    ----------
    version : int, optional
        The ``row_version`` that the caller has seen.
    locked : bool
        Whether nobody else may change the row until the transaction ends (PostgreSQL).

    Raises
    ------
    RecordMissingError
        Where there is none of that code in the scope.
    StaleError
        Where the row has changed since that version.
    """
    query = select(Person).where(Person.code == code, scope.people())
    if locked:
        query = query.with_for_update(of=Person)
    person = session.scalars(query).one_or_none()
    if person is None:
        raise RecordMissingError("person", code)
    require_version(person.row_version, version)
    return person


def require_version(current: int, seen: int | None) -> None:
    """Refuse where a row has changed since the caller saw it."""
    if seen is not None and seen != current:
        raise StaleError(f"Expected version {current} of the record, got {seen}: read it again.")


def people_ids(session: Session, scope: Scope, codes: Iterable[str]) -> dict[str, int]:
    """Give the id of each code, all of them within the scope.

    Raises
    ------
    RecordMissingError
        For the first code that is not.
    """
    wanted = list(dict.fromkeys(codes))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), 5000):
        part = wanted[start : start + 5000]
        query = select(Person.code, Person.id).where(Person.code.in_(part), scope.people())
        found |= dict(session.execute(query).all())
    for code in wanted:
        if code not in found:
            raise RecordMissingError("person", code)
    return {code: found[code] for code in wanted}


def codes_within(session: Session, scope: Scope, codes: Sequence[str]) -> list[str]:
    """Give those of a page of people who lie within a scope."""
    query = select(Person.code).where(Person.code.in_(codes), scope.people())
    return list(session.scalars(query))


def code_of(session: Session, person: int) -> str:
    """Give a person's code.

    Raises
    ------
    RecordMissingError
    """
    code = session.scalar(select(Person.code).where(Person.id == person))
    if code is None:
        raise RecordMissingError("person", person)
    return code


def find_station(session: Session, scope: Scope | None, code: str) -> Station:
    """Give a station's row; without a scope, of any station."""
    inside = true() if scope is None else scope.stations_()
    row: Station = _one(session, Station, "station", code, inside)
    return row


def stations_within(session: Session, scope: Scope) -> list[tuple[str, str]]:
    """Give code and name of each station within a scope, by code."""
    query = select(Station.code, Station.name).where(scope.stations_()).order_by(Station.code)
    return [(code, name or code) for code, name in session.execute(query)]


def find_beat(session: Session, scope: Scope, code: str, *, homes: bool = True) -> Beat:
    """Give a beat's row; without `homes` only to those who answer for it or work it."""
    row: Beat = _one(session, Beat, "beat", code, scope.beats_(homes=homes))
    return row


def find_team(session: Session, scope: Scope, code: str, *, locked: bool = False) -> Team:
    """Give a team's row; `locked`: nobody else may change it until the transaction ends."""
    row: Team = _one(session, Team, "team", code, scope.teams_(), locked=locked)
    return row


def require_word(session: Session, table: Any, kind: str, code: str) -> Any:
    """Give a row of the catalogue that may be used: known and active.

    Raises
    ------
    RecordMissingError
        Where it is not.
    """
    row = session.get(table, code)
    if row is None or not row.is_active:
        raise RecordMissingError(kind, code)
    return row


def _one(
    session: Session, table: Any, kind: str, code: str, inside: Any, *, locked: bool = False
) -> Any:
    query = select(table).where(table.code == code, inside)
    if locked:
        query = query.with_for_update(of=table)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise RecordMissingError(kind, code)
    return row
