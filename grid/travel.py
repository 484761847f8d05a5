"""Travel on the ground: how far and how long from one place to another.

Everything that needs a distance or a time asks a `Travel`, and does not know whether it was
measured on the globe or on a road network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import numpy as np

from grid.errors import GeometryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius R1 of the WGS-84 ellipsoid, metres (Moritz, 2000, doi:10.1007/s001900050278)."""

TRAVEL_FACTOR = 1.3
"""Ground distance over great-circle distance. Street grids measure 1.2 to 1.4 (circuity)."""


class Mode(StrEnum):
    """How a person moves."""

    FOOT = "foot"
    EBIKE = "ebike"
    CAR = "car"


SPEEDS_KMH: Mapping[Mode, float] = MappingProxyType(
    {Mode.FOOT: 5.0, Mode.EBIKE: 20.0, Mode.CAR: 30.0}
)
"""Speeds from door to door, km/h: assumptions that a city should replace by its own.

On foot 1.4 m/s is the usual walking pace of adults (Bohannon & Williams Andrews, 2011,
doi:10.1016/j.physio.2010.12.004). China's standard GB 17761 ends an e-bike's motor at 25 km/h;
20 leaves room for crossings. By car 30 km/h is a town's daytime average, stops included, without
blue lights.
"""


class Travel(Protocol):
    """What the rest of the code asks about travel. All arguments broadcast; degrees, WGS-84."""

    def distance_m(
        self, lat1: ArrayLike, lng1: ArrayLike, lat2: ArrayLike, lng2: ArrayLike
    ) -> NDArray[np.float64]:
        """Return metres travelled from the first to the second point."""
        ...

    def duration_min(
        self, lat1: ArrayLike, lng1: ArrayLike, lat2: ArrayLike, lng2: ArrayLike, mode: Mode
    ) -> NDArray[np.float64]:
        """Return minutes from the first to the second point."""
        ...

    def radius_m(self, minutes: float, mode: Mode) -> float:
        """Return the great-circle metres within which everything may be reached in `minutes`."""
        ...


def great_circle_m(
    lat1: ArrayLike, lng1: ArrayLike, lat2: ArrayLike, lng2: ArrayLike
) -> NDArray[np.float64]:
    """Return great-circle metres between points by the haversine formula.

    The formula keeps its accuracy for points close together (Sinnott, 1984, *Virtues of the
    Haversine*). The sphere is within 0.6 % of the ellipsoid.

    Parameters
    ----------
    lat1, lng1, lat2, lng2 : array_like of float
        Degrees; they broadcast against each other.
    """
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half_lat = (phi2 - phi1) / 2
    half_lng = np.radians(np.subtract(lng2, lng1)) / 2
    square = np.sin(half_lat) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lng) ** 2
    metres = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(square, 1.0)))
    return np.asarray(metres, dtype=np.float64)


def unit_vectors(lat: ArrayLike, lng: ArrayLike) -> NDArray[np.float64]:
    """Return points on the unit sphere, shape (n, 3): x to 0 N 0 E, y to 90 E, z to the pole."""
    phi = np.atleast_1d(np.radians(np.asarray(lat, dtype=np.float64)))
    theta = np.atleast_1d(np.radians(np.asarray(lng, dtype=np.float64)))
    ring = np.cos(phi)
    return np.stack((ring * np.cos(theta), ring * np.sin(theta), np.sin(phi)), axis=-1)


def chord(distance_m: float) -> float:
    """Return the straight line through the unit sphere that spans a great-circle distance."""
    return float(2 * np.sin(min(distance_m / EARTH_RADIUS_M, np.pi) / 2))


@dataclass(frozen=True, slots=True)
class GreatCircleTravel:
    """Great-circle metres times a factor, at one speed a mode.

    Attributes
    ----------
    factor : float
        Ground distance over great-circle distance, >= 1.
    speeds_kmh : Mapping of Mode to float
        Speed by mode, > 0.
    """

    factor: float = TRAVEL_FACTOR
    speeds_kmh: Mapping[Mode, float] = field(default_factory=lambda: SPEEDS_KMH)

    def __post_init__(self) -> None:
        if not 1 <= self.factor < np.inf:
            raise GeometryError(f"Expected a travel factor >= 1, got {self.factor}.")
        for mode, speed in self.speeds_kmh.items():
            if not 0 < speed < np.inf:
                raise GeometryError(f"Expected a speed > 0 for {mode}, got {speed}.")

    def distance_m(
        self, lat1: ArrayLike, lng1: ArrayLike, lat2: ArrayLike, lng2: ArrayLike
    ) -> NDArray[np.float64]:
        """Return metres travelled: great circle times `factor`."""
        return great_circle_m(lat1, lng1, lat2, lng2) * self.factor

    def duration_min(
        self, lat1: ArrayLike, lng1: ArrayLike, lat2: ArrayLike, lng2: ArrayLike, mode: Mode
    ) -> NDArray[np.float64]:
        """Return minutes at the mode's speed."""
        return self.distance_m(lat1, lng1, lat2, lng2) / self._metres_a_minute(mode)

    def radius_m(self, minutes: float, mode: Mode) -> float:
        """Return the great-circle metres that `minutes` allow: exact for this kind of travel."""
        return minutes * self._metres_a_minute(mode) / self.factor

    def _metres_a_minute(self, mode: Mode) -> float:
        return self.speeds_kmh[mode] * 1000 / 60
