"""A published roster never changes: an exchange makes a successor, checked and published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, insert

from data.field.errors import FieldStateError, RefusedError
from data.field.wording import Refusal
from data.planning.edits import recount
from data.planning.slices import slice_around
from data.planning.successors import copy_to_draft
from data.store.result_io import find_roster
from data.store.roster_states import publish
from data.store.tables.rosters import Assignment
from dispatch.walk_check import walk_check

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.tables.rosters import Roster
    from dispatch.walk_check import Place, WalkReport


def check_moves(
    session: Session, roster: Roster, moves: dict[Place, Place]
) -> tuple[WalkReport, WalkReport]:
    """Check a roster with some places moved by every rule; return before and after.

    Parameters
    ----------
    moves : dict
        Place that is given up → place that takes its stead, with another person.

    Raises
    ------
    FieldStateError
        For a place that is not of the roster.
    RefusedError
        With every rule that the moves would break, in words.
    """
    people = {place[0] for pair in moves.items() for place in pair}
    found = slice_around(session, roster.scenario_id, roster.id, people)
    if missing := set(moves) - set(found.places):
        raise FieldStateError(f"Expected places of roster {roster.id}, got {sorted(missing)}.")
    places = set(found.places) - set(moves) | set(moves.values())
    before, after = (walk_check(found.part, sorted(rows)) for rows in (found.places, places))
    if len(places) != len(found.places) or after.broken:
        raise RefusedError(_in_words(after))
    return before, after


def publish_successor(
    session: Session,
    roster: Roster,
    moves: dict[Place, Place],
    *,
    label: str,
    by: str,
    now: datetime,
) -> int:
    """Make and publish the roster in which some places have moved; return its id.

    Its report is the old one with the costs that the moves change; the bound is the problem's and
    stays. Gaps and prices stay, too: no line gains or loses anybody.
    """
    before, after = check_moves(session, roster, moves)
    made = find_roster(session, copy_to_draft(session, roster, label=label, by=by, now=now))
    _move(session, made.id, moves)
    recount(session, made, before, after)
    session.flush()
    publish(session, made.id, by=by, now=now)
    session.expire(roster)
    return made.id


def _move(session: Session, roster_id: int, moves: dict[Place, Place]) -> None:
    a = Assignment
    places: dict[Place, int] = {}
    # All are taken away before one is set: two people may change places within a shift.
    for (person, _, shift, _), after in moves.items():
        row = and_(a.roster_id == roster_id, a.person == person, a.shift == shift)
        places[after] = session.scalars(delete(a).where(row).returning(a.position)).one()
    names = ("person", "beat", "shift", "role")
    for after, position in places.items():
        values = dict(zip(names, after, strict=True))
        session.execute(insert(a).values(roster_id=roster_id, position=position, **values))


def _in_words(after: WalkReport) -> tuple[Refusal, ...]:
    words = [
        Refusal("plan_rule", {"hard_rule": one.rule, "en": one.words("en"), "zh": one.words("zh")})
        for one in after.broken
    ]
    return tuple(words) or (Refusal("already"),)
