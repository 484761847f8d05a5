"""The map of coverage: how likely somebody on duty reaches each cell within a ring's minutes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from maps.city_page import render_city

if TYPE_CHECKING:
    from maps.city_page import CityPage


def coverage_map(page: CityPage) -> str:
    """Return the HTML of the map that opens with coverage."""
    return render_city(replace(page, kind="coverage"))
