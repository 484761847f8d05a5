"""The best people for an open place of a roster: cheapest first, each checked by all rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from data.planning.board import people_of, turns_of
from data.planning.edits import outcome_of
from data.planning.slices import slice_around
from data.store.errors import ScenarioMissingError
from data.store.tables.rosters import Assignment
from data.store.tables.scenarios import (
    EditionBeat,
    ScenarioAvailability,
    ScenarioPerson,
    ScenarioRole,
)
from dispatch.rules import Tier
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from sqlalchemy import Row, Select
    from sqlalchemy.orm import Session

    from data.planning.board import Member
    from data.planning.edits import Outcome
    from data.store.tables.rosters import Roster
    from data.store.tables.scenarios import Scenario

TRIED: Final = 12
"""So many of the nearest are asked of the checker, at most."""
_DEG_M: Final = 110_000.0
"""Metres of a degree of latitude, rounded down so that the box is never too small."""
_WALK_M_MIN: Final = 84.0
"""Walking pace, 1.4 m/s."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody for a place: how far they are, why they may, what it would do."""

    member: Member
    distance_m: float
    walk_min: int
    qualification: str
    outcome: Outcome


def suggest(
    session: Session,
    roster: Roster,
    scenario: Scenario,
    place: tuple[int, int, int],
    *,
    most: int = 3,
) -> list[Suggestion]:
    """Give the best people for a place, cheapest first.

    Parameters
    ----------
    place : (beat, shift, role)
        Positions in the scenario.

    Raises
    ------
    ScenarioMissingError
        Where the scenario has no such place.
    """
    beat, shift, role_at = place
    role = session.get(ScenarioRole, (scenario.id, role_at))
    ground = session.get(EditionBeat, (scenario.edition_id, beat))
    if role is None or ground is None:
        raise ScenarioMissingError("Expected a place of the roster.")
    found = _candidates(session, roster, scenario, ground=ground, role=role, shift=shift)
    if not found:
        return []
    wanted = {code for code in role.qualifications.split(";") if code}
    lat = np.array([one.lat for one in found], np.float64)
    lng = np.array([one.lng for one in found], np.float64)
    metres = great_circle_m(lat, lng, ground.lat, ground.lng)
    turns = turns_of(session, roster.id, [one.position for one in found])
    # Nearest first, and whoever has few turns before whoever has many: 100 m count one, as they
    # do in the plan's costs, and a turn 20.
    order = np.argsort(
        metres / 100 + 20.0 * np.array([turns.get(one.position, 0) for one in found]),
        kind="stable",
    )
    asked = {found[i].position for i in order[:TRIED]}
    known = people_of(session, roster, scenario, asked)
    around = slice_around(session, scenario.id, roster.id, asked, [(beat, shift)])
    best: list[Suggestion] = []
    for i in order[:TRIED].tolist():
        one = found[i]
        theirs = around.around({one.position}, [(beat, shift)])
        outcome, _, _ = outcome_of(theirs, (), [(one.position, beat, shift, role_at)])
        if outcome.is_refused:
            continue
        held = sorted(wanted & set(one.qualifications.split(";")))
        minutes = max(1, round(float(metres[i]) / _WALK_M_MIN))
        member = known[one.position]
        best.append(Suggestion(member, float(metres[i]), minutes, held[0] if held else "", outcome))
        if len(best) == most:
            break
    return sorted(best, key=lambda one: (one.outcome.cost, one.distance_m, one.member.code))


def _candidates(
    session: Session,
    roster: Roster,
    scenario: Scenario,
    *,
    ground: EditionBeat,
    role: ScenarioRole,
    shift: int,
) -> list[Row[*tuple[Any, ...]]]:
    p, v, a = ScenarioPerson, ScenarioAvailability, Assignment
    conditions = [p.scenario_id == scenario.id]
    if role.tier == Tier.VOLUNTEER:
        conditions.append(p.position.in_(_near(session, scenario, ground)))
    else:
        conditions += [p.tier == role.tier, p.station_code == ground.station_code]
    query = (
        select(p.position, p.profession, p.qualifications, p.lat, p.lng)
        .join(v, and_(v.scenario_id == p.scenario_id, v.person == p.position, v.shift == shift))
        .outerjoin(a, and_(a.roster_id == roster.id, a.person == p.position, a.shift == shift))
        .where(*conditions, a.person.is_(None))
        .order_by(p.position)
    )
    professions = {code for code in role.professions.split(";") if code}
    qualifications = {code for code in role.qualifications.split(";") if code}
    return [
        one
        for one in session.execute(query)
        if (not professions and not qualifications)
        or one.profession in professions
        or qualifications & set(one.qualifications.split(";"))
    ]


def _near(session: Session, scenario: Scenario, ground: EditionBeat) -> Select[int]:
    """Select the volunteers who may be sent to a beat, and few others (H5).

    A box as wide as anybody's limit is what the index finds; most people's own box is narrower.
    All columns are the index's, so no row is read of those who are out of reach.
    """
    p = aliased(ScenarioPerson)
    rules = json.loads(scenario.settings)["rules"]
    city = float(rules["volunteer_travel_limit_m"])
    degrees = 1 / (max(rules["travel_factor"], 1e-9) * _DEG_M)  # of latitude, a metre of way
    wider = 1 / max(float(np.cos(np.radians(ground.lat))), 0.1)  # of longitude to latitude
    widest = session.scalar(
        select(p.travel_limit_m)
        .where(p.scenario_id == scenario.id, p.travel_limit_m.is_not(None))
        .order_by(p.travel_limit_m.desc())
        .limit(1)
    )
    north = max(widest or 0.0, city) * degrees
    own = func.coalesce(p.travel_limit_m, city) * degrees
    return select(p.position).where(
        p.scenario_id == scenario.id,
        p.tier == Tier.VOLUNTEER,
        p.lat.between(ground.lat - north, ground.lat + north),
        p.lng.between(ground.lng - north * wider, ground.lng + north * wider),
        func.abs(p.lat - ground.lat) <= own,
        func.abs(p.lng - ground.lng) <= own * wider,
    )
