"""What a file may refer to, from the living records: codes and names, places, whose is what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import func, select

from data.importers.claims import Claims, Owned
from data.importers.living.intake import numbers, texts
from data.importers.living.people_rows import index_of_numbers
from data.importers.places import Ground
from data.importers.tables import Known, codes_of
from data.store.personal import id_number_index
from data.store.tables import catalogue
from data.store.tables.ground import Beat, Community, GroundCell, Station
from data.store.tables.people import Person
from data.store.tables.shifts import Shift
from data.store.tables.teams import Team
from grid.cells import cell_centres

if TYPE_CHECKING:
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
        "roles": codes_of("roles", intake.words(catalogue.DutyRole)),
        "professions": codes_of("professions", intake.words(catalogue.Profession)),
        "qualifications": codes_of("qualifications", intake.words(catalogue.Qualification)),
    }
    communities = _communities(intake)
    labels = zip(communities["community_id"], communities["name"], strict=True)
    codes["communities"] = codes_of("communities", {code: (name,) for code, name in labels})
    return Known(codes, Ground(communities, _box(intake)), intake.timezone, _claims(intake, kind))


def _claims(intake: Intake, kind: str) -> Claims:
    owned = {}
    if kind == "people":
        keys = intake.keys
        owned["id_number"] = Owned(
            lambda text: id_number_index(keys, text), index_of_numbers(intake)
        )
    elsewhere: frozenset[str] = frozenset()
    if kind in _KEYS:
        mapped = _KEYS[kind]
        mine = set(intake.rows(select(mapped.code).where(_current(intake, mapped))))
        everybody = set(intake.rows(select(mapped.code)))
        elsewhere = frozenset(code for (code,) in everybody - mine)
    narrow = kind in _KEYS and not intake.scope.city
    return Claims(frozenset({"station_id"} if narrow else ()), elsewhere, owned)


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
