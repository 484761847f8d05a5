"""A place as a small map on a page of the console: where a tip was seen, where a task is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response

from api.console import Desk, desk
from api.errors import NoRosterError
from api.map_answers import layers_of
from api.map_points import points_page
from api.responses import json_response
from maps.points_map import PointKind, points_part

if TYPE_CHECKING:
    from api.service import Service

router = APIRouter(prefix="/console/place", include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("session.own"))]
Lat = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)]
Lng = Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)]


@router.get("")
def place(office: ReaderDesk, lat: Lat, lng: Lng) -> Response:
    """Return the point that was asked for: nothing is read, and nobody's place is told."""
    point = {"id": "place", "lat": lat, "lng": lng, "kind": "place"}
    point["label"] = office.texts("console.place")
    return json_response({"points": [point], "circles": [], "here": None}, office.request)


def place_part(office: Desk, lat: float, lng: float) -> Any:
    """Return a map of one place as a part of a page; None while no city is published."""
    asked = urlencode({"lat": f"{lat:.6f}", "lng": f"{lng:.6f}"})
    return map_part(office, **_place(office), points=f"/console/place?{asked}")


def pick_part(office: Desk) -> Any:
    """Return a map on which one points at a place for a form with ``lat`` and ``lng``, or None."""
    return map_part(office, **_place(office), pick=True)


def map_part(office: Desk, **values: Any) -> Any:
    """Return a map of points (`api.map_points.points_page`) on the served city as a part of a page.

    None while no city is published.
    """
    service: Service = office.request.app.state.service
    try:
        city = service.cities.served().city
    except NoRosterError:
        return None
    settings = office.request.app.state.settings
    page = points_page(layers_of(office.request, city), office.texts, settings, **values)
    return points_part(page)


def _place(office: Desk) -> dict[str, Any]:
    word = office.texts("console.place")
    return {"title": word, "kinds": {"place": PointKind(word, "#9a3209", "triangle")}}
