"""Small real places as lattices, and a browser page with the maps' scripts loaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from data.baotou import load_district_cells
from grid.cells import cells_at, parents, uncompact
from grid.lattice import Lattice, build_lattice
from maps.geometry import Pyramid, build_pyramid
from maps.shipped import SCRIPTS, read_asset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def lattice() -> Lattice:
    """Central Baotou: some 7,000 cells, with a hole and a ragged edge.

    With JINGGE_TEST_CITY set, the whole city: for a longer look at the browser's arithmetic.
    """
    if os.environ.get("JINGGE_TEST_CITY"):
        return build_lattice(load_district_cells()["cell"].to_numpy(np.uint64))
    around = np.unique(
        cells_at([40.657, 40.600, 40.657], [109.84, 109.95, 109.70], 5).astype(np.uint64)
    )
    cells = uncompact(around, 9)
    return build_lattice(cells[parents(cells, 7) != parents(cells[:1], 7)[0]])


@pytest.fixture(scope="session")
def pyramid(lattice: Lattice) -> Pyramid:
    return build_pyramid(lattice)


@pytest.fixture(scope="session")
def page(browser: Browser) -> Iterator[Page]:
    """A page with all scripts but nothing started."""
    page = browser.new_page(viewport={"width": 800, "height": 600})
    page.set_content("<!DOCTYPE html><div id='map'></div>")
    for name in SCRIPTS:
        page.add_script_tag(content=read_asset(name).decode())
    yield page
    page.close()
