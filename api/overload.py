"""What comes when there is no time for it: refused at once, so that whoever is let in is answered.

A server that takes more than it can do answers nobody: each request waits behind all others until
its reader has gone. Here a number of requests may be under way; one more is told at once when to
come back (503, ``Retry-After``). While a request waits for its reader, an upload over a slow line
or a stream that a screen keeps open, it does not count.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.requests import Request

from api.errors import error_answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

RETRY_AFTER_S: Final = 2
_FREE: Final = ("/healthz", "/readyz", "/metrics")
"""What watches the service has to hear from it just then."""


class Overload:
    """ASGI middleware: 503 for what comes while too much is under way.

    Parameters
    ----------
    app : ASGIApp
    most : int
        How many requests may be under way.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on where there is room for it."""
        if scope["type"] != "http" or scope["path"] in _FREE:
            await self._app(scope, receive, send)
            return
        if self._inside >= self._most:
            detail = f"Expected at most {self._most} requests under way, got one more."
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            status = HTTPStatus.SERVICE_UNAVAILABLE
            refusal = error_answer(Request(scope), status, detail, headers=headers)
            await refusal(scope, receive, send)
            return

        async def receive_apart() -> Message:
            self._inside -= 1
            try:
                return await receive()
            finally:
                self._inside += 1

        self._inside += 1
        try:
            await self._app(scope, receive_apart, send)
        finally:
            self._inside -= 1
