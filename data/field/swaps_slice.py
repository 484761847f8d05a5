"""The part of a published plan that an exchange of two turns touches, as a scenario of its own.

Rules H1-H9 are about a person, a post or a line. The slice holds everybody at every post at which
either person stands before or after, so that the independent checker's word on the slice is its
word on the whole, and the difference of two objectives is the difference of the whole ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import select

from data.store import bundle_rows as rows
from data.store.scenario_reading import find_scenario
from data.store.tables import scenarios as t
from data.store.tables.rosters import Assignment
from dispatch.roster import ROSTER_COLUMNS
from dispatch.rules import Costs, Rules
from dispatch.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy.orm import Session

Place = tuple[int, int, int, int]
"""Person, beat, shift, role: positions in the scenario."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A scenario of few people and posts, and who stands at these posts now."""

    scenario: Scenario
    places: tuple[Place, ...]
    codes: dict[str, dict[int, str]]

    def roster(self, places: Iterable[Place]) -> pd.DataFrame:
        """Give places as a roster: ``person_id, beat_id, shift_id, role``."""
        names = ("person", "beat", "shift", "role")
        found = [
            [self.codes[name][number] for name, number in zip(names, place, strict=True)]
            for place in sorted(places)
        ]
        return pd.DataFrame(found, columns=list(ROSTER_COLUMNS)).astype("str")


def slice_around(
    session: Session, scenario_id: int, roster_id: int, people: Collection[int]
) -> Slice:
    """Read the slice around all posts at which these people (positions) stand."""
    own = _places(session, roster_id, Assignment.person.in_(people))
    posts = {(beat, shift) for _, beat, shift, _ in own}
    beats, shifts = {beat for beat, _ in posts}, {shift for _, shift in posts}
    there = _places(session, roster_id, Assignment.beat.in_(beats), Assignment.shift.in_(shifts))
    places = tuple(place for place in there if place[1:3] in posts)
    everybody = {place[0] for place in places} | set(people)
    return _read(session, scenario_id, everybody, posts, places)


def _places(session: Session, roster_id: int, *conditions: Any) -> list[Place]:
    columns = (Assignment.person, Assignment.beat, Assignment.shift, Assignment.role)
    query = select(*columns).where(Assignment.roster_id == roster_id, *conditions)
    return [(p, b, s, r) for p, b, s, r in session.execute(query)]


def _read(
    session: Session,
    scenario_id: int,
    people: set[int],
    posts: set[tuple[int, int]],
    places: tuple[Place, ...],
) -> Slice:
    row = find_scenario(session, scenario_id)
    settings = json.loads(row.settings)
    beat = _rows(
        session, t.EditionBeat, t.EditionBeat.edition_id == row.edition_id, {b for b, _ in posts}
    )
    shift, role, person = (
        _rows(session, table, table.scenario_id == scenario_id, wanted)
        for table, wanted in (
            (t.ScenarioShift, None),
            (t.ScenarioRole, None),
            (t.ScenarioPerson, people),
        )
    )
    codes = {
        name: {found.position: found.code for found in table}
        for name, table in (("beat", beat), ("shift", shift), ("role", role), ("person", person))
    }
    costs = {**settings["costs"], "extra_shift": tuple(settings["costs"]["extra_shift"])}
    scenario = Scenario(
        name=settings["name"],
        timezone=settings["timezone"],
        cell_resolution=settings["cell_resolution"],
        rules=Rules(**settings["rules"]),
        costs=Costs(**costs),
        beats=_beats(beat),
        cells=pd.DataFrame({"cell": np.array([], np.uint64), "beat_id": [], "weight": []}),
        shifts=_shifts(shift),
        roles=_roles(role),
        people=_people(person),
        availability=_availability(session, scenario_id, codes),
        demand=_demand(session, scenario_id, posts, codes),
        pins=_pins(session, scenario_id, posts, codes),
    )
    return Slice(scenario, places, codes)


def _rows(session: Session, table: Any, owner: Any, wanted: set[int] | None) -> list[Any]:
    query = select(table).where(owner).order_by(table.position)
    if wanted is not None:
        query = query.where(table.position.in_(wanted))
    return list(session.scalars(query))


def _beats(found: list[Any]) -> pd.DataFrame:
    texts = {
        "beat_id": "code",
        "station_id": "station_code",
        "sub_bureau_id": "sub_bureau_code",
        **{name: name for name in ("name", "station_name", "sub_bureau_name")},
    }
    table = {
        key: rows.texts_column([getattr(b, name) for b in found]) for key, name in texts.items()
    }
    place = {key: np.array([getattr(b, key) for b in found], np.float64) for key in ("lng", "lat")}
    return pd.DataFrame({**table, **place})


def _shifts(found: list[Any]) -> pd.DataFrame:
    times = {
        key: pd.Series(pd.to_datetime([getattr(s, key) for s in found], utc=True).as_unit("us"))
        for key in ("starts_at", "ends_at")
    }
    return pd.DataFrame({"shift_id": rows.texts_column([s.code for s in found]), **times})


def _roles(found: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "role": rows.texts_column([r.code for r in found]),
            "tier": rows.texts_column([r.tier for r in found]),
            "hazardous": np.array([r.hazardous for r in found], np.bool_),
            "supervised": np.array([r.supervised for r in found], np.bool_),
            "professions": rows.split([r.professions for r in found]),
            "qualifications": rows.split([r.qualifications for r in found]),
        }
    )


def _people(found: list[Any]) -> pd.DataFrame:
    texts = {"person_id": "code", "tier": "tier", "station_id": "station_code"}
    table = {
        key: rows.texts_column([getattr(p, name) for p in found]) for key, name in texts.items()
    }
    numbers = {
        key: np.array([getattr(p, key) for p in found], np.float64)
        for key in ("lng", "lat", "travel_limit_m", "show_up")
    }
    return pd.DataFrame(
        {
            **table,
            "profession": rows.texts_column([p.profession for p in found]),
            "qualifications": rows.split([p.qualifications for p in found]),
            **numbers,
            "max_shifts": np.array([p.max_shifts for p in found], np.int64),
            "insured_until": rows.days_column([p.insured_until for p in found]),
        }
    )


def _availability(
    session: Session, scenario_id: int, codes: dict[str, dict[int, str]]
) -> pd.DataFrame:
    table = t.ScenarioAvailability
    query = select(table.person, table.shift, table.dislike).where(
        table.scenario_id == scenario_id, table.person.in_(list(codes["person"]))
    )
    found = session.execute(query).all()
    return pd.DataFrame(
        {
            "person_id": rows.texts_column([codes["person"][a.person] for a in found]),
            "shift_id": rows.texts_column([codes["shift"][a.shift] for a in found]),
            "dislike": np.array([a.dislike for a in found], np.int64),
        }
    )


def _demand(
    session: Session,
    scenario_id: int,
    posts: set[tuple[int, int]],
    codes: dict[str, dict[int, str]],
) -> pd.DataFrame:
    table = t.ScenarioDemand
    found = _at_posts(session, table, scenario_id, posts)
    required = [line.required for line in found]
    return pd.DataFrame(
        {
            **_post(found, codes),
            "required": np.array(required, np.int64),
            "weight": rows.weight_tuples([line.weights for line in found], required),
        }
    )


def _pins(
    session: Session,
    scenario_id: int,
    posts: set[tuple[int, int]],
    codes: dict[str, dict[int, str]],
) -> pd.DataFrame:
    found = [
        pin
        for pin in _at_posts(session, t.ScenarioPin, scenario_id, posts)
        if pin.person in codes["person"]
    ]
    person = rows.texts_column([codes["person"][pin.person] for pin in found])
    kind = rows.texts_column([pin.kind for pin in found])
    return pd.DataFrame({"person_id": person, **_post(found, codes), "kind": kind})


def _at_posts(
    session: Session, table: Any, scenario_id: int, posts: set[tuple[int, int]]
) -> list[Any]:
    query = select(table).where(
        table.scenario_id == scenario_id,
        table.beat.in_({beat for beat, _ in posts}),
        table.shift.in_({shift for _, shift in posts}),
    )
    found = session.scalars(query.order_by(table.position))
    return [row for row in found if (row.beat, row.shift) in posts]


def _post(found: list[Any], codes: dict[str, dict[int, str]]) -> dict[str, pd.Series]:
    return {
        "beat_id": rows.texts_column([codes["beat"][row.beat] for row in found]),
        "shift_id": rows.texts_column([codes["shift"][row.shift] for row in found]),
        "role": rows.texts_column([codes["role"][row.role] for row in found]),
    }
