"""With whom somebody could swap a turn: people of the same station whose turn lies elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from data.field.eligibility import Offer, refusals
from data.field.eligibility_facts import facts_of, role_facts
from data.field.roster_turns import find_turns
from data.field.swaps import without_turn
from data.store.tables.people import Person
from data.store.tables.scenarios import EditionBeat, ScenarioPerson, ScenarioShift
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.eligibility import RoleFacts
    from data.field.limits import Limits
    from data.field.roster_turns import RosterTurn

CANDIDATES: Final = 60


def partners_of(
    session: Session, turn: RosterTurn, limits: Limits, now: datetime, *, limit: int = 10
) -> list[RosterTurn]:
    """List turns for which a turn could be swapped by the rules of persons, both ways.

    Those of the same tier at beats of the same station, the soonest first; what the posts ask for
    is checked when the swap is offered.
    """
    found = find_turns(
        session,
        ScenarioPerson.scenario_id == turn.scenario_id,
        ScenarioPerson.person_id.is_not(None),
        ScenarioPerson.position != turn.person,
        ScenarioShift.position != turn.shift,
        ScenarioShift.starts_at > now,
        ScenarioPerson.tier == turn.tier,
        EditionBeat.station_code == turn.station_code,
    )
    nearest = sorted(found, key=lambda one: great_circle_m(turn.lat, turn.lng, one.lat, one.lng))
    return _fitting(session, turn, nearest[:CANDIDATES], limits)[:limit]


def mates_of(session: Session, turn: RosterTurn) -> list[str]:
    """List the names of the others at the same post in the same shift, else their codes."""
    turns = find_turns(
        session,
        ScenarioPerson.scenario_id == turn.scenario_id,
        ScenarioPerson.position != turn.person,
        ScenarioShift.position == turn.shift,
        EditionBeat.code == turn.beat_code,
    )
    people = [one.person_id for one in turns if one.person_id is not None]
    names = select(Person.name, Person.code).where(Person.id.in_(people)).order_by(Person.code)
    return [name or code for name, code in session.execute(names)]


def _fitting(
    session: Session, turn: RosterTurn, others: list[RosterTurn], limits: Limits
) -> list[RosterTurn]:
    roles = role_facts(session)
    others = [one for one in others if one.role_code in roles]
    if not others or turn.person_id is None or turn.role_code not in roles:
        return []
    people = {one.person_id for one in others if one.person_id is not None}
    them = {
        facts.person_id: facts
        for facts in facts_of(session, sorted(people), turn.starts_at, turn.ends_at)
    }
    first, last = min(o.starts_at for o in others), max(o.ends_at for o in others)
    (me,) = facts_of(session, [turn.person_id], first, last)
    me = without_turn(me, turn)
    wanted, fitting = _offer(turn, roles), []
    for one in others:
        if refusals(me, _offer(one, roles), limits):
            continue
        if not refusals(without_turn(them[one.person_id or 0], one), wanted, limits):
            fitting.append(one)
    return sorted(fitting, key=lambda one: (one.starts_at, one.person_code))


def _offer(turn: RosterTurn, roles: dict[str, RoleFacts]) -> Offer:
    return Offer("", roles[turn.role_code], turn.starts_at, turn.ends_at, turn.lat, turn.lng)
