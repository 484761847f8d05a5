"""``/console``: the pages of dispatchers, officers and auditors, one module a topic."""

from __future__ import annotations

from api.routes.console import audit, board, live, people, rosters, why

ROUTERS = tuple(module.router for module in (live, rosters, board, why, people, audit))
