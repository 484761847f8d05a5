"""The audit as it is read, and who has read one's own file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from api.schemas.base import Model
from api.schemas.days import Moment
from api.schemas.pages import PageQuery, Word


class AuditQuery(PageQuery):
    """Which entries are listed."""

    actor: Word = Field(None, description="Who did it.", examples=["account:7"])
    action: Word = Field(None, examples=["person.read"])
    object_kind: Word = Field(None, examples=["person"])
    object_key: Word = Field(None, description="The code or number of what it was done to.")
    since: Moment | None = Field(None, description="Then or later.")
    until: Moment | None = Field(None, description="Before then.")


class Entry(Model):
    """An entry of the audit; no personal data in its detail."""

    number: int
    at: datetime
    actor: str
    actor_name: str | None
    action: str
    object_kind: str
    object_key: str
    detail: dict[str, Any]


class Entries(Model):
    """A page of the audit, the newest first."""

    items: list[Entry]
    next: str | None


class Reading(Model):
    """That somebody read, opened or changed one's file."""

    at: datetime
    who: str
    action: str
    purpose: str | None
    fields: list[str] = Field(description="What was opened or changed.")


class Readings(Model):
    """A page of them, the newest first."""

    items: list[Reading]
    next: str | None
