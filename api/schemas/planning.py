"""Jobs and rosters: what people send, and what they get."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.schemas.inputs import Body, Code, Line, Number

_NEXT = Field(description="Give it back as `cursor` for what follows; null at the end.")
Day = Annotated[
    date,
    Field(strict=False, ge=date(2000, 1, 1), le=date(2199, 12, 31), examples=["2026-12-07"]),
]
JobState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
RosterState = Literal["draft", "published", "archived"]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


class Told(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True)


class NewPlan(Body):
    """A plan to be made: of a stored scenario, or of the living records of some days."""

    scenario_id: Number | None = None
    first_day: Day | None = Field(
        default=None, description="Local; shifts that begin from this day on."
    )
    last_day: Day | None = Field(default=None, description="Local; up to and with this day.")
    rounds: Annotated[int, Field(ge=0, le=1000)] | None = Field(
        default=None, description="Work by rounds: the same every time."
    )
    time_limit_s: Annotated[float, Field(ge=1, le=6 * 3600)] | None = Field(
        default=None, description="Or by the clock; ten minutes where neither is given."
    )
    seed: Seed = 0
    workers: Annotated[int, Field(ge=1, le=256)] | None = None
    label: Line = ""

    @model_validator(mode="after")
    def _one_of_each(self) -> NewPlan:
        days = self.first_day is not None and self.last_day is not None
        some = self.first_day is not None or self.last_day is not None
        if (self.scenario_id is not None) == days or some != days:
            raise ValueError("expected either scenario_id, or first_day and last_day")
        if self.first_day is not None and self.last_day is not None:
            length = (self.last_day - self.first_day).days
            if not 0 <= length < 62:
                raise ValueError("expected 1..62 days from first_day to last_day")
        if self.rounds is not None and self.time_limit_s is not None:
            raise ValueError("expected rounds or time_limit_s, not both")
        return self


class Absence(Body):
    """Somebody who will not come; without a shift: to none of them."""

    person_id: Code
    shift_id: Line = ""


class AddedDemand(Body):
    """Places that come on top of what a post has."""

    beat_id: Code
    shift_id: Code
    role: Code
    weights: Annotated[
        list[Annotated[int, Field(ge=1, le=10**9)]], Field(min_length=1, max_length=1000)
    ] = Field(description="One a place.", examples=[[5, 3]])


class NewRepair(Body):
    """A published roster to be repaired."""

    roster_id: Number
    dropouts: bool = Field(default=True, description="Take the dropouts that were reported, too.")
    absent: Annotated[list[Absence], Field(max_length=5000)] = Field(default_factory=list)
    demand: Annotated[list[AddedDemand], Field(max_length=5000)] = Field(default_factory=list)
    tolerance: Annotated[int, Field(ge=0, lt=2**40)] = Field(
        default=0,
        description="Weighted shortfall that may come in exchange for fewer people disturbed.",
    )
    label: Line = ""


class Job(Told):
    """A job; follow it at `/api/v1/jobs/{job_id}/events` (server-sent events)."""

    job_id: int
    kind: str
    state: JobState
    request: dict[str, Any]
    progress: dict[str, Any] | None
    scenario_id: int | None
    roster_id: int | None
    error: str | None
    tries: int
    cancel_wanted: bool
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None


class Jobs(Told):
    """A page of jobs, the newest first."""

    items: list[Job]
    next: str | None = _NEXT


class Roster(Told):
    """A roster with its figures."""

    roster_id: int
    scenario_id: int
    scenario_name: str
    predecessor_id: int | None
    state: RosterState
    label: str
    starts_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    created_by: str
    published_at: datetime | None
    archived_at: datetime | None
    figures: dict[str, float] | None
    violations: dict[str, int]


class Rosters(Told):
    """A page of rosters, the newest first."""

    items: list[Roster]
    next: str | None = _NEXT


class Rows(Told):
    """A page of rows."""

    items: list[dict[str, Any]]
    next: str | None = _NEXT


class Comparison(Told):
    """What becomes of one roster in another."""

    before: Roster
    after: Roster
    figures: dict[str, float]
    num_people: int
    changes: list[dict[str, Any]]
    beats: list[dict[str, Any]]
