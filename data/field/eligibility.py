"""Whether a person may take a turn: the hard rules, one after the other, on plain values.

The rules are the planner's H1-H8 for a single person and turn, and those that only the field
knows. `data.field.eligibility_facts` reads the values; nothing here touches a database or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from data.field.wording import Refusal
from dispatch.rules import Tier
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.field.limits import Limits


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of duty to which a person is bound.

    Attributes
    ----------
    source : str
        ``task:12`` or ``roster:3:SHIFT``.
    label : str
        What people call it: the task's or the shift's code.
    """

    source: str
    label: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both included, on which something holds; an open end is None."""

    word: str
    since: date
    until: date | None

    def holds_on(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What the rules look at in a person; ``turns`` are those near the time asked about."""

    person_id: int
    code: str
    tier: str
    state: str
    station_id: int | None
    profession: str | None
    qualifications: tuple[Span, ...]
    covers: tuple[Span, ...]
    born_on: date | None
    home: tuple[float, float] | None
    travel_limit_m: float | None
    max_shifts: int
    show_up: float
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """A duty role and who may fill it; no profession and no qualification: everybody."""

    code: str
    tier: str
    hazardous: bool
    supervised: bool
    professions: frozenset[str]
    qualifications: frozenset[str]


@dataclass(frozen=True, slots=True)
class Offer:
    """A turn that somebody could take: where, when, as what.

    ``source`` names the turn itself, which is no hindrance to itself.
    """

    source: str
    role: RoleFacts
    starts_at: datetime
    ends_at: datetime
    lat: float
    lng: float


def refusals(person: PersonFacts, offer: Offer, limits: Limits) -> tuple[Refusal, ...]:
    """Give every hard rule that keeps the person from the turn, in a fixed order.

    The order: membership, tier and hazard, qualification, cover on the local date of the end, age
    at night, way, overlap and rest, number of turns in the local week.
    """
    return tuple(_refusals(person, offer, limits))


def distance_m(person: PersonFacts, offer: Offer, limits: Limits) -> float | None:
    """Give the way from home, metres; None where the home is not known."""
    if person.home is None:
        return None
    way = great_circle_m(*person.home, offer.lat, offer.lng)
    return float(way) * limits.travel_factor


def may_fill(person: PersonFacts, role: RoleFacts, day: date) -> bool:
    """Tell whether profession or a qualification that holds on the day fits the role (H2)."""
    if not role.professions and not role.qualifications:
        return True
    held = {q.word for q in person.qualifications if q.holds_on(day)}
    return person.profession in role.professions or not held.isdisjoint(role.qualifications)


def _refusals(person: PersonFacts, offer: Offer, limits: Limits) -> Iterator[Refusal]:
    day = limits.local(offer.ends_at).date()
    is_volunteer = person.tier == Tier.VOLUNTEER
    if person.state != "active":
        yield Refusal("not_active", {"state": person.state})
    if person.tier != offer.role.tier:
        yield Refusal("tier", {"tier": offer.role.tier})
    if is_volunteer and offer.role.hazardous:
        yield Refusal("hazardous")
    if not may_fill(person, offer.role, day):
        yield Refusal("not_qualified", {"role": offer.role.code})
    if is_volunteer:
        if not any(cover.holds_on(day) for cover in person.covers):
            yield Refusal("uninsured", {"day": day.isoformat()})
        yield from _too_young(person, offer, limits)
        yield from _too_far(person, offer, limits)
    yield from _clashes(person, offer, limits)
    yield from _too_many(person, offer, limits)


def _too_young(person: PersonFacts, offer: Offer, limits: Limits) -> Iterator[Refusal]:
    if person.born_on is None or not limits.is_night(offer.starts_at, offer.ends_at):
        return
    day = limits.local(offer.starts_at).date()
    birthday_to_come = (day.month, day.day) < (person.born_on.month, person.born_on.day)
    if day.year - person.born_on.year - birthday_to_come < limits.adult_age:
        night = f"{limits.night_starts:%H:%M}-{limits.night_ends:%H:%M}"
        yield Refusal("under_age_at_night", {"age": limits.adult_age, "night": night})


def _too_far(person: PersonFacts, offer: Offer, limits: Limits) -> Iterator[Refusal]:
    way = distance_m(person, offer, limits)
    if way is None:
        yield Refusal("home_unknown")
        return
    limit = person.travel_limit_m
    if limit is None:
        limit = limits.volunteer_travel_limit_m
    if way > limit:
        yield Refusal("too_far", {"distance_m": round(way), "limit_m": round(limit)})


def _clashes(person: PersonFacts, offer: Offer, limits: Limits) -> Iterator[Refusal]:
    least = timedelta(hours=limits.min_rest_hours)
    for turn in person.turns:
        if turn.source == offer.source:
            continue
        rest = max(offer.starts_at - turn.ends_at, turn.starts_at - offer.ends_at)
        if rest < timedelta(0):
            starts = limits.words(turn.starts_at)
            yield Refusal("overlap", {"other": turn.label, "other_starts": starts})
        elif rest < least:
            values = {
                "other": turn.label,
                "rest_hours": f"{rest.total_seconds() / 3600:.2f}",
                "min_rest_hours": f"{limits.min_rest_hours:g}",
            }
            yield Refusal("rest", values)


def _too_many(person: PersonFacts, offer: Offer, limits: Limits) -> Iterator[Refusal]:
    begin, end = limits.week_of(offer.starts_at)
    others = sum(t.source != offer.source and begin <= t.starts_at < end for t in person.turns)
    if others + 1 > person.max_shifts:
        yield Refusal("max_shifts", {"num_shifts": others, "max_shifts": person.max_shifts})
