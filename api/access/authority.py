"""The authority matrix: which role has which action, and how wide.

``authority.csv`` has a line for each action and role that has it. Its scope is the widest
jurisdiction in which that role has the action: a kind of `data.store.scope.KINDS`, ``own`` for
one's own record alone, or ``all`` for what has no owner (the ground, the catalogue). What is not
listed is not allowed.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from data.accounts.grants import KINDS_OF, ROLES
from data.store.scope import CITY, KINDS, NOTHING, Scope
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from data.accounts.grants import Grant

FILE: Final = Path(__file__).with_name("authority.csv")
ALL: Final = "all"


class AuthorityError(JinggeError):
    """A line of the matrix that means nothing, or an action that it does not list."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Action → role → widest scope."""

    widest: Mapping[str, Mapping[str, str]]

    def require(self, action: str) -> None:
        """Raise AuthorityError for an action that nobody has."""
        if action not in self.widest:
            raise AuthorityError(f"Expected an action of {FILE.name}, got {action!r}.")

    def roles(self, action: str, grants: Iterable[Grant]) -> frozenset[str]:
        """Return the roles among the grants that have an action."""
        return frozenset(grant.role for grant in grants if grant.role in self.widest[action])

    def scope(self, action: str, grants: Iterable[Grant], person: int | None) -> Scope:
        """Return the jurisdiction in which the grants allow an action: the union of all."""
        scope = NOTHING
        for grant in grants:
            widest = self.widest[action].get(grant.role)
            if widest == ALL:
                return CITY
            if widest == "own":
                scope |= NOTHING if person is None else Scope(person=person)
            elif widest is not None:
                scope |= grant.scope(person)
        return scope


@cache
def authority() -> Authority:
    """Read the matrix, once.

    Raises
    ------
    AuthorityError
        Naming the first line that cannot be used.
    """
    widest: dict[str, dict[str, str]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for number, line in enumerate(csv.DictReader(file), start=2):
            action, role, scope = line["action"], line["role"], line["scope"]
            if problem := _problem(action, role, scope):
                raise AuthorityError(f"{FILE.name}:{number}: {problem}")
            if role in widest.setdefault(action, {}):
                raise AuthorityError(
                    f"{FILE.name}:{number}: expected {action} of {role} once, got it twice."
                )
            widest[action][role] = scope
    return Authority(widest)


def _problem(action: str, role: str, scope: str) -> str:
    if action.count(".") != 1 or not action.replace(".", "").replace("_", "").islower():
        return f"expected an action such as person.read, got {action!r}."
    if role not in ROLES:
        return f"expected a role of {', '.join(ROLES)}, got {role!r}."
    # A role's grants may not be wider than what a line says: nothing would narrow them.
    own_kinds = [kind for kind in KINDS if kind in KINDS_OF[role]]
    allowed = [ALL, "own", *KINDS[: KINDS.index(own_kinds[0]) + 1]]
    if scope not in allowed:
        return f"expected the scope of {role} to be one of {', '.join(allowed)}, got {scope!r}."
    return ""
