"""Who asks, and what one request of theirs may touch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from data.accounts.grants import STAFF
from data.store.audit import Event

if TYPE_CHECKING:
    from datetime import date

    from api.access.errors import Step
    from data.accounts.grants import Grant
    from data.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Actor:
    """An account that is logged in.

    Attributes
    ----------
    account_id : int
    person_id : int or None
        The account's own personal record.
    login, display_name : str
    grants : tuple of Grant
    session : str
        The handle of the session in use.
    csrf : str
        The token for forms of this session.
    step : str or None
        What has to be done before anything else.
    """

    account_id: int
    person_id: int | None
    login: str
    display_name: str
    grants: tuple[Grant, ...]
    session: str
    csrf: str
    step: Step | None = None

    @property
    def key(self) -> str:
        """What the audit calls them."""
        return f"account:{self.account_id}"

    @property
    def roles(self) -> frozenset[str]:
        """Their roles, wherever they hold."""
        return frozenset(grant.role for grant in self.grants)

    @property
    def is_staff(self) -> bool:
        """Whether one of their roles is of the bureau's staff."""
        return not self.roles.isdisjoint(STAFF)


@dataclass(frozen=True, slots=True)
class Access:
    """That an actor may do an action, and within which jurisdiction.

    Attributes
    ----------
    roles : frozenset of str
        Those of the actor's roles that have the action.
    """

    actor: Actor
    action: str
    scope: Scope
    roles: frozenset[str]

    def dated(self, on: date) -> Access:
        """Return the same on a day, on which memberships count."""
        return replace(self, scope=self.scope.dated(on))

    def event(self, object_kind: str, object_key: str, **detail: Any) -> Event:
        """Return the audit event of this access; details without personal data."""
        return Event(self.actor.key, self.action, object_kind, object_key, detail)
