"""What all models share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TierName = Literal["officer", "auxiliary", "volunteer"]

BeatId = Annotated[str, Field(description="A beat (警格).", examples=["150203-012-03"])]
StationId = Annotated[str, Field(description="A station (派出所).", examples=["150203012"])]
DistrictId = Annotated[str, Field(description="A sub-bureau (分局).", examples=["150203"])]
ShiftId = Annotated[
    str, Field(description="A dated shift (班次).", examples=["2025-11-07-evening"])
]
Latitude = Annotated[float, Field(ge=-90, le=90, description="Degrees north, WGS-84.")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="Degrees east, WGS-84.")]
Count = Annotated[int, Field(ge=0)]


class Model(BaseModel):
    """A body: nothing missing, nothing more, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
