"""The tables, one module a topic; importing this package knows them all."""

from data.store.tables import (
    accounts,
    audit,
    catalogue,
    checkins,
    demand,
    ground,
    habits,
    idempotency,
    insurance,
    jobs,
    outbox,
    people,
    rosters,
    scenarios,
    service,
    shifts,
    tasks,
    teams,
    training,
    turns,
)
from data.store.tables.base import Base

# In the order in which they may refer to each other.
TOPICS = (
    *(catalogue, ground, people, teams, accounts, shifts, training, insurance, habits),
    *(demand, service, scenarios, rosters, jobs, audit, outbox, idempotency),
    *(tasks, turns, checkins),
)
METADATA = Base.metadata

__all__ = ["METADATA", "TOPICS", "Base"]
