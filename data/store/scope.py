"""A jurisdiction as conditions on SQL: what somebody may see is cut in the query, not after it.

A scope is a set of places, teams and at most one person. What lies in it:

========== ============================== ============ ================== ============
given      people                         beats        stations           teams
========== ============================== ============ ================== ============
city       all                            all          all                all
sub-bureau of its stations                of those     of it              of those
station    its own; those without a       its own      itself             its own
           station who live in its beats
beat       its members; who lives there   itself       the one it has     of that one
team       its members                    none         the one it has     itself
person     themselves                     works, lives their own          joined
========== ============================== ============ ================== ============

Several grants give a union. Memberships count on the day `on`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from data.store.tables.ground import Beat, GroundCell, Station
from data.store.tables.people import Person
from data.store.tables.teams import BeatMember, Team, TeamMember

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Select

KINDS: Final = ("city", "sub_bureau", "station", "beat", "team", "own")
"""The kinds of a scope from the widest to the narrowest."""

_NOWHERE: Final[frozenset[int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may see or touch.

    Attributes
    ----------
    city : bool
        Everything.
    sub_bureaus, stations, beats, teams : frozenset of int
        Ids.
    person : int or None
        Themselves.
    on : date or None
        The day on which memberships count; None: only those without an end.
    """

    city: bool = False
    sub_bureaus: frozenset[int] = field(default=_NOWHERE)
    stations: frozenset[int] = field(default=_NOWHERE)
    beats: frozenset[int] = field(default=_NOWHERE)
    teams: frozenset[int] = field(default=_NOWHERE)
    person: int | None = None
    on: date | None = None

    def __or__(self, other: Scope) -> Scope:
        """Return what lies in either; the day and the person must be the same or missing."""
        return Scope(
            self.city or other.city,
            self.sub_bureaus | other.sub_bureaus,
            self.stations | other.stations,
            self.beats | other.beats,
            self.teams | other.teams,
            self.person if self.person is not None else other.person,
            self.on if self.on is not None else other.on,
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies in it."""
        return self.person is None and not (
            self.city or self.sub_bureaus or self.stations or self.beats or self.teams
        )

    def dated(self, on: date) -> Scope:
        """Return the scope as it is on a day."""
        return replace(self, on=on)

    def people(self) -> ColumnElement[bool]:
        """Return the condition on `Person`."""
        if self.city:
            return true()
        parts: list[ColumnElement[bool]] = []
        if self.sub_bureaus or self.stations:
            parts.append(Person.station_id.in_(self._place_stations()))
            homes = self._cells_of(Beat.station_id.in_(self._place_stations()))
            parts.append(and_(Person.station_id.is_(None), Person.home_cell.in_(homes)))
        if self.beats:
            parts += [
                Person.id.in_(
                    select(BeatMember.person_id).where(
                        BeatMember.beat_id.in_(self.beats), self.current(BeatMember)
                    )
                ),
                Person.home_cell.in_(self._cells_of(Beat.id.in_(self.beats))),
            ]
        if self.teams:
            parts.append(
                Person.id.in_(
                    select(TeamMember.person_id).where(
                        TeamMember.team_id.in_(self.teams), self.current(TeamMember)
                    )
                )
            )
        if self.person is not None:
            parts.append(Person.id == self.person)
        return _any(parts)

    def beats_(self, *, homes: bool = True) -> ColumnElement[bool]:
        """Return the condition on `Beat`; without `homes`, living in a beat opens nothing of it."""
        if self.city:
            return true()
        parts: list[ColumnElement[bool]] = []
        if self.sub_bureaus or self.stations:
            parts.append(Beat.station_id.in_(self._place_stations()))
        if self.beats:
            parts.append(Beat.id.in_(self.beats))
        if self.person is not None:
            parts.append(Beat.id.in_(self._worked_beats()))
        if self.person is not None and homes:
            mine = Person.id == self.person
            lives = select(GroundCell.beat_id).join(Person, Person.home_cell == GroundCell.cell)
            parts.append(Beat.id.in_(lives.where(mine)))
        return _any(parts)

    def stations_(self) -> ColumnElement[bool]:
        """Return the condition on `Station`."""
        if self.city:
            return true()
        parts: list[ColumnElement[bool]] = []
        if self.sub_bureaus or self.stations:
            parts.append(Station.id.in_(self._place_stations()))
        if self.beats:
            parts.append(Station.id.in_(select(Beat.station_id).where(Beat.id.in_(self.beats))))
        if self.teams:
            of_teams = select(Team.station_id).where(
                Team.id.in_(self.teams), Team.station_id.is_not(None)
            )
            parts.append(Station.id.in_(of_teams))
        if self.person is not None:
            own = select(Person.station_id).where(
                Person.id == self.person, Person.station_id.is_not(None)
            )
            of_beats = select(Beat.station_id).where(Beat.id.in_(self._worked_beats()))
            parts += [Station.id.in_(own), Station.id.in_(of_beats)]
        return _any(parts)

    def teams_(self) -> ColumnElement[bool]:
        """Return the condition on `Team`."""
        if self.city:
            return true()
        parts: list[ColumnElement[bool]] = []
        if self.sub_bureaus or self.stations:
            parts.append(Team.station_id.in_(self._place_stations()))
        if self.beats:
            parts.append(
                Team.station_id.in_(select(Beat.station_id).where(Beat.id.in_(self.beats)))
            )
        if self.teams:
            parts.append(Team.id.in_(self.teams))
        if self.person is not None:
            joined = select(TeamMember.team_id).where(
                TeamMember.person_id == self.person, self.current(TeamMember)
            )
            parts.append(Team.id.in_(joined))
        return _any(parts)

    def current(self, membership: Any) -> ColumnElement[bool]:
        """Return the condition that a row with ``since`` and ``until`` holds on the day."""
        if self.on is None:
            still: ColumnElement[bool] = membership.until.is_(None)
            return still
        return and_(
            membership.since <= self.on,
            or_(membership.until.is_(None), membership.until >= self.on),
        )

    def _place_stations(self) -> Select[int]:
        return select(Station.id).where(
            or_(Station.id.in_(self.stations), Station.sub_bureau_id.in_(self.sub_bureaus))
        )

    def _cells_of(self, beats: ColumnElement[bool]) -> Select[int]:
        return select(GroundCell.cell).join(Beat, Beat.id == GroundCell.beat_id).where(beats)

    def _worked_beats(self) -> Select[int]:
        return select(BeatMember.beat_id).where(
            BeatMember.person_id == self.person, self.current(BeatMember)
        )


CITY: Final = Scope(city=True)
NOTHING: Final = Scope()


def _any(parts: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    return or_(false(), *parts)
