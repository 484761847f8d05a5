"""How much somebody may send: refused by its length before it is read, or once it is too much.

Starlette has such a middleware; it answers with plain text, outside the headers of our answers.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from api.errors import problem_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MIB: Final = 1 << 20
USUAL: Final = MIB
FILES: Final[Mapping[str, int]] = {
    "/api/v1/imports": 33 * MIB,  # a table of 32 MiB
    "/api/v1/tips": 42 * MIB,  # four photographs of 10 MiB
    "/m/tips": 42 * MIB,
}
"""Paths that take files. Each has limits of its own besides."""


class BodyLimit:
    """ASGI middleware: 413 for what is longer than the limit of its path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on unless it says that it is too long, and count what it sends."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = limit_of(scope["path"])
        detail = f"Expected a body of at most {limit} bytes, got a longer one."
        if _length(scope) > limit:
            # Unread, the rest would be taken for the next request.
            headers = {"Connection": "close"}
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            await problem_response(status, detail, headers=headers)(scope, receive, send)
            return
        total = 0

        async def receive_counted() -> Message:
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            if total > limit:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
            return message

        await self._app(scope, receive_counted, send)


def limit_of(path: str) -> int:
    """Return how many bytes may be sent to a path."""
    return FILES.get(path.rstrip("/"), USUAL)


def _length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
