"""The routes of the records, in the order in which they are asked."""

from __future__ import annotations

from api.routes.v1 import membership, people

ROUTERS = (people.router, membership.router)
