"""Maps: values of grid and dispatch become Folium pages that work with no network."""

from maps.cell_layer import CellLayer, coverage_bytes, weight_bytes
from maps.city_page import Addresses, BaseTiles, CityPage
from maps.coverage_map import coverage_map
from maps.export import self_contained_map
from maps.gap_map import gap_map

__all__ = [
    "Addresses",
    "BaseTiles",
    "CellLayer",
    "CityPage",
    "coverage_bytes",
    "coverage_map",
    "gap_map",
    "self_contained_map",
    "weight_bytes",
]
