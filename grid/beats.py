"""The table of beats (警格) made from cells: code, name, reporting point, size and shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from grid.cells import cell_areas_km2, cell_polygons
from grid.districting import plane_xy_m
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grid.cells import Cells

BEAT_COLUMNS: Final = (
    "beat_id",
    "station_id",
    "sub_bureau_id",
    "name",
    "lng",
    "lat",
    "station_name",
    "num_cells",
    "area_km2",
    "perimeter_km",
    "polsby_popper",
    "workload",
)
_MEDIAN_ROUNDS = 25
_COMMITTEE = re.compile(r"(居民委员会|村民委员会|居委会|村委会|村委)$")
_FACING = 0.8
"""Cosine: a side's midpoint lies within 37 degrees of the neighbour that it faces; the next side of
a hexagon lies 60 degrees on."""


def build_beats(
    beat: NDArray[np.int32],
    station_of_beat: NDArray[np.int32],
    stations: pd.DataFrame,
    cells: Cells,
    neighbours: NDArray[np.int32],
    *,
    lat: NDArray[np.float64],
    lng: NDArray[np.float64],
    workload: NDArray[np.float64],
    communities: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Make the table of beats.

    Parameters
    ----------
    beat : (n,) int32
        Beat of each cell; every number below ``station_of_beat.size`` occurs.
    station_of_beat : (num_beats,) int32
        Row of `stations` for each beat.
    stations : DataFrame
        ``station_id, name, district_code`` (str).
    cells : (n,) uint64
    neighbours : (n, 6) int32, -1 where there is none
    lat, lng : (n,) degrees
        Centres of the cells.
    workload : (n,) float64 >= 0
    communities : DataFrame, optional
        ``name, township_code`` (str). Beats are named after the communities of the station whose id
        is the township's code, dealt out in order: **where a community lies is not known**, so a
        name says to which station a beat belongs and tells it from the others, not more.

    Returns
    -------
    DataFrame
        Columns `BEAT_COLUMNS`, a row a beat. ``beat_id`` is the station's id and a number within
        it (``150203004-017``). ``lng, lat`` is the reporting point: the centre of that cell of the
        beat that lies nearest the beat's geometric median of workload, so it is inside the beat.
        ``polsby_popper`` = 4 pi area / perimeter² of the beat's outline, holes included; a
        single hexagon has 0.907, a large hexagon of hexagons 0.680, a large disc of them 0.617,
        because the sides zigzag.
    """
    num_beats = station_of_beat.size
    station_ids = stations["station_id"].to_numpy(str)[station_of_beat]
    ordinal = _ordinal_within(station_of_beat)
    point = reporting_cells(beat, num_beats, plane_xy_m(lat, lng), workload)
    area, perimeter = beat_outlines(beat, num_beats, cells, neighbours, lat=lat, lng=lng)
    table = {
        "beat_id": [f"{s}-{i + 1:03d}" for s, i in zip(station_ids, ordinal, strict=True)],
        "station_id": station_ids,
        "sub_bureau_id": stations["district_code"].to_numpy(str)[station_of_beat],
        "name": beat_names(station_ids, stations, communities),
        "lng": lng[point],
        "lat": lat[point],
        "station_name": stations["name"].to_numpy(str)[station_of_beat],
        "num_cells": np.bincount(beat, minlength=num_beats),
        "area_km2": area,
        "perimeter_km": perimeter,
        "polsby_popper": 4 * np.pi * area / perimeter**2,
        "workload": _sums(beat, workload, num_beats),
    }
    return pd.DataFrame(table)[list(BEAT_COLUMNS)]


def reporting_cells(
    beat: NDArray[np.int32],
    num_beats: int,
    xy: NDArray[np.float64],
    workload: NDArray[np.float64],
) -> NDArray[np.intp]:
    """Find the cell of each beat where people report: nearest to its geometric median.

    The median, which has the least mean distance to the workload, is found by Weiszfeld's
    iteration (1937) for all beats at once, from the weighted mean. A beat
    without workload counts its cells alike.

    Returns
    -------
    (num_beats,) int
        Positions of cells.
    """
    load = _sums(beat, workload, num_beats)
    weight = np.where(load[beat] > 0, workload, 1.0)
    median = _weighted_means(beat, num_beats, xy, weight)
    for _ in range(_MEDIAN_ROUNDS):
        # One metre keeps the weight of a cell that the median sits on finite.
        away = np.maximum(np.hypot(*(xy - median[beat]).T), 1.0)
        median = _weighted_means(beat, num_beats, xy, weight / away)
    away = np.hypot(*(xy - median[beat]).T)
    order = np.lexsort((away, beat))
    return order[np.searchsorted(beat[order], np.arange(num_beats))]


def beat_outlines(
    beat: NDArray[np.int32],
    num_beats: int,
    cells: Cells,
    neighbours: NDArray[np.int32],
    *,
    lat: NDArray[np.float64],
    lng: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure area and perimeter of each beat's dissolved cells, without dissolving them.

    A side counts where the cell that it faces is not of the same beat.

    Returns
    -------
    area_km2, perimeter_km : (num_beats,) float64
    """
    area = _sums(beat, cell_areas_km2(cells), num_beats)
    same = (neighbours >= 0) & (beat[neighbours] == beat[:, None])
    rim = np.flatnonzero(~same.all(axis=1))
    corners, owner = shapely.get_coordinates(cell_polygons(cells[rim]), return_index=True)
    inside = owner[1:] == owner[:-1]
    start, end, owner = corners[:-1][inside], corners[1:][inside], owner[:-1][inside]
    length = np.asarray(great_circle_m(start[:, 1], start[:, 0], end[:, 1], end[:, 0]))
    v = rim[owner]
    scale = np.cos(np.radians(lat[v]))
    middle = (start + end) / 2
    side = _directions(middle[:, 0] - lng[v], middle[:, 1] - lat[v], scale)
    inner = np.zeros(v.size, bool)
    for j in range(6):
        u = neighbours[v, j]
        facing = (side * _directions(lng[u] - lng[v], lat[u] - lat[v], scale)).sum(axis=1)
        inner |= same[v, j] & (facing > _FACING)
    return area, _sums(beat[v[~inner]], length[~inner], num_beats) / 1_000


def beat_names(
    station_ids: NDArray[np.str_], stations: pd.DataFrame, communities: pd.DataFrame | None
) -> list[str]:
    """Name beats after their station's communities, dealt out evenly in order.

    Parameters
    ----------
    station_ids : (num_beats,) str
        Station of each beat.
    stations : DataFrame
        ``station_id, name``; names a beat whose station has no community.
    communities : DataFrame, optional
        ``name, township_code``.

    Returns
    -------
    list of str
        ``环西社区警格``, or ``环西社区第2警格`` where several beats share a community.
    """
    names: dict[str, list[str]] = {}
    if communities is not None:
        for code, group in communities.groupby("township_code", sort=False)["name"]:
            names[str(code)] = [community_name(name) for name in group]
    own_name = dict(zip(stations["station_id"], stations["name"], strict=True))
    result: list[str] = [""] * station_ids.size
    for station_id in dict.fromkeys(station_ids.tolist()):
        rows = np.flatnonzero(station_ids == station_id)
        choice = names.get(station_id) or [str(own_name[station_id]).removesuffix("派出所")]
        dealt = np.arange(rows.size) * len(choice) // rows.size
        for row, which, number in zip(rows, dealt, _ordinal_within(dealt), strict=True):
            alone = (dealt == which).sum() == 1
            result[row] = f"{choice[which]}{'' if alone else f'第{number + 1}'}警格"
    return result


def community_name(committee: str) -> str:
    """Shorten a committee's name to its place: 环西社区居委会 → 环西社区, 大庙村委会 → 大庙村."""
    place = _COMMITTEE.sub("", committee)
    if place == committee or place.endswith(("社区", "村", "嘎查")):
        return place
    return place + ("村" if "村" in committee[len(place) :] else "社区")


def _ordinal_within(group: NDArray[np.int32] | NDArray[np.intp]) -> NDArray[np.intp]:
    """Count from 0 within each group, in the order given."""
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], group[order])
    ordinal = np.empty(group.size, np.intp)
    ordinal[order] = np.arange(group.size) - first
    return ordinal


def _weighted_means(
    beat: NDArray[np.int32],
    num_beats: int,
    xy: NDArray[np.float64],
    weight: NDArray[np.float64],
) -> NDArray[np.float64]:
    total = _sums(beat, weight, num_beats)
    return np.column_stack(
        [_sums(beat, weight * xy[:, axis], num_beats) / total for axis in (0, 1)]
    )


def _sums(
    beat: NDArray[np.int32], values: NDArray[np.float64], num_beats: int
) -> NDArray[np.float64]:
    return np.asarray(np.bincount(beat, values, num_beats), np.float64)


def _directions(
    east: NDArray[np.float64], north: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    vectors: NDArray[np.float64] = np.column_stack([east * scale, north])
    length = np.maximum(np.hypot(vectors[:, 0], vectors[:, 1]), 1e-30)
    return np.asarray(vectors / length[:, None], np.float64)
