"""Who could be called now: everything that nearest search and alerts look at in a person.

One reading for all uses: the index in memory is built from it, and whoever is about to be called
is read again in the transaction that calls them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, case, func, select

from data.field.eligibility_facts import role_facts
from data.store.tables.alerts import Alert, AlertCall, AlertPreference
from data.store.tables.checkins import CheckIn, ShowUpRate
from data.store.tables.insurance import InsuranceCover
from data.store.tables.people import Person
from data.store.tables.positions import Position
from data.store.tables.rosters import Assignment, Roster
from data.store.tables.scenarios import ScenarioPerson, ScenarioShift
from data.store.tables.training import PersonQualification
from dispatch.rules import Tier
from grid.cells import cell_centres
from grid.coverage import TIER_MODES
from grid.travel import Mode

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime, time

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.field.eligibility import RoleFacts
    from data.field.limits import Limits

MONTH: Final = timedelta(days=30)
MONTHLY_CALLS: Final = 8
"""Calls of a volunteer off duty in thirty days, unless they chose another number."""

FRESH: Final = timedelta(minutes=30)
"""An older position says little of where somebody is: their home counts."""

LATEST_OUT: Final = timedelta(hours=6)
"""Whoever has not checked out so long after the end is taken to have gone."""

MODES: Final = {"taxi_driver": Mode.CAR, "delivery_rider": Mode.EBIKE}
YES: Final = ("accepted", "on_the_way", "arrived", "done")
AT_WORK: Final = ("called", "accepted", "on_the_way", "arrived")
"""States of a call to an alert that goes on, which keep a person from another one."""


@dataclass(frozen=True, slots=True)
class LivePerson:
    """A person who could be called, as they are at a moment.

    Attributes
    ----------
    lat, lng : float
        Where they are: the middle of the last cell while on duty, or their home.
    placed_at : datetime or None
        When they were there; None: it is their home.
    roles, qualifications : frozenset of str
        Duty roles of their tier that they may fill, qualifications that hold, today.
    limit_m : float
        How far they go, great-circle metres; infinity for staff.
    accepted, called, recent : int
        Earlier calls accepted; all earlier calls; those of the last thirty days.
    show_up : float or None
        The chance that they come to a turn they hold (`data.field.show_up`); None: not known.
    """

    person_id: int
    code: str
    tier: Tier
    station_id: int | None
    mode: Mode
    lat: float
    lng: float
    placed_at: datetime | None
    roles: frozenset[str]
    qualifications: frozenset[str]
    limit_m: float
    is_insured: bool
    is_on_duty: bool
    is_willing: bool
    is_busy: bool
    is_muted: bool
    is_spent: bool
    accepted: int
    called: int
    recent: int
    show_up: float | None = None


def live_people(
    session: Session, limits: Limits, now: datetime, people: Sequence[int] | None = None
) -> list[LivePerson]:
    """Read active people who have a place; all of them, or those of the given ids."""
    reading = _Reading(session, limits, now, people)
    columns = (Person.id, Person.code, Person.tier, Person.station_id, Person.profession)
    home = (Person.home_lat, Person.home_lng, Person.travel_limit_m)
    wanted = select(*columns, *home).where(Person.state == "active", reading.among(Person.id))
    found = (reading.person(row) for row in session.execute(wanted.order_by(Person.id)))
    return [person for person in found if person is not None]


def is_quiet(at: time, begin: time, end: time) -> bool:
    """Tell whether a time of day lies in quiet hours, which may go over midnight."""
    return begin <= at < end if begin <= end else at >= begin or at < end


class _Reading:
    """What belongs to people, by their id."""

    def __init__(
        self, session: Session, limits: Limits, now: datetime, people: Sequence[int] | None
    ) -> None:
        self._session, self._limits, self._now, self._people = session, limits, now, people
        self._day: date = limits.local(now).date()
        self._roles = list(role_facts(session).values())
        self._fills: dict[tuple[str, str | None, frozenset[str]], frozenset[str]] = {}
        self._held = self._qualifications()
        self._insured = self._covered()
        self._on_duty = self._checked_in() | self._rostered()
        self._places = last_positions(session, now - FRESH, people)
        self._calls = self._called()
        self._show_up = self._rates()
        self._preferences = {
            row.person_id: row
            for row in session.scalars(
                select(AlertPreference).where(self.among(AlertPreference.person_id))
            )
        }

    def among(self, column: Any) -> ColumnElement[bool]:
        """Return the condition that a row belongs to who is asked for."""
        is_one: ColumnElement[bool] = (
            column.is_not(None) if self._people is None else column.in_(self._people)
        )
        return is_one

    def _rates(self) -> dict[int, float]:
        table = ShowUpRate
        total = table.alpha + table.beta + table.came + table.missed
        mean = select(table.person_id, (table.alpha + table.came) / total)
        return dict(self._session.execute(mean.where(self.among(table.person_id))).all())

    def person(self, row: Any) -> LivePerson | None:
        """Put a person together; None without any place."""
        tier, on_duty = Tier(row.tier), row.id in self._on_duty
        lat, lng, placed_at = row.home_lat, row.home_lng, None
        if on_duty and row.id in self._places:
            lat, lng, placed_at = self._places[row.id]
        if lat is None:
            return None
        is_volunteer = tier == Tier.VOLUNTEER
        held = frozenset(self._held.get(row.id, ()))
        accepted, called, recent, busy = self._calls.get(row.id, (0, 0, 0, 0))
        choice = self._preferences.get(row.id)
        budget = MONTHLY_CALLS
        if choice is not None and choice.monthly_calls is not None:
            budget = choice.monthly_calls
        limit = float("inf")
        if is_volunteer:
            limit = row.travel_limit_m or self._limits.volunteer_travel_limit_m
        return LivePerson(
            person_id=row.id,
            code=row.code,
            tier=tier,
            station_id=row.station_id,
            mode=MODES.get(row.profession, TIER_MODES[tier]) if is_volunteer else TIER_MODES[tier],
            lat=lat,
            lng=lng,
            placed_at=placed_at,
            roles=self._fillable(row.tier, row.profession, held),
            qualifications=held,
            limit_m=limit / self._limits.travel_factor,
            is_insured=not is_volunteer or row.id in self._insured,
            is_on_duty=on_duty,
            is_willing=is_volunteer,
            is_busy=busy > 0,
            is_muted=not on_duty and choice is not None and self._wants_quiet(choice),
            is_spent=is_volunteer and not on_duty and recent >= budget,
            accepted=accepted,
            called=called,
            recent=recent,
            show_up=self._show_up.get(row.id),
        )

    def _wants_quiet(self, choice: AlertPreference) -> bool:
        if choice.muted_until is not None and choice.muted_until > self._now:
            return True
        if choice.quiet_from is None or choice.quiet_until is None:
            return False
        return is_quiet(self._limits.local(self._now).time(), choice.quiet_from, choice.quiet_until)

    def _fillable(self, tier: str, profession: str | None, held: frozenset[str]) -> frozenset[str]:
        key = (tier, profession, held)
        if key not in self._fills:
            self._fills[key] = frozenset(
                role.code
                for role in self._roles
                if role.tier == tier and _fits(role, profession, held)
            )
        return self._fills[key]

    def _qualifications(self) -> dict[int, list[str]]:
        table, day = PersonQualification, self._day
        holds = and_(
            table.granted_on <= day,
            table.expires_on.is_(None) | (table.expires_on >= day),
            table.revoked_on.is_(None) | (table.revoked_on > day),
        )
        query = select(table.person_id, table.qualification).where(
            holds, self.among(table.person_id)
        )
        found: dict[int, list[str]] = {}
        for person, word in self._session.execute(query):
            found.setdefault(person, []).append(word)
        return found

    def _covered(self) -> set[int]:
        table, day = InsuranceCover, self._day
        holds = and_(table.starts_on <= day, table.ends_on.is_(None) | (table.ends_on >= day))
        return self._ids(table.person_id, holds)

    def _checked_in(self) -> set[int]:
        there = and_(CheckIn.state == "in", CheckIn.ends_at > self._now - LATEST_OUT)
        return self._ids(CheckIn.person_id, there)

    def _rostered(self) -> set[int]:
        """Return who of the staff is on the roster now: they do not check in at posts."""
        query = (
            roster_turns()
            .join(Person, Person.id == ScenarioPerson.person_id)
            .where(
                ScenarioShift.starts_at <= self._now,
                ScenarioShift.ends_at > self._now,
                Person.tier != Tier.VOLUNTEER,
                self.among(ScenarioPerson.person_id),
            )
        )
        return set(self._session.scalars(query))

    def _called(self) -> dict[int, tuple[int, int, int, int]]:
        call = AlertCall
        said_yes = call.state.in_(YES) | and_(
            call.state == "stood_down", call.answered_at.is_not(None)
        )
        at_work = and_(call.state.in_(AT_WORK), Alert.ended_at.is_(None))
        query = (
            select(
                call.person_id,
                func.sum(case((said_yes, 1), else_=0)),
                func.count(),
                func.sum(case((call.called_at > self._now - MONTH, 1), else_=0)),
                func.sum(case((at_work, 1), else_=0)),
            )
            .join(Alert, Alert.id == call.alert_id)
            .where(self.among(call.person_id))
            .group_by(call.person_id)
        )
        return {
            person: (int(yes), int(called), int(recent), int(busy))
            for person, yes, called, recent, busy in self._session.execute(query)
        }

    def _ids(self, column: Any, condition: ColumnElement[bool]) -> set[int]:
        return set(self._session.scalars(select(column).where(condition, self.among(column))))


def last_positions(
    session: Session, since: datetime, people: Collection[int] | None = None
) -> dict[int, tuple[float, float, datetime]]:
    """Read where people were last after a time, the middle of a cell, and when; None: all."""
    query = select(Position.person_id, Position.cell, Position.at).where(Position.at > since)
    if people is not None:
        query = query.where(Position.person_id.in_(people))
    rows = session.execute(query).all()
    if not rows:
        return {}
    lat, lng = cell_centres([row.cell for row in rows])
    places = zip(lat.tolist(), lng.tolist(), strict=True)
    return {row.person_id: (*place, row.at) for row, place in zip(rows, places, strict=True)}


def roster_turns() -> Any:
    """Return the query of person ids by turns of published rosters; add conditions on the shift."""
    return (
        select(ScenarioPerson.person_id)
        .join(
            Roster,
            and_(Roster.scenario_id == ScenarioPerson.scenario_id, Roster.state == "published"),
        )
        .join(
            Assignment,
            and_(Assignment.roster_id == Roster.id, Assignment.person == ScenarioPerson.position),
        )
        .join(
            ScenarioShift,
            and_(
                ScenarioShift.scenario_id == ScenarioPerson.scenario_id,
                ScenarioShift.position == Assignment.shift,
            ),
        )
        .where(ScenarioPerson.person_id.is_not(None))
    )


def _fits(role: RoleFacts, profession: str | None, held: frozenset[str]) -> bool:
    if not role.professions and not role.qualifications:
        return True
    return profession in role.professions or not held.isdisjoint(role.qualifications)
