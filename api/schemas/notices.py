"""Bodies of the inbox, of how somebody wants notices, and of browsers that take web push."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.alerts import LocalTime, Moment
from api.schemas.base import Count, Model
from api.schemas.inputs import Body


class Notice(Model):
    """A notice; `url` is a page of ours."""

    id: Count
    topic: str
    title: str
    body: str
    url: str
    created_at: datetime
    read_at: datetime | None


class Notices(Model):
    """One's notices, the newest first."""

    items: list[Notice]
    next: str | None
    unread: Count


class Topic(Model):
    """A topic of notices, and whether it is wanted."""

    code: str
    text: str
    is_on: bool


class Preference(Model):
    """How one wants notices."""

    language: Literal["zh-CN", "en"]
    push: bool
    quiet_from: time | None
    quiet_until: time | None
    urgent_in_quiet: bool
    muted_until: datetime | None
    topics: list[Topic]


class NewPreference(Body):
    """How one wants notices: quiet hours in the city's time, topics that are not wanted."""

    language: Literal["zh-CN", "en"] = "zh-CN"
    push: bool = True
    quiet_from: LocalTime = None
    quiet_until: LocalTime = None
    urgent_in_quiet: bool = True
    muted_until: Moment = None
    off: Annotated[
        list[str], Field(max_length=50, description="Codes of topics that are not wanted.")
    ]


class PushKey(Model):
    """What a browser subscribes with; null where this server sends no web push."""

    key: str | None


class Browser(Body):
    """What a browser gives when web push is turned on."""

    endpoint: Annotated[str, Field(min_length=1, max_length=1000)]
    p256dh: Annotated[str, Field(min_length=1, max_length=200)]
    auth: Annotated[str, Field(min_length=1, max_length=64)]


class Endpoint(Body):
    """The address of a browser that is to be forgotten."""

    endpoint: Annotated[str, Field(min_length=1, max_length=1000)]
