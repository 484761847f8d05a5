"""My shifts: a person's turns of the published roster, and their word on each.

Confirming and declining are one tap each, in either order, until the shift begins; a decline has
a reason and feeds the repair (`data.field.dropouts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from data.field.dropouts import report_dropout, take_back_dropout
from data.field.eligibility_facts import lock_people
from data.field.errors import FieldStateError
from data.field.roster_turns import RosterTurn, turn_of, turns_of_person
from data.notices.telling import settle
from data.store.tables.turns import ShiftReply

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

ASKED: Final = "turn.asked"
"""The topic of the notice that asks for a word (`data.field.asking`)."""
UNSAID: Final = "unsaid"
"""The reason of a decline with which none was given."""
_REPLIES = select(ShiftReply).where(
    ShiftReply.person_id == bindparam("person"),
    ShiftReply.scenario_id.in_(bindparam("scenarios", expanding=True)),
)


@dataclass(frozen=True, slots=True)
class MyShift:
    """A turn and the person's word on it: ``open``, ``confirmed`` or ``declined``."""

    turn: RosterTurn
    reply: str
    reason: str | None
    replied_at: datetime | None


def my_shifts(session: Session, person_id: int, *, since: datetime) -> list[MyShift]:
    """List a person's turns that end after a moment, each with their word on it."""
    turns = turns_of_person(session, person_id, since=since)
    replies = _replies(session, person_id, {turn.scenario_id for turn in turns})
    return [_with_reply(turn, replies.get(_key(turn))) for turn in turns]


def find_shift(session: Session, scenario_id: int, person_id: int, shift_code: str) -> MyShift:
    """Read one turn of a person.

    Raises
    ------
    FieldMissingError
        Where the published roster has none.
    """
    turn = turn_of(session, scenario_id, person_id, shift_code)
    return _with_reply(turn, _replies(session, person_id, {scenario_id}).get(_key(turn)))


def reply_to_shift(
    session: Session,
    scenario_id: int,
    person_id: int,
    shift_code: str,
    *,
    confirmed: bool,
    by: str,
    now: datetime,
    reason: str | None = None,
) -> MyShift:
    """Keep a person's word on a turn; what still waits to ask them for it is called off.

    Raises
    ------
    FieldStateError
        For a turn that has begun, or a decline without a reason.
    """
    lock_people(session, [person_id])
    turn = turn_of(session, scenario_id, person_id, shift_code)
    if turn.starts_at <= now:
        raise FieldStateError(f"Expected a shift to come, got {shift_code}, which has begun.")
    if not confirmed and not (reason or "").strip():
        raise FieldStateError("Expected a reason for which the shift is declined, got none.")
    row = _replies(session, person_id, {scenario_id}).get(_key(turn))
    if row is None:
        row = ShiftReply(
            scenario_id=scenario_id,
            person_id=person_id,
            shift=turn.shift,
            beat=turn.beat,
            role=turn.role,
        )
        session.add(row)
    row.state = "confirmed" if confirmed else "declined"
    row.reason, row.replied_at = None if confirmed else reason, now
    if confirmed:
        take_back_dropout(session, turn)
    else:
        report_dropout(session, turn, "declined", reason=reason, by=by, now=now)
    session.flush()
    settle(session, ASKED, f"{scenario_id}:{shift_code}", person_id, now)
    return _with_reply(turn, row)


def replies_of(
    session: Session, scenarios: Iterable[int]
) -> dict[tuple[int | None, int, int, int, int], str]:
    """Give what people said to turns: (person, scenario, shift, beat, role) → state."""
    table = ShiftReply
    columns = (table.person_id, table.scenario_id, table.shift, table.beat, table.role)
    query = select(*columns, table.state).where(table.scenario_id.in_(list(scenarios)))
    return {(a, b, c, d, e): state for a, b, c, d, e, state in session.execute(query)}


def _key(turn: RosterTurn) -> tuple[int, int, int, int]:
    return turn.scenario_id, turn.shift, turn.beat, turn.role


def _replies(
    session: Session, person_id: int, scenarios: Iterable[int]
) -> dict[tuple[int, int, int, int], ShiftReply]:
    wanted = list(scenarios)
    if not wanted:
        return {}
    rows = session.scalars(_REPLIES, {"person": person_id, "scenarios": wanted})
    return {(row.scenario_id, row.shift, row.beat, row.role): row for row in rows}


def _with_reply(turn: RosterTurn, row: ShiftReply | None) -> MyShift:
    if row is None:
        return MyShift(turn, "open", None, None)
    return MyShift(turn, row.state, row.reason, row.replied_at)
