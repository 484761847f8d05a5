"""Bodies of the ways by which somebody wants notices, and of their own mail address."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import Model
from api.schemas.inputs import Body

Way = Literal["push", "sms", "mail"]


class Kind(Model):
    """A kind of notice, and the ways by which it is wanted."""

    code: str
    text: str
    ways: list[Way]


class OwnMail(Model):
    """One's own mail address, masked: in use, and asked for until its code is entered."""

    in_use: str
    asked: str
    asked_until: datetime | None


class Ways(Model):
    """The ways that there are, one's own addresses, and what is wanted by which way."""

    there_are: list[Way] = Field(description="What this server sends by, beside the inbox.")
    phone: str = Field(description="One's own number, masked; empty where the file has none.")
    mail: OwnMail
    kinds: list[Kind]


class NewWays(Body):
    """By which ways each kind of notice is wanted; kinds that are not named stay as they are."""

    kinds: Annotated[dict[str, list[Way]], Field(max_length=20)] = Field(
        examples=[{"turn": ["push", "sms"]}]
    )


class NewMail(Body):
    """A mail address, to which a code is sent."""

    address: Annotated[str, Field(min_length=3, max_length=254)] = Field(
        examples=["name@example.cn"]
    )


class Code(Body):
    """The code that was sent."""

    code: Annotated[str, Field(min_length=6, max_length=6, pattern=r"^[0-9]{6}$")]
