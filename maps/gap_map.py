"""The map of gaps: cells that matter and are covered under a level, and posts that are short."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from maps.city_page import render_city

if TYPE_CHECKING:
    from maps.city_page import CityPage


def gap_map(page: CityPage) -> str:
    """Return the HTML of the map that opens with gaps."""
    return render_city(replace(page, kind="gaps"))
