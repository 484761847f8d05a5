"""The ways of notices that this server has, for pages and API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.notices.errors import AddressError

if TYPE_CHECKING:
    from fastapi import Request


def ways_there_are(request: Request) -> tuple[str, ...]:
    """Return what this server sends by, beside the inbox, as its settings say."""
    state = request.app.state
    push = () if state.push_key is None else ("push",)
    personal = state.settings.personal_of_notices()
    return (*push, *(way for way in ("sms", "mail") if way in personal))


def require_mail(request: Request) -> None:
    """Refuse to take an address to which nothing could be sent.

    Raises
    ------
    AddressError
        Where this server sends no mail.
    """
    if "mail" not in ways_there_are(request):
        raise AddressError("a server that sends mail to its people")
