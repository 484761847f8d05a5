"""JSON under ``/api/v1``: a module a topic."""

from api.routes import ground, plan
from api.routes.v1 import (
    accounts,
    alerts,
    checkins,
    demand,
    demand_changes,
    exports,
    gifts,
    imports,
    jobs,
    live,
    nearest,
    notice_ways,
    notices,
    points,
    risk,
    rosters,
    session,
    shifts,
    signups,
    swaps,
    tasks,
    tip_cases,
    tips,
    turns,
)
from api.routes.v1.records import ROUTERS as RECORDS

ROUTERS = (
    # Before `people/{code}` and such.
    *(nearest.router, alerts.router, live.router),
    *(jobs.router, rosters.router, exports.router, imports.router, imports.templates),
    *(shifts.router, risk.router, demand_changes.router, demand.router),
    # Before `tasks/{id}/{step}`: sign-ups of a task.
    *(signups.router, tasks.router, turns.router, checkins.router, swaps.router),
    # Before `tips/{code}`: one's own tips.
    *(tips.router, tip_cases.router, points.router, gifts.router),
    *(notices.router, notice_ways.router),
    *(session.router, accounts.router),
    *RECORDS,
    *(ground.router, plan.router),
)
"""All of ``/api/v1``; of two routes that fit an address, the first one answers."""
