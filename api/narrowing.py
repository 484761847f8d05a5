"""Ask a router's routes only where one of them could be meant.

FastAPI tries the patterns of one included router after the other, several hundred for a page that
stands last. How the paths of a router begin, up to their first parameter, says at once that it is
not meant: one comparison in place of dozens of patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette._utils import get_route_path
from starlette.routing import Match, Route

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.types import Scope


def narrowed(router: APIRouter, prefix: str = "") -> APIRouter:
    """Return a router that answers at once for paths that are none of its own.

    Parameters
    ----------
    prefix : str
        What it is included with.

    Returns
    -------
    APIRouter
        The same; one with parts other than plain routes is left as it is.
    """
    routes = [route for route in router.routes if isinstance(route, Route)]
    if "matches" in vars(router) or len(routes) < len(router.routes):
        return router
    starts = tuple({prefix + route.path.partition("{")[0] for route in routes})
    of_its_routes = router.matches

    def matches(scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and not get_route_path(scope).startswith(starts):
            return Match.NONE, {}
        return of_its_routes(scope)

    router.matches = matches  # type: ignore[method-assign]
    return router
