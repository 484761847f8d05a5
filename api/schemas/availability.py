"""When somebody can come: habits by weekday and shift template, and dated exceptions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.schemas.base import Model
from api.schemas.days import Day
from api.schemas.inputs import Body, Code, Line
from api.schemas.people import ExceptionRow, HabitRow

Dislike = Annotated[
    int, Field(ge=0, le=10_000, description="0: gladly; the planner avoids what is disliked.")
]


class Habit(Body):
    """Usually can come on this weekday (0 = Monday) to shifts of this template."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    template: Code = Field(examples=["evening"])
    dislike: Dislike = 0


class Habits(Body):
    """All habits of somebody, in place of those before."""

    habits: Annotated[list[Habit], Field(max_length=500)]


class NewException(Body):
    """Days, both included, on which a habit does not hold."""

    starts_on: Day
    ends_on: Day
    template: Code | None = Field(None, description="Null: the whole day.")
    can_come: bool
    dislike: Dislike = 0
    reason: Line | None = None


class AvailableShift(Model):
    """A coming shift to which somebody can come."""

    shift_id: str
    template: str | None
    starts_at: datetime
    ends_at: datetime
    dislike: int
    is_insured: bool


class Availability(Model):
    """Habits, exceptions, and the coming shifts that they mean."""

    code: str
    row_version: int
    habits: list[HabitRow]
    exceptions: list[ExceptionRow] | None = None
    shifts: list[AvailableShift]


class Version(Model):
    """The new version of a file."""

    code: str
    row_version: int
