"""People in the live index: their facts by number, and the words that the search compares."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from dispatch.nearest import NearestIndex, Things
from dispatch.nearest_among import reasons_among, search_among
from dispatch.nearest_rules import (
    MAX_QUALIFICATIONS,
    MAX_ROLES,
    TIER_BITS,
    State,
    person_rules,
    qualification_bits,
    role_bits,
)
from grid.travel import SPEEDS_KMH, Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from data.field.limits import Limits
    from data.field.live import LivePerson
    from dispatch.nearest import Nearest, Reasons
    from dispatch.nearest_rules import Rule
    from dispatch.rules import Tier
    from grid.lattice import CellIndex

MODES: Final = tuple(Mode)


@dataclass(frozen=True, slots=True)
class Words:
    """Which bit stands for which code of the catalogue; codes beyond the word have none."""

    roles: dict[str, int]
    qualifications: dict[str, int]

    @classmethod
    def of(cls, roles: Sequence[str], qualifications: Sequence[str]) -> Words:
        """Return the codes numbered in their order."""
        return cls(
            {code: at for at, code in enumerate(roles[:MAX_ROLES])},
            {code: at for at, code in enumerate(qualifications[:MAX_QUALIFICATIONS])},
        )

    def role(self, code: str | None) -> int:
        """Return the bit of a role; 0 for none."""
        return 0 if code is None else role_bits([self.roles[code]])

    def qualification(self, code: str | None) -> int:
        """Return the bit of a qualification; 0 for none."""
        return 0 if code is None else qualification_bits([self.qualifications[code]])


@dataclass(slots=True)
class People:
    """The index of people, and who each number is."""

    words: Words
    index: NearestIndex
    facts: list[LivePerson | None]
    numbers: dict[int, int]
    free: list[int] = field(default_factory=list)

    @classmethod
    def of(
        cls, cells: CellIndex, people: Sequence[LivePerson], words: Words, limits: Limits
    ) -> People:
        """Build the index."""
        paces = [60 * limits.travel_factor / (SPEEDS_KMH[mode] * 1000) for mode in MODES]
        return cls(
            words,
            NearestIndex(cells, things_of(people, words), paces),
            list(people),
            {one.person_id: number for number, one in enumerate(people)},
        )

    def take(self, people: Sequence[LivePerson], gone: Iterable[int]) -> None:
        """Take over what was read anew; `gone` are ids of which nothing was found."""
        numbers = [self._number(one) for one in people]
        if numbers:
            self.index.put(numbers, things_of(people, self.words))
            for number, one in zip(numbers, people, strict=True):
                self.facts[number] = one
        left = [self.numbers.pop(person) for person in gone if person in self.numbers]
        if left:
            self.index.drop(left)
            self.free += left
            for number in left:
                self.facts[number] = None
        self.index.settle()

    def move(self, places: Mapping[int, tuple[float, float, datetime]]) -> None:
        """Put people who are on duty where they were last: latitude, longitude and when."""
        numbers, spots = [], []
        for person, (lat, lng, at) in places.items():
            number = self.numbers.get(person)
            one = None if number is None else self.facts[number]
            if number is not None and one is not None and one.is_on_duty:
                self.facts[number] = replace(one, lat=lat, lng=lng, placed_at=at)
                numbers.append(number)
                spots.append((lat, lng))
        if numbers:
            self.index.move(numbers, *zip(*spots, strict=True))
            self.index.settle()

    def find(self, person_id: int) -> LivePerson | None:
        """Return a person of the index."""
        number = self.numbers.get(person_id)
        return None if number is None else self.facts[number]

    def search(
        self,
        spot: tuple[float, float],
        rules: Sequence[Rule],
        k: int,
        *,
        among: NDArray[np.int64] | None = None,
        within_m: float = np.inf,
        within_min: float = np.inf,
        excluded: Sequence[int] = (),
    ) -> Nearest:
        """Return the nearest; `among` are the numbers that may be seen, None: all."""
        if among is None:
            return self.index.search(
                *spot, rules, k, within_m=within_m, within_min=within_min, excluded=excluded
            )
        return search_among(self.index, among, spot, rules, k, within_m=within_m)

    def reasons(
        self,
        spot: tuple[float, float],
        rules: Sequence[Rule],
        within_m: float,
        among: NDArray[np.int64] | None = None,
    ) -> Reasons:
        """Return by which rule first those near a spot are left out."""
        if among is None:
            return self.index.reasons(*spot, rules, within_m)
        return reasons_among(self.index, among, spot, rules, within_m)

    def numbers_of(self, people: Iterable[int]) -> NDArray[np.int64]:
        """Return the numbers of people, ascending; whoever is not in the index is left out."""
        found = [self.numbers[one] for one in people if one in self.numbers]
        return np.array(sorted(found), np.int64)

    def rules(
        self,
        tiers: Iterable[Tier],
        *,
        role: str | None = None,
        qualification: str | None = None,
        on_duty_only: bool = False,
    ) -> tuple[Rule, ...]:
        """Return the rules by codes of the catalogue."""
        return person_rules(
            tiers,
            roles=self.words.role(role),
            qualifications=self.words.qualification(qualification),
            on_duty_only=on_duty_only,
        )

    def _number(self, person: LivePerson) -> int:
        number = self.numbers.get(person.person_id)
        if number is None:
            if self.free:
                number = self.free.pop()
            else:
                number = len(self.facts)
                self.facts.append(None)
            self.numbers[person.person_id] = number
        return number


def things_of(people: Sequence[LivePerson], words: Words) -> Things:
    """Return people as the columns that the search reads."""
    return Things(
        lat=np.array([one.lat for one in people], float),
        lng=np.array([one.lng for one in people], float),
        roles=np.array([_roles(one, words) for one in people], np.uint64),
        state=np.array([_state(one, words) for one in people], np.uint64),
        needs=np.zeros(len(people), np.uint64),
        limit_m=np.array([one.limit_m for one in people], float),
        rank=np.zeros(len(people), np.int64),
        layer=np.array([MODES.index(one.mode) for one in people], np.int8),
    )


def _roles(one: LivePerson, words: Words) -> int:
    return role_bits(words.roles[code] for code in one.roles if code in words.roles)


def _state(one: LivePerson, words: Words) -> int:
    held = (words.qualifications[q] for q in one.qualifications if q in words.qualifications)
    return int(
        TIER_BITS[one.tier]
        | (State.ON_DUTY if one.is_on_duty else 0)
        | (State.WILLING if one.is_willing else 0)
        | (State.INSURED if one.is_insured else 0)
        | (State.BUSY if one.is_busy else 0)
        | (State.MUTED if one.is_muted else 0)
        | (State.SPENT if one.is_spent else 0)
        | qualification_bits(held)
    )
