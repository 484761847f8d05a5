"""Rosters and what a finished plan consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from dispatch.remedies import Remedy

ROSTER_COLUMNS = ("person_id", "beat_id", "shift_id", "role")
GAP_COLUMNS = (
    *("beat_id", "shift_id", "role", "missing", "weight", "cause"),
    *("in_reach", "qualified", "insured", "available", "free", "supervised", "remedy"),
)
PRICE_COLUMNS = ("beat_id", "shift_id", "role", "price")


@dataclass(frozen=True, slots=True)
class Report:
    """What `report.json` says of a plan.

    Attributes
    ----------
    objective, bound : int
        Cost of the roster, and a proven lower bound on the cost of every roster that keeps H1-H9.
    gap : float
        ``(objective - bound) / objective``; 0 when the objective is 0.
    weighted_unmet : int
        Sum of the weights of the unfilled places; ``unmet`` counts them.
    travel_cost, fairness_cost, dislike_cost : int
        The other parts of the objective.
    violations : dict
        Rule → number of violations, from the independent checker.
    seconds : dict
        Stage → wall-clock seconds.
    """

    objective: int
    bound: int
    gap: float
    weighted_unmet: int
    unmet: int
    travel_cost: int
    fairness_cost: int
    dislike_cost: int
    assigned: int
    violations: dict[str, int]
    seconds: dict[str, float]
    seed: int
    workers: int
    scenario_sha256: str
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A checked plan: tables with the columns of `ROSTER_COLUMNS`, `GAP_COLUMNS`, `PRICE_COLUMNS`.

    ``roster`` is sorted by its columns; ``gaps`` has a row for every short demand line,
    ``prices`` one for every demand line. ``gaps`` may also have ``remedy_en``, the remedy in
    English. ``remedies``, one a row of ``gaps``, are of a fresh plan only: files hold their words
    (`dispatch.gaps.word_remedies`).
    """

    roster: pd.DataFrame
    report: Report
    gaps: pd.DataFrame
    prices: pd.DataFrame
    remedies: tuple[Remedy, ...] = ()
