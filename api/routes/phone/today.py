"""``/m``, ``/m/shifts``: what is next, and one's word on the turns of the roster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Form, Response

from api.once import FormOnceDep
from api.phone import Phone, PhoneDep, go_to
from api.routes.phone.alerts import open_alarms
from api.routes.phone.tasks import FEW, near_cards
from api.views.phone.duties import offer_card, shift_card, signup_card
from api.views.phone.reader import Reader, reader_of
from data.field.my_shifts import find_shift, my_shifts, reply_to_shift
from data.field.signups import signups_of_person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer

router = APIRouter(prefix="/m", include_in_schema=False)

REASONS: Final = ("ill", "family", "work", "far", "other")
NEXT: Final = 3


@router.get("")
def today(phone: PhoneDep) -> Response:
    """Show what is next, what waits for an answer, and the nearest tasks."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        cards, offers = duties(session, reader)
        near = near_cards(session, reader, FEW)
        alarms = open_alarms(session, reader)
    return phone.render(
        "today.html", tab="today", turns=cards[:NEXT], offers=offers, tasks=near, alarms=alarms
    )


@router.get("/shifts")
def shifts(phone: PhoneDep) -> Response:
    """List everything that the reader is bound to."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        cards, _ = duties(session, reader)
    return phone.render("shifts.html", tab="shifts", turns=cards, offers=[])


@router.get("/shifts/{scenario_id}/{shift}")
def turn(phone: PhoneDep, scenario_id: int, shift: str) -> Response:
    """Show one turn of the roster."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        card = shift_card(find_shift(session, scenario_id, phone.person, shift), reader)
    return phone.render(
        "turn.html", tab="shifts", back="/m/shifts", one=card, mates=[], reasons=REASONS
    )


@router.post("/shifts/{scenario_id}/{shift}/confirm")
def confirm(phone: PhoneDep, once: FormOnceDep, scenario_id: int, shift: str) -> Response:
    """Say that one will come."""
    return once.submit(phone.store, _reply(phone, scenario_id, shift, reason=None))


@router.post("/shifts/{scenario_id}/{shift}/decline")
def decline(
    phone: PhoneDep,
    once: FormOnceDep,
    scenario_id: int,
    shift: str,
    reason: Annotated[str, Form(pattern="^(ill|family|work|far|other)$")],
) -> Response:
    """Say that one cannot come, and why; repair finds somebody else."""
    return once.submit(phone.store, _reply(phone, scenario_id, shift, reason=reason))


def duties(session: Session, reader: Reader) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return cards of what a reader is bound to, by begin, and the places on offer."""
    cards = [
        shift_card(one, reader)
        for one in my_shifts(session, reader.person_id, since=reader.now)
        if one.reply != "declined"
    ]
    offers = []
    for signup, task in signups_of_person(session, reader.person_id, since=reader.now):
        if signup.state == "offered":
            offers.append(offer_card(signup, task, reader))
        elif signup.state in {"confirmed", "waiting"}:
            cards.append(signup_card(signup, task, reader))
    return sorted(cards, key=lambda card: card["starts_at"]), offers


def _reply(phone: Phone, scenario_id: int, shift: str, *, reason: str | None) -> Any:
    def work(session: Session) -> Answer:
        said = reply_to_shift(
            session,
            scenario_id,
            phone.person,
            shift,
            confirmed=reason is None,
            by=phone.access.actor.key,
            now=phone.now,
            reason=reason,
        )
        phone.note(session, "shift", shift, reply=said.reply)
        return go_to("/m/shifts", said.reply)

    return work
