"""The week's figures: what is required, what is filled, and what no roster could do better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dispatch.ceiling import filled_ceiling
from dispatch.rules import Tier

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from api.city import City


@dataclass(frozen=True, slots=True)
class Places:
    """Places of some part of the demand, and the weight of those that are filled."""

    required: int
    assigned: int
    weight_required: int
    weight_filled: int

    @property
    def unmet(self) -> int:
        """Unfilled places."""
        return self.required - self.assigned

    @property
    def weight_unmet(self) -> int:
        """Weight of the unfilled places."""
        return self.weight_required - self.weight_filled

    @property
    def share(self) -> float:
        """Share of the weight that is filled; 1 where nothing is required."""
        return self.weight_filled / self.weight_required if self.weight_required else 1.0


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """The week's figures.

    Attributes
    ----------
    total : Places
    share_ceiling : float
        Proven: no roster that keeps the rules fills a larger share of the weight.
    by_tier : dict
        Tier → places, people of the tier, people with an assignment.
    by_shift, by_station : list of Places
        In the order of ``scenario.shifts`` and ``city.stations``.
    posts : int
        Beats × shifts with demand.
    """

    total: Places
    share_ceiling: float
    by_tier: dict[Tier, tuple[Places, int, int]]
    by_shift: list[Places]
    by_station: list[Places]
    posts: int


def week_figures(city: City) -> WeekFigures:
    """Return the figures of the plan that is served."""
    lines = city.lines
    total = places_by(lines, np.zeros(len(lines), dtype=np.int32), 1)[0]
    ceiling = filled_ceiling(city.scenario, city.result.report.bound)
    station = city.beat_station[lines["beat"].to_numpy()]
    return WeekFigures(
        total=total,
        share_ceiling=ceiling / total.weight_required if total.weight_required else 1.0,
        by_tier=_by_tier(city),
        by_shift=places_by(lines, lines["shift"].to_numpy(), len(city.scenario.shifts)),
        by_station=places_by(lines, station, len(city.stations)),
        posts=len(lines[["beat", "shift"]].drop_duplicates()),
    )


def _by_tier(city: City) -> dict[Tier, tuple[Places, int, int]]:
    tiers = list(Tier)
    numbers = city.lines["tier"].map({tier.value: i for i, tier in enumerate(tiers)}).to_numpy()
    people = city.scenario.people["tier"].value_counts()
    on_roster = city.roster.groupby("tier")["person_id"].nunique()
    places = places_by(city.lines, numbers, len(tiers))
    return {
        tier: (part, int(people.get(tier.value, 0)), int(on_roster.get(tier.value, 0)))
        for tier, part in zip(tiers, places, strict=True)
    }


def places_by(lines: pd.DataFrame, group: NDArray[np.integer], num_groups: int) -> list[Places]:
    """Return the places of each group of lines; ``group`` holds a number a line."""
    columns = ("required", "assigned", "weight_required", "weight_filled")
    sums = [
        # Exact: counts and weights stay far below 2**53.
        np.bincount(group, lines[column].to_numpy(np.float64), num_groups).astype(np.int64)
        for column in columns
    ]
    return [Places(*(int(part[i]) for part in sums)) for i in range(num_groups)]


def shades(shares: list[float]) -> list[float]:
    """Return a shade for each share, 0 for the best of them to 1 for the worst."""
    best, worst = max(shares, default=1.0), min(shares, default=1.0)
    span = (best - worst) or 1.0
    return [round((best - share) / span, 3) for share in shares]
