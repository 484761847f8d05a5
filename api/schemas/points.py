"""Bodies of points, gifts, redemptions and what looks strange."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Count, Model
from api.schemas.inputs import Body, Code, Name, Number

Price = Annotated[int, Field(ge=1, le=1_000_000)]
Pieces = Annotated[int, Field(ge=0, le=1_000_000)]
Cap = Annotated[int, Field(ge=1, le=1_000_000)]
RedemptionState = Literal["reserved", "handed_over", "void"]


class Balance(Model):
    """What one has, and how much of the month's cap is used."""

    balance: Count
    earned_this_month: int
    month_cap: Count


class Entry(Model):
    """A line of a statement."""

    sequence: Count
    at: datetime
    kind: str
    kind_text: str
    rule: str | None
    rule_text: str | None
    amount: int
    balance: int


class Entries(Model):
    """A statement, the newest line first."""

    items: list[Entry]
    next: str | None


class Standing(Model):
    """A person and what they have."""

    person: str
    name: str | None
    balance: Count


class Standings(Model):
    """Who has points."""

    items: list[Standing]
    next: str | None


class NewAward(Body):
    """What somebody is awarded for, by the city's table."""

    person: Code
    source: Literal["event", "course", "other"]
    category: Code | None = None


class Award(Model):
    """What came of it: `points` of the `asked` ones, the rest was over a month's cap."""

    key: str
    points: int
    asked: int


class Reversal(Body):
    """An award to be taken back."""

    key: Annotated[str, Field(min_length=3, max_length=200)]
    reason: Literal["mistake", "duplicate", "fraud"]


class Gift(Model):
    """A gift; `stock` is what nobody has reserved yet."""

    id: Count
    code: str
    label_zh: str
    label_en: str
    points: Count
    stock: Count
    monthly_cap: Count | None
    is_active: bool


class Gifts(Model):
    """The catalogue, cheapest first."""

    items: list[Gift]


class NewGift(Body):
    """A gift to be offered."""

    code: Code
    label_zh: Name
    label_en: Name
    points: Price
    stock: Pieces
    monthly_cap: Cap | None = None


class GiftEdit(Body):
    """What changes of a gift; what is reserved keeps its price."""

    label_zh: Name | None = None
    label_en: Name | None = None
    points: Price | None = None
    monthly_cap: Cap | None = None
    is_active: bool | None = None


class Restock(Body):
    """Pieces to add; below zero: to take out."""

    pieces: Annotated[int, Field(ge=-1_000_000, le=1_000_000)]


class NewRedemption(Body):
    """A wish for a gift."""

    gift_id: Number
    quantity: Annotated[int, Field(ge=1, le=100)] = 1


class MyRedemption(Model):
    """One's own gift on its way; `code` is shown at the counter."""

    id: Count
    code: str
    gift: str
    quantity: Count
    points: Count
    state: RedemptionState
    state_text: str
    reserved_at: datetime
    expires_at: datetime


class MyRedemptions(Model):
    """One's own, the newest first."""

    items: list[MyRedemption]
    next: str | None


class Redemption(Model):
    """A gift on its way as the staff sees it: its owner shows the code."""

    id: Count
    person: str | None
    gift: str
    quantity: Count
    points: Count
    needs_two: bool
    has_first_consent: bool
    state: RedemptionState
    state_text: str
    reserved_at: datetime
    expires_at: datetime
    handed_at: datetime | None
    voided_at: datetime | None
    void_reason: str | None


class Redemptions(Model):
    """Gifts on their way, the newest first."""

    items: list[Redemption]
    next: str | None


class HandOver(Body):
    """The code that the gift's owner showed."""

    code: Annotated[str, Field(min_length=4, max_length=32)]


class Void(Body):
    """Why a reservation is taken back."""

    reason: Literal["withdrawn", "not_available", "mistake"]


class Anomaly(Model):
    """Something that a person should look at; it proves nothing."""

    kind: Literal["same_photo", "speed_of_tips", "speed_of_check_ins", "ring"]
    kind_text: str
    at: datetime
    tips: list[str]
    people: list[str]
    detail: str


class Anomalies(Model):
    """What looks strange, the newest first."""

    items: list[Anomaly]
