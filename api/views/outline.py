"""A station's beats as paths of a small drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from api.summary import shades

if TYPE_CHECKING:
    from api.city import City
    from api.summary import Places

WIDTH: Final = 480.0
_MAX_RATIO: Final = 1.1


@dataclass(frozen=True, slots=True)
class Drawing:
    """Paths in a view box, each with the beat it stands for."""

    width: float
    height: float
    shapes: list[dict[str, Any]]


def draw_station(
    city: City, station: int, places: list[Places], current: int | None = None
) -> Drawing:
    """Draw the beats of a station, north up, in a plane that is true at its middle.

    Parameters
    ----------
    station : int
        Position in ``city.stations``.
    places : list of Places
        Of every beat of the city, for the shades.
    current : int, optional
        Position of the beat that is marked: drawn last, so that none lies over its edge.
    """
    members = (city.beat_station == station).nonzero()[0]
    bounds = city.beat_outlines.bounds[members]
    west, south = bounds[:, :2].min(axis=0)
    east, north = bounds[:, 2:].max(axis=0)
    narrow = np.cos(np.radians((south + north) / 2))
    scale = min(WIDTH / ((east - west) * narrow), WIDTH * _MAX_RATIO / (north - south))
    origin = np.array([west, north])
    factor = np.array([narrow * scale, -scale])
    shade = dict(zip(members, shades([places[i].share for i in members]), strict=True))
    names = city.scenario.beats
    shapes = [
        {
            "beat_id": names["beat_id"].iloc[i],
            "name": names["name"].iloc[i],
            "path": _path(city.beat_outlines.geojson[i], origin, factor),
            "places": places[i],
            "shade": shade[i],
        }
        for i in sorted(members, key=lambda beat: beat == current)
    ]
    return Drawing(
        round(float((east - west) * narrow * scale), 1),
        round(float((north - south) * scale), 1),
        shapes,
    )


def _path(geojson: bytes, origin: np.ndarray[Any, Any], factor: np.ndarray[Any, Any]) -> str:
    rings = [ring for polygon in orjson.loads(geojson)["coordinates"] for ring in polygon]
    parts = []
    for ring in rings:
        corners = ((np.array(ring) - origin) * factor).round(1)
        parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in corners[:-1]) + "Z")
    return "".join(parts)
