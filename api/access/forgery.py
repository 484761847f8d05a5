"""Requests that another site made a browser send: refused by origin and by token.

An unsafe request must come from our own origin (``Origin``, and ``Sec-Fetch-Site`` where a browser
sends it) and carry the token of its session in ``X-CSRF-Token`` or in the form field ``csrf``.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from api.access.errors import ForgedRequestError

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER: Final = "x-csrf-token"
FIELD: Final = "csrf"
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


def require_own_origin(request: Request, public_url: str = "") -> None:
    """Refuse an unsafe request that did not come from one of our pages or from a program.

    Parameters
    ----------
    public_url : str
        The address at which people reach the service, where a proxy stands before it.

    Raises
    ------
    ForgedRequestError
        Naming the header that says so.
    """
    if request.method in SAFE:
        return
    site = request.headers.get("sec-fetch-site", "none")
    if site not in {"same-origin", "none"}:
        raise ForgedRequestError(f"Expected a request from our own pages, got one {site[:20]}.")
    origin = request.headers.get("origin")
    if origin is not None and not _is_own(origin, request, public_url):
        raise ForgedRequestError(f"Expected our own origin, got {origin[:80]!r}.")


def _is_own(origin: str, request: Request, public_url: str) -> bool:
    given = urlsplit(origin)
    if public_url:
        own = urlsplit(public_url)
        return (given.scheme, given.netloc) == (own.scheme, own.netloc)
    return given.scheme in {"http", "https"} and given.netloc == request.headers.get("host", "")


async def submitted_token(request: Request) -> str:
    """Return the token that an unsafe request carries, or an empty text.

    A form is read only where there is no header: the body of an API call is none of our business.
    """
    if request.method in SAFE:
        return ""
    if token := request.headers.get(HEADER, ""):
        return token
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return ""
    value = (await request.form()).get(FIELD, "")
    return value if isinstance(value, str) else ""


def require_token(request: Request, given: str, wanted: str) -> None:
    """Refuse an unsafe request without the token of its session.

    Raises
    ------
    ForgedRequestError
        Where it is missing or another.
    """
    if request.method not in SAFE and not hmac.compare_digest(given.encode(), wanted.encode()):
        raise ForgedRequestError(
            "Expected the session's token in X-CSRF-Token or the field csrf, got none or another."
        )
