"""The rules and costs of the plans to come: what the city has set, else those of its last scenario.

A scenario keeps the numbers of its time, so that a change holds for plans made after it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from data.store.row_versions import StaleError
from data.store.tables.planning_settings import PlanningSetting
from data.store.tables.scenarios import Scenario as ScenarioRow
from dispatch.rules import Costs, Rules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

_ROW = 1


@dataclass(frozen=True, slots=True)
class PlanningSettings:
    """The numbers of the hard rules and of the objective.

    Attributes
    ----------
    version : int
        Counts the changes; 0 where nobody has set any.
    changed_at, changed_by : datetime, str
        When and by whom they were set, where somebody did.
    """

    rules: Rules
    costs: Costs
    version: int = 0
    changed_at: datetime | None = None
    changed_by: str | None = None


def planning_settings(session: Session) -> PlanningSettings:
    """Return what plans are made by from now on."""
    row = session.get(PlanningSetting, _ROW)
    if row is not None:
        rules, costs = _rules(row.rules), _costs(row.costs)
        return PlanningSettings(rules, costs, row.row_version, row.changed_at, row.changed_by)
    query = select(ScenarioRow.settings).order_by(ScenarioRow.id.desc()).limit(1)
    text = session.scalar(query)
    if text is None:
        return PlanningSettings(Rules(), Costs())
    known = json.loads(text)
    return PlanningSettings(_rules(known["rules"]), _costs(known["costs"]))


def set_planning(
    session: Session, rules: Rules, costs: Costs, *, seen: int, by: str, now: datetime
) -> PlanningSettings:
    """Set what plans are made by, for whoever saw the version that stands.

    Raises
    ------
    StaleError
    """
    row = session.get(PlanningSetting, _ROW, with_for_update=True)
    if seen != (0 if row is None else row.row_version):
        raise StaleError
    if row is None:
        row = PlanningSetting(id=_ROW)
        session.add(row)
    row.rules, row.costs = asdict(rules), {**asdict(costs), "extra_shift": list(costs.extra_shift)}
    row.changed_at, row.changed_by = now, by
    session.flush()
    return planning_settings(session)


def _rules(known: Mapping[str, Any]) -> Rules:
    return Rules(**known)


def _costs(known: Mapping[str, Any]) -> Costs:
    return Costs(**{**known, "extra_shift": tuple(known["extra_shift"])})
