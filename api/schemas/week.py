"""Shifts, demand and pins of the week to come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, model_validator

from api.schemas.inputs import Body, Code, Name
from api.schemas.planning import Day, Told


def in_range(at: datetime) -> datetime:
    """Return a time that a calendar of ours can hold; ValueError for another."""
    if not 2000 <= at.year <= 2199:
        raise ValueError("expected a time between 2000 and 2199")
    return at


Moment = Annotated[
    AwareDatetime,
    Field(strict=False, examples=["2026-12-07T18:00:00+08:00"]),
    AfterValidator(in_range),
]
Weights = Annotated[
    list[Annotated[int, Field(ge=1, le=10**9)]],
    Field(max_length=1000, description="One a place; heavier places are filled first."),
]
People = Annotated[int, Field(ge=0, le=1000, examples=[2])]
Factor = Annotated[float, Field(gt=0, le=10, allow_inf_nan=False, examples=[1.2])]
PlacePart = Annotated[Name, Field(description="A part of a beat's name, or the begin of its code.")]
PinKind = Literal["fixed", "forbidden"]


class ShiftTimes(Body):
    """When a shift is."""

    starts_at: Moment
    ends_at: Moment


class NewShift(ShiftTimes):
    """A shift to be made."""

    shift_id: Code


class NewWeek(Body):
    """Seven days whose shifts are made by the templates."""

    first_day: Day
    like: Day | None = Field(None, description="The first day of the week whose demand is copied.")


class NewLine(Body):
    """A demand line to be made."""

    beat_id: Code
    shift_id: Code
    role: Code
    weights: Weights


class LineWeights(Body):
    """How many places a line has, and how much each matters."""

    weights: Weights


class DemandChange(Body):
    """What the lines of a week, a place, a shift or a role are to want: people or a factor."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "station_id": "kunbei",
                "role": "patrol_guard",
                "week": "2026-11-23",
                "factor": 1.2,
            }
        }
    )

    station_id: Code | None = None
    beat_id: Code | None = None
    place: PlacePart | None = None
    shift_id: Code | None = None
    week: Day | None = Field(None, description="Any day of the week that is meant, local.")
    weekday: Annotated[int, Field(ge=1, le=7)] | None = Field(
        None, description="On which the shift begins: Monday is 1."
    )
    template: Code | None = Field(None, description="The shift template that the shift follows.")
    role: Code | None = None
    people: People | None = Field(None, description="So many people each; or `factor`.")
    factor: Factor | None = Field(None, description="So many times as many people.")

    @model_validator(mode="after")
    def _one_of_both(self) -> DemandChange:
        if (self.people is None) == (self.factor is None):
            raise ValueError("expected either people or factor")
        return self


class DemandChanged(Told):
    """What a change of many lines comes to, or has come to."""

    num_lines: int = Field(description="Lines that are meant.")
    num_changed: int = Field(description="Lines that change.")
    people_before: int
    people_after: int
    hours_before: float = Field(description="Person-hours.")
    hours_after: float


class NewPin(Body):
    """Somebody who must, or must not, stand on a post."""

    person_id: Code
    beat_id: Code
    shift_id: Code
    role: Code
    kind: PinKind


class Shift(Told):
    """A dated shift."""

    shift_id: str
    starts_at: datetime
    ends_at: datetime
    template: str | None


class Shifts(Told):
    """A page of shifts."""

    items: list[Shift]
    next: str | None = None


class Week(Told):
    """What was made of a week."""

    num_shifts: int
    num_lines: int


class DemandRow(Told):
    """A demand line; its ETag is that of its own address."""

    beat_id: str
    shift_id: str
    role: str
    required: int
    weights: list[int]


class Demand(Told):
    """A page of demand lines."""

    items: list[DemandRow]
    next: str | None = None


class Pin(Told):
    """A pin."""

    pin_id: int
    person_id: str
    beat_id: str
    shift_id: str
    role: str
    kind: PinKind
    created_at: datetime
    created_by: str


class Pins(Told):
    """A page of pins."""

    items: list[Pin]
    next: str | None = None
