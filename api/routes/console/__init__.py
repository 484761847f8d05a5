"""``/console``: the pages of dispatchers, officers and auditors, one module a topic."""

from __future__ import annotations

from api.routes.console import (
    accounts,
    audit,
    board,
    catalogue,
    courses,
    demand,
    demand_changes,
    duty,
    gift_sheets,
    gifts,
    imports,
    insurance,
    live,
    many_people,
    membership,
    people,
    pins,
    place,
    policies,
    rosters,
    settings,
    start,
    tasks,
    team_changes,
    teams,
    tips,
    why,
)

ROUTERS = tuple(
    module.router
    for module in (
        # `people/bulk` before `people/{code}`.
        *(
            live,
            duty,
            tasks,
            demand_changes,
            demand,
            rosters,
            board,
            pins,
            why,
            many_people,
            membership,
            people,
            # `teams/new` before `teams/{code}`.
            team_changes,
            teams,
            courses,
            insurance,
        ),
        *(start, place, policies, audit, tips, gifts, gift_sheets, imports, accounts),
        # `settings/points` before `settings/{topic}`.
        *(settings, catalogue),
    )
)
