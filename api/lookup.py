"""Parameters that name something: checked for shape by FastAPI, for existence here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Path, Query

from api.errors import UnknownIdError

if TYPE_CHECKING:
    import pandas as pd

    from api.city import City

BeatPath = Annotated[str, Path(description="A beat.", min_length=1, max_length=128)]
StationPath = Annotated[str, Path(description="A station.", min_length=1, max_length=128)]
BeatQuery = Annotated[
    str | None, Query(description="Only of this beat.", min_length=1, max_length=128)
]
StationQuery = Annotated[
    str | None, Query(description="Only of this station.", min_length=1, max_length=128)
]
DistrictQuery = Annotated[
    str | None, Query(description="Only of this district.", min_length=1, max_length=128)
]
ShiftQuery = Annotated[
    str | None, Query(description="Only of this shift.", min_length=1, max_length=128)
]
PersonQuery = Annotated[
    str | None, Query(description="Only of this person (code).", min_length=1, max_length=128)
]
RoleQuery = Annotated[
    str | None, Query(description="Only of this duty role.", min_length=1, max_length=128)
]
RingQuery = Annotated[
    Literal["1", "3", "5"] | None, Query(description="Only this ring, in minutes.")
]
TierQuery = Annotated[
    Literal["officer", "auxiliary", "volunteer", "all"] | None,
    Query(description="Only this tier, or all of them together."),
]
BboxQuery = Annotated[
    str | None,
    Query(
        description="Only what this box touches: west,south,east,north in degrees.",
        max_length=128,
        pattern=r"^-?\d{1,3}(\.\d{1,12})?(,-?\d{1,3}(\.\d{1,12})?){3}$",
        examples=["109.7,40.5,110.1,40.8"],
    ),
]


def beat_of(city: City, beat: str) -> int:
    """Return the position of a beat."""
    return _known(city.beat_position, "beat", beat)


def shift_of(city: City, shift: str) -> int:
    """Return the position of a shift."""
    return _known(city.shift_position, "shift", shift)


def station_of(city: City, station: str) -> int:
    """Return the position of a station in ``city.stations``."""
    return _row(city.stations, "station_id", "station", station)


def district_of(city: City, district: str) -> int:
    """Return the position of a district in ``city.districts``."""
    return _row(city.districts, "sub_bureau_id", "district", district)


def _known(positions: dict[str, int], kind: str, given: str) -> int:
    try:
        return positions[given]
    except KeyError:
        raise UnknownIdError(kind, given) from None


def _row(table: pd.DataFrame, column: str, kind: str, given: str) -> int:
    rows = (table[column] == given).to_numpy().nonzero()[0]
    if not len(rows):
        raise UnknownIdError(kind, given)
    return int(rows[0])
