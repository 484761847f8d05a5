"""``/healthz``: whether the service answers and what it holds; ``/readyz``: whether it can work."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Request, Response

from api.dependencies import ServiceDep
from api.errors import NoRosterError, problems
from api.responses import json_response
from api.schemas.plan import Health, Readiness
from data.store.condition import is_current, is_reachable

router = APIRouter(tags=["service"])


@router.get("/healthz", response_model=Health, summary="Whether the service answers")
def healthz(service: ServiceDep, request: Request) -> Response:
    """Return that the service is up, its version and that of the city it serves."""
    try:
        city = service.cities.served().city.version
    except NoRosterError:
        city = None
    body = {"status": "ok", "version": version("jingge"), "city": city}
    return json_response(body, request)


@router.get(
    "/readyz",
    response_model=Readiness,
    responses={503: {"model": Readiness, "description": "Not now."}, **problems(422)},
    summary="Whether the service can work",
)
def readyz(service: ServiceDep, request: Request) -> Response:
    """Return whether the database answers and has our schema, and jobs are looked after.

    503 where any of these fails: whoever spreads requests should send none here.
    """
    reachable = is_reachable(service.store)
    runner = getattr(request.app.state, "jobs", None)
    body = {
        "database": reachable,
        "schema": reachable and is_current(service.store),
        "jobs": runner is not None and runner.is_alive(),
    }
    response = json_response(body, request)
    response.status_code = 200 if all(body.values()) else 503
    return response
