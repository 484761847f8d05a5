"""``/m/consents``: what the reader has agreed to, and how they take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Response

from api.dependencies import TodayDep
from api.errors import UnknownIdError
from api.once import FormOnceDep
from api.phone import PhoneDep, go_to
from api.views.phone.consents import consent_lines
from api.views.phone.reader import reader_of
from data.records.consents import withdraw_consent
from data.records.person_file import read_file
from data.store.scope import Scope

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy.orm import Session

    from api.phone import Phone
    from data.store.idempotency import Answer

router = APIRouter(prefix="/m", include_in_schema=False)

NumberPath = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/consents")
def consents(phone: PhoneDep) -> Response:
    """Show what the reader has agreed to."""
    lines = _lines(phone)
    return phone.render("consents.html", tab="me", back="/m/file", consents=lines)


@router.get("/consents/{number}")
def consent(phone: PhoneDep, number: NumberPath) -> Response:
    """Show what follows from withdrawing a consent, before it is."""
    return phone.render("consent.html", tab="me", back="/m/consents", consent=_line(phone, number))


@router.post("/consents/{number}/withdrawal")
def withdraw(
    phone: PhoneDep,
    once: FormOnceDep,
    number: NumberPath,
    *,
    today: TodayDep,
    sure: Annotated[bool, Form()] = False,
) -> Response:
    """Withdraw it; who is erased by that is logged out for good."""
    if not sure:
        told = {"kind": "bad", "text": phone.texts("phone.consent_unsure")}
        return phone.render(
            "consent.html",
            422,
            tab="me",
            back="/m/consents",
            consent=_line(phone, number),
            told=told,
        )

    def work(session: Session) -> Answer:
        code, own = reader_of(session, phone).code, Scope(person=phone.person)
        moved = withdraw_consent(
            session, own, code, number, by=phone.access.actor.key, now=phone.now, today=today
        )
        phone.note(session, "person", code, what="consent_withdrawn", consent=number)
        return go_to("/login") if moved.state == "left" else go_to("/m/consents", "saved")

    return once.submit(phone.store, work)


def _lines(phone: Phone) -> list[dict[str, Any]]:
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        today = reader.limits.local(phone.now).date()
        own = Scope(person=phone.person)
        file = read_file(session, own, phone.keys, reader.code, today=today)
        return consent_lines(file, reader)


def _line(phone: Phone, number: int) -> dict[str, Any]:
    for line in _lines(phone):
        if line["id"] == number and line["holds"]:
            return line
    raise UnknownIdError("consent", str(number))
