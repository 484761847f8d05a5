"""Turns of published rosters, by the people who have them: who, where, when, as what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select

from data.field.errors import FieldMissingError
from data.store.reading import rows_of
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person
from data.store.tables.rosters import Assignment, Roster
from data.store.tables.scenarios import (
    EditionBeat,
    Scenario,
    ScenarioPerson,
    ScenarioRole,
    ScenarioShift,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class RosterTurn:
    """A turn of a published roster.

    ``person, shift, beat, role`` are positions in the scenario; the codes are its own.
    ``person_id, beat_id, station_id`` are the living records, None where they are gone.
    """

    roster_id: int
    scenario_id: int
    person: int
    shift: int
    beat: int
    role: int
    person_id: int | None
    person_code: str
    tier: str
    show_up: float
    shift_code: str
    beat_code: str
    beat_name: str
    role_code: str
    beat_id: int | None
    station_id: int | None
    station_code: str
    lat: float
    lng: float
    starts_at: datetime
    ends_at: datetime

    @property
    def source(self) -> str:
        """Give the turn's business key, which check-in and service record share."""
        return f"roster:{self.scenario_id}:{self.person_code}:{self.shift_code}"


def turns_of_person(session: Session, person_id: int, *, since: datetime) -> list[RosterTurn]:
    """List a person's turns that end after a moment, by start."""
    rows = rows_of(session, _OF_PERSON, {"person": person_id, "since": since})
    return [_turn(row) for row in rows]


def turn_of(session: Session, scenario_id: int, person_id: int, shift_code: str) -> RosterTurn:
    """Read one turn of a person.

    Raises
    ------
    FieldMissingError
        Where the published roster has none.
    """
    found = find_turns(
        session,
        ScenarioPerson.scenario_id == scenario_id,
        ScenarioPerson.person_id == person_id,
        ScenarioShift.code == shift_code,
    )
    if not found:
        raise FieldMissingError(f"Expected a published turn in {shift_code!r}, got none.")
    return found[0]


def find_turns(session: Session, *conditions: ColumnElement[bool]) -> list[RosterTurn]:
    """List turns of published rosters by start, person and shift.

    Parameters
    ----------
    conditions
        On `ScenarioPerson`, `ScenarioShift`, `Assignment`, `Beat`, `Roster`.
    """
    return [_turn(row) for row in session.execute(_TURNS.where(*conditions))]


def _query() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(Roster.id, Roster.scenario_id, Assignment.person, Assignment.shift),
            *(Assignment.beat, Assignment.role, ScenarioPerson.person_id, ScenarioPerson.code),
            *(ScenarioPerson.tier, Person.show_up, ScenarioShift.code, EditionBeat.code),
            *(EditionBeat.name, ScenarioRole.code, Beat.id, Station.id),
            *(EditionBeat.station_code, EditionBeat.lat, EditionBeat.lng),
            *(ScenarioShift.starts_at, ScenarioShift.ends_at),
        )
        .select_from(ScenarioPerson)
        .join(Scenario, Scenario.id == ScenarioPerson.scenario_id)
        .join(Roster, and_(Roster.scenario_id == Scenario.id, Roster.state == "published"))
        .join(Assignment, _of(Assignment.roster_id, Roster.id, Assignment.person, ScenarioPerson))
        .join(
            ScenarioShift,
            _of(ScenarioShift.scenario_id, Scenario.id, Assignment.shift, ScenarioShift),
        )
        .join(
            ScenarioRole, _of(ScenarioRole.scenario_id, Scenario.id, Assignment.role, ScenarioRole)
        )
        .join(
            EditionBeat,
            _of(EditionBeat.edition_id, Scenario.edition_id, Assignment.beat, EditionBeat),
        )
        .join(Person, Person.id == ScenarioPerson.person_id, isouter=True)
        .join(Beat, Beat.code == EditionBeat.code, isouter=True)
        .join(Station, Station.code == EditionBeat.station_code, isouter=True)
        .order_by(ScenarioShift.starts_at, Roster.scenario_id, Assignment.person, Assignment.shift)
    )


def published_roster(session: Session, scenario_id: int) -> Roster:
    """Give the published roster of a scenario.

    Raises
    ------
    FieldMissingError
        Where none is published.
    """
    query = select(Roster).where(Roster.scenario_id == scenario_id, Roster.state == "published")
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise FieldMissingError(f"Expected a published roster of plan {scenario_id}, got none.")
    return row


def _of(owner: Any, owner_id: Any, position: Any, table: Any) -> ColumnElement[bool]:
    """Give the condition that a row is of an owner and at a position."""
    return and_(owner == owner_id, position == table.position)


def _turn(row: Iterable[Any]) -> RosterTurn:
    values = list(row)
    values[9] = 1.0 if values[9] is None else values[9]
    return RosterTurn(*values)


# Written once: making a query of so many columns takes longer than the database does.
_TURNS = _query()
_OF_PERSON = _TURNS.where(
    ScenarioPerson.person_id == bindparam("person"), ScenarioShift.ends_at > bindparam("since")
)
