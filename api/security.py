"""Headers of every answer: a content-security policy with a fresh nonce, and no caching of data."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders

if TYPE_CHECKING:
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
        self._tile_url = settings.tile_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with a nonce of its own."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(18)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = policy(nonce, self._tile_url)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                # A route that may be cached says so itself; everything else is data.
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)
