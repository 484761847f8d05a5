"""What people are on in published rosters from now on, and on which local days it ends.

A scenario names people by their own codes; the link ``scenario_person.person_id`` tells whose file
that is. Whether somebody is insured counts on the local date on which a shift ends (rule H8).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select

from data.store.tables.rosters import Assignment, Roster
from data.store.tables.scenarios import (
    EditionBeat,
    Scenario,
    ScenarioPerson,
    ScenarioRole,
    ScenarioShift,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

_CHUNK = 250
"""People a statement: of thousands SQLite would look up each for every assignment of a roster."""


@dataclass(frozen=True, slots=True)
class ComingDuty:
    """An assignment of a published roster that has not ended.

    Attributes
    ----------
    person_id : int
        Of the living record.
    ends_on : date
        The local date on which the shift ends.
    """

    person_id: int
    roster_id: int
    shift: str
    starts_at: datetime
    ends_at: datetime
    ends_on: date
    beat: str
    beat_name: str
    role: str


def coming_duties(
    session: Session, people: Sequence[int] | Select[int], now: datetime
) -> list[ComingDuty]:
    """Give what these people are on, by person and time.

    Parameters
    ----------
    people : sequence of int, or a query that gives ids of persons
    """
    zones = {
        scenario: ZoneInfo(json.loads(settings)["timezone"])
        for scenario, settings in session.execute(
            select(Scenario.id, Scenario.settings)
            .join(Roster, Roster.scenario_id == Scenario.id)
            .where(Roster.state == "published", Scenario.ends_at > now)
        )
    }
    found = [
        ComingDuty(
            person_id=row.person_id,
            roster_id=row.roster_id,
            shift=row.shift_code,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            ends_on=row.ends_at.astimezone(zones[row.scenario_id]).date(),
            beat=row.beat_code,
            beat_name=row.beat_name,
            role=row.role_code,
        )
        for part in _parts(people)
        for row in session.execute(_query(part, list(zones), now))
    ]
    return sorted(found, key=lambda duty: (duty.person_id, duty.starts_at, duty.shift))


def _query(
    people: Sequence[int] | Select[int], scenarios: list[int], now: datetime
) -> Select[*tuple[Any, ...]]:
    person, shift, role, beat = ScenarioPerson, ScenarioShift, ScenarioRole, EditionBeat
    return (
        select(
            person.person_id,
            Roster.id.label("roster_id"),
            Roster.scenario_id,
            shift.code.label("shift_code"),
            shift.starts_at,
            shift.ends_at,
            beat.code.label("beat_code"),
            beat.name.label("beat_name"),
            role.code.label("role_code"),
        )
        .select_from(person)
        .join(Roster, Roster.scenario_id == person.scenario_id)
        .join(Scenario, Scenario.id == Roster.scenario_id)
        .join(
            Assignment,
            and_(Assignment.roster_id == Roster.id, Assignment.person == person.position),
        )
        .join(
            shift,
            and_(shift.scenario_id == Roster.scenario_id, shift.position == Assignment.shift),
        )
        .join(role, and_(role.scenario_id == Roster.scenario_id, role.position == Assignment.role))
        .join(
            beat,
            and_(beat.edition_id == Scenario.edition_id, beat.position == Assignment.beat),
        )
        .where(
            person.person_id.in_(people),
            person.scenario_id.in_(scenarios),
            Roster.state == "published",
            shift.ends_at > now,
        )
    )


def _parts(
    people: Sequence[int] | Select[int],
) -> Iterator[Sequence[int] | Select[int]]:
    if not isinstance(people, (list, tuple)):
        yield people
        return
    for start in range(0, len(people), _CHUNK):
        yield people[start : start + _CHUNK]
