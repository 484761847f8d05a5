"""What comes when there is no time for it: refused at once, so that whoever is let in is answered.

A server that takes more than it can do answers nobody: each request waits behind all others until
its reader has gone. Here a number of requests may be under way; one more is told at once when to
come back (503, ``Retry-After``). While a request waits for its reader, an upload over a slow line
or a stream that a screen keeps open, it does not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.refusals import Refusals

_FREE: Final = ("/healthz", "/readyz", "/metrics", "/static/", "/maps/static/")
"""What watches the service has to hear from it just then; files are in memory and cost nothing."""


def told_of(most: int) -> str:
    """Return what a program is told that comes when there is no room."""
    return f"Expected at most {most} requests under way, got one more."


class Overload:
    """ASGI middleware, the outermost: 503 for what comes while too much is under way.

    Parameters
    ----------
    app : ASGIApp
    most : int
        How many requests may be under way.
    refusals : Refusals
        What the others are told.
    """

    def __init__(self, app: ASGIApp, most: int, refusals: Refusals) -> None:
        self._app, self._most, self._refusals = app, most, refusals
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on where there is room for it."""
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        if self._inside >= self._most:
            await self._refusals.send(scope, send)
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
