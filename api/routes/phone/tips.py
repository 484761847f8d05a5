"""``/m/tips``: handing in a tip, and how far one's own tips are.

Nobody may learn from the records who handed a tip in: the audit names no account for it, and the
answer that is kept under the form's key names no tip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, File, Form, Response, UploadFile

from api.once import FormOnceDep
from api.phone import Phone, PhoneDep, go_to
from api.views.phone.reader import reader_of
from api.views.phone.tips import tip_card, tip_page
from data.store.audit import Event, append
from data.tips.errors import TipError
from data.tips.photos import MAX_BYTES, MAX_PHOTOS, prepare_photo
from data.tips.reading import categories, own_tip, own_tips, read_own_photo
from data.tips.submission import TipDraft, submit_tip

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer
    from data.tips.photos import Photo
    from grid.errors import JinggeError

router = APIRouter(prefix="/m/tips", include_in_schema=False)

_NO_PHOTOS: Final[list[UploadFile]] = []


@router.get("")
def tips(phone: PhoneDep) -> Response:
    """List the reader's own tips, newest first."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        labels = category_labels(session, phone)
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
        draft = TipDraft(category, text, lat, lng, _photos(photos), once.key)

        def work(session: Session) -> Answer:
            made = submit_tip(session, phone.keys, phone.now, phone.person, draft)
            event = Event("author", "tip.submit", "tip", made.code, {})
            append(session, phone.keys, phone.now, event)
            return go_to("/m/tips", "tip_sent")

        return once.submit(phone.store, work)
    except TipError as error:
        return _form(phone, error)


@router.get("/{code}")
def tip(phone: PhoneDep, code: str) -> Response:
    """Show one's own tip and its progress."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        found = own_tip(session, phone.keys, phone.person, code)
        labels = category_labels(session, phone)
    page = tip_page(found, reader, labels)
    return phone.render("tip.html", tab="tips", back="/m/tips", one=page)


@router.get("/{code}/photos/{position}")
def photo(phone: PhoneDep, code: str, position: int) -> Response:
    """Return a photo of one's own tip, as it is kept."""
    with phone.store.read() as session:
        content = read_own_photo(session, phone.keys, phone.person, code, position)
    return Response(content, media_type="image/jpeg")


def category_labels(session: Session, phone: Phone) -> dict[str, str]:
    """Return the label of each category of tips in the reader's language."""
    is_chinese = phone.texts.language == "zh"
    return {code: zh if is_chinese else en for code, zh, en in categories(session)}


def _form(phone: Phone, error: JinggeError | None = None) -> Response:
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        labels = category_labels(session, phone)
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


def _photos(files: list[UploadFile]) -> list[Photo]:
    """Read what was sent; one that is too large is found out by one byte more than allowed."""
    given = [file for file in files if file.filename][: MAX_PHOTOS + 1]
    return [prepare_photo(file.file.read(MAX_BYTES + 1)) for file in given]
