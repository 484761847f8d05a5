"""What a file may refer to, from the living records: codes and names, places, whose is what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import func, select

from data.importers.claims import Claims, Owned, Retired
from data.importers.living.intake import numbers, texts
from data.importers.living.people_rows import index_of_numbers
from data.importers.places import Ground
from data.importers.tables import TABLE_WORDS, Known, codes_of
from data.store.personal import id_number_index
from data.store.tables import catalogue
from data.store.tables.demand import DemandLine
from data.store.tables.ground import Beat, Community, GroundCell, Station
from data.store.tables.incidents import Incident
from data.store.tables.insurance import InsurancePolicy
from data.store.tables.people import Person
from data.store.tables.shifts import Shift
from data.store.tables.teams import Team
from data.store.tables.training import PersonQualification
from grid.cells import cell_centres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.importers.living.intake import Intake
    from data.store.scope import Scope

_MARGIN: Final = 0.02
"""Degrees by which the box of a city is wider than its cells: two kilometres."""
_KEYS: Final[dict[str, Any]] = {"people": Person, "teams": Team}


def known_of_records(intake: Intake, kind: str) -> Known:
    """Return what a file of a kind may refer to and must not claim."""
    named: dict[str, Any] = {"stations": Station, "beats": Beat, "teams": Team}
    codes = {
        name: codes_of(name, {code: (label,) if label else () for code, label in rows})
        for name, table in named.items()
        for rows in [intake.rows(select(table.code, table.name).where(_inside(intake, table)))]
    }
    codes |= {
        "people": codes_of("people", dict.fromkeys(intake.ids(Person), ())),
        "shifts": codes_of("shifts", dict.fromkeys(intake.ids(Shift), ())),
        "incidents": codes_of("incidents", _keys(intake, kind, "incidents", Incident.code)),
        "policies": codes_of(
            "policies", _keys(intake, kind, "insurance", InsurancePolicy.policy_no)
        ),
        "roles": codes_of("roles", intake.words(catalogue.DutyRole)),
        "professions": codes_of("professions", intake.words(catalogue.Profession)),
        "qualifications": codes_of("qualifications", intake.words(catalogue.Qualification)),
    }
    communities = _communities(intake)
    labels = zip(communities["community_id"], communities["name"], strict=True)
    codes["communities"] = codes_of("communities", {code: (name,) for code, name in labels})
    return Known(codes, Ground(communities, _box(intake)), intake.timezone, _claims(intake, kind))


def _keys(intake: Intake, kind: str, wanted: str, column: Any) -> dict[str, tuple[str, ...]]:
    """Give the keys of a kind where a file of that kind is read, else none."""
    found = intake.rows(select(column).distinct()) if kind == wanted else ()
    return {code: () for (code,) in found}


def _claims(intake: Intake, kind: str) -> Claims:
    owned = {}
    if kind == "people":
        keys = intake.keys
        owned["id_number"] = Owned(
            lambda text: id_number_index(keys, text), index_of_numbers(intake)
        )
    retired = {column: one for column, one in _retired(intake, kind) if one.codes}
    if kind not in _KEYS:
        return Claims(owned=owned, retired=retired)
    mapped = _KEYS[kind]
    mine = intake.rows(select(mapped.code, mapped.station_id).where(_current(intake, mapped)))
    there = frozenset(code for code, _ in mine)
    return Claims(
        needs=frozenset(() if intake.scope.city else ("station_id",)),
        vacant=frozenset(code for code, station in mine if station is None),
        there=there,
        elsewhere=frozenset(code for (code,) in intake.rows(select(mapped.code))) - there,
        owned=owned,
        retired=retired,
    )


def _retired(intake: Intake, kind: str) -> Iterator[tuple[str, Retired]]:
    """Give by column the words of the catalogue that nobody is given any more, and who has them."""
    held = PersonQualification
    line = select(Beat.code, Shift.code, DemandLine.role, DemandLine.role).join_from(
        DemandLine, Beat, Beat.id == DemandLine.beat_id
    )
    ways: dict[str, list[tuple[str, str, Any, Any]]] = {
        "people": [
            ("profession", "professions", catalogue.Profession,
             select(Person.code, Person.profession)),
            ("qualifications", "qualifications", catalogue.Qualification,
             select(Person.code, held.qualification).join(held, held.person_id == Person.id)),
        ],
        "teams": [("specialism", "roles", catalogue.DutyRole,
                   select(Team.code, Team.specialism))],
        "demand": [("role", "roles", catalogue.DutyRole,
                    line.join(Shift, Shift.id == DemandLine.shift_id))],
    }  # fmt: skip
    for column, table, mapped, query in ways.get(kind, []):
        codes = select(mapped.code).where(~mapped.is_active)
        retired = frozenset(code for (code,) in intake.rows(codes))
        rows = intake.rows(query.where([*query.selected_columns][-1].in_(codes))) if retired else ()
        pairs = frozenset((tuple(key), code) for *key, code in rows)
        yield column, Retired(TABLE_WORDS[table], retired, pairs)


def _current(intake: Intake, mapped: Any) -> Any:
    """Return the condition on what an import may change: nobody who has left."""
    inside = _inside(intake, mapped)
    return inside & (Person.state != "left") if mapped is Person else inside


def _inside(intake: Intake, mapped: Any) -> Any:
    scope: Scope = intake.scope
    conditions = {
        Station: scope.stations_,
        Beat: scope.beats_,
        Team: scope.teams_,
        Person: scope.people,
    }
    return conditions[mapped]()


def _communities(intake: Intake) -> pd.DataFrame:
    c = Community
    code, name, lng, lat = intake.columns(select(c.code, c.name, c.lng, c.lat).order_by(c.id))
    return pd.DataFrame(
        {"community_id": texts(code), "name": texts(name), "lng": numbers(lng), "lat": numbers(lat)}
    )


def _box(intake: Intake) -> tuple[float, float, float, float] | None:
    """Return the box of the city's cells, a little wider."""
    if not intake.session.scalar(select(func.count()).select_from(GroundCell)):
        return None
    cells = np.array([cell for (cell,) in intake.rows(select(GroundCell.cell))], np.uint64)
    lat, lng = cell_centres(cells)
    south, west, north, east = map(float, (lat.min(), lng.min(), lat.max(), lng.max()))
    return south - _MARGIN, west - _MARGIN, north + _MARGIN, east + _MARGIN
