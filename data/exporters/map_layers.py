"""Beats and what is known of them as GeoPackage or GeoJSON, for a map program.

WGS-84. Ids, names and numbers of beats; no people.
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from data.exporters.plain_text import sheet_text
from grid.cells import cell_polygons, dissolve, format_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dispatch.scenario import Scenario

DRIVERS: Final = {".gpkg": "GPKG", ".geojson": "GeoJSON"}
_TEXTS = ("beat_id", "name", "station_id", "station_name", "sub_bureau_id", "sub_bureau_name")


def beat_layer(
    scenario: Scenario, values: Mapping[str, NDArray[np.floating]] | None = None
) -> gpd.GeoDataFrame:
    """Return one outline a beat, of its cells.

    Parameters
    ----------
    scenario : Scenario
    values : Mapping of str to (num_beats,) float, optional
        More columns, in the order of ``scenario.beats``, such as coverage; NaN becomes nothing.

    Returns
    -------
    GeoDataFrame
        ``beat_id, name, station_id, station_name, sub_bureau_id, sub_bureau_name, num_cells,
        weight``, the values, MultiPolygon in WGS-84. A beat without cells has no outline.
    """
    beats = scenario.beats
    row = pd.Index(beats["beat_id"]).get_indexer(pd.Index(scenario.cells["beat_id"]))
    order = np.argsort(row, kind="stable")
    cells = scenario.cells["cell"].to_numpy(np.uint64)[order]
    ends = np.searchsorted(row[order], np.arange(len(beats) + 1))
    outlines = [
        dissolve(cells[first:last]) if last > first else None for first, last in pairwise(ends)
    ]
    table = {name: [sheet_text(text) for text in beats[name]] for name in _TEXTS}
    numbers = {
        "num_cells": np.diff(ends),
        "weight": np.bincount(row, scenario.cells["weight"], len(beats)),
    }
    return gpd.GeoDataFrame(
        table | numbers | dict(values or {}), geometry=outlines, crs="EPSG:4326"
    )


def cell_layer(scenario: Scenario, values: Mapping[str, NDArray[np.floating]]) -> gpd.GeoDataFrame:
    """Return one hexagon a cell with its beat, weight and values (one a cell of the scenario)."""
    cells = scenario.cells["cell"].to_numpy(np.uint64)
    table = {
        "cell": format_cells(cells),
        "beat_id": scenario.cells["beat_id"].to_numpy(str),
        "weight": scenario.cells["weight"].to_numpy(np.float64),
    }
    return gpd.GeoDataFrame(
        table | dict(values), geometry=list(cell_polygons(cells)), crs="EPSG:4326"
    )


def layer_bytes(layers: Mapping[str, gpd.GeoDataFrame], suffix: str) -> bytes:
    """Return layers as the bytes of a ``.gpkg`` or, a single one, of a ``.geojson`` file.

    Raises
    ------
    ValueError
        For another suffix, or several layers as GeoJSON.
    """
    if suffix not in DRIVERS or (suffix == ".geojson" and len(layers) != 1):
        raise ValueError(f"Expected .gpkg, or one layer as .geojson, got {len(layers)} {suffix}.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"layers{suffix}")
        for name, layer in layers.items():
            layer.to_file(path, layer=name, driver=DRIVERS[suffix], engine="pyogrio")
        return path.read_bytes()
