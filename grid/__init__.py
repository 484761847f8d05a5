"""The ground: cells, beats, jurisdictions, travel and coverage. Pure functions of values.

Names that need compiled kernels load them only when asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from grid.cells import (
    Cells,
    cell_areas_km2,
    cell_centres,
    cell_polygons,
    cells_at,
    cells_of_area,
    compact,
    dissolve,
    format_cells,
    is_valid_cells,
    parents,
    parse_cells,
    resolutions,
    uncompact,
)
from grid.coordinates import CoordinateSystem, from_wgs84, to_wgs84, transform_geometry
from grid.coverage import RINGS_MIN, Ring, gaps, reach, ring_coverage, weighted_coverage
from grid.errors import CellError, GeometryError, JinggeError, LatticeError, ScenarioError
from grid.jurisdiction import JurisdictionReport, assign_cells
from grid.lattice import CellIndex, Lattice, SortedCellIndex, build_index, build_lattice
from grid.travel import (
    EARTH_RADIUS_M,
    GreatCircleTravel,
    Mode,
    Travel,
    great_circle_m,
)

if TYPE_CHECKING:
    from grid.beats import build_beats
    from grid.districting import Districting, DistrictingRules, draw_beats
    from grid.districting_report import DistrictingReport, verify_districting
    from grid.imported_beats import beats_from_cells
    from grid.incident_risk import IncidentRisk, KernelParameters
    from grid.risk import RiskSurface, Settlement, risk_surface, settle
    from grid.stations import assign_stations, build_stations

__all__ = [
    "EARTH_RADIUS_M",
    "RINGS_MIN",
    "CellError",
    "CellIndex",
    "Cells",
    "CoordinateSystem",
    "Districting",
    "DistrictingReport",
    "DistrictingRules",
    "GeometryError",
    "GreatCircleTravel",
    "IncidentRisk",
    "JinggeError",
    "JurisdictionReport",
    "KernelParameters",
    "Lattice",
    "LatticeError",
    "Mode",
    "Ring",
    "RiskSurface",
    "ScenarioError",
    "Settlement",
    "SortedCellIndex",
    "Travel",
    "assign_cells",
    "assign_stations",
    "beats_from_cells",
    "build_beats",
    "build_index",
    "build_lattice",
    "build_stations",
    "cell_areas_km2",
    "cell_centres",
    "cell_polygons",
    "cells_at",
    "cells_of_area",
    "compact",
    "dissolve",
    "draw_beats",
    "format_cells",
    "from_wgs84",
    "gaps",
    "great_circle_m",
    "is_valid_cells",
    "parents",
    "parse_cells",
    "reach",
    "resolutions",
    "ring_coverage",
    "risk_surface",
    "settle",
    "to_wgs84",
    "transform_geometry",
    "uncompact",
    "verify_districting",
    "weighted_coverage",
]

_LATER = {
    "Districting": "grid.districting",
    "DistrictingReport": "grid.districting_report",
    "DistrictingRules": "grid.districting",
    "IncidentRisk": "grid.incident_risk",
    "KernelParameters": "grid.incident_risk",
    "RiskSurface": "grid.risk",
    "Settlement": "grid.risk",
    "assign_stations": "grid.stations",
    "beats_from_cells": "grid.imported_beats",
    "build_beats": "grid.beats",
    "build_stations": "grid.stations",
    "draw_beats": "grid.districting",
    "risk_surface": "grid.risk",
    "settle": "grid.risk",
    "verify_districting": "grid.districting_report",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'grid' has no attribute {name!r}")
