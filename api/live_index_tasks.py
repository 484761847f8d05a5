"""Open tasks in the live index, and which of them a person may take: the rules of signing up.

The search settles role, deadline and places by bits; what remains (rest, overlap, weekly limit,
cover, age, way) is asked of `data.field.eligibility` task by task, nearest first, and remembered
until the person or what the task asks changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from data.field.eligibility import refusals
from data.field.eligibility_tasks import capacity_refusals, door_refusals, offer_of
from dispatch.nearest import MAX_NEAREST, NearestIndex, Things
from dispatch.nearest_among import metres_from
from dispatch.nearest_kernel import ALL, ANY, NONE
from dispatch.nearest_rules import Refusal, Rule, TaskState, Word, role_bits
from dispatch.rules import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from api.live_index_people import Words
    from data.field.eligibility import Offer, PersonFacts, RoleFacts
    from data.field.limits import Limits
    from data.field.task_values import TaskView
    from dispatch.nearest import Reasons
    from grid.lattice import CellIndex

STEP_MIN: Final = 1.0
"""Within a minute of travel the more urgent task comes first."""


@dataclass(slots=True)
class Taker:
    """A person who asks for tasks, as read at a moment.

    Attributes
    ----------
    minutes_per_m : float
        Their pace over great-circle metres.
    roles : int
        Bits of the roles that they may fill.
    mine : frozenset of int
        Tasks for which they signed up.
    known : dict
        Task id → (what was asked about, whether the rules allow it to this person).
    """

    facts: PersonFacts
    minutes_per_m: float
    roles: int
    mine: frozenset[int]
    read_at: datetime
    known: dict[int, tuple[Offer, bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NearTask:
    """A task that a person may take, and the way there."""

    task: TaskView
    minutes: float
    distance_m: float


@dataclass(slots=True)
class Tasks:
    """The index of open tasks, by id and number.

    Attributes
    ----------
    offers : dict
        Task id → what a person would take. It is the same object until it says another thing: that
        a place of the task was taken is no reason to ask the rules again.
    """

    words: Words
    roles: dict[str, RoleFacts]
    index: NearestIndex
    views: list[TaskView | None]
    numbers: dict[int, int]
    offers: dict[int, Offer]
    free: list[int] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        cells: CellIndex,
        tasks: Sequence[TaskView],
        words: Words,
        roles: dict[str, RoleFacts],
    ) -> Tasks:
        """Build the index; a layer's minutes are metres here, as takers differ in pace."""
        return cls(
            words,
            roles,
            NearestIndex(cells, _things(tasks, words), [1.0]),
            list(tasks),
            {one.task_id: number for number, one in enumerate(tasks)},
            {one.task_id: offer_of(one, roles[one.role]) for one in tasks},
        )

    def take(self, tasks: Sequence[TaskView], gone: Iterable[int]) -> None:
        """Take over what was read anew; `gone` are ids of tasks that are not open any more."""
        numbers = []
        for one in tasks:
            number = self.numbers.get(one.task_id)
            if number is None:
                number = self.free.pop() if self.free else len(self.views)
                if number == len(self.views):
                    self.views.append(None)
                self.numbers[one.task_id] = number
            numbers.append(number)
            self.views[number] = one
            offer = offer_of(one, self.roles[one.role])
            if self.offers.get(one.task_id) != offer:
                self.offers[one.task_id] = offer
        if numbers:
            self.index.put(numbers, _things(tasks, self.words))
        left = [self.numbers.pop(task) for task in gone if task in self.numbers]
        if left:
            self.index.drop(left)
            self.free += left
            self.offers = {task: self.offers[task] for task in self.numbers}
        self.index.settle()

    def nearest(
        self,
        taker: Taker,
        spot: tuple[float, float],
        k: int,
        limits: Limits,
        now: datetime,
        *,
        within_min: float = np.inf,
    ) -> list[NearTask]:
        """Return the first `k` tasks that a person may take: by minute, urgency, then way."""
        around = self._around_home(taker, limits)
        if around is not None:
            rows = self._in_order(around, taker, spot, within_min)
            return self._first(rows, taker, k, limits, now)
        rules, wanted = self._rules(taker), min(MAX_NEAREST, 2 * k + 8)
        excluded = [self.numbers[one] for one in taker.mine if one in self.numbers]
        pace = taker.minutes_per_m
        while True:
            near = self.index.search(
                *spot,
                rules,
                wanted,
                within_m=within_min / pace,
                step_min=STEP_MIN / pace,
                excluded=excluded,
            )
            rows = zip(near.number.tolist(), near.distance_m.tolist(), strict=True)
            found = self._first(rows, taker, k, limits, now)
            if len(found) == k or len(near) < wanted:
                return found
            if wanted == MAX_NEAREST:
                return self._scan(taker, spot, k, limits, now, within_min=within_min)
            wanted = min(MAX_NEAREST, 4 * wanted)

    def reasons(self, taker: Taker, spot: tuple[float, float], within_m: float) -> Reasons:
        """Return by which rule first tasks near a spot are left out."""
        excluded = [self.numbers[one] for one in taker.mine if one in self.numbers]
        return self.index.reasons(*spot, self._rules(taker), within_m, excluded=excluded)

    def _around_home(self, taker: Taker, limits: Limits) -> NDArray[np.int64] | None:
        """Return what lies within a volunteer's way from home; None where that is too much."""
        facts = taker.facts
        if facts.tier != Tier.VOLUNTEER or facts.home is None:
            return None
        way = limits.volunteer_travel_limit_m
        way = facts.travel_limit_m if facts.travel_limit_m is not None else way
        within = way / limits.travel_factor + 1
        near = self.index.search(*facts.home, self._rules(taker), MAX_NEAREST, within_m=within)
        return near.number if len(near) < MAX_NEAREST else None

    def _in_order(
        self,
        numbers: NDArray[np.int64],
        taker: Taker,
        spot: tuple[float, float],
        within_min: float,
    ) -> Iterator[tuple[int, float]]:
        """Give numbers and metres from a spot, in the order of the answer."""
        metres = metres_from(self.index.rows(numbers), spot)
        minutes = metres * taker.minutes_per_m
        urgency = np.array([-_urgency(self.views[number]) for number in numbers.tolist()])
        order = np.lexsort((numbers, minutes, urgency, np.ceil(minutes / STEP_MIN)))
        for at in order[minutes[order] <= within_min].tolist():
            task = self.views[int(numbers[at])]
            if task is not None and task.task_id not in taker.mine:
                yield int(numbers[at]), float(metres[at])

    def _first(
        self,
        rows: Iterable[tuple[int, float]],
        taker: Taker,
        k: int,
        limits: Limits,
        now: datetime,
    ) -> list[NearTask]:
        """Return the first `k` rows that the rules of signing up allow."""
        found: list[NearTask] = []
        for number, metres in rows:
            task = self.views[number]
            if task is not None and self._may_take(taker, task, limits, now):
                found.append(NearTask(task, metres * taker.minutes_per_m, metres))
                if len(found) == k:
                    break
        return found

    def _scan(
        self,
        taker: Taker,
        spot: tuple[float, float],
        k: int,
        limits: Limits,
        now: datetime,
        *,
        within_min: float,
    ) -> list[NearTask]:
        """Look at all tasks: where the person's own rules refuse most of the nearest ones."""
        excluded = [
            number
            for task_id, number in self.numbers.items()
            if (task := self.views[number]) is None
            or task_id in taker.mine
            or not self._may_take(taker, task, limits, now)
        ]
        pace = taker.minutes_per_m
        near = self.index.search(
            *spot,
            self._rules(taker),
            k,
            within_m=within_min / pace,
            step_min=STEP_MIN / pace,
            excluded=excluded,
        )
        return [
            NearTask(task, metres * pace, metres)
            for number, metres in zip(near.number.tolist(), near.distance_m.tolist(), strict=True)
            if (task := self.views[number]) is not None
        ]

    def _rules(self, taker: Taker) -> tuple[Rule, ...]:
        return (
            Rule(Refusal.CLOSED, Word.STATE, ALL, TaskState.OPEN),
            Rule(Refusal.HAZARDOUS, Word.STATE, NONE, TaskState.HAZARDOUS),
            Rule(Refusal.FULL, Word.STATE, NONE, TaskState.FULL),
            Rule(Refusal.ROLE, Word.ROLES, ANY, taker.roles),
        )

    def _may_take(self, taker: Taker, task: TaskView, limits: Limits, now: datetime) -> bool:
        role = self.roles[task.role]
        if door_refusals(task, now, limits) or capacity_refusals(task, role, limits):
            return False
        offer, known = self.offers.get(task.task_id), taker.known.get(task.task_id)
        if offer is None:  # gone meanwhile
            return False
        if known is not None and known[0] is offer:
            return known[1]
        passes = not refusals(taker.facts, offer, limits)
        taker.known[task.task_id] = (offer, passes)
        return passes


def _things(tasks: Sequence[TaskView], words: Words) -> Things:
    count = len(tasks)
    return Things(
        lat=np.array([one.lat for one in tasks], float),
        lng=np.array([one.lng for one in tasks], float),
        roles=np.array([role_bits([words.roles[one.role]]) for one in tasks], np.uint64),
        state=np.array([_state(one) for one in tasks], np.uint64),
        needs=np.zeros(count, np.uint64),
        limit_m=np.full(count, np.inf),
        rank=np.array([one.urgency for one in tasks], np.int64),
        layer=np.zeros(count, np.int8),
    )


def _urgency(task: TaskView | None) -> int:
    return 0 if task is None else task.urgency


def _state(task: TaskView) -> int:
    return int(TaskState.OPEN | (TaskState.FULL if task.free < 1 else 0))
