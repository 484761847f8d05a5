"""What an import may refer to, from a scenario: stations, beats, shifts, roles and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from data.importers.places import Ground
from data.importers.tables import Known, codes_of, shipped_codes
from grid.cells import cell_centres

if TYPE_CHECKING:
    from dispatch.scenario import Scenario

_MARGIN: Final = 0.02
"""Degrees by which the box of a city is wider than the centres of its cells: two kilometres."""


def known_of(scenario: Scenario) -> Known:
    """Return the codes of a scenario's tables, its box and its timezone."""
    beats = scenario.beats
    tables = {
        "stations": dict(zip(beats["station_id"], beats["station_name"], strict=True)),
        "beats": dict(zip(beats["beat_id"], beats["name"], strict=True)),
        "shifts": dict.fromkeys(scenario.shifts["shift_id"], ""),
        "people": dict.fromkeys(scenario.people["person_id"], ""),
    }
    codes = shipped_codes() | {
        name: codes_of(name, {code: (label,) if label else () for code, label in table.items()})
        for name, table in tables.items()
    }
    extra = dict.fromkeys(scenario.roles["role"], ())
    roles = codes_of("roles", extra)
    by_text = {**roles.by_text, **codes["roles"].by_text}
    codes["roles"] = type(roles)(roles.words, by_text, roles.exact | codes["roles"].exact)
    return Known(codes, Ground(box=_box(scenario)), scenario.timezone)


def _box(scenario: Scenario) -> tuple[float, float, float, float] | None:
    if not len(scenario.cells):
        return None
    lat, lng = cell_centres(scenario.cells["cell"].to_numpy())
    south, west, north, east = map(float, (lat.min(), lng.min(), lat.max(), lng.max()))
    return south - _MARGIN, west - _MARGIN, north + _MARGIN, east + _MARGIN
