"""A phone page's desk: who reads, the store, the time, and how pages and forms are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from api.access.actor import Access, Actor
from api.access.policy import allowed
from api.dependencies import now_of, service_of, templates_of
from api.errors import UnknownIdError
from api.language import Texts, texts_of
from api.once import answer, new_key
from api.templating import Templates, page_language
from data.store.audit import append
from data.store.engine import Store
from data.store.keys import Keys

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer
    from grid.errors import JinggeError

SIZES: Final = (18, 22, 26, 30)
"""Sizes of the text, px: a reader's choice, kept in a cookie."""
SIZE_COOKIE: Final = "jingge_text"
TOLD: Final = {
    **dict.fromkeys(("signed_up", "confirmed", "checked_in", "checked_out", "swapped"), "good"),
    **dict.fromkeys(("tip_sent", "redeemed", "saved", "accepted", "arrived", "done"), "good"),
    **dict.fromkeys(("safe", "swap_offered", "consent_given", "mail_confirmed"), "good"),
    **dict.fromkeys(
        ("taken_back", "refused", "consent_withdrawn", "mail_forgotten", "code_sent"), ""
    ),
    **dict.fromkeys(("waiting", "withdrawn", "declined", "offered", "voided", "on_the_way"), ""),
}
"""What a page may be told by ``?told=`` after a form, and its tone; the words are ours."""


@dataclass(frozen=True, slots=True)
class Phone:
    """All that a handler of a phone page needs; it acts for the reader and nobody else."""

    access: Access
    store: Store
    keys: Keys
    now: datetime
    templates: Templates
    request: Request

    @property
    def person(self) -> int:
        """The id of the reader's own personal record.

        Raises
        ------
        UnknownIdError
            Where the account belongs to nobody in the records, such as an administrator's.
        """
        if self.access.actor.person_id is None:
            raise UnknownIdError("personal record", self.access.actor.key)
        return self.access.actor.person_id

    @property
    def texts(self) -> Texts:
        """The texts of the reader's language."""
        return texts_of(page_language(self.request)[0])

    def render(self, name: str, status: int = 200, *, tab: str = "", **values: Any) -> HTMLResponse:
        """Return a page; see `render_phone`."""
        actor = self.access.actor
        return render_phone(self.templates, self.request, actor, name, status, tab=tab, **values)

    def render_kept(self, name: str, *, tab: str, **values: Any) -> HTMLResponse:
        """Return a page of plain values alone; see `Templates.render_kept`."""
        return self.templates.render_kept(
            self.request,
            f"phone/{name}",
            csrf=self.access.actor.csrf,
            new_key=new_key,
            tab=tab,
            text_size=text_size(self.request),
            told=_told(self.request),
            **values,
        )

    def trouble(self, error: JinggeError) -> dict[str, str]:
        """Return what a page says first of a wish that was refused."""
        word = type(error).__name__
        text = self.texts.label("label.trouble", word)
        return {"kind": "bad", "text": text if text != word else str(error)}

    def note(self, session: Session, kind: str, key: str, **detail: Any) -> None:
        """Write to the audit what the reader did, as the last step of its transaction."""
        append(session, self.keys, self.now, self.access.event(kind, key, **detail))


async def get_phone(
    request: Request, access: Annotated[Access, Depends(allowed("phone.own"))]
) -> Phone:
    """Return the desk of a request."""
    service, templates = service_of(request), templates_of(request)
    return Phone(access, service.store, service.keys, now_of(request), templates, request)


PhoneDep = Annotated[Phone, Depends(get_phone)]


def render_phone(
    templates: Templates,
    request: Request,
    actor: Actor | None,
    name: str,
    status: int = 200,
    *,
    tab: str = "",
    told: dict[str, str] | None = None,
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
    told : dict, optional
        What it says first, ``kind`` and ``text``; else what ``?told=`` names.
    """
    return templates.render(
        request,
        f"phone/{name}",
        status,
        csrf=actor.csrf if actor else "",
        tab=tab,
        text_size=text_size(request),
        new_key=new_key,
        told=told or _told(request),
        **values,
    )


def text_size(request: Request) -> int:
    """Return the size of the text that the reader chose, px."""
    chosen = request.cookies.get(SIZE_COOKIE, "")
    return int(chosen) if chosen in {str(size) for size in SIZES} else SIZES[0]


def go_to(address: str, told: str = "") -> Answer:
    """Return the answer to a form: the page to look at next, and what it says first."""
    return answer(None, 303, location=f"{address}?told={told}" if told else address)


def _told(request: Request) -> dict[str, str] | None:
    word = request.query_params.get("told", "")
    if word not in TOLD:
        return None
    texts = texts_of(page_language(request)[0])
    return {"kind": TOLD[word], "text": texts.label("label.told", word)}
