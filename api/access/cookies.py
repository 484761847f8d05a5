"""The cookie of a session: out of reach for scripts, for other sites, and for plain HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fastapi import Request, Response

PLAIN: Final = "jingge_session"
SECURE: Final = "__Host-jingge_session"
"""A browser takes this name only over HTTPS, for this host alone."""


def is_secure(request: Request, public_url: str = "") -> bool:
    """Return whether people reach the service by HTTPS."""
    scheme: str = request.scope["scheme"]
    return scheme == "https" or public_url.startswith("https://")


def session_token(request: Request, public_url: str = "") -> str:
    """Return the token that a request carries, or an empty text."""
    name = SECURE if is_secure(request, public_url) else PLAIN
    return request.cookies.get(name, "")


def set_session(response: Response, request: Request, token: str, public_url: str = "") -> None:
    """Give a browser its session; it forgets it at the latest when the session ends here."""
    secure = is_secure(request, public_url)
    response.set_cookie(
        SECURE if secure else PLAIN,
        token,
        max_age=60 * 24 * 3600,
        httponly=True,
        samesite="lax",
        secure=secure,
        path="/",
    )


def drop_session(response: Response, request: Request, public_url: str = "") -> None:
    """Have a browser forget its session."""
    secure = is_secure(request, public_url)
    response.delete_cookie(
        SECURE if secure else PLAIN, path="/", httponly=True, samesite="lax", secure=secure
    )
