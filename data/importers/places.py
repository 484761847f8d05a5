"""Where rows lie: coordinates of a named system, or the point of a community; never an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.importers.cells import RefusedError
from grid.coordinates import to_wgs84

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Refuse = Callable[[int, str, RefusedError], None]

DECIMALS = 7
"""Degrees are rounded to a centimetre, so that a place is the same after every way through files
and databases."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of places.

    Attributes
    ----------
    communities : DataFrame, optional
        ``community_id`` (str), ``lng, lat`` (float64, WGS-84; NaN where unknown).
    box : tuple of float, optional
        South, west, north, east in degrees: what lies outside is refused.
    """

    communities: pd.DataFrame | None = None
    box: tuple[float, float, float, float] | None = None


def resolve(
    table: pd.DataFrame, system: str, ground: Ground, refuse: Refuse, *, needed: bool
) -> pd.DataFrame:
    """Give each row WGS-84 coordinates, from its own or from its community's point.

    Parameters
    ----------
    table : DataFrame
        With ``lng, lat`` or ``community_id`` or both; ``coordinate_system`` where rows name theirs.
    system : str
        Of rows that name none; empty where none is known.
    ground : Ground
    refuse : callable
        Called with the position of a row, a column and why.
    needed : bool
        Whether a row must lie somewhere.

    Returns
    -------
    DataFrame
        ``lng, lat`` in WGS-84, NaN where nothing is known; without ``coordinate_system``.
    """
    table = table.copy()
    if "lng" in table and "lat" in table:
        lng, lat = (table[name].to_numpy(np.float64) for name in ("lng", "lat"))
        own = _own_system(table, system)
        given = np.isfinite(lng) & np.isfinite(lat)
        for row in np.flatnonzero(np.isfinite(lng) != np.isfinite(lat)):
            refuse(int(row), "lng", RefusedError("half_place"))
        for row in np.flatnonzero(given & (own == "")):
            refuse(int(row), "coordinate_system", RefusedError("no_system"))
        lng, lat = _to_wgs84(lng, lat, own)
        _check_box(lng, lat, given & (own != ""), ground, refuse)
    else:
        lng, lat = (np.full(len(table), np.nan) for _ in range(2))
    if "community_id" in table and ground.communities is not None:
        lng, lat = _from_communities(table["community_id"], lng, lat, ground.communities)
    if needed:
        community = table["community_id"].to_numpy() if "community_id" in table else np.array([""])
        nowhere = ~np.isfinite(lng) & (np.broadcast_to(community, len(table)) == "")
        for row in np.flatnonzero(nowhere):
            refuse(int(row), "lng" if "lng" in table else "community_id", RefusedError("no_place"))
    table["lng"], table["lat"] = lng, lat
    return table.drop(columns="coordinate_system", errors="ignore")


def _own_system(table: pd.DataFrame, system: str) -> NDArray[np.object_]:
    if "coordinate_system" not in table:
        return np.full(len(table), system, object)
    named = table["coordinate_system"].to_numpy(object)
    return np.where(named == "", system, named)


def _to_wgs84(
    lng: NDArray[np.float64], lat: NDArray[np.float64], system: NDArray[np.object_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lng, lat = lng.copy(), lat.copy()
    for name in sorted(set(system.tolist()) - {""}):
        rows = (system == name) & np.isfinite(lng) & np.isfinite(lat)
        if rows.any():
            lat[rows], lng[rows] = to_wgs84(lat[rows], lng[rows], name)
    return np.round(lng, DECIMALS), np.round(lat, DECIMALS)


def _check_box(
    lng: NDArray[np.float64],
    lat: NDArray[np.float64],
    given: NDArray[np.bool_],
    ground: Ground,
    refuse: Refuse,
) -> None:
    if ground.box is None:
        return
    south, west, north, east = ground.box
    with np.errstate(invalid="ignore"):
        outside = given & ~((lat >= south) & (lat <= north) & (lng >= west) & (lng <= east))
    for row in np.flatnonzero(outside):
        at = int(row)
        refuse(at, "lng", RefusedError("outside", lng=float(lng[at]), lat=float(lat[at])))


def _from_communities(
    community: pd.Series,
    lng: NDArray[np.float64],
    lat: NDArray[np.float64],
    communities: pd.DataFrame,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    at = pd.Index(communities["community_id"]).get_indexer(pd.Index(community))
    use = ~np.isfinite(lng) & (at >= 0)
    for target, name in ((lng, "lng"), (lat, "lat")):
        points = communities[name].to_numpy(np.float64)
        target[use] = np.round(points[at[use]], DECIMALS)
    return lng, lat
