"""What people are on in published rosters from now on, and on which local days it ends.

A scenario names people by their own codes; the link ``scenario_person.person_id`` tells whose file
that is. Whether somebody is insured counts on the local date on which a shift ends (rule H8).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select

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

_CHUNK = 5000
"""Numbers a statement: each is a parameter."""


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


class _Week(NamedTuple):
    """A published roster that has not ended, and what its rows are numbers of."""

    roster_id: int
    scenario_id: int
    edition_id: int
    zone: ZoneInfo


def coming_duties(
    session: Session, people: Sequence[int] | Select[int], now: datetime
) -> list[ComingDuty]:
    """Give what these people are on, by person and time.

    Parameters
    ----------
    people : sequence of int, or a query that gives ids of persons
    """
    found = [duty for week in _weeks(session, now) for duty in _of_week(session, week, people, now)]
    return sorted(found, key=lambda duty: (duty.person_id, duty.starts_at, duty.shift))


def _weeks(session: Session, now: datetime) -> list[_Week]:
    query = (
        select(Roster.id, Scenario.id, Scenario.edition_id, Scenario.settings)
        .join(Scenario, Scenario.id == Roster.scenario_id)
        .where(Roster.state == "published", Scenario.ends_at > now)
    )
    return [
        _Week(roster, scenario, edition, ZoneInfo(json.loads(settings)["timezone"]))
        for roster, scenario, edition, settings in session.execute(query)
    ]


def _of_week(
    session: Session, week: _Week, people: Sequence[int] | Select[int], now: datetime
) -> Iterator[ComingDuty]:
    """Look people up, then their rows: a join of all would be planned for the whole city."""
    shifts = _numbered(session, ScenarioShift, week, "code", "starts_at", "ends_at")
    coming = {number: shift for number, shift in shifts.items() if shift.ends_at > now}
    days = {number: shift.ends_at.astimezone(week.zone).date() for number, shift in coming.items()}
    roles = _numbered(session, ScenarioRole, week, "code")
    beats: dict[int, Any] = {}
    for part in _parts(people) if coming else ():
        person_of = dict(_positions(session, week.scenario_id, part))
        rows = _rows(session, week.roster_id, sorted(person_of), sorted(coming))
        beats |= _beats(session, week, {row.beat for row in rows} - beats.keys())
        for row in rows:
            shift, beat = coming[row.shift], beats[row.beat]
            yield ComingDuty(
                person_id=person_of[row.person],
                roster_id=week.roster_id,
                shift=shift.code,
                starts_at=shift.starts_at,
                ends_at=shift.ends_at,
                ends_on=days[row.shift],
                beat=beat.code,
                beat_name=beat.name,
                role=roles[row.role].code,
            )


def _numbered(session: Session, table: Any, week: _Week, *names: str) -> dict[int, Any]:
    columns = [getattr(table, name) for name in names]
    query = select(table.position, *columns).where(table.scenario_id == week.scenario_id)
    return {row.position: row for row in session.execute(query)}


def _positions(
    session: Session, scenario_id: int, people: Sequence[int] | Select[int]
) -> Iterator[tuple[int, int]]:
    """Give the numbers by which a scenario knows people, and who they are."""
    query = select(ScenarioPerson.position, ScenarioPerson.person_id).where(
        ScenarioPerson.scenario_id == scenario_id, ScenarioPerson.person_id.in_(people)
    )
    for position, person_id in session.execute(query):
        if person_id is not None:
            yield position, person_id


def _rows(session: Session, roster_id: int, people: list[int], shifts: list[int]) -> list[Any]:
    a = Assignment
    return [
        row
        for start in range(0, len(people), _CHUNK)
        for row in session.execute(
            select(a.person, a.shift, a.role, a.beat).where(
                a.roster_id == roster_id,
                a.person.in_(people[start : start + _CHUNK]),
                a.shift.in_(shifts),
            )
        )
    ]


def _beats(session: Session, week: _Week, numbers: set[int]) -> dict[int, Any]:
    if not numbers:
        return {}
    query = select(EditionBeat.position, EditionBeat.code, EditionBeat.name).where(
        EditionBeat.edition_id == week.edition_id, EditionBeat.position.in_(sorted(numbers))
    )
    return {row.position: row for row in session.execute(query)}


def _parts(
    people: Sequence[int] | Select[int],
) -> Iterator[Sequence[int] | Select[int]]:
    if not isinstance(people, (list, tuple)):
        yield people
        return
    for start in range(0, len(people), _CHUNK):
        yield people[start : start + _CHUNK]
