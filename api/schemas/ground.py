"""Districts, stations, beats, cells and shifts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.base import (
    BeatId,
    Count,
    DistrictId,
    Latitude,
    Longitude,
    Model,
    ShiftId,
    StationId,
)

Ring = list[list[float]]


class MultiPolygon(Model):
    """Outlines in (longitude, latitude), exact to the corners of the cells."""

    type: Literal["MultiPolygon"]
    coordinates: list[list[Ring]]


class Point(Model):
    """A point in (longitude, latitude)."""

    type: Literal["Point"]
    coordinates: list[float] = Field(min_length=2, max_length=2, examples=[[109.84, 40.657]])


class DistrictProperties(Model):
    """A sub-bureau and the ground it answers for."""

    district_id: DistrictId
    name: str
    stations: Count
    beats: Count
    cells: Count
    area_km2: float = Field(ge=0)


class StationProperties(Model):
    """A police station."""

    station_id: StationId
    name: str
    district_id: DistrictId
    beats: Count
    cells: Count
    area_km2: float = Field(ge=0)


class BeatProperties(Model):
    """A beat, with the point where people report."""

    beat_id: BeatId
    name: str
    station_id: StationId
    station_name: str
    district_id: DistrictId
    lat: Latitude
    lng: Longitude
    cells: Count
    area_km2: float = Field(ge=0)


class District(Model):
    """A district as a GeoJSON feature."""

    type: Literal["Feature"]
    id: DistrictId
    geometry: MultiPolygon
    properties: DistrictProperties


class Station(Model):
    """A station as a GeoJSON feature: the middle of its beats."""

    type: Literal["Feature"]
    id: StationId
    geometry: Point
    properties: StationProperties


class Beat(Model):
    """A beat as a GeoJSON feature."""

    type: Literal["Feature"]
    id: BeatId
    geometry: MultiPolygon
    properties: BeatProperties


class Districts(Model):
    """A GeoJSON feature collection."""

    type: Literal["FeatureCollection"]
    features: list[District]


class Stations(Model):
    """A GeoJSON feature collection."""

    type: Literal["FeatureCollection"]
    features: list[Station]


class Beats(Model):
    """A GeoJSON feature collection."""

    type: Literal["FeatureCollection"]
    features: list[Beat]


class CellCoverage(Model):
    """The chance that somebody on duty reaches a cell in time."""

    ring_min: int = Field(examples=[3])
    tier: str = Field(description="A tier, or `all` of them together.", examples=["volunteer"])
    coverage: float = Field(ge=0, le=1, examples=[0.72])


class Cell(Model):
    """An H3 cell of the city."""

    cell: str = Field(min_length=15, max_length=15, examples=["8931ab2a36bffff"])
    beat_id: BeatId
    station_id: StationId
    district_id: DistrictId
    weight: float = Field(ge=0, description="How much the cell matters.")
    lat: Latitude
    lng: Longitude
    area_km2: float = Field(ge=0)
    shift_id: ShiftId | None = Field(description="The shift that was asked for.")
    coverage: list[CellCoverage] = Field(description="For that shift; empty where none was asked.")


class Shift(Model):
    """A dated shift."""

    shift_id: ShiftId
    starts_at: str = Field(
        description="ISO 8601 with offset.", examples=["2025-11-07T18:00:00+08:00"]
    )
    ends_at: str = Field(examples=["2025-11-07T22:00:00+08:00"])
    required: Count
    assigned: Count


class Shifts(Model):
    """The shifts of the horizon in time order."""

    items: list[Shift]
