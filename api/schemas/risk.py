"""Risk surfaces over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, model_validator

from api.schemas.inputs import Body, Code, Number
from api.schemas.planning import Day, Told

_MOST_YEARS = 20


class NewSurface(Body):
    """A surface to be estimated of the past incidents that were imported."""

    since: Day = Field(description="Local; incidents are known from this day on.")
    until: Day = Field(description="Local; up to and with this day.")
    bandwidth_m: Annotated[float, Field(ge=50, le=20_000)] = Field(
        400.0, description="Standard deviation of the kernel of place, metres."
    )
    hours: Annotated[float, Field(ge=0, le=48)] = Field(
        1.5, description="Standard deviation of the kernel of time, hours; 0: each in its hour."
    )

    @model_validator(mode="after")
    def _in_order(self) -> NewSurface:
        if not 0 <= (self.until - self.since).days < _MOST_YEARS * 366:
            raise ValueError(f"expected until after since, at most {_MOST_YEARS} years")
        return self


class Weighing(Body):
    """Demand lines whose places are to weigh by risk."""

    surface_id: Number
    first_day: Day
    last_day: Day
    roles: Annotated[list[Code], Field(max_length=100)] = Field(
        default_factory=list, description="Lines of these duty roles alone; empty: all."
    )
    preview: bool = Field(True, description="Count what would change, and change nothing.")

    @model_validator(mode="after")
    def _in_order(self) -> Weighing:
        if not 0 <= (self.last_day - self.first_day).days < 62:
            raise ValueError("expected 1..62 days from first_day to last_day")
        return self


class Weighed(Told):
    """What became of demand lines."""

    num_changed: int
    preview: bool


class Surface(Told):
    """A surface: parameters, how many incidents count, how many are left out and why.

    Only reported incidents count: what patrols found lies where patrols were sent.
    """

    surface_id: int
    since: date
    until: date
    weeks: float
    bandwidth_m: float
    hours: float
    timezone: str
    num_cells: int
    num_events: int
    num_patrol: int
    num_unplaced: int
    num_undated: int
    num_outside: int
    created_at: datetime
    created_by: str


class Surfaces(Told):
    """A page of surfaces, the newest first."""

    items: list[Surface]
    next: str | None = None


class BeatRisk(Told):
    """Reported incidents that a beat expects a week."""

    beat_id: str
    beat_name: str
    station_id: str
    num_cells: int
    a_week: float


class BeatRisks(Told):
    """A page of beats."""

    items: list[BeatRisk]
    next: str | None = None


class CellRisk(Told):
    """Reported incidents that a cell expects a week; the cell as H3 writes it."""

    cell: str
    a_week: float


class CellRisks(Told):
    """A page of the cells of a beat."""

    items: list[CellRisk]
    next: str | None = None


class RiskWeek(Told):
    """Reported incidents that a cell expects in each hour of the week, Monday 00:00 first."""

    cell: str
    a_week: float
    hours: list[float]
