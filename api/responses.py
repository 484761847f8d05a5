"""JSON bodies: written by orjson, compressed for whoever takes it, with an entity tag if public."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING, Any, Final

import brotli
import orjson
from fastapi import Response

if TYPE_CHECKING:
    from fastapi import Request

_SMALL: Final = 1024
GEOJSON: Final = "application/geo+json"
JSON: Final = "application/json"
_OPTIONS: Final = orjson.OPT_SERIALIZE_NUMPY


def json_response(body: Any, request: Request, media_type: str = JSON) -> Response:
    """Return a body that nobody may store: it is about people or changes with the roster."""
    content, headers = _compressed(orjson.dumps(body, option=_OPTIONS), request)
    return Response(content, headers=headers, media_type=media_type)


def tagged_response(
    body: Any,
    request: Request,
    media_type: str = JSON,
) -> Response:
    """Return a body about the ground alone, which a client may keep and ask to revalidate."""
    raw = orjson.dumps(body, option=_OPTIONS)
    # Weak: the same tag whatever the encoding.
    tag = f'W/"{hashlib.blake2b(raw, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    content, encoding = _compressed(raw, request)
    return Response(content, headers={**headers, **encoding}, media_type=media_type)


def compressed_page(page: Response, request: Request) -> Response:
    """Return a large page compressed: for pages alone that repeat nothing of the request.

    A page that shows what its address says, beside a secret such as the forgery token, would tell
    that secret by its length (BREACH, Prado, Harris & Gluck 2013).
    """
    content, headers = _compressed(bytes(page.body), request)
    page.body = content
    page.headers.update({**headers, "Content-Length": str(len(content))})
    return page


def _matches(header: str, tag: str) -> bool:
    wanted = {one.strip().removeprefix("W/") for one in header.split(",")}
    return "*" in wanted or tag.removeprefix("W/") in wanted


def _compressed(raw: bytes, request: Request) -> tuple[bytes, dict[str, str]]:
    """Return the body in the best encoding that the client takes, and the headers to say so."""
    accepted = accepted_encodings(request.headers.get("accept-encoding", ""))
    vary = {"Vary": "Accept-Encoding"}
    if len(raw) >= _SMALL:
        if "br" in accepted:
            return brotli.compress(raw, quality=4), {**vary, "Content-Encoding": "br"}
        if "gzip" in accepted:
            return gzip.compress(raw, 6, mtime=0), {**vary, "Content-Encoding": "gzip"}
    return raw, vary


def accepted_encodings(header: str) -> set[str]:
    """Return the encodings that an ``Accept-Encoding`` header takes, lower case."""
    found = set()
    for part in header.split(","):
        name, _, parameter = part.partition(";")
        if parameter.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            found.add(name.strip().lower())
    return found
