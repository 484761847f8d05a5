"""Bodies of alerts, calls, preferences and positions."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from api.schemas.base import Count, Model, TierName
from api.schemas.inputs import Body, Code, Lat, Line, Lng, Note, Reason
from dispatch.alerts import AlertState, CallState, Danger, Duty, Mode

Kind = Literal[
    "fraud",
    "missing_person",
    "dispute",
    "nuisance",
    "theft",
    "suspicious",
    "medical",
    "fire",
    "flood",
    "traffic",
    "crowd",
    "school_gate",
    "violence",
    "other",
]
Point = Annotated[list[float], Field(min_length=2, max_length=2, description="lng, lat")]
Ring = Annotated[list[Point], Field(min_length=4, max_length=500)]


def _danger(word: Any) -> Any:
    return Danger(word) if word in set(Danger) else word


def _mode(word: Any) -> Any:
    return Mode(word) if word in set(Mode) else word


def _time(word: Any) -> Any:
    if not isinstance(word, str):
        return word
    return time.fromisoformat(word)


def _naive(moment: time | None) -> time | None:
    if moment is not None and moment.tzinfo is not None:
        raise ValueError("expected local time without an offset")
    return moment


def _moment(word: Any) -> Any:
    return datetime.fromisoformat(word) if isinstance(word, str) else word


def _aware(moment: datetime | None) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise ValueError("expected a time with its offset")
    return moment


LocalTime = Annotated[time | None, BeforeValidator(_time), AfterValidator(_naive)]
Moment = Annotated[datetime | None, BeforeValidator(_moment), AfterValidator(_aware)]


class Area(Body):
    """A polygon drawn on the map, GeoJSON; holes are allowed."""

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=20)]


class NewAlert(Body):
    """An alert to be made; see docs/alerts.md for what the modes do."""

    kind: Kind
    title: Annotated[Line, Field(min_length=1, max_length=100)]
    danger: Annotated[Danger, BeforeValidator(_danger)]
    lat: Lat
    lng: Lng
    mode: Annotated[Mode, BeforeValidator(_mode)] = Mode.WAVES
    people: Annotated[list[Code], Field(default_factory=list, max_length=100)]
    radius_m: Annotated[float, Field(gt=0, le=10_000)] | None = Field(
        default=None, description="A circle around the place, in place of `area`; `circle` alone."
    )
    area: Area | None = None
    note: Note | None = None
    place: Line | None = None
    role: Code | None = None
    qualification: Code | None = None
    on_duty_only: bool = False
    wants_observers: bool = False
    target_min: Annotated[float, Field(gt=0, le=120)] = 5.0
    target_chance: Annotated[float, Field(gt=0, lt=1)] = 0.9
    answer_s: Annotated[int, Field(ge=10, le=3600)] = 45
    needed: Annotated[int, Field(ge=1, le=50)] = 1
    most_calls: Annotated[int, Field(ge=1, le=500)] = 60


class EndAlert(Body):
    """How it ended."""

    outcome: Reason | None = None


class Answer(Body):
    """What the person who was called says; a reason for `decline`, a result for `done`."""

    reason: Reason | None = None


class Preference(Body):
    """When somebody wants no alerts while off duty: local times, a time, how many a month."""

    quiet_from: LocalTime = None
    quiet_until: LocalTime = None
    muted_until: Moment = None
    monthly_calls: Annotated[int, Field(ge=0, le=100)]


class PreferenceOut(Model):
    """What somebody chose."""

    quiet_from: time | None
    quiet_until: time | None
    muted_until: datetime | None
    monthly_calls: Count


class NewPosition(Body):
    """Where a phone is; kept as a cell."""

    lat: Lat
    lng: Lng
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)] | None = None


class Position(Model):
    """What was kept of it."""

    cell: str


class Call(Model):
    """A call of one person."""

    person: str
    tier: TierName
    wave: Count
    duty: Duty
    state: CallState
    state_text: str
    chance: float = Field(description="That they accept, as expected when they were called.")
    minutes: float
    distance_m: float
    called_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    set_out_at: datetime | None
    arrived_at: datetime | None
    ended_at: datetime | None
    reason: str | None


class Alert(Model):
    """An alert; whoever was called sees their own call alone."""

    id: int
    code: str
    kind: str
    kind_text: str
    mode: Mode
    danger: Danger
    danger_text: str
    state: AlertState
    state_text: str
    title: str
    note: str | None
    place: str | None
    lat: float
    lng: float
    beat_id: str | None
    station_id: str | None
    area: dict[str, Any] | None
    role: str | None
    qualification: str | None
    target_min: float
    target_chance: float
    needed: Count
    waves: Count
    created_at: datetime
    ended_at: datetime | None
    outcome: str | None
    calls: list[Call]


class MadeAlert(Alert):
    """A new alert, and who could not be called: code → first rule that says no, in words."""

    refused: dict[str, str]


class Alerts(Model):
    """A page of alerts, the newest first, without their calls."""

    items: list[Alert]
    next: str | None
