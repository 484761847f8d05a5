"""``/m/tips``: handing in a tip, and how far one's own tips are.

Nobody may learn from the records who handed a tip in: the audit names no account for it, and what
is kept of the form's key is a keyed hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi.responses import RedirectResponse

from api.once import FormOnceDep
from api.phone import Phone, PhoneDep
from api.tip_answers import category_labels, read_photos, take_tip
from api.views.phone.reader import reader_of
from api.views.phone.tips import tip_card, tip_page
from data.tips.errors import TipError
from data.tips.reading import own_tip, own_tips, read_own_photo
from data.tips.submission import TipDraft

if TYPE_CHECKING:
    from grid.errors import JinggeError

router = APIRouter(prefix="/m/tips", include_in_schema=False)

_NO_PHOTOS: Final[list[UploadFile]] = []


@router.get("")
def tips(phone: PhoneDep) -> Response:
    """List the reader's own tips, newest first."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        labels = category_labels(session, phone.texts)
        found, _ = own_tips(session, phone.keys, phone.person)
    cards = [tip_card(one, reader, labels) for one in found]
    return phone.render("tips.html", tab="tips", tips=cards)


@router.get("/new")
def new(phone: PhoneDep) -> Response:
    """Ask what was seen, and where."""
    return _form(phone)


@router.post("")
def post_tip(
    phone: PhoneDep,
    once: FormOnceDep,
    category: Annotated[str, Form(max_length=64)],
    text: Annotated[str, Form(max_length=4000)],
    lat: Annotated[float, Form(ge=-90, le=90)],
    lng: Annotated[float, Form(ge=-180, le=180)],
    photos: Annotated[list[UploadFile], File()] = _NO_PHOTOS,
) -> Response:
    """Hand a tip in; photos lose what a camera writes beside the picture."""
    try:
        draft = TipDraft(category, text, lat, lng, read_photos(photos), once.key)
        keys, now, person = phone.keys, phone.now, phone.person
        # The tip keeps its key itself: in the table of answers it would stand beside the account.
        phone.store.submit(lambda session: take_tip(session, keys, now, person, draft))
        return RedirectResponse("/m/tips?told=tip_sent", 303)
    except TipError as error:
        return _form(phone, error)


@router.get("/{code}")
def tip(phone: PhoneDep, code: str) -> Response:
    """Show one's own tip and its progress."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        found = own_tip(session, phone.keys, phone.person, code)
        labels = category_labels(session, phone.texts)
    page = tip_page(found, reader, labels)
    return phone.render("tip.html", tab="tips", back="/m/tips", one=page)


@router.get("/{code}/photos/{position}")
def photo(phone: PhoneDep, code: str, position: int) -> Response:
    """Return a photo of one's own tip, as it is kept."""
    with phone.store.read() as session:
        content = read_own_photo(session, phone.keys, phone.person, code, position)
    return Response(content, media_type="image/jpeg")


def _form(phone: Phone, error: JinggeError | None = None) -> Response:
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        labels = category_labels(session, phone.texts)
    lat, lng = reader.place or ("", "")
    return phone.render(
        "tip_new.html",
        200 if error is None else 422,
        tab="tips",
        back="/m/tips",
        told=None if error is None else phone.trouble(error),
        categories=[
            {"code": code, "label": label}
            for code, label in sorted(labels.items(), key=lambda pair: (pair[0] == "other", pair))
        ],
        place={"lat": lat, "lng": lng},
    )
