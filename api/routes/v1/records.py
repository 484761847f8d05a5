"""The routes of the records, in the order in which they are asked."""

from __future__ import annotations

from api.routes.v1 import (
    audit,
    availability,
    catalogue,
    consents,
    courses,
    insurance,
    me,
    membership,
    people,
    settings,
    teams,
)

ROUTERS = (
    *(people.router, membership.router, availability.router, teams.router, courses.router),
    *(insurance.router, catalogue.router, settings.router, audit.router),
    *(me.router, consents.router),
)
