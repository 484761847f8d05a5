"""``/m``: the pages for phones, one module a topic; forms answer with the page to look at next."""

from __future__ import annotations

from api.routes.phone import alerts, me, notices, points, shell, tasks, tips, today

ROUTERS = tuple(
    module.router for module in (shell, today, alerts, tasks, tips, points, notices, me)
)
