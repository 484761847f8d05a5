"""Shifts, demand and pins of the week to come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from api.schemas.inputs import Body, Code
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
