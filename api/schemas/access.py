"""Sessions and accounts: what people send, and what they get."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.inputs import Body, Code, Line, Name
from api.schemas.planning import Told

Role = Literal[
    "administrator",
    "city_dispatcher",
    "station_dispatcher",
    "community_officer",
    "auxiliary",
    "team_leader",
    "volunteer",
    "reviewer",
    "auditor",
]
Kind = Literal["city", "sub_bureau", "station", "beat", "team", "own"]
AccountState = Literal["active", "locked", "closed"]
Secret = Annotated[str, Field(min_length=1, max_length=512)]
LoginName = Annotated[
    str, Field(min_length=1, max_length=128, description="Compared without case.", examples=["wu"])
]
SixDigits = Annotated[
    str,
    Field(
        min_length=6,
        max_length=64,
        description="Of the second factor, or a recovery code.",
        examples=["492039"],
    ),
]


class NewSession(Body):
    """Who logs in."""

    login: LoginName
    password: Secret
    code: SixDigits | None = None


class CodeShown(Body):
    """The code that a session waits for."""

    code: SixDigits


class NewPassword(Body):
    """A password of one's own in place of the one in force."""

    current: Secret
    new: Secret


class GivenGrant(Body):
    """A role, and where it holds; `place` is a code, empty for `city` and `own`."""

    role: Role
    kind: Kind
    place: Line = Field("", examples=["150203012"])


class Granted(Told):
    """A role, and where it holds."""

    role: Role
    kind: Kind
    place: str
    place_name: str


class Session(Told):
    """Who is logged in, and what they may do."""

    account_id: int
    login: str
    display_name: str
    person: str | None = Field(description="The code of one's own file.")
    grants: list[Granted]
    actions: list[str] = Field(
        description="What may be done somewhere in one's jurisdiction; empty while a step is due.",
        examples=[["person.read", "roster.read"]],
    )
    step: Literal["code", "password", "second_factor"] | None = Field(
        description="What has to be done before anything else."
    )
    csrf: str = Field(description="For the header `X-CSRF-Token`.")


class OwnSession(Told):
    """One of one's own sessions."""

    handle: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    device: str
    is_this: bool


class OwnSessions(Told):
    """One's sessions that are valid now, the one used last first."""

    items: list[OwnSession]
    next: None = None


class NewAccount(Body):
    """An account to be made; it has no password before one is made for it."""

    login: LoginName
    display_name: Name
    person: Code | None = Field(None, description="The code of their own file.")
    grants: Annotated[list[GivenGrant], Field(max_length=64)] = Field(default_factory=list)


class AccountName(Body):
    """What an account is shown as."""

    display_name: Name


class WantedState(Body):
    """Locked: cannot log in until an administrator makes it active again. Closed: left."""

    state: AccountState


class WantedGrants(Body):
    """All grants of an account: what is not listed is taken away."""

    grants: Annotated[list[GivenGrant], Field(max_length=64)]


class WantedIdentity(Body):
    """The subject that the bureau's own sign-on gives for them."""

    subject: Annotated[str, Field(min_length=1, max_length=255)]


class Account(Told):
    """An account; nothing that could be used to log in."""

    account_id: int
    login: str
    display_name: str
    person: str | None
    state: AccountState
    has_password: bool
    must_change_password: bool
    has_second_factor: bool
    sign_on_subject: str | None
    last_login_at: datetime | None
    grants: list[Granted]


class Accounts(Told):
    """A page of accounts."""

    items: list[Account]
    next: str | None = Field(description="Give it back as `cursor`; null at the end.")


class FirstPassword(Told):
    """A password that is told once, and has to be changed at the first log-in."""

    password: str
