"""Grants: which role an account has, and in which jurisdiction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select

from data.accounts.errors import GrantError
from data.store.scope import KINDS, NOTHING, Scope
from data.store.tables.accounts import ACCOUNT_ROLES, AccountRole
from data.store.tables.ground import Beat, Station, SubBureau
from data.store.tables.teams import Team

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

ROLES: Final = ACCOUNT_ROLES
STAFF: Final = frozenset(ROLES) - {"auxiliary", "team_leader", "volunteer"}
"""The roles that see other people's records: they need a second factor."""

KINDS_OF: Final[dict[str, frozenset[str]]] = {
    "administrator": frozenset({"city"}),
    "city_dispatcher": frozenset({"city"}),
    "station_dispatcher": frozenset({"sub_bureau", "station"}),
    "community_officer": frozenset({"beat"}),
    "auxiliary": frozenset({"beat", "own"}),
    "team_leader": frozenset({"team"}),
    "volunteer": frozenset({"own"}),
    "reviewer": frozenset({"city", "sub_bureau"}),
    "auditor": frozenset({"city"}),
}
"""The kinds of jurisdiction that a role may have."""

_TABLES: Final[dict[str, Any]] = {
    "sub_bureau": SubBureau,
    "station": Station,
    "beat": Beat,
    "team": Team,
}


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role and where it holds.

    Attributes
    ----------
    role : str
        Of `ROLES`.
    kind : str
        Of `data.store.scope.KINDS`.
    place : int
        Id of that kind; 0 for ``city`` and ``own``.
    """

    role: str
    kind: str
    place: int = 0

    def __post_init__(self) -> None:
        if self.role not in KINDS_OF:
            raise GrantError(f"Expected a role of {', '.join(ROLES)}, got {self.role!r}.")
        if self.kind not in KINDS_OF[self.role]:
            kinds = ", ".join(kind for kind in KINDS if kind in KINDS_OF[self.role])
            raise GrantError(f"Expected {self.role} for {kinds}, got {self.kind!r}.")
        if (self.place == 0) != (self.kind in {"city", "own"}):
            raise GrantError(f"Expected the number of a {self.kind}, got {self.place}.")

    def scope(self, person: int | None) -> Scope:
        """Return the jurisdiction, for the account of a person if it is one's own."""
        place = frozenset({self.place})
        return {
            "city": Scope(city=True),
            "sub_bureau": Scope(sub_bureaus=place),
            "station": Scope(stations=place),
            "beat": Scope(beats=place),
            "team": Scope(teams=place),
            "own": NOTHING if person is None else Scope(person=person),
        }[self.kind]


def grants_of(session: Session, account_id: int) -> tuple[Grant, ...]:
    """Return an account's grants, in order."""
    columns = (AccountRole.role, AccountRole.scope_kind, AccountRole.scope_id)
    rows = session.execute(select(*columns).where(AccountRole.account_id == account_id))
    return tuple(sorted(Grant(*row) for row in rows))


def replace_grants(
    session: Session, account_id: int, grants: Iterable[Grant], *, by: str, now: datetime
) -> None:
    """Give an account these grants and no others.

    Raises
    ------
    GrantError
        Where a grant names a place that is not there.
    """
    wanted = sorted(set(grants))
    for grant in wanted:
        table = _TABLES.get(grant.kind)
        if table is not None and session.get(table, grant.place) is None:
            raise GrantError(f"Expected the number of a {grant.kind}, got {grant.place}.")
    session.execute(delete(AccountRole).where(AccountRole.account_id == account_id))
    if wanted:
        rows = [
            {
                "account_id": account_id,
                "role": grant.role,
                "scope_kind": grant.kind,
                "scope_id": grant.place,
                "granted_at": now,
                "granted_by": by,
            }
            for grant in wanted
        ]
        session.execute(insert(AccountRole), rows)


def place_of(session: Session, kind: str, code: str) -> int:
    """Return the id of a sub-bureau, station, beat or team by its code.

    Raises
    ------
    GrantError
        Where there is none.
    """
    table = _TABLES.get(kind)
    found: int | None = (
        None if table is None else session.scalar(select(table.id).where(table.code == code))
    )
    if found is None:
        raise GrantError(f"Expected the code of a {kind}, got {code[:80]!r}.")
    return found


@dataclass(frozen=True, slots=True)
class GrantedPlace:
    """The place of a grant as people know it; empty for the city and for one's own."""

    code: str
    name: str


def places_of(session: Session, grants: Iterable[Grant]) -> list[GrantedPlace]:
    """Return the place of each grant."""
    found = []
    for grant in grants:
        table = _TABLES.get(grant.kind)
        place = None if table is None else session.get(table, grant.place)
        found.append(
            GrantedPlace("", "") if place is None else GrantedPlace(place.code, place.name)
        )
    return found


def place_names(session: Session, grants: Iterable[Grant]) -> list[str]:
    """Return the name of the place of each grant; empty for the city and one's own."""
    return [place.name for place in places_of(session, grants)]
