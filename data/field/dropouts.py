"""Dropouts (临时退出, 缺勤): who will not come, for the repair to deal with.

The repair reads `open_dropouts`, makes a successor roster, and says so with `mark_handled` in the
transaction that publishes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from data.store.tables.scenarios import ScenarioPerson, ScenarioShift
from data.store.tables.turns import Dropout

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.roster_turns import RosterTurn


@dataclass(frozen=True, slots=True)
class DropoutView:
    """A dropout; ``person_code, shift_code`` are what ``changes.csv`` calls absent."""

    dropout_id: int
    scenario_id: int
    person_id: int
    person_code: str
    shift_code: str
    beat: int
    role: int
    kind: str
    reason: str | None
    reported_at: datetime


def report_dropout(
    session: Session, turn: RosterTurn, kind: str, *, reason: str | None, by: str, now: datetime
) -> None:
    """Note that a turn will not be kept; a second word on the same turn replaces the first."""
    mine = (
        Dropout.scenario_id == turn.scenario_id,
        Dropout.person_id == turn.person_id,
        Dropout.shift == turn.shift,
    )
    row = session.scalars(select(Dropout).where(*mine)).one_or_none()
    if row is None:
        assert turn.person_id is not None  # noqa: S101 - the condition above found nobody else
        row = Dropout(
            scenario_id=turn.scenario_id,
            person_id=turn.person_id,
            person=turn.person,
            shift=turn.shift,
        )
        session.add(row)
    row.beat, row.role, row.kind, row.reason = turn.beat, turn.role, kind, reason
    row.reported_at, row.reported_by, row.handled_at, row.roster_id = now, by, None, None
    session.flush()


def take_back_dropout(session: Session, turn: RosterTurn) -> bool:
    """Forget a dropout that no repair has dealt with; tell whether there was one."""
    row = session.scalars(
        select(Dropout).where(
            Dropout.scenario_id == turn.scenario_id,
            Dropout.person_id == turn.person_id,
            Dropout.shift == turn.shift,
            Dropout.handled_at.is_(None),
        )
    ).one_or_none()
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None


def forget_no_show(session: Session, scenario_id: int, person_id: int, shift_code: str) -> None:
    """Forget a no-show that no repair has dealt with: the person was there after all."""
    shift = select(ScenarioShift.position).where(
        ScenarioShift.scenario_id == scenario_id, ScenarioShift.code == shift_code
    )
    session.execute(
        delete(Dropout).where(
            Dropout.scenario_id == scenario_id,
            Dropout.person_id == person_id,
            Dropout.shift == shift.scalar_subquery(),
            Dropout.kind == "no_show",
            Dropout.handled_at.is_(None),
        )
    )


def open_dropouts(session: Session, scenario_id: int) -> list[DropoutView]:
    """List the dropouts of a scenario that no repair has dealt with, in the order they came."""
    query = (
        select(Dropout, ScenarioPerson.code, ScenarioShift.code)
        .join(
            ScenarioPerson,
            (ScenarioPerson.scenario_id == Dropout.scenario_id)
            & (ScenarioPerson.position == Dropout.person),
        )
        .join(
            ScenarioShift,
            (ScenarioShift.scenario_id == Dropout.scenario_id)
            & (ScenarioShift.position == Dropout.shift),
        )
        .where(Dropout.scenario_id == scenario_id, Dropout.handled_at.is_(None))
        .order_by(Dropout.reported_at, Dropout.id)
    )
    return [
        DropoutView(
            dropout_id=row.id,
            scenario_id=row.scenario_id,
            person_id=row.person_id,
            person_code=person,
            shift_code=shift,
            beat=row.beat,
            role=row.role,
            kind=row.kind,
            reason=row.reason,
            reported_at=row.reported_at,
        )
        for row, person, shift in session.execute(query)
    ]


def mark_handled(
    session: Session, dropout_ids: Iterable[int], roster_id: int, *, now: datetime
) -> None:
    """Say that a roster deals with these dropouts."""
    session.execute(
        update(Dropout)
        .where(Dropout.id.in_(list(dropout_ids)))
        .values(handled_at=now, roster_id=roster_id)
    )
