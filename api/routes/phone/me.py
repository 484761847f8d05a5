"""``/m/me``, ``/m/file``, ``/m/readers``, ``/m/settings``: one's own file, and one's choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from api.phone import SIZE_COOKIE, SIZES, Phone, PhoneDep
from api.routes.phone.notices import notice_settings
from api.views.phone.file import file_parts, me_values, reader_lines
from api.views.phone.reader import Reader, reader_of
from data.notices.inbox import count_unread
from data.points.accounts import balance_of
from data.records.audit_reading import readers_of
from data.records.catalogue import list_entries
from data.records.person_file import PersonFile, read_file
from data.store.scope import Scope

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter(prefix="/m", include_in_schema=False)

_A_YEAR_S: Final = 31_536_000


@router.get("/me")
def me(phone: PhoneDep) -> Response:
    """Show who the reader is to the bureau, and the way to everything of theirs."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        values = me_values(_file(session, phone, reader), reader)
        balance = balance_of(session, phone.person)
        unread = count_unread(session, phone.access.actor.account_id)
    return phone.render("me.html", tab="me", me=values, balance=balance, inbox=unread)


@router.get("/file")
def file(phone: PhoneDep) -> Response:
    """Show the reader's own file; the audit keeps that it was read, by themselves."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        parts = file_parts(_file(session, phone, reader), reader, _labels(session, phone))
    phone.store.submit(lambda work: phone.note(work, "person", reader.code))
    return phone.render("file.html", tab="me", back="/m/me", parts=parts)


@router.get("/readers")
def readers(phone: PhoneDep) -> Response:
    """Show who read or changed the reader's file."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        lines = reader_lines(readers_of(session, reader.code).items, reader)
    return phone.render("readers.html", tab="me", back="/m/me", readers=lines)


@router.get("/settings")
def settings(phone: PhoneDep) -> Response:
    """Show what the reader may choose."""
    with phone.store.read() as session:
        values = notice_settings(session, phone)
    return phone.render("settings.html", tab="me", back="/m/me", text_sizes=SIZES, **values)


@router.post("/settings/text")
def text(_: PhoneDep, size: Annotated[Literal["18", "22", "26", "30"], Form()]) -> Response:
    """Keep the size of the text on this phone."""
    response = RedirectResponse("/m/settings?told=saved", 303)
    response.set_cookie(
        SIZE_COOKIE, size, max_age=_A_YEAR_S, httponly=True, samesite="lax", path="/m"
    )
    return response


def _file(session: Session, phone: Phone, reader: Reader) -> PersonFile:
    own = Scope(person=phone.person)
    today = reader.limits.local(phone.now).date()
    return read_file(session, own, phone.keys, reader.code, today=today)


def _labels(session: Session, phone: Phone) -> dict[str, str]:
    name = "label_zh" if phone.texts.language == "zh" else "label_en"
    topics = ("professions", "qualifications")
    return {row["code"]: row[name] for topic in topics for row in list_entries(session, topic)}
