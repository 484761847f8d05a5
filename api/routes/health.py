"""``/healthz``: whether the service answers and what it holds."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Request, Response

from api.dependencies import ServiceDep
from api.errors import NoRosterError
from api.responses import json_response
from api.schemas.plan import Health

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
