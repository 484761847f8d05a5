"""Carry out what a form of the console asks for; what is refused is told on its own page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.responses import RedirectResponse

from api.access.errors import AccessError
from api.errors import status_of
from api.forms import Form, FormRefusedError, Refusal
from api.once import answer
from api.views.console.sheets import Trouble
from data.field.errors import RefusedError
from data.store.errors import StoreError
from data.store.row_versions import StaleError
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Response
    from sqlalchemy.orm import Session

    from api.console import Desk
    from api.language import Texts
    from api.once import Once
    from data.store.idempotency import Answer

SHEET = "sheet"
"""The hidden field that says which form of a page was sent."""


def carry_out(
    office: Desk,
    form: Form,
    act: Callable[[], Any],
    again: Callable[[Trouble], Response],
    *,
    back: str,
) -> Response:
    """Do what a form asks for and go on to a page; where it is refused, show the form anew.

    Parameters
    ----------
    act : callable
        Does it; an answer of `api.once.Once.submit` is given as it is.
    again : callable
        Shows the page of the form with the trouble.
    back : str
        Where to go on, such as ``/console/people/v001?done=saved``.
    """
    try:
        done = act()
    except (AccessError, KeyError):
        raise
    except JinggeError as error:
        if isinstance(error, StoreError) and not isinstance(error, StaleError):
            raise
        return again(trouble_of(error, form, office.texts))
    return done if hasattr(done, "status_code") else RedirectResponse(back, 303)


def make_once(
    office: Desk,
    form: Form,
    once: Once,
    work: Callable[[Session], str],
    again: Callable[[Trouble], Response],
) -> Response:
    """Make something by a form that may be sent twice; go on to where the work says."""

    def whole(session: Session) -> Answer:
        return answer(None, 303, location=work(session))

    return carry_out(office, form, lambda: once.submit(office.store, whole), again, back="")


def trouble_of(error: JinggeError, form: Form, texts: Texts) -> Trouble:
    """Return in words why a form is refused."""
    sheet, status = form.text(SHEET), int(status_of(error))
    if isinstance(error, FormRefusedError):
        fields = {name: field_words(one, texts) for name, one in error.refusals.items()}
        return Trouble(422, sheet, texts("forms.refused"), fields=fields, form=form)
    text = _words(error, texts)
    # Of what somebody else has changed the page shows the newest, not what was written over it.
    written = None if status == HTTPStatus.PRECONDITION_FAILED else form
    return Trouble(status, sheet, text, detail=str(error), form=written)


def _words(error: JinggeError, texts: Texts) -> str:
    """Return why something was not done: a rule's own words, the console's, or those of all."""
    if isinstance(error, RefusedError):
        return " ".join(one.words(texts.language) for one in error.refusals)
    name = type(error).__name__
    for topic in ("label.console_trouble", "label.trouble"):
        if (text := texts.label(topic, name)) != name:
            return text
    return texts("forms.not_done")


def field_words(refusal: Refusal, texts: Texts) -> str:
    """Return what is wrong with a field."""
    text = texts.label("label.field_trouble", refusal.kind)
    if text == refusal.kind:
        text = texts("forms.not_usable")
    return text.format(**{name: f"{value:,.15g}" for name, value in refusal.values.items()})
