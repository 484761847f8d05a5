"""Headers of every answer: a content-security policy with a fresh nonce, and no caching of data."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.settings import Settings

# A Folium page lives under this with 0 violations; `unsafe-inline` is for style attributes alone.
_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "style-src-attr 'unsafe-inline'; img-src 'self' data: blob:{tiles}; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: a browser then sends `Origin: null` with our own forms (Fetch standard).
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
}


_HEADERS: Final = [(name.lower().encode(), value.encode()) for name, value in _ALWAYS.items()]
_OURS: Final = frozenset({b"content-security-policy", *(name for name, _ in _HEADERS)})
_NO_STORE: Final = (b"cache-control", b"no-store")
_MARK: Final = "\0"
"""Stands for the nonce where the policy is cut in pieces; no address of tiles can hold it."""


def policy(nonce: str, tile_url: str = "") -> str:
    """Return the content-security policy of one answer."""
    return _POLICY.format(nonce=nonce, tiles=_tile_source(tile_url))


def constant_headers(policy: str) -> dict[str, str]:
    """Return the headers of an answer that is the same for everybody and runs no script."""
    return {**_ALWAYS, "Content-Security-Policy": policy, "Cache-Control": "no-store"}


def _tile_source(tile_url: str) -> str:
    """Return the origin of a tile server as one more image source; its ``{s}`` is a wildcard."""
    parts = urlsplit(tile_url)
    if not parts.netloc:
        return ""
    host = parts.netloc.replace("{s}", "*").rsplit("@", 1)[-1]
    return f" {parts.scheme}://{host}"


class SecurityHeaders:
    """ASGI middleware: gives a request its ``state.nonce`` and an answer its headers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._before, self._between, self._after = (
            part.encode() for part in policy(_MARK, settings.tile_url).split(_MARK)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with a nonce of its own."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(18)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._headers(message["headers"], nonce.encode())
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _headers(self, given: Iterable[tuple[bytes, bytes]], nonce: bytes) -> list[Any]:
        """Return an answer's headers with ours."""
        kept = [one for one in given if one[0] not in _OURS]
        whole = nonce.join((self._before, self._between, self._after))
        # A route that may be cached says so itself; everything else is data.
        more = [] if any(name == b"cache-control" for name, _ in kept) else [_NO_STORE]
        return [*kept, (b"content-security-policy", whole), *_HEADERS, *more]
