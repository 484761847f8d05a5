"""Bodies of tasks, sign-ups, turns, check-ins, exchanges and stand-by."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.base import Count, Model
from api.schemas.inputs import Body, Code, Lat, Line, Lng, Note, Number, Reason
from api.schemas.week import Moment

TaskKind = Literal["patrol", "fixed_post", "publicity_event", "visit"]
TaskState = Literal["draft", "open", "closed", "cancelled", "done"]
SignupState = Literal[
    "waiting",
    "offered",
    "confirmed",
    "withdrawn",
    "declined",
    "lapsed",
    "released",
]
Title = Annotated[Line, Field(min_length=1, max_length=100)]
Places = Annotated[int, Field(ge=1, le=500)]
Points = Annotated[int, Field(ge=0, le=1000)]
Word = Annotated[str, Field(min_length=1, max_length=64), Line]


class NewTask(Body):
    """A task to be published; without a place it is at the beat's own point."""

    kind: TaskKind
    title: Title
    role: Code
    starts_at: Moment
    ends_at: Moment
    signup_until: Moment | None = Field(None, description="Without it: until the start.")
    places: Places
    station_id: Code | None = Field(None, description="Without it: the beat's station.")
    beat_id: Code | None = None
    is_beat_wide: bool = Field(False, description="One may check in anywhere in the beat.")
    place: Line | None = None
    lat: Lat | None = None
    lng: Lng | None = None
    min_people: Places = 1
    leaders: Annotated[int, Field(ge=0, le=100)] = 0
    points: Points = Field(0, description="0: by the city's table.")
    urgency: Annotated[int, Field(ge=0, le=3)] = 0
    note: Note | None = None
    publish: bool = Field(True, description="Open it at once, or keep it as a draft.")


class TaskChanges(Body):
    """What changes of a task; what is left out stays."""

    kind: TaskKind | None = None
    title: Title | None = None
    role: Code | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    signup_until: Moment | None = None
    places: Places | None = None
    is_beat_wide: bool | None = None
    place: Line | None = None
    lat: Lat | None = None
    lng: Lng | None = None
    min_people: Places | None = None
    leaders: Annotated[int, Field(ge=0, le=100)] | None = None
    points: Points | None = None
    urgency: Annotated[int, Field(ge=0, le=3)] | None = None
    note: Note | None = None


class Why(Body):
    """For what reason; a cancellation and a decline need one."""

    reason: Reason | None = None


class Task(Model):
    """A task as it stands."""

    id: int
    code: str
    kind: TaskKind
    kind_text: str
    state: TaskState
    state_text: str
    title: str
    note: str | None
    station_id: str
    beat_id: str | None
    is_beat_wide: bool
    place: str | None
    lat: float
    lng: float
    cell: str
    starts_at: datetime
    ends_at: datetime
    signup_until: datetime
    role: str
    role_text: str
    places: Count
    free: Count
    min_people: Count
    leaders: Count
    points: Count
    urgency: Count
    reason: str | None
    created_at: datetime
    opened_at: datetime | None


class Tasks(Model):
    """A page of tasks by their start."""

    items: list[Task]
    next: str | None


class SignUp(Body):
    """How one signs up."""

    wait: bool = Field(False, description="Take a place in the waiting list where all are taken.")


class Assign(Body):
    """Whom the station gives a place."""

    person_id: Code


class Signup(Model):
    """A sign-up; `place_in_line` counts from 1 in the waiting list."""

    id: int
    task_id: int
    task_code: str
    person_id: str
    state: SignupState
    state_text: str
    means: Literal["self", "assigned", "waiting_list"]
    offered_until: datetime | None
    reason: str | None
    created_at: datetime
    place_in_line: Count


class Signups(Model):
    """Sign-ups in the order in which they came."""

    items: list[Signup]


class MySignup(Model):
    """One's sign-up with its task."""

    signup: Signup
    task: Task


class MySignups(Model):
    """One's sign-ups by the start of their tasks."""

    items: list[MySignup]


class TaskTurn(Body):
    """A turn by its task."""

    task_id: Number


class RosterTurn(Body):
    """A turn of a published roster."""

    scenario_id: Number
    shift_id: Code


class Where(Body):
    """Where the phone is; `accuracy_m` is its own radius of 68 %."""

    lat: Lat
    lng: Lng
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)]


class CheckIn(Body):
    """That one has come, or leaves: at the post by its position, or by the word of its code."""

    turn: TaskTurn | RosterTurn
    position: Where | None = None
    word: Word | None = Field(None, description="Of the post's code, in place of a position.")
    at: Moment | None = Field(None, description="When the phone kept it, having no network.")


class Confirmation(Body):
    """That an officer saw somebody come, or leave."""

    turn: TaskTurn | RosterTurn
    person_id: Code
    at: Moment | None = Field(None, description="When they did; without it: now.")


class Turn(Model):
    """A turn as it is kept: `missed` where nobody came, `open` where it is to come."""

    kind: Literal["task", "roster"]
    task_id: int | None
    scenario_id: int | None
    shift_id: str | None
    title: str
    role: str
    role_text: str
    beat_wide: bool
    lat: float
    lng: float
    starts_at: datetime
    ends_at: datetime
    state: Literal["open", "in", "out", "no_show"]
    state_text: str
    in_at: datetime | None
    in_means: Literal["geofence", "qr", "officer"] | None
    in_is_offline: bool
    out_at: datetime | None
    minutes: Count
    points: int
    reply: Literal["open", "confirmed", "declined"] | None = Field(
        description="One's word on a turn of a roster."
    )
    safe_until: datetime | None = Field(
        description="Until when who is alone has to say that all is well."
    )


class Turns(Model):
    """One's turns by their start."""

    items: list[Turn]


class Arrival(Model):
    """Somebody who is to come: `due`, `late`, `in`, `out`, `no_show` or `declined`."""

    person_id: str
    name: str | None
    kind: Literal["task", "roster"]
    task_id: int | None
    scenario_id: int | None
    shift_id: str | None
    title: str
    role: str
    role_text: str
    beat_id: str | None
    starts_at: datetime
    ends_at: datetime
    state: Literal["due", "late", "in", "out", "no_show", "declined"]
    state_text: str
    in_at: datetime | None
    in_means: str | None
    out_at: datetime | None
    alone_level: int | None = Field(
        description="Of who is alone: 0 well, 1 asked, 2 officers told, 3 staff called."
    )


class Arrivals(Model):
    """Who is due, by start."""

    items: list[Arrival]
    counts: dict[str, int]


class PostCode(Model):
    """The word of a post's code and the picture of it, valid for some minutes."""

    post: str
    word: str
    address: str
    svg: str
    renew_at: datetime


class ShiftReply(Body):
    """One's word on a turn of a roster; a decline needs a reason."""

    confirmed: bool
    reason: Reason | None = None


class NewSwap(Body):
    """One's turn against another person's."""

    scenario_id: Number
    shift_id: Code
    with_person_id: Code
    with_shift_id: Code
    reason: Reason | None = None


class NewReplacement(Body):
    """One's turn, offered to one person or to whoever takes it."""

    scenario_id: Number
    shift_id: Code
    to_person_id: Code | None = None
    reason: Reason | None = None


class Exchange(Model):
    """An exchange as it stands."""

    id: int
    kind: Literal["swap", "replacement"]
    state: str
    state_text: str
    scenario_id: int
    giver_id: str
    giver_shift_id: str
    taker_id: str | None
    taker_shift_id: str | None
    reason: str | None
    expires_at: datetime
    created_at: datetime
    roster_id: int | None = Field(description="The roster in which it was carried out.")


class Exchanges(Model):
    """Exchanges, the last first."""

    items: list[Exchange]


class Taker(Model):
    """Somebody who may take a turn over."""

    person_id: str
    is_standing_by: bool


class Takers(Model):
    """Who may take a turn over: stand-by first, then the nearest."""

    items: list[Taker]


class NewStandBy(Body):
    """When somebody is on stand-by."""

    starts_at: Moment
    ends_at: Moment
    person_id: Code | None = Field(None, description="By the station; without it: oneself.")


class StandBy(Model):
    """A person on stand-by."""

    id: int
    person_id: str
    state: Literal["ready", "called", "released"]
    starts_at: datetime
    ends_at: datetime


class StandBys(Model):
    """Who is on stand-by, by start."""

    items: list[StandBy]


class Alone(Model):
    """The timer of somebody who is alone."""

    safe_until: datetime | None


def without_none(body: Body) -> dict[str, Any]:
    """Return what a body of changes names, whether null or not."""
    return body.model_dump(include=body.model_fields_set)
