"""What is known of each request: a line in the log and a place in the figures.

A request goes by its route's template (``/api/v1/people/{code}``): its own path may name people.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

from api.logs import FIELDS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.metrics import Metrics

HEADER: Final = "x-request-id"
_HEADER: Final = HEADER.encode()
UNKNOWN: Final = "(none)"
"""The template of what no route answers."""
_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics", "/static"})
_LOG: Final = logging.getLogger("jingge.request")


class RequestWatch:
    """ASGI middleware: numbers, times, counts and logs each request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = request_number(_given(scope))
        scope.setdefault("state", {})["request_id"] = number
        begun = time.perf_counter()
        status = 0

        async def send_numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (_HEADER, number.encode())]
            await send(message)

        try:
            with self._metrics.under_way():
                await self._app(scope, receive, send_numbered)
        finally:
            seconds = time.perf_counter() - begun
            route = route_template(scope)
            self._metrics.note(scope["method"], route, status, seconds)
            _note(scope, route, status, seconds, number)


def _given(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == _HEADER:
            return str(value, "latin-1")
    return ""


def request_number(given: str) -> str:
    """Return the number of a request: the one that a proxy gave it, or a new one."""
    return given if _NUMBER.fullmatch(given) else secrets.token_hex(8)


def route_template(scope: Scope) -> str:
    """Return the template of the route that answered, or `UNKNOWN`."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    path = getattr(context, "path", None) or getattr(scope.get("route"), "path", None)
    if path is None and "endpoint" in scope:
        # What is mounted has no route of its own: it goes by where it is mounted.
        path = scope.get("root_path") or None
    return path if isinstance(path, str) else UNKNOWN


def _note(scope: Scope, route: str, status: int, seconds: float, number: str) -> None:
    actor = scope.get("state", {}).get("actor")
    fields: dict[str, Any] = {
        "request_id": number,
        "method": scope["method"],
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "account": None if actor is None else actor.account_id,
    }
    # Nobody needs to read that it was asked how the service is, as long as it is well.
    level = logging.DEBUG if route in _QUIET and 200 <= status < 400 else logging.INFO
    _LOG.log(level, "request", extra={FIELDS: fields})
