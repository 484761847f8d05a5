"""The four coordinate systems of Chinese maps, both ways and vectorised.

=========  ======================================================================================
WGS-84     what GPS gives and everything in this project uses
CGCS2000   China's national frame (GB 22021), of epoch 2000.0. By definition the same as WGS-84 to
           centimetres, and passed on unchanged; China's plates have since moved by 3 cm a year,
           less than a metre, where a cell of resolution 9 is 350 m wide
GCJ-02     "Mars coordinates": WGS-84 plus a smooth shift of up to 700 m, by law on all public
           maps of companies (AMap, Tencent). Only inside a box around China
BD-09      Baidu's: GCJ-02 plus a further shift of about 1 km
=========  ======================================================================================

The shifts were never published. The formulas are the ones in common use since 2010 (the projects
eviltransform and gcoord); they agree with the map services to about a metre.
Inverses are iterated until they no longer move: a round trip returns to within a micrometre.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias, TypeVar, overload

import numpy as np
import shapely
from numpy.typing import NDArray

from grid.errors import GeometryError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from shapely.geometry.base import BaseGeometry

_G = TypeVar("_G", bound="BaseGeometry")
_Points: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
_Change: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.float64]], _Points]

CHINA_BOX = (0.8293, 72.004, 55.8271, 137.8347)
"""South, west, north, east (degrees) of the box inside which GCJ-02 shifts."""

# Krasovsky's ellipsoid of 1940: semi-major axis in metres, eccentricity squared.
_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323

# Each step of an inverse leaves at most 2 % of the error (the shift's steepest slope): from 1.2 km,
# ten steps end far below a micrometre, at the rounding of float64.
_STEPS = 10


class CoordinateSystem(StrEnum):
    """What the numbers of a file mean."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def to_wgs84(lat: ArrayLike, lng: ArrayLike, system: CoordinateSystem | str) -> _Points:
    """Return points of a system as WGS-84 latitude and longitude.

    Parameters
    ----------
    lat, lng : array_like of float
        Degrees, of any common shape.
    system : CoordinateSystem or str
        What `lat` and `lng` are in.

    Notes
    -----
    On a strip of some 500 m along the edge of `CHINA_BOX`, which runs through seas and deserts,
    GCJ-02 has points with no or two origins. A point outside the box is then taken as unshifted.
    """
    lats, lngs = _points(lat, lng)
    match coordinate_system(system):
        case CoordinateSystem.GCJ02:
            return _gcj02_to_wgs84(lats, lngs)
        case CoordinateSystem.BD09:
            return _gcj02_to_wgs84(*_undo(_bd09_shift, lats, lngs))
        case _:
            return lats, lngs


def from_wgs84(lat: ArrayLike, lng: ArrayLike, system: CoordinateSystem | str) -> _Points:
    """Return WGS-84 points as latitude and longitude of another system."""
    lats, lngs = _points(lat, lng)
    match coordinate_system(system):
        case CoordinateSystem.GCJ02:
            return _wgs84_to_gcj02(lats, lngs)
        case CoordinateSystem.BD09:
            lats, lngs = _wgs84_to_gcj02(lats, lngs)
            return _moved(lats, lngs, _bd09_shift(lats, lngs))
        case _:
            return lats, lngs


@overload
def transform_geometry(geometry: _G, source: CoordinateSystem | str) -> _G: ...
@overload
def transform_geometry(
    geometry: NDArray[np.object_], source: CoordinateSystem | str
) -> NDArray[np.object_]: ...
def transform_geometry(
    geometry: BaseGeometry | NDArray[np.object_], source: CoordinateSystem | str
) -> BaseGeometry | NDArray[np.object_]:
    """Return a geometry, or an array of them, in WGS-84; (lng, lat) inside. Heights are dropped."""
    system = coordinate_system(source)

    def corners(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lat, lng = to_wgs84(points[:, 1], points[:, 0], system)
        return np.column_stack((lng, lat))

    return shapely.transform(geometry, corners)


def coordinate_system(name: CoordinateSystem | str) -> CoordinateSystem:
    """Return the system of that name; raise a GeometryError that lists the known ones."""
    try:
        return CoordinateSystem(name)
    except ValueError:
        known = ", ".join(CoordinateSystem)
        raise GeometryError(f"Expected a coordinate system of {known}, got {name!r}.") from None


def _points(lat: ArrayLike, lng: ArrayLike) -> _Points:
    lats, lngs = np.asarray(lat, dtype=np.float64), np.asarray(lng, dtype=np.float64)
    if lats.shape != lngs.shape:
        raise GeometryError(
            f"Expected latitudes and longitudes of one shape, got {lats.shape} and {lngs.shape}."
        )
    return lats, lngs


def _moved(lat: NDArray[np.float64], lng: NDArray[np.float64], shift: _Points) -> _Points:
    return lat + shift[0], lng + shift[1]


def _undo(shift: _Change, lat: NDArray[np.float64], lng: NDArray[np.float64]) -> _Points:
    """Return the points that `shift` moves to the given ones, by fixed-point iteration."""
    found_lat, found_lng = lat, lng
    for _ in range(_STEPS):
        by_lat, by_lng = shift(found_lat, found_lng)
        found_lat, found_lng = lat - by_lat, lng - by_lng
    return found_lat, found_lng


def _wgs84_to_gcj02(lat: NDArray[np.float64], lng: NDArray[np.float64]) -> _Points:
    return _in_china(lat, lng, lambda lats, lngs: _moved(lats, lngs, _gcj02_shift(lats, lngs)))


def _gcj02_to_wgs84(lat: NDArray[np.float64], lng: NDArray[np.float64]) -> _Points:
    return _in_china(lat, lng, lambda lats, lngs: _undo(_gcj02_shift, lats, lngs))


def _in_china(lat: NDArray[np.float64], lng: NDArray[np.float64], change: _Change) -> _Points:
    """Return the points, changed where they lie inside `CHINA_BOX`; NaN stays NaN."""
    south, west, north, east = CHINA_BOX
    inside = (lat >= south) & (lat <= north) & (lng >= west) & (lng <= east)
    lats, lngs = np.array(lat), np.array(lng)
    lats[inside], lngs[inside] = change(lat[inside], lng[inside])
    return lats, lngs


def _gcj02_shift(lat: NDArray[np.float64], lng: NDArray[np.float64]) -> _Points:
    """Return by how many degrees GCJ-02 moves WGS-84 points; both defined everywhere."""
    x, y = lng - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    common = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    north_m = (
        -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * root
        + (common + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)
           + 160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    )  # fmt: skip
    east_m = (
        300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * root
        + (common + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)
           + 150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    )  # fmt: skip
    phi = np.radians(lat)
    flat = 1 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY_2) / flat**1.5
    parallel_m = _AXIS_M / np.sqrt(flat) * np.cos(phi)
    return np.degrees(north_m / meridian_m), np.degrees(east_m / parallel_m)


def _bd09_shift(lat: NDArray[np.float64], lng: NDArray[np.float64]) -> _Points:
    """Return by how many degrees BD-09 moves GCJ-02 points."""
    turn = np.pi * 3000 / 180
    radius = np.hypot(lng, lat) + 0.00002 * np.sin(lat * turn)
    angle = np.arctan2(lat, lng) + 0.000003 * np.cos(lng * turn)
    return radius * np.sin(angle) + 0.006 - lat, radius * np.cos(angle) + 0.0065 - lng
