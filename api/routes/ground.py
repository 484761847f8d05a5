"""``/api/v1/districts``, ``stations``, ``beats``, ``cells``, ``shifts``: ground and hours."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from numpy.typing import NDArray

from api.access.policy import allowed
from api.city import City
from api.dependencies import CityDep
from api.errors import ParameterError, UnknownIdError, problems
from api.lookup import (
    BboxQuery,
    BeatPath,
    DistrictQuery,
    ShiftQuery,
    StationQuery,
    beat_of,
    district_of,
    shift_of,
    station_of,
)
from api.responses import GEOJSON, json_response, tagged_response
from api.schemas import ground as schemas
from grid.cells import cell_areas_km2, cell_centres, format_cells, parse_cells

router = APIRouter(tags=["ground"])
_GROUND = [Depends(allowed("ground.read"))]
_COVERAGE = [Depends(allowed("coverage.read"))]

_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Not Modified: the body is the one of the given entity tag."}
}


class GeoJSONResponse(JSONResponse):
    """Names the media type in the documentation."""

    media_type = GEOJSON


@router.get(
    "/districts",
    dependencies=_GROUND,
    response_model=schemas.Districts,
    response_class=GeoJSONResponse,
    responses=_NOT_MODIFIED,
    summary="Districts with their outlines",
)
async def districts(city: CityDep, request: Request) -> Response:
    """Return every district (分局) as a GeoJSON feature."""
    outlines = city.district_outlines
    features = [
        _feature(
            row["sub_bureau_id"],
            orjson.Fragment(outlines.geojson[i]),
            {
                "district_id": row["sub_bureau_id"],
                "name": row["sub_bureau_name"],
                "stations": row["stations"],
                "beats": row["beats"],
                "cells": int(outlines.cells[i]),
                "area_km2": round(float(outlines.area_km2[i]), 3),
            },
        )
        for i, row in enumerate(city.districts.to_dict("records"))
    ]
    return _collection(features, request)


@router.get(
    "/stations",
    dependencies=_GROUND,
    response_model=schemas.Stations,
    response_class=GeoJSONResponse,
    responses={**_NOT_MODIFIED, **problems(404, 422)},
    summary="Stations as points",
)
async def stations(city: CityDep, request: Request, district: DistrictQuery = None) -> Response:
    """Return the police stations (派出所) as GeoJSON points: the middle of their beats."""
    wanted = None if district is None else district_of(city, district)
    cells = np.bincount(city.beat_station, city.beat_outlines.cells, len(city.stations))
    areas = np.bincount(city.beat_station, city.beat_outlines.area_km2, len(city.stations))
    features = [
        _feature(
            row["station_id"],
            {"type": "Point", "coordinates": [round(row["lng"], 6), round(row["lat"], 6)]},
            {
                "station_id": row["station_id"],
                "name": row["station_name"],
                "district_id": row["sub_bureau_id"],
                "beats": row["beats"],
                "cells": int(cells[i]),
                "area_km2": round(float(areas[i]), 3),
            },
        )
        for i, row in enumerate(city.stations.to_dict("records"))
        if wanted is None or city.station_district[i] == wanted
    ]
    return _collection(features, request)


@router.get(
    "/beats",
    dependencies=_GROUND,
    response_model=schemas.Beats,
    response_class=GeoJSONResponse,
    responses={**_NOT_MODIFIED, **problems(404, 422)},
    summary="Beats with their outlines",
)
async def beats(
    city: CityDep,
    request: Request,
    station: StationQuery = None,
    district: DistrictQuery = None,
    bbox: BboxQuery = None,
) -> Response:
    """Return beats (警格) as GeoJSON features, all or those of a station, a district or a box."""
    wanted = np.ones(len(city.scenario.beats), dtype=bool)
    if station is not None:
        wanted &= city.beat_station == station_of(city, station)
    if district is not None:
        wanted &= city.station_district[city.beat_station] == district_of(city, district)
    if bbox is not None:
        wanted &= _touches(city.beat_outlines.bounds, bbox)
    return _collection([_beat(city, int(i)) for i in wanted.nonzero()[0]], request)


@router.get(
    "/beats/{beat_id}",
    dependencies=_GROUND,
    response_model=schemas.Beat,
    response_class=GeoJSONResponse,
    responses={**_NOT_MODIFIED, **problems(404, 422)},
    summary="One beat",
)
async def beat(city: CityDep, request: Request, beat_id: BeatPath) -> Response:
    """Return one beat as a GeoJSON feature."""
    return tagged_response(_beat(city, beat_of(city, beat_id)), request, GEOJSON)


@router.get(
    "/cells/at",
    dependencies=_COVERAGE,
    response_model=schemas.Cell,
    responses=problems(404, 422),
    summary="The cell at a point",
)
async def cell_at(
    city: CityDep,
    request: Request,
    lat: Annotated[float, Query(ge=-90, le=90, description="Degrees north.", examples=[40.657])],
    lng: Annotated[float, Query(ge=-180, le=180, description="Degrees east.", examples=[109.84])],
    shift: ShiftQuery = None,
) -> Response:
    """Return the cell that holds a WGS-84 point, with its coverage in a shift if one is given."""
    position = int(city.lattice.index_at([lat], [lng])[0])
    if position < 0:
        raise UnknownIdError("place", f"{lat}, {lng}")
    return json_response(_cell(city, position, shift), request)


@router.get(
    "/cells/{cell}",
    dependencies=_COVERAGE,
    response_model=schemas.Cell,
    responses=problems(404, 422),
    summary="One cell",
)
async def cell(
    city: CityDep,
    request: Request,
    cell: Annotated[
        str,
        Path(
            description="An H3 cell, 15 hex digits.",
            pattern="^[0-9a-fA-F]{15}$",
            examples=["8931ab2a36bffff"],
        ),
    ],
    shift: ShiftQuery = None,
) -> Response:
    """Return a cell, with its coverage in a shift if one is given."""
    position = int(city.lattice.positions(parse_cells([cell.lower()]))[0])
    if position < 0:
        raise UnknownIdError("cell", cell)
    return json_response(_cell(city, position, shift), request)


@router.get(
    "/shifts",
    dependencies=_GROUND,
    response_model=schemas.Shifts,
    summary="The shifts of the week",
)
async def shifts(city: CityDep, request: Request) -> Response:
    """Return the shifts in time order, each with how many places it has and how many are filled."""
    zone = city.scenario.timezone
    table = city.scenario.shifts
    lines = city.lines
    required = np.bincount(lines["shift"], lines["required"], len(table))
    assigned = np.bincount(lines["shift"], lines["assigned"], len(table))
    rows = table.to_dict("records")
    items = [
        {
            "shift_id": rows[i]["shift_id"],
            "starts_at": rows[i]["starts_at"].tz_convert(zone).isoformat(),
            "ends_at": rows[i]["ends_at"].tz_convert(zone).isoformat(),
            "required": int(required[i]),
            "assigned": int(assigned[i]),
        }
        for i in city.shift_order
    ]
    return json_response({"items": items}, request)


def _feature(identity: str, geometry: object, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": identity, "geometry": geometry, "properties": properties}


def _collection(features: list[dict[str, Any]], request: Request) -> Response:
    return tagged_response({"type": "FeatureCollection", "features": features}, request, GEOJSON)


def _beat(city: City, position: int) -> dict[str, Any]:
    row = city.scenario.beats.iloc[position]
    outlines = city.beat_outlines
    return _feature(
        row["beat_id"],
        orjson.Fragment(outlines.geojson[position]),
        {
            "beat_id": row["beat_id"],
            "name": row["name"],
            "station_id": row["station_id"],
            "station_name": row["station_name"],
            "district_id": row["sub_bureau_id"],
            "lat": round(float(row["lat"]), 6),
            "lng": round(float(row["lng"]), 6),
            "cells": int(outlines.cells[position]),
            "area_km2": round(float(outlines.area_km2[position]), 3),
        },
    )


def _touches(bounds: NDArray[np.float64], bbox: str) -> NDArray[np.bool_]:
    west, south, east, north = (float(part) for part in bbox.split(","))
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ParameterError(f"Expected bbox as west,south,east,north in degrees, got {bbox!r}.")
    touching: NDArray[np.bool_] = (
        (bounds[:, 0] <= east)
        & (bounds[:, 2] >= west)
        & (bounds[:, 1] <= north)
        & (bounds[:, 3] >= south)
    )
    return touching


def _cell(city: City, position: int, shift: str | None) -> dict[str, Any]:
    beat = city.scenario.beats.iloc[int(city.cell_beat[position])]
    cell = city.lattice.cells[position : position + 1]
    lat, lng = cell_centre(city, position)
    covered = () if shift is None else city.coverage.of_cell(position, shift_of(city, shift))
    return {
        "cell": str(format_cells(cell)[0]),
        "beat_id": beat["beat_id"],
        "station_id": beat["station_id"],
        "district_id": beat["sub_bureau_id"],
        "weight": round(float(city.cell_weight[position]), 6),
        "lat": lat,
        "lng": lng,
        "area_km2": round(float(cell_areas_km2(cell)[0]), 6),
        "shift_id": shift,
        "coverage": [
            {"ring_min": ring, "tier": tier, "coverage": round(value, 4)}
            for ring, tier, value in covered
        ],
    }


def cell_centre(city: City, position: int) -> tuple[float, float]:
    """Return latitude and longitude of a cell's centre, to 0.1 m."""
    lat, lng = cell_centres(city.lattice.cells[position : position + 1])
    return round(float(lat[0]), 6), round(float(lng[0]), 6)
