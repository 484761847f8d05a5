"""The box in which a city's coordinates lie: what is far outside is a mistake."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from data.store.tables.ground import Beat
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

MARGIN_DEG: Final = 0.5
"""About 50 km around the outermost beats: homes just outside the city are no mistake."""


class OutsideError(JinggeError):
    """A point that does not lie in or near the city."""


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees, WGS-84."""

    south: float
    west: float
    north: float
    east: float

    def __contains__(self, point: tuple[float, float]) -> bool:
        """Say whether (lat, lng) lies in it; NaN lies nowhere."""
        lat, lng = point
        return self.south <= lat <= self.north and self.west <= lng <= self.east

    def require(self, lat: float, lng: float) -> None:
        """Refuse a point outside.

        Raises
        ------
        OutsideError
            With the box; the point may be somebody's home and is not repeated.
        """
        if not (math.isfinite(lat) and math.isfinite(lng)) or (lat, lng) not in self:
            raise OutsideError(
                f"Expected a point of the city: latitude {self.south:.2f}..{self.north:.2f}, "
                f"longitude {self.west:.2f}..{self.east:.2f} (WGS-84), got one outside."
            )


GLOBE: Final = Box(-90.0, -180.0, 90.0, 180.0)


EXTREMES: Final = (
    *(func.min(Beat.lat), func.min(Beat.lng), func.max(Beat.lat), func.max(Beat.lng)),
)
_EXTREMES: Final = select(*EXTREMES)


def city_box(session: Session) -> Box:
    """Return the box around the city's beats with a margin; the globe where there are none."""
    return box_around(session.execute(_EXTREMES).one())


def box_around(row: Sequence[float | None]) -> Box:
    """Return the box that goes with what `EXTREMES` give: south, west, north, east."""
    if any(value is None for value in row):
        return GLOBE
    south, west, north, east = (float(value) for value in row if value is not None)
    return Box(
        max(south - MARGIN_DEG, -90.0),
        max(west - MARGIN_DEG, -180.0),
        min(north + MARGIN_DEG, 90.0),
        min(east + MARGIN_DEG, 180.0),
    )
