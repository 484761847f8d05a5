"""The part of a stored roster that a change touches, as plain values for `dispatch.walk_check`.

Rules H1-H9 are about a person, a post or a line. The part holds everybody at every post at which
one of the changed people stands before or after, so that what the check says of the part, before
and after, differs as it does for the whole roster.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from data.store import bundle_rows as rows
from data.store.scenario_reading import find_scenario
from data.store.tables import scenarios as t
from data.store.tables.rosters import Assignment
from dispatch.rules import Costs, Rules
from dispatch.walk_check import Part, WalkBeat, WalkPerson, WalkRole, WalkShift

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from dispatch.walk_check import Place


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a scenario, and who stands at its posts now; numbers are positions."""

    part: Part
    places: tuple[Place, ...]


def slice_around(
    session: Session,
    scenario_id: int,
    roster_id: int,
    people: Collection[int],
    posts: Collection[tuple[int, int]] = (),
) -> Slice:
    """Read the part around some posts and all posts at which some people stand.

    Parameters
    ----------
    people : collection of int
        Positions in the scenario.
    posts : collection of (beat, shift)
        Positions, too.
    """
    own = _places(session, roster_id, Assignment.person.in_(people)) if people else []
    around = {(beat, shift) for _, beat, shift, _ in own} | set(posts)
    beats, shifts = {beat for beat, _ in around}, {shift for _, shift in around}
    there = _places(session, roster_id, Assignment.beat.in_(beats), Assignment.shift.in_(shifts))
    places = tuple(place for place in there if place[1:3] in around)
    everybody = {place[0] for place in places} | set(people)
    return Slice(_part(session, scenario_id, everybody, around), places)


def _places(session: Session, roster_id: int, *conditions: Any) -> list[Place]:
    columns = (Assignment.person, Assignment.beat, Assignment.shift, Assignment.role)
    query = select(*columns).where(Assignment.roster_id == roster_id, *conditions)
    return [(p, b, s, r) for p, b, s, r in session.execute(query)]


def _part(
    session: Session, scenario_id: int, people: set[int], posts: set[tuple[int, int]]
) -> Part:
    row = find_scenario(session, scenario_id)
    settings = json.loads(row.settings)
    zone = ZoneInfo(settings["timezone"])
    costs = {**settings["costs"], "extra_shift": tuple(settings["costs"]["extra_shift"])}
    beats = _rows(session, t.EditionBeat, t.EditionBeat.edition_id == row.edition_id, posts, 0)
    mine = {table: table.scenario_id == scenario_id for table in (t.ScenarioShift, t.ScenarioRole)}
    shifts = _rows(session, t.ScenarioShift, mine[t.ScenarioShift], posts, 1)
    roles = session.scalars(select(t.ScenarioRole).where(mine[t.ScenarioRole]))
    pins = _at_posts(session, t.ScenarioPin, scenario_id, posts)
    kinds = {
        kind: frozenset(
            (pin.person, pin.beat, pin.shift, pin.role)
            for pin in pins
            if pin.kind == kind and pin.person in people
        )
        for kind in ("fixed", "forbidden")
    }
    return Part(
        rules=Rules(**settings["rules"]),
        costs=Costs(**costs),
        people=_people(session, scenario_id, people),
        beats={b.position: WalkBeat(b.code, b.station_code, b.lat, b.lng) for b in beats},
        shifts={
            s.position: WalkShift(s.code, s.starts_at, s.ends_at, s.ends_at.astimezone(zone).date())
            for s in shifts
        },
        roles={r.position: _role(r) for r in roles},
        weights=_weights(session, scenario_id, posts),
        dislikes=_dislikes(session, scenario_id, people, {shift for _, shift in posts}),
        fixed=kinds["fixed"],
        forbidden=kinds["forbidden"],
    )


def _rows(
    session: Session, table: Any, mine: Any, posts: set[tuple[int, int]], which: int
) -> list[Any]:
    wanted = {post[which] for post in posts}
    return list(session.scalars(select(table).where(mine, table.position.in_(wanted))))


def _people(session: Session, scenario_id: int, people: set[int]) -> dict[int, WalkPerson]:
    table = t.ScenarioPerson
    found = session.scalars(
        select(table).where(table.scenario_id == scenario_id, table.position.in_(people))
    )
    return {
        p.position: WalkPerson(
            code=p.code,
            tier=p.tier,
            station=p.station_code,
            profession=p.profession,
            qualifications=_set(p.qualifications),
            lat=p.lat,
            lng=p.lng,
            max_shifts=p.max_shifts,
            limit_m=p.travel_limit_m,
            insured_until=p.insured_until,
        )
        for p in found
    }


def _role(row: t.ScenarioRole) -> WalkRole:
    return WalkRole(
        code=row.code,
        tier=row.tier,
        hazardous=row.hazardous,
        supervised=row.supervised,
        professions=_set(row.professions),
        qualifications=_set(row.qualifications),
    )


def _set(text: str) -> frozenset[str]:
    return frozenset(code for code in text.split(";") if code)


def _weights(
    session: Session, scenario_id: int, posts: set[tuple[int, int]]
) -> dict[tuple[int, int, int], tuple[int, ...]]:
    found = _at_posts(session, t.ScenarioDemand, scenario_id, posts)
    weights = rows.weight_tuples([d.weights for d in found], [d.required for d in found])
    return {
        (line.beat, line.shift, line.role): tuple(map(int, weight))
        for line, weight in zip(found, weights, strict=True)
    }


def _dislikes(
    session: Session, scenario_id: int, people: set[int], shifts: set[int]
) -> dict[tuple[int, int], int]:
    table = t.ScenarioAvailability
    query = select(table.person, table.shift, table.dislike).where(
        table.scenario_id == scenario_id, table.person.in_(people), table.shift.in_(shifts)
    )
    return {(person, shift): dislike for person, shift, dislike in session.execute(query)}


def _at_posts(
    session: Session, table: Any, scenario_id: int, posts: set[tuple[int, int]]
) -> list[Any]:
    query = select(table).where(
        table.scenario_id == scenario_id,
        table.beat.in_({beat for beat, _ in posts}),
        table.shift.in_({shift for _, shift in posts}),
    )
    return [row for row in session.scalars(query) if (row.beat, row.shift) in posts]
