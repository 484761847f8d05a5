"""Bodies of what a member is asked to agree to, and of their consents."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Model
from api.schemas.inputs import Body


class Wording(Model):
    """A version of what a consent allows, in the language of the request."""

    version: str
    text: str


class Given(Model):
    """A consent that was given; `text` is null for a wording that is not kept here."""

    id: int
    wording: str
    text: str | None
    given_at: datetime
    withdrawn_at: datetime | None


class Standing(Model):
    """How one stands to a purpose."""

    purpose: str
    purpose_text: str
    asked: Wording | None = Field(description="The wording of today.")
    may_give: bool = Field(description="Whether the wording of today is not agreed to.")
    holds: Given | None = Field(description="The consent in force.")
    earlier: list[Given] = Field(description="Withdrawn, or to an earlier wording; newest first.")
    ends: Literal["membership", "position", "nothing"] = Field(
        description="What withdrawing ends: the membership and all personal data; positions."
    )
    ends_text: str


class Consents(Model):
    """How one stands to each purpose."""

    items: list[Standing]


class NewConsent(Body):
    """A consent to the wording that was read."""

    purpose: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z_]+$")] = Field(
        examples=["photo"]
    )
    wording: Annotated[str, Field(min_length=1, max_length=64)] = Field(examples=["2026-11"])
