"""A remedy that moves people, made in a draft: codes become places, `edits` does the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from data.planning.edits import change_draft
from data.planning.errors import EditError
from data.store.tables.roster_edits import RosterEdit
from data.store.tables.scenarios import EditionBeat, Scenario, ScenarioPerson, ScenarioRole
from data.store.tables.scenarios import ScenarioShift as Shift

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.planning.edits import Outcome
    from data.store.tables.rosters import Roster
    from dispatch.walk_check import Place

Row = tuple[str, str, str, str]
"""Codes of a person, a beat, a shift and a role."""


def make_moves(
    session: Session,
    roster: Roster,
    taken: Sequence[Row],
    given: Sequence[Row],
    *,
    by: str,
    now: datetime,
) -> Outcome:
    """Take people from places and give them others, as one step that can be undone.

    Raises
    ------
    EditError
        For a code that the roster does not know, or a change that breaks a rule of a person.
    """
    scenario = session.get_one(Scenario, roster.scenario_id)
    places = _places(session, scenario, [*taken, *given])
    before, after = places[: len(taken)], places[len(taken) :]
    return change_draft(session, roster, before, after, by=by, now=now)[1]


def edit_mark(session: Session, roster_id: int) -> tuple[int, int]:
    """Return what changes whenever a draft does: its last step, and how many steps stand."""
    edit = RosterEdit
    row = session.execute(
        select(
            func.coalesce(func.max(edit.id), 0),
            func.count().filter(edit.undone_at.is_(None)),
        ).where(edit.roster_id == roster_id)
    ).one()
    return int(row[0]), int(row[1])


def _places(session: Session, scenario: Scenario, rows: Sequence[Row]) -> list[Place]:
    people, beats, shifts, roles = ({row[part] for row in rows} for part in range(4))
    mine = scenario.id
    person = _positions(session, ScenarioPerson, people, ScenarioPerson.scenario_id == mine)
    beat = _positions(session, EditionBeat, beats, EditionBeat.edition_id == scenario.edition_id)
    shift = _positions(session, Shift, shifts, Shift.scenario_id == mine)
    role = _positions(session, ScenarioRole, roles, ScenarioRole.scenario_id == mine)
    return [(person[p], beat[b], shift[s], role[r]) for p, b, s, r in rows]


def _positions(session: Session, table: Any, codes: Iterable[str], mine: Any) -> dict[str, int]:
    wanted = set(codes)
    query = select(table.code, table.position).where(mine, table.code.in_(wanted))
    found: dict[str, int] = dict(session.execute(query).all())
    if missing := wanted - found.keys():
        raise EditError(f"Expected codes of the roster, got {sorted(missing)[0]!r:.80}.")
    return found
