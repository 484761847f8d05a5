"""Rules and costs of a planning problem, and the three tiers of people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from grid.errors import ScenarioError


class Tier(StrEnum):
    """The three tiers of people: 民警, 辅警, 义警."""

    OFFICER = "officer"
    AUXILIARY = "auxiliary"
    VOLUNTEER = "volunteer"


@dataclass(frozen=True, slots=True)
class Rules:
    """Numbers behind the hard rules H1-H9."""

    min_rest_hours: float = 8
    volunteers_per_supervisor: int = 8
    min_volunteers_per_post: int = 2
    travel_factor: float = 1.3
    volunteer_travel_limit_m: float = 3000

    def __post_init__(self) -> None:
        for name, low in (
            ("min_rest_hours", 0),
            ("volunteers_per_supervisor", 0),
            ("min_volunteers_per_post", 0),
            ("travel_factor", 0),
            ("volunteer_travel_limit_m", 0),
        ):
            value = getattr(self, name)
            if not low <= value < float("inf"):
                raise ScenarioError(f"Expected {name} >= {low}, got {value!r}.")


@dataclass(frozen=True, slots=True)
class Costs:
    """Integer weights of the objective.

    Attributes
    ----------
    unmet : int
        Cost of one unfilled place of weight 1.
    travel_per_100m : int
        Cost of each 100 m (rounded half up) between a person and the beat.
    extra_shift : tuple of int
        Cost of a person's first, second, third … shift; the last repeats; non-decreasing.
    """

    unmet: int = 10_000
    travel_per_100m: int = 1
    extra_shift: tuple[int, ...] = (0, 20, 60, 120, 200)

    def __post_init__(self) -> None:
        if self.unmet < 0 or self.travel_per_100m < 0:
            raise ScenarioError(
                f"Expected costs >= 0, got unmet={self.unmet}, "
                f"travel_per_100m={self.travel_per_100m}."
            )
        steps = self.extra_shift
        if not steps or steps[0] < 0 or any(b < a for a, b in pairwise(steps)):
            raise ScenarioError(
                f"Expected extra_shift to be non-decreasing integers >= 0, got {list(steps)}."
            )
