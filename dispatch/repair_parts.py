"""The questions that a repair asks of its independent parts, and how the answers add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from dispatch.repair_curve import add_curves
from dispatch.repair_model import PartModel
from dispatch.repair_part import part_cost, unmet_weight

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from dispatch.repair_model import Aim, Answer
    from dispatch.repair_part import Part


_T = TypeVar("_T")


def _in_order(model: PartModel) -> tuple[Answer, int] | None:
    return model.in_order()


def _trace(model: PartModel) -> tuple[dict[int, Answer], int] | None:
    """Best objective for each number of people of one part, and the bound on the fewest."""
    least = model.solve("people")
    ordered = model.in_order()
    if least is None or ordered is None:
        return None
    curve: dict[int, Answer] = {}
    for people in range(least.people, max(ordered[0].people, least.people) + 1):
        answer = model.solve("objective", most_people=people)
        if answer is not None:
            curve[people] = answer
    return curve, least.bound


@dataclass(frozen=True, slots=True)
class Target:
    """What the demand of all parts together may come to.

    Attributes
    ----------
    published : int
        Weighted unmet of the parts with which the whole is as good as published.
    tolerance : int
        How much more is accepted than the goal.
    """

    published: int
    tolerance: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan of every part, and what is proven of them together.

    Attributes
    ----------
    answers : tuple of Answer
    weight_bound : int
        No plan of the parts leaves less weight unmet.
    people_bound : int
        No plan of the parts whose demand is as good disturbs fewer.
    """

    answers: tuple[Answer, ...]
    weight_bound: int
    people_bound: int


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a trade-off curve: the best objective with at most so many people disturbed."""

    people: int
    objective: int
    bound: int
    weight: int
    answers: tuple[Answer, ...]


class ImpossibleError(Exception):
    """A part has no plan that keeps the hard rules; `part` is its number."""

    def __init__(self, part: int) -> None:
        self.part = part
        super().__init__(part)


class Parts:
    """The independent parts of a region."""

    def __init__(self, parts: Sequence[Part], threads: Executor, *, exact: bool) -> None:
        """Build the programs; `exact` says whether the lowest objective is to be proven, too."""
        self._threads, self._exact = threads, exact
        self._models = [PartModel(part) for part in parts]
        self.kept_weight = sum(unmet_weight(part, part.now) for part in parts)
        self.kept_cost = sum(part_cost(part, part.now) for part in parts)

    def fewest(self, target: Target) -> Choice:
        """Best demand within the target, then fewest people, then lowest objective.

        Raises
        ------
        ImpossibleError
            A part has no plan at all.
        """
        if len(self._models) == 1:
            return self._fewest_of_one(target)
        ordered = self._each(_in_order)
        few = [answer for answer, _ in ordered]
        weight = sum(answer.weight for answer in few)
        weight_bound = sum(bound for _, bound in ordered)
        people_bound = sum(answer.bound for answer in few) if weight == weight_bound else 0
        goal = max(target.published, weight) + target.tolerance
        if goal > weight and any(answer.people for answer in few):
            few, people_bound = self._give_back([bound for _, bound in ordered], few, goal)
        return Choice(tuple(self._polished(few)), weight_bound, people_bound)

    def _fewest_of_one(self, target: Target) -> Choice:
        model = self._models[0]
        (few, weight_bound), *_ = self._each(_in_order)
        people_bound = few.bound
        goal = max(target.published, few.weight) + target.tolerance
        if goal > few.weight and few.people:
            few = self._ask(0, "people", most_weight=goal)
            people_bound = few.bound
        elif few.weight > weight_bound:
            people_bound = 0
        return Choice((self._cheaper(model, few, goal),), weight_bound, people_bound)

    def _polished(self, few: list[Answer]) -> list[Answer]:
        """Lower the objective of each part."""
        return list(
            self._threads.map(
                lambda pair: self._cheaper(pair[0], pair[1], pair[1].weight),
                zip(self._models, few, strict=True),
            )
        )

    def _cheaper(self, model: PartModel, answer: Answer, most_weight: int) -> Answer:
        """Lower the objective with no more people; in a city, with the same people.

        Whether other people would be cheaper can take a second to prove where people and demand
        take a twentieth.
        """
        found = model.solve(
            "objective",
            most_weight=most_weight,
            most_people=answer.people,
            among=None if self._exact else answer,
        )
        return answer if found is None or found.objective > answer.objective else found

    def _each(self, ask: Callable[[PartModel], _T | None]) -> list[_T]:
        """Ask every part, side by side."""
        found = []
        for n, answer in enumerate(self._threads.map(ask, self._models)):
            if answer is None:
                raise ImpossibleError(n)
            found.append(answer)
        return found

    def _give_back(
        self, weight_bounds: list[int], few: list[Answer], goal: int
    ) -> tuple[list[Answer], int]:
        """Disturb fewer people where the demand is better than it has to be."""
        found: list[dict[int, Answer]] = []
        floors: list[dict[int, int]] = []
        for n, answer in enumerate(few):
            found.append({answer.people: answer})
            floors.append({answer.people: weight_bounds[n]})
            for people in range(answer.people - 1, -1, -1):
                less = self._models[n].solve("weight", most_people=people)
                if less is None:
                    break
                found[n][people] = less
                floors[n][people] = less.bound
        total = add_curves([{k: a.weight for k, a in curve.items()} for curve in found])
        fewest = total.fewest_with(goal)
        if fewest is None:
            return few, 0
        chosen = [
            curve[max(k for k in curve if k <= share)]
            for curve, share in zip(found, total.split(fewest), strict=True)
        ]
        return chosen, add_curves(floors).fewest_with(goal) or 0

    def curve(self) -> tuple[list[Point], int]:
        """Trade people against the objective, up to the least unmet weight.

        Returns
        -------
        points : list of Point
            One for each number of people from the fewest that the hard rules allow.
        fewest_bound : int
            No plan of the parts disturbs fewer.
        """
        traced = self._each(_trace)
        found = [curve for curve, _ in traced]
        fewest_bound = sum(bound for _, bound in traced)
        total = add_curves([{k: a.objective for k, a in curve.items()} for curve in found])
        bounds = add_curves([{k: a.bound for k, a in curve.items()} for curve in found])
        points = []
        for people in range(total.fewest, total.value.size):
            answers = tuple(
                curve[max(k for k in curve if k <= share)]
                for curve, share in zip(found, total.split(people), strict=True)
            )
            points.append(
                Point(
                    people,
                    int(total.value[people]),
                    int(bounds.value[people]),
                    sum(answer.weight for answer in answers),
                    answers,
                )
            )
        return points, fewest_bound

    def _ask(self, part: int, aim: Aim, *, most_weight: int | None = None) -> Answer:
        answer = self._models[part].solve(aim, most_weight=most_weight)
        if answer is None:
            raise ImpossibleError(part)
        return answer
