"""The questions that a repair asks of its independent parts, and how the answers add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.repair_curve import add_curves
from dispatch.repair_model import PartModel
from dispatch.repair_part import part_cost, unmet_weight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatch.repair_model import Aim, Answer
    from dispatch.repair_part import Part


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

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
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
        best = [self._ask(n, "weight") for n in range(len(self._models))]
        weight = sum(answer.weight for answer in best)
        weight_bound = sum(answer.bound for answer in best)
        goal = max(target.published, weight) + target.tolerance
        if len(best) == 1:
            limits = [goal]
            few = [self._ask(0, "people", most_weight=goal)]
            people_bound = few[0].bound
        else:
            few = [
                self._ask(n, "people", most_weight=answer.weight) for n, answer in enumerate(best)
            ]
            limits = [answer.weight for answer in few]
            people_bound = sum(answer.bound for answer in few) if weight == weight_bound else 0
            if goal > weight:
                few, people_bound = self._give_back(best, few, goal)
                limits = [answer.weight for answer in few]
        answers = [
            self._models[n].solve("objective", most_weight=limit, most_people=answer.people)
            or answer
            for n, (answer, limit) in enumerate(zip(few, limits, strict=True))
        ]
        return Choice(tuple(answers), weight_bound, people_bound)

    def _give_back(
        self, best: list[Answer], few: list[Answer], goal: int
    ) -> tuple[list[Answer], int]:
        """Disturb fewer people where the demand is better than it has to be."""
        found: list[dict[int, Answer]] = []
        floors: list[dict[int, int]] = []
        for n, answer in enumerate(few):
            found.append({answer.people: answer})
            floors.append({answer.people: best[n].bound})
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
        found: list[dict[int, Answer]] = []
        fewest_bound = 0
        for n, model in enumerate(self._models):
            least = self._ask(n, "people")
            fewest_bound += least.bound
            best = self._ask(n, "weight")
            most = self._ask(n, "people", most_weight=best.weight).people
            found.append({})
            for people in range(least.people, max(most, least.people) + 1):
                answer = model.solve("objective", most_people=people)
                if answer is not None:
                    found[n][people] = answer
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
