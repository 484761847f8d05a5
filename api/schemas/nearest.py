"""What nearest search answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Count, Model, TierName

Minutes = Annotated[float, Field(ge=0, description="Travel time.", examples=[3.4])]
Metres = Annotated[float, Field(ge=0, description="Great-circle metres.", examples=[210.0])]


class Why(Model):
    """A reason: its code, and a sentence in the reader's language."""

    code: Literal["near", "role", "urgent", "points", "on_duty", "qualification", "arrives"]
    text: str


class RefusedNear(Model):
    """How many near are left out by one rule first."""

    rule: str
    text: str
    count: Count
    nearest: list[str] = Field(description="Codes of the nearest of them.")


class NearTask(Model):
    """A task that the reader may take."""

    id: int
    code: str
    kind: str
    title: str
    role: str
    place: str | None
    beat_id: str | None
    lat: float
    lng: float
    starts_at: datetime
    ends_at: datetime
    signup_until: datetime
    free: Count
    points: Count
    urgency: Count
    minutes: Minutes
    distance_m: Metres
    why: list[Why]


class NearTasks(Model):
    """The nearest tasks, the first one first."""

    items: list[NearTask]
    refused: list[RefusedNear] | None = Field(description="With `explain` alone.")


class NearPerson(Model):
    """Somebody who may be called to the place; no name, no place of theirs."""

    code: str
    tier: TierName
    mode: str
    on_duty: bool
    placed_at: datetime | None = Field(description="How old the position is; null: from home.")
    minutes: Minutes
    distance_m: Metres
    chance: float = Field(ge=0, le=1, description="That they come in time, if called.")
    why: list[Why]


class NearPeople(Model):
    """The nearest people, the first one first."""

    items: list[NearPerson]
    passing: Count | None
    refused: list[RefusedNear] | None = Field(description="With `explain` alone.")
