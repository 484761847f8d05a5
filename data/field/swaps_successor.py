"""A published roster never changes: an exchange makes a successor, checked and published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, literal, not_, or_, select

from data.field.errors import FieldStateError, RefusedError
from data.field.wording import Refusal
from data.planning.slices import slice_around
from data.store.roster_states import publish
from data.store.tables.rosters import Assignment, Roster, RosterGap, RosterPrice, RosterReport
from dispatch.walk_check import walk_check

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from dispatch.walk_check import Place, WalkReport

_COSTS = ("travel_cost", "fairness_cost", "dislike_cost")


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
    made = Roster(
        scenario_id=roster.scenario_id,
        predecessor_id=roster.id,
        state="draft",
        label=label,
        created_at=now,
        created_by=by,
    )
    session.add(made)
    session.flush()
    _copy(session, Assignment, roster.id, made.id, _others(moves))
    _insert_moved(session, roster.id, made.id, moves)
    for table in (RosterGap, RosterPrice):
        _copy(session, table, roster.id, made.id)
    _copy_report(session, roster.id, made.id, before, after)
    publish(session, made.id, by=by, now=now)
    session.expire(roster)
    return made.id


def _others(moves: dict[Place, Place]) -> Any:
    mine = [and_(Assignment.person == place[0], Assignment.shift == place[2]) for place in moves]
    return not_(or_(*mine))


def _copy(session: Session, table: Any, old: int, new: int, condition: Any = None) -> None:
    names = [column.name for column in table.__table__.columns if column.name != "roster_id"]
    columns = [table.__table__.c[name] for name in names]
    query = select(literal(new), *columns).where(table.roster_id == old)
    if condition is not None:
        query = query.where(condition)
    session.execute(insert(table).from_select(["roster_id", *names], query))


def _insert_moved(session: Session, old: int, new: int, moves: dict[Place, Place]) -> None:
    for before, after in moves.items():
        position = session.scalars(
            select(Assignment.position).where(
                Assignment.roster_id == old,
                Assignment.person == before[0],
                Assignment.shift == before[2],
            )
        ).one()
        person, beat, shift, role = after
        session.execute(
            insert(Assignment).values(
                roster_id=new,
                person=person,
                shift=shift,
                beat=beat,
                role=role,
                position=position,
            )
        )


def _copy_report(
    session: Session, old: int, new: int, before: WalkReport, after: WalkReport
) -> None:
    report = session.get_one(RosterReport, old)
    values = {c.name: getattr(report, c.name) for c in RosterReport.__table__.columns}
    values["roster_id"] = new
    values["objective"] += after.objective - before.objective
    for name in _COSTS:
        values[name] += getattr(after, name) - getattr(before, name)
    bound, objective = values["bound"], values["objective"]
    values["gap"] = (objective - bound) / objective if objective else 0.0
    session.add(RosterReport(**values))
    session.flush()


def _in_words(after: WalkReport) -> tuple[Refusal, ...]:
    words = [
        Refusal("plan_rule", {"hard_rule": one.rule, "en": one.words("en"), "zh": one.words("zh")})
        for one in after.broken
    ]
    return tuple(words) or (Refusal("already"),)
