"""Our own style sheets and scripts, at addresses that carry their hash and may be kept for ever."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import brotli
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.responses import accepted_encodings

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_FOLDER: Final = Path(__file__).parent / "static"
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_PACKED: Final = frozenset({".png"})
_ENCODERS: Final = MappingProxyType(
    {"br": brotli.compress, "gzip": partial(gzip.compress, mtime=0)}
)
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is shipped.

    Attributes
    ----------
    media_type : str
    body : bytes
    is_packed : bool
        Whether its format is compressed already.
    """

    media_type: str
    body: bytes
    is_packed: bool


@dataclass(frozen=True, slots=True)
class Assets:
    """Files by their hashed name; an ASGI application to be mounted."""

    content: dict[str, Asset]
    hashed: dict[str, str]

    @classmethod
    def load(cls, folder: Path = _FOLDER) -> Assets:
        """Read the folder and those in it once."""
        content, hashed = {}, {}
        for file in sorted(folder.rglob("*")):
            if file.suffix in _MEDIA_TYPES:
                body = file.read_bytes()
                digest = hashlib.blake2b(body, digest_size=6).hexdigest()
                path = file.relative_to(folder)
                name = path.with_name(f"{file.stem}.{digest}{file.suffix}").as_posix()
                content[name] = Asset(_MEDIA_TYPES[file.suffix], body, file.suffix in _PACKED)
                hashed[path.as_posix()] = name
        return cls(content, hashed)

    def url(self, name: str) -> str:
        """Return the address of a file such as ``vendor/htmx.min.js``; KeyError for another."""
        return f"/static/{self.hashed[name]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file."""
        name = scope.get("path", "").rsplit("/static/", 1)[-1]
        if scope["type"] != "http" or name not in self.content:
            raise HTTPException(404)
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        response = _response(self.content[name], Request(scope))
        await response(scope, receive, send)


def _response(asset: Asset, request: Request) -> Response:
    accepted = accepted_encodings(request.headers.get("accept-encoding", ""))
    encoding = next((one for one in _ENCODERS if one in accepted and not asset.is_packed), "")
    headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
    if encoding:
        headers["Content-Encoding"] = encoding
    body = _encoded(asset.body, encoding) if encoding else asset.body
    return Response(body, headers=headers, media_type=asset.media_type)


@cache
def _encoded(body: bytes, encoding: str) -> bytes:
    """Pack a file when it is first asked for: a start need not wait for all of them."""
    packed: bytes = _ENCODERS[encoding](body)
    return packed
