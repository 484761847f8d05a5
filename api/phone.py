"""What all phone pages are given: the token, the size of the text, and what just happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from fastapi.responses import RedirectResponse

from api.language import texts_of
from api.templating import page_language

if TYPE_CHECKING:
    from fastapi import Request
    from fastapi.responses import HTMLResponse

    from api.access.actor import Actor
    from api.templating import Templates

SIZES: Final = (18, 22, 26, 30)
"""Sizes of the text, px: a reader's choice, kept in a cookie."""
SIZE_COOKIE: Final = "jingge_text"
TOLD: Final = {
    **dict.fromkeys(("signed_up", "confirmed", "checked_in", "checked_out", "swapped"), "good"),
    **dict.fromkeys(("tip_sent", "redeemed", "saved", "accepted", "arrived", "done"), "good"),
    **dict.fromkeys(("waiting", "withdrawn", "declined", "offered", "voided", "on_the_way"), ""),
}
"""What a page may be told by ``?told=`` after a form, and its tone; the words are ours."""


def render_phone(
    templates: Templates,
    request: Request,
    actor: Actor | None,
    name: str,
    status: int = 200,
    *,
    tab: str = "",
    **values: Any,
) -> HTMLResponse:
    """Return a phone page.

    Parameters
    ----------
    actor : Actor or None
        None for pages that know nobody and may be kept.
    name : str
        Template in ``templates/phone``.
    tab : str
        Which place of the main menu it belongs to.
    """
    return templates.render(
        request,
        f"phone/{name}",
        status,
        csrf=actor.csrf if actor else "",
        tab=tab,
        text_size=text_size(request),
        new_key=lambda: uuid4().hex,
        told=_told(request),
        **values,
    )


def text_size(request: Request) -> int:
    """Return the size of the text that the reader chose, px."""
    chosen = request.cookies.get(SIZE_COOKIE, "")
    return int(chosen) if chosen in {str(size) for size in SIZES} else SIZES[0]


def go_to(address: str, told: str = "") -> RedirectResponse:
    """Return the answer to a form: the page to look at next, and what it says first."""
    return RedirectResponse(f"{address}?told={told}" if told else address, 303)


def _told(request: Request) -> dict[str, str] | None:
    word = request.query_params.get("told", "")
    if word not in TOLD:
        return None
    texts = texts_of(page_language(request)[0])
    return {"kind": TOLD[word], "text": texts.label("label.told", word)}
