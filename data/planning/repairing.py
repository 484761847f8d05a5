"""What a repair starts from, and what publishing its draft settles: dropouts of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exists, select, update

from data.store.result_io import find_roster
from data.store.tables import turns
from data.store.tables.rosters import Assignment
from data.store.tables.scenarios import ScenarioPerson, ScenarioShift
from data.store.tables.turns import Dropout

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

TURNS: Final[tuple[Any, ...]] = tuple(
    mapper.class_
    for mapper in Dropout.registry.mappers
    if mapper.class_.__module__ == turns.__name__ and "scenario_id" in mapper.columns
)
"""Tables of what people say to their turns."""


def absences_of(session: Session, scenario_id: int) -> list[tuple[str, str]]:
    """List who has dropped out of which shift (codes) and is not replaced yet, in order."""
    person, shift = ScenarioPerson, ScenarioShift
    query = (
        select(person.code, shift.code)
        .select_from(Dropout)
        .join(
            person,
            (person.scenario_id == Dropout.scenario_id) & (person.position == Dropout.person),
        )
        .join(shift, (shift.scenario_id == Dropout.scenario_id) & (shift.position == Dropout.shift))
        .where(Dropout.scenario_id == scenario_id, Dropout.handled_at.is_(None))
        .order_by(Dropout.reported_at, Dropout.id)
    )
    return [(code, of) for code, of in session.execute(query)]


def settle_dropouts(session: Session, roster_id: int, *, now: datetime) -> int:
    """Mark the dropouts that a roster, now published, deals with; return how many.

    What people have said to their turns goes over to the scenario of the roster.

    Dealt with is who does not stand in it any more on the shift that they dropped out of. A
    repair with added demand has a scenario of its own in which people and shifts keep their place.
    """
    roster = find_roster(session, roster_id)
    if roster.predecessor_id is None:
        return 0
    before = find_roster(session, roster.predecessor_id)
    stands = exists().where(
        Assignment.roster_id == roster_id,
        Assignment.person == Dropout.person,
        Assignment.shift == Dropout.shift,
    )
    done = session.execute(
        update(Dropout)
        .where(Dropout.scenario_id == before.scenario_id, Dropout.handled_at.is_(None), ~stands)
        .values(handled_at=now, roster_id=roster_id)
        .returning(Dropout.id)
    )
    count = len(done.all())
    if roster.scenario_id != before.scenario_id:
        for table in TURNS:
            session.execute(
                update(table)
                .where(table.scenario_id == before.scenario_id)
                .values(scenario_id=roster.scenario_id)
            )
    return count
