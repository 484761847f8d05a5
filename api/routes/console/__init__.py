"""``/console``: the pages of dispatchers, officers and auditors, one module a topic."""

from __future__ import annotations

from api.routes.console import (
    audit,
    board,
    courses,
    gifts,
    insurance,
    live,
    people,
    rosters,
    teams,
    tips,
    why,
)

ROUTERS = tuple(
    module.router
    for module in (live, rosters, board, why, people, teams, courses, insurance, audit, tips, gifts)
)
