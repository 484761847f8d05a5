"""The web application: assembled from routes, each of which names what it takes to be let in."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.datastructures import State

from api.access.policy import require_actions
from api.access.sign_on import sign_on_of
from api.assets import Assets
from api.body_limit import BodyLimit
from api.errors import add_error_handlers, problems
from api.live_index import LiveIndex
from api.live_index_access import LiveDesk
from api.live_index_runner import AlertRunner
from api.metrics import Metrics
from api.narrowing import narrowed
from api.notice_runner import push_key
from api.overload import Overload, told_of
from api.refusals import Refusals
from api.routes import (
    account,
    docs,
    health,
    login,
    map_sheets,
    maps,
    metrics,
    pages,
    review,
    sign_on,
)
from api.routes.console import ROUTERS as CONSOLE_PAGES
from api.routes.phone import ROUTERS as PHONE_PAGES
from api.routes.v1 import ROUTERS as API_V1
from api.schemas.problem import ParameterProblem, Problem
from api.security import SecurityHeaders
from api.stopping import EndStreams, Stopping
from api.templating import Templates
from api.watching import RequestWatch

if TYPE_CHECKING:
    from api.service import Service
    from api.settings import Settings

_DESCRIPTION: Final = """
What Jingge (警格) knows of a city: its ground and people, who is where and when, what is covered
and what is short.

Log in at `/api/v1/session`; the session is a cookie. Whatever changes something needs the header
`X-CSRF-Token` with the token that the session gives. What lies outside one's jurisdiction is
answered as if it were not there (404).

Coordinates are WGS-84; GeoJSON has longitude first, parameters are named. Times carry their offset.
Lists come in pages: give `next` back as `cursor`. Errors are problems after RFC 9457.
"""
_TAGS: Final = [
    {"name": "ground", "description": "Districts, stations, beats, cells, shifts."},
    {"name": "plan", "description": "The roster, coverage, shortfalls, figures."},
    {"name": "nearest", "description": "The nearest tasks, the nearest people."},
    {"name": "tasks", "description": "Tasks that stations publish, and who signs up."},
    {"name": "turns", "description": "Turns, check-in and check-out, exchanges, stand-by."},
    {"name": "alerts", "description": "Alerts, calls and answers, positions, live changes."},
    {"name": "tips", "description": "Tips: handed in, verified by somebody else."},
    {"name": "points", "description": "Points, awards, gifts and what looks strange."},
    {"name": "notices", "description": "One's inbox, and how one wants notices."},
    {"name": "people", "description": "Files of members, and the way of a membership."},
    {"name": "access", "description": "Log in and out; accounts, their roles and places."},
    {"name": "service", "description": "Health."},
]


def create_app(service: Service, settings: Settings) -> FastAPI:
    """Return the application of a service; it closes the service when it stops.

    Parameters
    ----------
    service : Service
    settings : Settings

    Raises
    ------
    PolicyError
        Where a route neither names an action nor is on the public list.
    """
    app = FastAPI(
        title="Jingge 警格",
        version=version("jingge"),
        summary="A city's three-tier neighbourhood patrols: ground, roster, coverage.",
        description=_DESCRIPTION,
        openapi_tags=_TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        # FastAPI's own pages fetch scripts from another host; `api.routes.docs` has ours.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    assets = Assets.load()
    app.state.assets = assets
    # A request asks the routers in this order: what phones ask all day comes first.
    for page in PHONE_PAGES:
        app.include_router(narrowed(page))
    for router in API_V1:
        app.include_router(narrowed(router, "/api/v1"), prefix="/api/v1", responses=problems(500))
    app.include_router(health.router, responses=problems(500))
    app.include_router(metrics.router)
    for page in (
        *(pages.router, login.router, sign_on.router, account.router),
        *(maps.assets, maps.ground, maps.router, review.router),
        *(map_sheets.router, map_sheets.review),
        *CONSOLE_PAGES,
    ):
        app.include_router(narrowed(page))
    app.include_router(docs.description)
    if settings.docs:
        app.include_router(docs.router)
    app.mount("/static", assets, name="static")
    add_error_handlers(app)
    require_actions(app)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    bind(app, service, settings)
    return app


def bind(app: FastAPI, service: Service, settings: Settings) -> None:
    """Have an application serve a service, and no other any more.

    Routes take seconds to make and know no service; tests bind one application to many in turn.

    Parameters
    ----------
    app : FastAPI
        Of `create_app`, with settings that show the same pages.
    service : Service
    settings : Settings
    """
    state, index = State(), LiveIndex(service.store, service.clock)
    state.service = service
    state.settings = settings
    state.metrics = Metrics(service.store)
    state.stopping = Stopping()
    state.sign_on = sign_on_of(settings, service)
    state.assets = app.state.assets
    state.templates = Templates(state.assets)
    state.push_key = push_key(settings)
    state.live = LiveDesk(service.store, index, AlertRunner(service.store, index, service.clock))
    app.state = state
    app.middleware_stack = None
    app.user_middleware.clear()
    # The last is the outermost: what is too long is refused with our headers, counted and logged;
    # what is too much, before anything is done for it.
    app.add_middleware(EndStreams, stopping=state.stopping)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders, settings=settings)
    app.add_middleware(RequestWatch, metrics=state.metrics)
    most = settings.max_requests
    state.refusals = Refusals(told_of(most), state.templates, state.metrics)
    app.add_middleware(Overload, most=most, refusals=state.refusals)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return the description of the routes, with our problems instead of FastAPI's errors."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            tags=app.openapi_tags,
            license_info=app.license_info,
            routes=app.routes,
        )
        for item in document["paths"].values():
            for operation in item.values():
                if "requestBody" in operation:  # one that is no JSON, or no UTF-8
                    operation["responses"].setdefault("400", problems(400)[400])
        schemas = document["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        template = "#/components/schemas/{model}"
        schemas["Problem"] = Problem.model_json_schema(ref_template=template)
        schemas["Problem"].pop("$defs")
        schemas["ParameterProblem"] = ParameterProblem.model_json_schema()
        app.openapi_schema = document
    return app.openapi_schema
