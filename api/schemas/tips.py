"""Bodies of tips: what an author sees of their own, what the verifying role sees of the case."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import BeatId, Count, Model
from api.schemas.inputs import Body, Note

TipState = Literal["submitted", "claimed", "verified", "unfounded", "unverifiable", "duplicate"]
TipCode = Annotated[str, Field(min_length=1, max_length=32, examples=["7KQ2MZX4TB"])]


class MyStep(Model):
    """How far a tip is, for its author."""

    at: datetime
    kind: str


class MyTip(Model):
    """One's own tip: what was handed in and how far it is, never the case."""

    code: str
    category: str
    category_text: str
    state: TipState
    state_text: str
    submitted_at: datetime
    decided_at: datetime | None
    points: Count | None
    text: str
    photos: Annotated[list[str], Field(description="Addresses of the photos, JPEG.")]
    steps: list[MyStep]


class MyTips(Model):
    """One's own tips, the newest first."""

    items: list[MyTip]
    next: str | None


class GivenTip(Model):
    """A tip that was handed in."""

    code: str
    state: TipState


class Tip(Model):
    """A tip in the queue of those who verify: neither words nor author."""

    code: str
    category: str
    category_text: str
    state: TipState
    state_text: str
    lat: float
    lng: float
    beat_id: BeatId
    submitted_at: datetime
    is_mine: Annotated[bool, Field(description="Whether the reader holds the claim.")]
    is_sent_to_me: Annotated[bool, Field(description="Whether it was sent to the reader.")]
    is_sent: bool
    is_claimed: bool
    claim_until: datetime | None
    decided_at: datetime | None
    num_photos: Count


class Tips(Model):
    """The queue of those who verify, the newest first."""

    items: list[Tip]
    next: str | None


class Step(Model):
    """What happened to a tip; `actor` is an account, or `author`."""

    at: datetime
    kind: str
    kind_text: str
    actor: str
    note: str | None


class TipCase(Tip):
    """A tip as it is verified: words, photos, steps; still no author."""

    text: str
    photos: Annotated[list[str], Field(description="Addresses of the photos, JPEG.")]
    steps: list[Step]
    duplicate_of: str | None
    points: Count | None


class Decision(Body):
    """What a claimed tip was; the note is for those who verify."""

    outcome: Literal["verified", "unfounded", "unverifiable"]
    note: Note | None = None


class Merge(Body):
    """The tip that was there first."""

    into: TipCode
    note: Note | None = None


class Decided(Model):
    """What came of a tip; `points` went to its author."""

    code: str
    state: TipState
    state_text: str
    points: Count


class Sent(Model):
    """Whether somebody was found to send a tip to."""

    code: str
    is_sent: bool


class Purpose(Body):
    """Why the author has to be known; the audit keeps it."""

    purpose: Literal["reward", "question", "danger", "investigation"]


class Author(Model):
    """Who handed a tip in; all null once that was forgotten."""

    person: str | None
    name: str | None
