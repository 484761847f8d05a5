"""``/m/exchanges``: hand a turn on, swap it, take one that somebody offers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Form, Response

from api.once import FormOnceDep, Once
from api.phone import Phone, PhoneDep, go_to
from api.views.phone.reader import Reader, reader_of
from api.views.phone.turns import exchange_card, turn_words
from data.field.errors import FieldMissingError, FieldStateError, RefusedError
from data.field.limits import limits_of
from data.field.roster_turns import turn_of
from data.field.swaps import (
    accept_exchange,
    exchanges_of,
    offer_replacement,
    offer_swap,
    open_replacements,
    refuse_exchange,
)
from data.field.swaps_partners import partners_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from data.field.swaps import ExchangeView
    from data.store.idempotency import Answer

router = APIRouter(prefix="/m", include_in_schema=False)

BACK: Final = timedelta(days=2)
"""An offer stands for a day at most."""
PARTNER: Final = r"^[0-9]{1,18}:.{1,128}$"


@router.get("/shifts/{scenario_id}/{shift}/swap")
def partners(phone: PhoneDep, scenario_id: int, shift: str) -> Response:
    """List turns for which the reader's could be swapped, without saying whose they are."""
    return _partners(phone, scenario_id, shift)


@router.post("/shifts/{scenario_id}/{shift}/swap")
def swap(
    phone: PhoneDep,
    once: FormOnceDep,
    scenario_id: int,
    shift: str,
    partner: Annotated[str, Form(pattern=PARTNER)],
) -> Response:
    """Offer the reader's turn for another's."""
    other, _, wanted = partner.partition(":")

    def work(session: Session) -> Answer:
        sides = (phone.person, shift), (int(other), wanted)
        made = offer_swap(session, *sides, scenario_id, limits_of(session), now=phone.now)
        phone.note(session, "exchange", str(made.exchange_id), way="swap")
        return go_to("/m/shifts", "swap_offered")

    try:
        return once.submit(phone.store, work)
    except RefusedError as error:
        return _partners(phone, scenario_id, shift, _words(phone, error))
    except (FieldStateError, FieldMissingError):
        return _partners(phone, scenario_id, shift, phone.texts("phone.offer_gone"))


@router.post("/shifts/{scenario_id}/{shift}/offer")
def offer(phone: PhoneDep, once: FormOnceDep, scenario_id: int, shift: str) -> Response:
    """Offer the reader's turn to whoever may take it; it stays theirs until somebody does."""

    def work(session: Session) -> Answer:
        made = offer_replacement(session, (phone.person, shift), scenario_id, now=phone.now)
        phone.note(session, "exchange", str(made.exchange_id), way="replacement")
        return go_to("/m/shifts", "offered")

    return _submit(phone, once, work)


@router.post("/exchanges/{exchange_id}/take")
def take(phone: PhoneDep, once: FormOnceDep, exchange_id: int) -> Response:
    """Say yes: take the turn, or swap."""

    def work(session: Session) -> Answer:
        by, limits = phone.access.actor.key, limits_of(session)
        made = accept_exchange(session, exchange_id, phone.person, limits, by=by, now=phone.now)
        phone.note(session, "exchange", str(exchange_id), state=made.state)
        return go_to("/m/shifts", "swapped")

    return _submit(phone, once, work)


@router.post("/exchanges/{exchange_id}/refuse")
def refuse(phone: PhoneDep, once: FormOnceDep, exchange_id: int) -> Response:
    """Say no, or take one's own offer back."""

    def work(session: Session) -> Answer:
        made = refuse_exchange(session, exchange_id, phone.person, now=phone.now)
        phone.note(session, "exchange", str(exchange_id), state=made.state)
        return go_to("/m/shifts", "taken_back" if made.state == "withdrawn" else "refused")

    return _submit(phone, once, work)


def offers_to(session: Session, reader: Reader) -> list[dict[str, Any]]:
    """Return cards of the turns that a reader is asked to take, then of those on offer to all."""
    asked = [
        one
        for one in _live(session, reader)
        if one.taker_id == reader.person_id and one.giver_id != reader.person_id
    ]
    open_to_all = open_replacements(session, reader.person_id, reader.limits, reader.now)
    return [card for one in (*asked, *open_to_all) if (card := _card(session, one, reader))]


def own_offer(session: Session, reader: Reader, scenario_id: int, shift: str) -> int | None:
    """Return the number of the exchange in which a reader's turn is on offer."""
    for one in _live(session, reader):
        mine = (one.giver_id, one.scenario_id, one.giver_shift)
        if mine == (reader.person_id, scenario_id, shift):
            return one.exchange_id
    return None


def _live(session: Session, reader: Reader) -> list[ExchangeView]:
    found = exchanges_of(session, reader.person_id, since=reader.now - BACK)
    return [one for one in found if one.state == "offered" and one.expires_at > reader.now]


def _card(session: Session, one: ExchangeView, reader: Reader) -> dict[str, Any] | None:
    """Return the card of an offer; None where a turn has changed since."""
    try:
        given = turn_of(session, one.scenario_id, one.giver_id, one.giver_shift)
        wanted = None
        if one.taker_shift is not None:
            wanted = turn_of(session, one.scenario_id, reader.person_id, one.taker_shift)
    except FieldMissingError:
        return None
    return exchange_card(one, given, wanted, reader)


def _partners(phone: Phone, scenario_id: int, shift: str, trouble: str = "") -> Response:
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        turn = turn_of(session, scenario_id, phone.person, shift)
        found = [
            {"value": f"{one.person_id}:{one.shift_code}", "label": turn_words(one, reader)}
            for one in partners_of(session, turn, reader.limits, phone.now)
        ]
        mine = turn_words(turn, reader)
    path = f"/m/shifts/{scenario_id}/{shift}"
    return phone.render(
        "swap.html",
        409 if trouble else 200,
        tab="shifts",
        back=path,
        mine=mine,
        partners=found,
        action=f"{path}/swap",
        told={"kind": "bad", "text": trouble} if trouble else None,
    )


def _submit(phone: Phone, once: Once, work: Callable[[Session], Answer]) -> Response:
    """Do a form's work; what was refused is told on a page of its own."""
    try:
        return once.submit(phone.store, work)
    except RefusedError as error:
        words = _words(phone, error)
    except FieldStateError:
        words = phone.texts("phone.offer_gone")
    told = {"kind": "bad", "text": words}
    return phone.render("refused.html", 409, tab="shifts", back="/m/shifts", told=told)


def _words(phone: Phone, error: RefusedError) -> str:
    return " ".join(one.words(phone.texts.language) for one in error.refusals)
