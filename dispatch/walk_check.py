"""The rules H1-H9 and the costs by a plain walk over few rows: what one change touches.

`dispatch.check` judges whole rosters and spends some tens of milliseconds on joins whatever their
size. A board that answers at once asks what breaks, and what it costs, for a dozen people and
posts: that is a walk over plain values, in well under a millisecond. Both are compared on
thousands of random rosters (`tests/dispatch/test_walk_check.py`).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dispatch.check import EARTH_RADIUS_M, RULES
from dispatch.rules import Tier
from dispatch.wording import VIOLATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from dispatch.rules import Costs, Rules
    from dispatch.wording import Language

Place = tuple[int, int, int, int]
"""Person, beat, shift, role: any numbers that name them."""


@dataclass(frozen=True, slots=True)
class WalkPerson:
    """Somebody; degrees WGS-84, metres; `limit_m` None is the city's limit."""

    code: str
    tier: str
    station: str
    profession: str
    qualifications: frozenset[str]
    lat: float
    lng: float
    max_shifts: int
    limit_m: float | None
    insured_until: date | None


@dataclass(frozen=True, slots=True)
class WalkBeat:
    """A beat and where one reports there."""

    code: str
    station: str
    lat: float
    lng: float


@dataclass(frozen=True, slots=True)
class WalkShift:
    """A shift; `ends_on` is the local date of its end."""

    code: str
    starts_at: datetime
    ends_at: datetime
    ends_on: date


@dataclass(frozen=True, slots=True)
class WalkRole:
    """A role and who may fill it."""

    code: str
    tier: str
    hazardous: bool
    supervised: bool
    professions: frozenset[str]
    qualifications: frozenset[str]

    def may_be(self, person: WalkPerson) -> bool:
        """Whether somebody may fill it (H2)."""
        return person.tier == self.tier and (
            not (self.professions or self.qualifications)
            or person.profession in self.professions
            or not self.qualifications.isdisjoint(person.qualifications)
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a scenario, by number.

    Attributes
    ----------
    weights : dict
        (beat, shift, role) → weight of every place of the line.
    dislikes : dict
        (person, shift) → dislike, of those who are available.
    fixed, forbidden : frozenset of Place
    """

    rules: Rules
    costs: Costs
    people: Mapping[int, WalkPerson]
    beats: Mapping[int, WalkBeat]
    shifts: Mapping[int, WalkShift]
    roles: Mapping[int, WalkRole]
    weights: Mapping[tuple[int, int, int], tuple[int, ...]]
    dislikes: Mapping[tuple[int, int], int]
    fixed: frozenset[Place] = frozenset()
    forbidden: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule, and the values of its sentence."""

    rule: str
    kind: str
    values: Mapping[str, Any]

    def words(self, language: Language, names: Mapping[str, str] | None = None) -> str:
        """Say what is broken; `names` are shown in place of codes."""
        named = {
            key: (names or {}).get(value, value) if isinstance(value, str) else value
            for key, value in self.values.items()
        }
        return VIOLATIONS[self.kind][language].format_map(named)


@dataclass(frozen=True, slots=True)
class WalkReport:
    """What `dispatch.check.CheckReport` says, of a part."""

    objective: int
    weighted_unmet: int
    unmet: int
    travel_cost: int
    fairness_cost: int
    dislike_cost: int
    assigned: int
    broken: tuple[Violation, ...]

    @property
    def violations(self) -> dict[str, int]:
        """Rule → number of violations; every rule is there."""
        counts = Counter(one.rule for one in self.broken)
        return {rule: counts[rule] for rule in RULES}


def walk_check(part: Part, places: Iterable[Place]) -> WalkReport:
    """Check the rows of a part and count what they cost.

    Parameters
    ----------
    part : Part
    places : iterable of Place
        All of somebody's rows, and all rows of a post, where their rules are to be judged.
    """
    listed = list(places)
    rows = list(dict.fromkeys(listed))
    broken = [
        *_repeated(part, listed),
        *_of_rows(part, rows),
        *_of_people(part, rows),
        *_of_posts(part, rows),
        *_of_lines(part, rows),
        *_of_pins(part, set(rows)),
    ]
    unfilled = list(_unfilled(part, rows))
    travel = part.costs.travel_per_100m * sum(
        math.floor(_metres(part, person, beat) / 100 + 0.5) for person, beat, _, _ in rows
    )
    steps = part.costs.extra_shift
    fairness = sum(
        steps[min(nth, len(steps) - 1)]
        for count in Counter(row[0] for row in rows).values()
        for nth in range(count)
    )
    dislike = sum(part.dislikes.get((person, shift), 0) for person, _, shift, _ in rows)
    return WalkReport(
        objective=part.costs.unmet * sum(unfilled) + travel + fairness + dislike,
        weighted_unmet=sum(unfilled),
        unmet=len(unfilled),
        travel_cost=travel,
        fairness_cost=fairness,
        dislike_cost=dislike,
        assigned=len(rows),
        broken=tuple(broken),
    )


def _repeated(part: Part, listed: list[Place]) -> Iterator[Violation]:
    for place, count in Counter(listed).items():
        for _ in range(count - 1):
            yield Violation("H9", "repeated", _codes(part, place))


def _of_rows(part: Part, rows: list[Place]) -> Iterator[Violation]:
    for place in rows:
        yield from _of_row(part, place)


def _of_row(part: Part, place: Place) -> Iterator[Violation]:
    number, at, when, as_role = place
    person, beat = part.people[number], part.beats[at]
    shift, role = part.shifts[when], part.roles[as_role]
    codes = _codes(part, place)
    if (number, when) not in part.dislikes:
        yield Violation("H1", "unavailable", codes)
    if not role.may_be(person):
        yield Violation("H2", "unqualified", codes)
    if person.tier == Tier.VOLUNTEER:
        metres, limit = _metres(part, number, at), _limit(part, person)
        if metres > limit:
            yield Violation("H5", "too_far", {**codes, "distance_m": metres, "limit_m": limit})
        if person.insured_until is None or person.insured_until < shift.ends_on:
            yield Violation("H8", "uninsured", {**codes, "date": shift.ends_on})
        if role.hazardous:
            yield Violation("H8", "hazardous", codes)
    elif person.station != beat.station:
        stations = {"station_id": person.station, "beat_station_id": beat.station}
        yield Violation("H5", "other_station", {**codes, **stations})
    if place[1:] not in part.weights:
        yield Violation("H9", "off_line", codes)


def _of_people(part: Part, rows: list[Place]) -> Iterator[Violation]:
    turns: dict[int, list[Place]] = defaultdict(list)
    for place in rows:
        turns[place[0]].append(place)
    least = timedelta(hours=part.rules.min_rest_hours)
    for number, mine in turns.items():
        mine.sort(key=lambda p: (part.shifts[p[2]].starts_at, part.shifts[p[2]].ends_at))
        for first, second in pairwise(mine):
            rest = part.shifts[second[2]].starts_at - part.shifts[first[2]].ends_at
            if rest < least:
                values = {
                    **_codes(part, second),
                    "previous_shift_id": part.shifts[first[2]].code,
                    "rest_hours": rest.total_seconds() / 3600,
                }
                yield Violation("H3", "rest", values)
        person = part.people[number]
        if len(mine) > person.max_shifts:
            counts = {"num_shifts": len(mine), "max_shifts": person.max_shifts}
            yield Violation("H4", "limit", {"person_id": person.code, **counts})


def _of_posts(part: Part, rows: list[Place]) -> Iterator[Violation]:
    posts: dict[tuple[int, int], list[Place]] = defaultdict(list)
    for place in rows:
        posts[place[1], place[2]].append(place)
    rules = part.rules
    for (beat, shift), there in posts.items():
        volunteers = [p for p in there if part.people[p[0]].tier == Tier.VOLUNTEER]
        supervised = sum(part.roles[p[3]].supervised for p in volunteers)
        supervisors = len(there) - len(volunteers)
        values = {
            "beat_id": part.beats[beat].code,
            "shift_id": part.shifts[shift].code,
            "supervised": supervised,
            "supervisors": supervisors,
            "volunteers": len(volunteers),
        }
        if supervised > rules.volunteers_per_supervisor * supervisors:
            yield Violation("H6", "supervision", values)
        if 0 < len(volunteers) < rules.min_volunteers_per_post:
            yield Violation("H7", "together", values)


def _of_lines(part: Part, rows: list[Place]) -> Iterator[Violation]:
    for line, count in Counter(place[1:] for place in rows).items():
        weights = part.weights.get(line)
        for _ in range(0 if weights is None else count - len(weights)):
            values = {
                "beat_id": part.beats[line[0]].code,
                "shift_id": part.shifts[line[1]].code,
                "role": part.roles[line[2]].code,
                "required": len(weights or ()),
            }
            yield Violation("H9", "beyond_required", values)


def _of_pins(part: Part, rows: set[Place]) -> Iterator[Violation]:
    for place in sorted(part.fixed - rows):
        yield Violation("H9", "fixed_missing", _codes(part, place))
    for place in sorted(part.forbidden & rows):
        yield Violation("H9", "forbidden_present", _codes(part, place))


def _unfilled(part: Part, rows: list[Place]) -> Iterator[int]:
    filled = Counter(place[1:] for place in rows)
    for line, weights in part.weights.items():
        yield from weights[filled[line] :]


def _codes(part: Part, place: Place) -> dict[str, str]:
    person, beat, shift, role = place
    return {
        "person_id": part.people[person].code,
        "beat_id": part.beats[beat].code,
        "shift_id": part.shifts[shift].code,
        "role": part.roles[role].code,
    }


def _limit(part: Part, person: WalkPerson) -> float:
    return part.rules.volunteer_travel_limit_m if person.limit_m is None else person.limit_m


def _metres(part: Part, person: int, beat: int) -> float:
    """Great circle (haversine) times the travel factor."""
    a, b = part.people[person], part.beats[beat]
    lat1, lng1, lat2, lng2 = map(math.radians, (a.lat, a.lng, b.lat, b.lng))
    h = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(h, 1.0))) * part.rules.travel_factor
