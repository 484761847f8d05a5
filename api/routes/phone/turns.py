"""``/m/turns``, ``/m/code``: check in and out, with or without a network; say that all is well."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query, Response
from pydantic import AwareDatetime

from api.once import FormOnceDep, Once
from api.phone import Phone, PhoneDep, go_to
from api.views.phone.duties import duty_card
from api.views.phone.reader import reader_of
from api.views.phone.turns import LEFT, turn_page, with_kept
from data.field.checkin_places import Position
from data.field.checkins import Proof, check_in, check_out, find_check_in
from data.field.duty_turns import duty_turns, roster_turn, task_turn
from data.field.errors import FieldStateError, RefusedError
from data.field.limits import limits_of
from data.field.lone import safe_until, say_safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from data.field.duty_turns import DutyTurn
    from data.store.idempotency import Answer

router = APIRouter(prefix="/m", include_in_schema=False)

Way = Literal["in", "out"]
Number = Annotated[str, Form(max_length=32, pattern=r"^(-?[0-9]+(\.[0-9]+)?)?$")]
"""A field that a script fills with a number, or leaves empty."""
At = Annotated[AwareDatetime | Literal[""], Form()]
Word = Annotated[str, Form(max_length=64)]
_DONE: Final = {"in": "checked_in", "out": "checked_out"}


@router.post("/turns/task/{task_id}/{way}")
def keep_task(
    phone: PhoneDep,
    once: FormOnceDep,
    task_id: int,
    way: Way,
    *,
    lat: Number = "",
    lng: Number = "",
    accuracy_m: Number = "",
    queued_at: At = "",
    word: Word = "",
) -> Response:
    """Check in to a task, or out of it."""
    proof = _proof(lat, lng, accuracy_m, word)
    at = queued_at or None
    return _keep(phone, once, lambda s: task_turn(s, task_id, phone.person), way, proof, at=at)


@router.post("/turns/roster/{scenario_id}/{shift}/{way}")
def keep_roster(
    phone: PhoneDep,
    once: FormOnceDep,
    scenario_id: int,
    shift: str,
    way: Way,
    *,
    lat: Number = "",
    lng: Number = "",
    accuracy_m: Number = "",
    queued_at: At = "",
    word: Word = "",
) -> Response:
    """Check in to a turn of the roster, or out of it."""

    def find(session: Session) -> DutyTurn:
        return roster_turn(session, scenario_id, phone.person, shift)

    proof = _proof(lat, lng, accuracy_m, word)
    return _keep(phone, once, find, way, proof, at=queued_at or None)


@router.post("/turns/safe")
def safe(phone: PhoneDep, once: FormOnceDep) -> Response:
    """Say that all is well; what the silence set going is called off."""

    def work(session: Session) -> Answer:
        say_safe(session, phone.person, by=phone.access.actor.key, now=phone.now)
        phone.note(session, "turn", "safe")
        return go_to("/m/shifts", "safe")

    return once.submit(phone.store, work)


@router.get("/code")
def code(
    phone: PhoneDep,
    post: Annotated[str, Query(min_length=1, max_length=200)],
    word: Annotated[str, Query(min_length=1, max_length=64)],
) -> Response:
    """Show what the code of a post, opened by the phone's camera, is good for: check in here."""
    with phone.store.read() as session:
        card = _card_at(session, phone, post)
    return phone.render("code.html", tab="shifts", back="/m/shifts", one=card, word=word)


def _proof(lat: str, lng: str, accuracy_m: str, word: str) -> Proof:
    position = None
    if lat and lng and abs(float(lat)) <= 90 and abs(float(lng)) <= 180:
        position = Position(float(lat), float(lng), float(accuracy_m or 0))
    return Proof("qr" if word else "geofence", position, word)


def _keep(
    phone: Phone,
    once: Once,
    find: Callable[[Session], DutyTurn],
    way: Way,
    proof: Proof,
    *,
    at: datetime | None,
) -> Response:
    keep = check_in if way == "in" else check_out

    def work(session: Session) -> Answer:
        turn, by, limits = find(session), phone.access.actor.key, limits_of(session)
        keep(session, phone.keys, turn, proof, limits, by=by, now=phone.now, claimed_at=at)
        phone.note(session, "turn", turn.source, way=way, means=proof.means)
        return go_to("/m/shifts", _DONE[way])

    try:
        return once.submit(phone.store, work)
    except RefusedError as error:
        words = " ".join(one.words(phone.texts.language) for one in error.refusals)
    except FieldStateError:
        words = phone.texts("phone.offer_gone")
    with phone.store.read() as session:
        card = _card_at(session, phone, find(session).post)
    told = {"kind": "bad", "text": words}
    return phone.render(
        "code.html", 409, tab="shifts", back="/m/shifts", one=card, word="", told=told
    )


def _card_at(session: Session, phone: Phone, post: str) -> dict[str, Any] | None:
    """Return the card of the reader's turn at a post; None where they have none there."""
    reader = reader_of(session, phone)
    for turn in duty_turns(session, phone.person, since=phone.now - LEFT):
        if turn.post == post:
            kept, alone = find_check_in(session, turn), safe_until(session, phone.person)
            card = {**duty_card(turn, reader), "url": turn_page(turn)}
            return with_kept(card, turn, kept, alone, reader)
    return None
