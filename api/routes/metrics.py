"""``/metrics``: figures for Prometheus, for this machine or whoever has the token; else 403."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import Final

from fastapi import APIRouter, Request, Response

from api.access.errors import NotAllowedError
from api.dependencies import SettingsDep
from api.metrics import Metrics

router = APIRouter(include_in_schema=False)

# A proxy on this machine asks for others, and says so.
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@router.get("/metrics")
def get_metrics(settings: SettingsDep, request: Request) -> Response:
    """Return all figures."""
    if not _may_read(request, settings.metrics_token, settings.public_url):
        raise NotAllowedError("metrics")
    metrics: Metrics = request.app.state.metrics
    body, media_type = metrics.exposition(request.headers.get("accept", ""))
    return Response(body, media_type=media_type)


def _may_read(request: Request, token: str, public_url: str) -> bool:
    if token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    # Behind a proxy everybody comes from this machine: then the token alone counts.
    is_direct = not public_url and not any(name in request.headers for name in _FORWARDED)
    return is_direct and _is_loopback(request)


def _is_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
