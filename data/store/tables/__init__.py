"""The tables, one module a topic; importing this package knows them all."""

from data.store.tables import (
    accounts,
    alerts,
    audit,
    catalogue,
    checkins,
    demand,
    gifts,
    ground,
    habits,
    idempotency,
    imports,
    incidents,
    insurance,
    jobs,
    live,
    notices,
    outbox,
    people,
    planning_settings,
    points,
    positions,
    roster_edits,
    rosters,
    scenarios,
    service,
    shifts,
    tasks,
    teams,
    tips,
    training,
    turns,
)
from data.store.tables.base import Base

# In the order in which they may refer to each other.
TOPICS = (
    *(catalogue, ground, people, teams, accounts, shifts, training, insurance, habits),
    *(demand, service, scenarios, rosters, roster_edits, jobs, audit, notices, outbox, idempotency),
    *(points, gifts, tips),
    *(tasks, turns, checkins, incidents, imports),
    *(alerts, positions, live, planning_settings),
)
METADATA = Base.metadata

__all__ = ["METADATA", "TOPICS", "Base"]
