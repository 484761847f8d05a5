"""The ground: cells, beats, jurisdictions, travel and coverage. Pure functions of values."""

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

__all__ = [
    "EARTH_RADIUS_M",
    "RINGS_MIN",
    "CellError",
    "CellIndex",
    "Cells",
    "CoordinateSystem",
    "GeometryError",
    "GreatCircleTravel",
    "JinggeError",
    "JurisdictionReport",
    "Lattice",
    "LatticeError",
    "Mode",
    "Ring",
    "ScenarioError",
    "SortedCellIndex",
    "Travel",
    "assign_cells",
    "build_index",
    "build_lattice",
    "cell_areas_km2",
    "cell_centres",
    "cell_polygons",
    "cells_at",
    "cells_of_area",
    "compact",
    "dissolve",
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
    "to_wgs84",
    "transform_geometry",
    "uncompact",
    "weighted_coverage",
]
