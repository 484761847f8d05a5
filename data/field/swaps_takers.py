"""Who could take a turn over: those on stand-by first, then the nearest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, select

from data.field.eligibility import PersonFacts, distance_m, refusals
from data.field.eligibility_facts import facts_of
from data.field.stand_by import standing_by
from data.field.swaps import offer_of_turn
from data.store.tables.scenarios import ScenarioAvailability, ScenarioPerson

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.field.limits import Limits
    from data.field.roster_turns import RosterTurn

CANDIDATES: Final = 400


@dataclass(frozen=True, slots=True)
class Taker:
    """Somebody who may take a turn over; ``show_up`` is the chance that they come."""

    person_id: int
    person_code: str
    distance_m: float | None
    show_up: float
    is_standing_by: bool


def takers_of(
    session: Session, turn: RosterTurn, limits: Limits, *, limit: int = 20
) -> list[Taker]:
    """List who may take a turn by the rules of persons: stand-by first, then by the way.

    Only people who said for the plan that they can come to that shift: the successor roster is
    checked with the plan's own facts. What a post asks for (leaders, not alone) is checked when
    somebody takes it; one volunteer in another's stead changes neither.
    """
    offer = offer_of_turn(session, turn)
    near = _nearest(session, turn)
    ready = {s.person_id for s in standing_by(session, turn.starts_at, turn.ends_at)}
    found: list[tuple[bool, float, PersonFacts]] = []
    for person in facts_of(session, near, turn.starts_at, turn.ends_at):
        if not refusals(person, offer, limits):
            way = distance_m(person, offer, limits)
            found.append((person.person_id not in ready, way or 0.0, person))
    found.sort(key=lambda one: (one[0], one[1], one[2].code))
    return [
        Taker(
            person_id=person.person_id,
            person_code=person.code,
            distance_m=distance_m(person, offer, limits),
            show_up=person.show_up,
            is_standing_by=not away,
        )
        for away, _, person in found[:limit]
    ]


def _nearest(session: Session, turn: RosterTurn) -> list[int]:
    """Give the nearest who said that they can come; squares of degrees order them well enough."""
    table = ScenarioPerson
    scale = 0.58  # cos²(40.7°): a degree of longitude against one of latitude, for the order alone
    off = (table.lat - turn.lat) * (table.lat - turn.lat)
    off += scale * (table.lng - turn.lng) * (table.lng - turn.lng)
    can_come = and_(
        ScenarioAvailability.scenario_id == table.scenario_id,
        ScenarioAvailability.person == table.position,
        ScenarioAvailability.shift == turn.shift,
    )
    query = (
        select(table.person_id)
        .join(ScenarioAvailability, can_come)
        .where(
            table.scenario_id == turn.scenario_id,
            table.tier == turn.tier,
            table.person_id.is_not(None),
            func.coalesce(table.person_id, 0) != (turn.person_id or 0),
        )
        .order_by(off, table.position)
        .limit(CANDIDATES)
    )
    return [person for person in session.scalars(query) if person is not None]
