"""The address that a post's QR code holds: a phone's own camera opens the page that checks in."""

from __future__ import annotations

from urllib.parse import quote, urlencode

PAGE = "/m/code"


def code_address(base: str, post: str, word: str) -> str:
    """Return the address of a post with its word of the moment.

    Parameters
    ----------
    base : str
        Where people reach the service.
    """
    return f"{base.rstrip('/')}{PAGE}?{urlencode({'post': post, 'word': word}, quote_via=quote)}"
