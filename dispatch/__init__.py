"""People, shifts, demand and rosters: plans, checks and explains. Pure functions of values.

What a check needs is here at once; names that bring solvers or compiled loops come when asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dispatch.check import CheckReport, check
from dispatch.effort import Effort, Progress
from dispatch.on_duty import OnDuty, on_duty
from dispatch.roster import GAP_COLUMNS, PRICE_COLUMNS, ROSTER_COLUMNS, PlanResult, Report
from dispatch.rules import Costs, Rules, Tier
from dispatch.scenario import Scenario

if TYPE_CHECKING:
    from dispatch.gaps import explain_gaps, find_gaps, word_remedies
    from dispatch.greedy import greedy_roster
    from dispatch.planner import PlanError, plan
    from dispatch.repair import Repair, RepairDesk, RepairError
    from dispatch.repair_changes import Changes

__all__ = [
    "GAP_COLUMNS",
    "PRICE_COLUMNS",
    "ROSTER_COLUMNS",
    "Changes",
    "CheckReport",
    "Costs",
    "Effort",
    "OnDuty",
    "PlanError",
    "PlanResult",
    "Progress",
    "Repair",
    "RepairDesk",
    "RepairError",
    "Report",
    "Rules",
    "Scenario",
    "Tier",
    "check",
    "explain_gaps",
    "find_gaps",
    "greedy_roster",
    "on_duty",
    "plan",
    "word_remedies",
]

_LATER = {
    "Changes": "dispatch.repair_changes",
    "Repair": "dispatch.repair",
    "RepairDesk": "dispatch.repair",
    "RepairError": "dispatch.repair",
    "explain_gaps": "dispatch.gaps",
    "find_gaps": "dispatch.gaps",
    "greedy_roster": "dispatch.greedy",
    "PlanError": "dispatch.planner",
    "plan": "dispatch.planner",
    "word_remedies": "dispatch.gaps",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'dispatch' has no attribute {name!r}")
