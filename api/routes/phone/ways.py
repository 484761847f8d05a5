"""``/m/settings/ways``: by which ways the reader wants notices; their own number and mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from api.notice_ways import require_mail, ways_there_are
from api.once import FormOnceDep
from api.phone import Phone, PhoneDep, go_to
from api.views.phone.reader import reader_of
from api.views.phone.ways import address_values, kind_choices
from data.notices.addresses import ask_mail, confirm_mail, forget_mail, own_addresses
from data.notices.errors import AddressError, CodeError, NoticeError, TooManyCodesError
from data.notices.ways import KINDS, keep_ways, ways_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer

router = APIRouter(prefix="/m/settings", include_in_schema=False)

_PAGE = "/m/settings/ways"
Choice = Annotated[str, Form(max_length=32, pattern="^[a-z]+:(push|sms|mail)$")]


@router.get("/ways")
def ways(phone: PhoneDep) -> Response:
    """Show by which ways the reader wants which notices, and their own addresses, masked."""
    return _page(phone)


@router.post("/ways")
def post_ways(
    phone: PhoneDep, way: Annotated[list[Choice] | None, Form(max_length=40)] = None
) -> Response:
    """Keep the reader's choice of the ways that there are; of the others it stays as it was."""
    me, there_are = phone.access.actor.account_id, set(ways_there_are(phone.request))
    chosen = {tuple(one.split(":")) for one in way or ()}

    def work(session: Session) -> None:
        found = ways_of(session, me)
        keep_ways(
            session,
            me,
            {
                kind: (found[kind] - there_are)
                | {one for one in there_are if (kind, one) in chosen}
                for kind in KINDS
            },
        )
        phone.note(session, "account", str(me), what="notice_ways")

    phone.store.submit(work)
    return RedirectResponse(f"{_PAGE}?told=saved", 303)


@router.post("/mail")
def post_mail(
    phone: PhoneDep, once: FormOnceDep, address: Annotated[str, Form(max_length=254)] = ""
) -> Response:
    """Send a code to the address that the reader gave."""
    me = phone.access.actor.account_id

    def work(session: Session) -> Answer:
        require_mail(phone.request)
        ask_mail(session, phone.keys, me, address, phone.now)
        phone.note(session, "account", str(me), what="mail_asked")
        return go_to(_PAGE, "code_sent")

    try:
        return once.submit(phone.store, work)
    except (AddressError, TooManyCodesError) as error:
        return _page(phone, error)


@router.post("/mail/code")
def post_code(phone: PhoneDep, code: Annotated[str, Form(max_length=12)] = "") -> Response:
    """Put the address in use whose code the reader entered."""
    me = phone.access.actor.account_id

    def work(session: Session) -> bool:
        is_right = confirm_mail(session, phone.keys, me, code, phone.now)
        what = "mail_confirmed" if is_right else "mail_code_wrong"
        phone.note(session, "account", str(me), what=what)
        return is_right

    if not phone.store.submit(work):
        return _page(phone, CodeError())
    return RedirectResponse(f"{_PAGE}?told=mail_confirmed", 303)


@router.post("/mail/forget")
def post_forget(phone: PhoneDep) -> Response:
    """Forget the reader's mail address."""
    me = phone.access.actor.account_id

    def work(session: Session) -> None:
        forget_mail(session, me)
        phone.note(session, "account", str(me), what="mail_forgotten")

    phone.store.submit(work)
    return RedirectResponse(f"{_PAGE}?told=mail_forgotten", 303)


def _page(phone: Phone, error: NoticeError | None = None) -> Response:
    me, there_are = phone.access.actor.account_id, ways_there_are(phone.request)
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        kinds = kind_choices(ways_of(session, me), there_are, reader)
        own = address_values(own_addresses(session, phone.keys, me, phone.now), reader)
    status = 200 if error is None else 429 if isinstance(error, TooManyCodesError) else 422
    return phone.render(
        "ways.html",
        status,
        tab="me",
        back="/m/settings",
        kinds=kinds,
        there_are=there_are,
        own=own,
        told=None if error is None else phone.trouble(error),
    )
