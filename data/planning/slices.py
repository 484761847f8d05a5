"""The part of a stored roster that a change touches, as plain values for `dispatch.walk_check`.

Rules H1-H9 are about a person, a post or a line. The part holds everybody at every post at which
one of the changed people stands before or after, so that what the check says of the part, before
and after, differs as it does for the whole roster.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
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

    def around(self, people: Collection[int], posts: Collection[tuple[int, int]]) -> Slice:
        """Give the part of this part around some posts and all posts at which some people stand.

        `slice_around` of the same gives a part of which the check says the same; this one asks
        no database.
        """
        own = {place[1:3] for place in self.places if place[0] in people} | set(posts)
        lines = {line: one for line, one in self.part.weights.items() if line[:2] in own}
        fixed = frozenset(place for place in self.part.fixed if place[1:3] in own)
        places = tuple(place for place in self.places if place[1:3] in own)
        return Slice(replace(self.part, weights=lines, fixed=fixed), places)


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
    pins = _at_posts(session, t.ScenarioPin, scenario_id, posts, "person", "role", "kind")
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
        beats=_beats(session, row.edition_id, {beat for beat, _ in posts}),
        shifts=_shifts(session, scenario_id, {shift for _, shift in posts}, zone),
        roles=_roles(session, scenario_id),
        weights=_weights(session, scenario_id, posts),
        dislikes=_dislikes(session, scenario_id, people, {shift for _, shift in posts}),
        fixed=kinds["fixed"],
        forbidden=kinds["forbidden"],
    )


# Columns are read, not entities: a part is hundreds of rows, and an entity costs ten times a row.


def _beats(session: Session, edition_id: int, beats: set[int]) -> dict[int, WalkBeat]:
    b = t.EditionBeat
    query = select(b.position, b.code, b.station_code, b.lat, b.lng).where(
        b.edition_id == edition_id, b.position.in_(beats)
    )
    return {row[0]: WalkBeat(*row[1:]) for row in session.execute(query)}


def _shifts(
    session: Session, scenario_id: int, shifts: set[int], zone: ZoneInfo
) -> dict[int, WalkShift]:
    s = t.ScenarioShift
    query = select(s.position, s.code, s.starts_at, s.ends_at).where(
        s.scenario_id == scenario_id, s.position.in_(shifts)
    )
    return {
        position: WalkShift(code, starts_at, ends_at, ends_at.astimezone(zone).date())
        for position, code, starts_at, ends_at in session.execute(query)
    }


def _people(session: Session, scenario_id: int, people: set[int]) -> dict[int, WalkPerson]:
    p = t.ScenarioPerson
    columns: Any = (
        *(p.position, p.code, p.tier, p.station_code, p.profession, p.qualifications),
        *(p.lat, p.lng, p.max_shifts, p.travel_limit_m, p.insured_until),
    )
    query = select(*columns).where(p.scenario_id == scenario_id, p.position.in_(people))
    return {
        row.position: WalkPerson(
            code=row.code,
            tier=row.tier,
            station=row.station_code,
            profession=row.profession,
            qualifications=_set(row.qualifications),
            lat=row.lat,
            lng=row.lng,
            max_shifts=row.max_shifts,
            limit_m=row.travel_limit_m,
            insured_until=row.insured_until,
        )
        for row in session.execute(query)
    }


def _roles(session: Session, scenario_id: int) -> dict[int, WalkRole]:
    r = t.ScenarioRole
    columns: Any = (
        *(r.position, r.code, r.tier, r.hazardous),
        *(r.supervised, r.professions, r.qualifications),
    )
    return {
        row.position: WalkRole(
            code=row.code,
            tier=row.tier,
            hazardous=row.hazardous,
            supervised=row.supervised,
            professions=_set(row.professions),
            qualifications=_set(row.qualifications),
        )
        for row in session.execute(select(*columns).where(r.scenario_id == scenario_id))
    }


def _set(text: str) -> frozenset[str]:
    return frozenset(code for code in text.split(";") if code)


def _weights(
    session: Session, scenario_id: int, posts: set[tuple[int, int]]
) -> dict[tuple[int, int, int], tuple[int, ...]]:
    found = _at_posts(session, t.ScenarioDemand, scenario_id, posts, "role", "weights", "required")
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
    session: Session, table: Any, scenario_id: int, posts: set[tuple[int, int]], *columns: str
) -> list[Any]:
    query = select(table.beat, table.shift, *(getattr(table, name) for name in columns)).where(
        table.scenario_id == scenario_id,
        table.beat.in_({beat for beat, _ in posts}),
        table.shift.in_({shift for _, shift in posts}),
    )
    return [row for row in session.execute(query) if row[:2] in posts]
