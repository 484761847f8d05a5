"""``/m``: the pages for phones, one module a topic; forms answer with the page to look at next."""

from __future__ import annotations

from api.routes.phone import (
    alerts,
    availability,
    consents,
    exchanges,
    me,
    notices,
    points,
    shell,
    task_map,
    tasks,
    tips,
    today,
    turns,
    ways,
)

ROUTERS = tuple(
    module.router
    # The map of tasks before one task, whose number is a part of its address.
    for module in (
        *(today, shell, alerts, task_map, tasks, turns, exchanges),
        *(availability, tips, points, notices, ways, me, consents),
    )
)
