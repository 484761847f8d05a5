"""``/m/consents``: what the reader agreed to, how they agree, and how they take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Response

from api.dependencies import TodayDep
from api.errors import UnknownIdError
from api.once import FormOnceDep
from api.phone import PhoneDep, go_to
from api.views.phone.consents import asked_card, consent_card
from api.views.phone.reader import Reader, reader_of
from data.records.consents import give_consent, standings, withdraw_consent
from data.records.errors import StepError
from data.store.scope import Scope

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.phone import Phone
    from data.records.consents import Standing
    from data.store.idempotency import Answer

router = APIRouter(prefix="/m", include_in_schema=False)

NumberPath = Annotated[int, Path(ge=1, lt=2**63)]
PurposePath = Annotated[str, Path(pattern=r"^[a-z_]{1,64}$")]


@router.get("/consents")
def consents(phone: PhoneDep) -> Response:
    """Show what the reader is asked for, and how they stand to it."""
    reader, found = _read(phone)
    cards = [consent_card(one, reader) for one in found]
    return phone.render("consents.html", tab="me", back="/m/file", consents=cards)


@router.get("/consents/{number}")
def consent(phone: PhoneDep, number: NumberPath) -> Response:
    """Show what follows from withdrawing a consent, before it is."""
    return _withdrawal(phone, number)


@router.get("/consents/{purpose}/giving")
def giving(phone: PhoneDep, purpose: PurposePath) -> Response:
    """Show the wording that the reader may agree to, whole, with one button."""
    return _giving(phone, purpose)


@router.post("/consents/{purpose}/giving")
def give(
    phone: PhoneDep,
    once: FormOnceDep,
    purpose: PurposePath,
    wording: Annotated[str, Form(min_length=1, max_length=64)],
) -> Response:
    """Keep that the reader agrees to the wording that they read."""

    def work(session: Session) -> Answer:
        code, own = reader_of(session, phone).code, Scope(person=phone.person)
        given = give_consent(
            session, own, code, purpose, wording, by=phone.access.actor.key, now=phone.now
        )
        phone.note(session, "person", code, what="consent_given", consent=given.id)
        return go_to("/m/consents", "consent_given")

    try:
        return once.submit(phone.store, work)
    except StepError:  # another wording by now, or agreed to already: the page says which
        return _giving(phone, purpose, 409)


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
        return _withdrawal(phone, number, 422)

    def work(session: Session) -> Answer:
        code, own = reader_of(session, phone).code, Scope(person=phone.person)
        moved = withdraw_consent(
            session, own, code, number, by=phone.access.actor.key, now=phone.now, today=today
        )
        phone.note(session, "person", code, what="consent_withdrawn", consent=number)
        if moved.state == "left":
            return go_to("/login")
        return go_to("/m/consents", "consent_withdrawn")

    return once.submit(phone.store, work)


def _withdrawal(phone: Phone, number: int, status: int = 200) -> Response:
    reader, found = _read(phone)
    for one in found:
        if one.holds is not None and one.holds.id == number:
            told = None
            if status != 200:
                told = {"kind": "bad", "text": phone.texts("phone.consent_unsure")}
            card = consent_card(one, reader)
            return phone.render(
                "consent.html", status, tab="me", back="/m/consents", consent=card, told=told
            )
    raise UnknownIdError("consent", str(number))


def _giving(phone: Phone, purpose: str, status: int = 200) -> Response:
    reader, found = _read(phone)
    for one in found:
        if one.purpose == purpose and one.asked is not None:
            told = None
            if status != 200:
                word = "consents.reread" if one.may_give else "consents.given_already"
                told = {"kind": "bad", "text": phone.texts(word)}
            card = {**asked_card(one, reader), "may_give": one.may_give}
            return phone.render(
                "consent_giving.html", status, tab="me", back="/m/consents", one=card, told=told
            )
    raise UnknownIdError("consent", purpose)


def _read(phone: Phone) -> tuple[Reader, list[Standing]]:
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        return reader, standings(session, Scope(person=phone.person), reader.code)
