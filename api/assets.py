"""Our own style sheet and scripts, at addresses that carry their hash and may be kept for ever."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_FOLDER: Final = Path(__file__).parent / "static"
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Assets:
    """Files by their hashed name; an ASGI application to be mounted."""

    content: dict[str, tuple[bytes, str]]
    hashed: dict[str, str]

    @classmethod
    def load(cls, folder: Path = _FOLDER) -> Assets:
        """Read the folder once."""
        content, hashed = {}, {}
        for file in sorted(folder.iterdir()):
            if file.suffix in _MEDIA_TYPES:
                body = file.read_bytes()
                digest = hashlib.blake2b(body, digest_size=6).hexdigest()
                name = f"{file.stem}.{digest}{file.suffix}"
                content[name] = (body, _MEDIA_TYPES[file.suffix])
                hashed[file.name] = name
        return cls(content, hashed)

    def url(self, name: str) -> str:
        """Return the address of a file; a KeyError if there is none."""
        return f"/static/{self.hashed[name]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file."""
        name = scope["path"].rsplit("/static/", 1)[-1]
        if scope["type"] != "http" or name not in self.content:
            raise HTTPException(404)
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        body, media_type = self.content[name]
        response = Response(body, media_type=media_type, headers={"Cache-Control": _FOR_EVER})
        await response(scope, receive, send)
