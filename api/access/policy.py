"""Deny by default: each route names its one action, or is on the short public list.

``Annotated[Access, Depends(allowed("person.read"))]`` gives a handler its access; without a session
the answer is 401, without the action 403. What lies outside the scope is the query's affair: 404.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from api.access.actor import Access, Actor
from api.access.authority import authority
from api.access.cookies import session_token
from api.access.errors import NotAllowedError, NotLoggedInError, Step, StepDueError
from api.access.forgery import require_own_origin, require_token, submitted_token
from api.dependencies import now_of, settings_of, today_of
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from api.access.live_sessions import LiveSessions

PUBLIC: Final = frozenset(
    {
        *("GET /healthz", "GET /readyz"),
        *("GET /login", "POST /login", "POST /api/v1/session"),
        *("GET /maps/static/{version}/{name}", "GET /m/manifest.webmanifest"),
        *("GET /m/sw.js", "GET /m/offline"),
        *("GET /login/sso", "GET /login/sso/back"),
        "GET /metrics",  # has a rule of its own: `api.routes.metrics`
    }
)
"""The routes that anybody may ask for. Static files are mounted at ``/static``."""
STATIC: Final = frozenset({"/static"})

# What may be done while a step is due; everything else waits for it.
_MEANWHILE: Final[dict[Step, frozenset[str]]] = {
    "code": frozenset({"session.own"}),
    "password": frozenset({"session.own", "password.own"}),
    "second_factor": frozenset({"session.own", "password.own", "second_factor.own"}),
}


class PolicyError(JinggeError):
    """A route that names no action, or several."""


async def find_actor(request: Request) -> Actor | None:
    """Return who asks; None without a valid session."""
    known: Actor | None = getattr(request.state, "actor", None)
    if known is None:
        settings = settings_of(request)
        token = session_token(request, settings.public_url)
        sessions: LiveSessions = request.app.state.live.sessions
        known = await sessions.actor(settings, token, now_of(request))
        if known is not None:
            request.state.actor = known
    return known


MaybeActorDep = Annotated[Actor | None, Depends(find_actor)]


async def require_actor(request: Request) -> Actor:
    """Return who asks.

    Raises
    ------
    NotLoggedInError
        Without a valid session.
    ForgedRequestError
        For an unsafe request from another site or without the session's token.
    """
    actor = await find_actor(request)
    if actor is None:
        raise NotLoggedInError
    require_own_origin(request, settings_of(request).public_url)
    require_token(request, await submitted_token(request), actor.csrf)
    return actor


ActorDep = Annotated[Actor, Depends(require_actor)]


def allowed(action: str) -> Callable[..., Awaitable[Access]]:
    """Return the dependency that lets through whoever has an action.

    Raises
    ------
    AuthorityError
        At once, for an action that ``authority.csv`` does not list.
    """
    authority().require(action)

    async def check(request: Request) -> Access:
        actor = await require_actor(request)
        return access_of(actor, action).dated(today_of(request))

    check.action = action  # type: ignore[attr-defined]
    return check


def access_of(actor: Actor, action: str) -> Access:
    """Return an actor's access to an action.

    Raises
    ------
    StepDueError
        Where a first password or a second factor comes first.
    NotAllowedError
        Where none of the actor's roles has it.
    """
    if actor.step is not None and action not in _MEANWHILE[actor.step]:
        raise StepDueError(actor.step)
    matrix = authority()
    roles = matrix.roles(action, actor.grants)
    if not roles:
        raise NotAllowedError(action)
    return Access(actor, action, matrix.scope(action, actor.grants, actor.person_id), roles)


def may(actor: Actor, action: str) -> bool:
    """Return whether an actor has an action somewhere: for menus, never in place of `allowed`."""
    return actor.step is None and bool(authority().roles(action, actor.grants))


def route_actions(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Yield method, path and action of every route; the action of a public one is empty.

    Raises
    ------
    PolicyError
        For a route that names no action and is not public, or names several.
    """
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            if route.path not in STATIC:
                raise PolicyError(f"Expected only static files to be mounted, got {route.path}.")
            continue
        dependant = getattr(route, "dependant", None)
        actions = set() if dependant is None else set(_actions(dependant))
        for method in sorted((route.methods or set()) - {"HEAD"}):
            name = f"{method} {route.path}"
            if name in PUBLIC and not actions:
                yield method, str(route.path), ""
            elif len(actions) == 1 and name not in PUBLIC:
                yield method, str(route.path), next(iter(actions))
            else:
                raise PolicyError(
                    f"Expected {name} to name one action, or to be public and name none, "
                    f"got {sorted(actions) or 'none'}."
                )


def require_actions(app: FastAPI) -> None:
    """Refuse an application in which a route names no action."""
    for _ in route_actions(app):
        pass


def _actions(dependant: Any) -> Iterator[str]:
    for part in dependant.dependencies:
        action = getattr(part.call, "action", None)
        if action is not None:
            yield action
        yield from _actions(part)
