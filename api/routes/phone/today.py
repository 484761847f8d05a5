"""``/m``, ``/m/shifts``: what is next, and one's word on the turns of the roster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Form, Response
from starlette.concurrency import run_in_threadpool

from api.kept_days import Day
from api.once import FormOnceDep
from api.phone import Phone, PhoneDep, go_to
from api.routes.phone.alerts import open_calls
from api.routes.phone.exchanges import offers_to, own_offer
from api.routes.phone.tasks import FEW, near_tasks, tasks_at_hand
from api.views.phone.alerts import alarm_card
from api.views.phone.duties import offer_card, shift_card, signup_card
from api.views.phone.reader import Reader, reader_at, reader_known, reader_of
from api.views.phone.tasks import task_card
from api.views.phone.turns import LEFT, with_kept
from data.field.checkins import check_ins_of, find_check_in
from data.field.duty_turns import of_roster, of_task
from data.field.eligibility_facts import code_and_home
from data.field.errors import FieldMissingError
from data.field.lone import safe_until
from data.field.my_shifts import UNSAID, find_shift, my_shifts, reply_to_shift
from data.field.positions import COMING, agrees_to_positions
from data.field.signups import signups_of_person
from data.field.swaps_partners import mates_of
from data.store.tables.tasks import LIVE_SIGNUPS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.live_index_access import LiveDesk
    from api.views.phone.tasks import FarTask
    from data.field.checkins import CheckInView
    from data.field.duty_turns import DutyTurn
    from data.store.idempotency import Answer

router = APIRouter(prefix="/m", include_in_schema=False)

REASONS: Final = ("ill", "family", "work", "far", "other")
NEXT: Final = 3


@router.get("")
async def today(phone: PhoneDep) -> Response:
    """Show what is next, what waits for an answer, and the nearest tasks."""
    desk: LiveDesk = phone.request.app.state.live
    day = desk.days.at_hand(phone.person, phone.now)
    if day is not None:
        reader = reader_at(phone, desk.index.live().limits, day.code, day.home)
        near = tasks_at_hand(phone, reader, FEW, _signed(day))
        if near is not None:
            return _today(phone, reader, day, near)
    return await run_in_threadpool(_read_today, phone)


def _read_today(phone: Phone) -> Response:
    """Return the page of today where not all of it is in memory."""
    desk: LiveDesk = phone.request.app.state.live
    person, now = phone.person, phone.now
    with phone.store.read() as session:
        day = desk.days.day(session, person, now, lambda s: read_day(s, person, now))
        reader = reader_known(session, phone, day.code, day.home)
        near = near_tasks(phone, session, reader, FEW, _signed(day))
    return _today(phone, reader, day, near)


def _today(phone: Phone, reader: Reader, day: Day, near: list[FarTask]) -> Response:
    cards, offers = duties(reader, day)
    return phone.render_kept(
        "today.html",
        tab="today",
        turns=cards[:NEXT],
        offers=offers,
        tasks=[task_card(*one, reader) for one in near],
        alarms=[alarm_card(alert, call, reader) for alert, call in day.alerts],
        tells=telling(day),
    )


def _signed(day: Day) -> frozenset[int]:
    """Return the tasks for which somebody has signed up."""
    return frozenset(one.task_id for one, _ in day.signed if one.state in LIVE_SIGNUPS)


def telling(day: Day) -> str:
    """Return whether the phone of somebody on duty tells where it is ("yes"), or asks ("ask").

    On duty is who has checked in, or is on the way to an alert; for others it is empty.
    """
    is_in = any(kept.state == "in" for kept in day.kept.values())
    if not (is_in or any(call.state in COMING for _, call in day.alerts)):
        return ""
    return "yes" if day.agrees else "ask"


@router.get("/shifts")
def shifts(phone: PhoneDep) -> Response:
    """List everything that the reader is bound to."""
    person, now = phone.person, phone.now
    with phone.store.read() as session:
        day = read_day(session, person, now)
        reader = reader_known(session, phone, day.code, day.home)
        cards, _ = duties(reader, day)
        offers = offers_to(session, reader)
    return phone.render("shifts.html", tab="shifts", turns=cards, offers=offers)


@router.get("/shifts/{scenario_id}/{shift}")
def turn(phone: PhoneDep, scenario_id: int, shift: str) -> Response:
    """Show one turn of the roster; to whom it does not belong (any more), where theirs are."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        try:
            found = find_shift(session, scenario_id, phone.person, shift)
        except FieldMissingError:
            return phone.render("turn_gone.html", 404, tab="shifts", back="/m/shifts")
        card = shift_card(found, reader)
        duty = of_roster(found.turn, phone.person)
        kept, alone = find_check_in(session, duty), safe_until(session, phone.person)
        card = kept_card(card, duty, kept, alone, reader) or card
        card["offered"] = own_offer(session, reader, scenario_id, shift)
        mates = mates_of(session, found.turn)
    return phone.render(
        "turn.html", tab="shifts", back="/m/shifts", one=card, mates=mates, reasons=REASONS
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
    reason: Annotated[str, Form(pattern="^(ill|family|work|far|other|unsaid)$")] = UNSAID,
) -> Response:
    """Say that one cannot come; why may be said with it, or after; repair finds somebody else."""
    return once.submit(phone.store, _reply(phone, scenario_id, shift, reason=reason))


def read_day(session: Session, person_id: int, now: datetime) -> Day:
    """Read what a person is bound to; a turn that is over stays until it was checked out of."""
    code, home = code_and_home(session, person_id)
    signed = signups_of_person(session, person_id, since=now - LEFT)
    shifts = my_shifts(session, person_id, since=now - LEFT)
    turns = [of_roster(one.turn, person_id) for one in shifts]
    turns += [
        of_task(task, signup.signup_id, person_id, code)
        for signup, task in signed
        if signup.state == "confirmed"
    ]
    return Day(
        code=code,
        home=home,
        signed=signed,
        shifts=shifts,
        kept=check_ins_of(session, [turn.source for turn in turns]),
        alerts=open_calls(session, person_id),
        safe_until=safe_until(session, person_id),
        agrees=agrees_to_positions(session, person_id),
        read_at=now,
    )


def duties(reader: Reader, day: Day) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return cards of what a reader is bound to, by begin, and the places on offer.

    A turn that is over stays as long as it was not checked out of.
    """
    cards, offers, turns = [], [], []
    for shift in day.shifts:
        if shift.reply != "declined":
            turn = of_roster(shift.turn, reader.person_id)
            turns.append((shift_card(shift, reader), turn))
    for signup, task in day.signed:
        if signup.state == "confirmed":
            turn = of_task(task, signup.signup_id, reader.person_id, reader.code)
            turns.append((signup_card(signup, task, reader), turn))
        elif task.ends_at <= reader.now:
            continue
        elif signup.state == "offered":
            offers.append(offer_card(signup, task, reader))
        elif signup.state == "waiting":
            cards.append(signup_card(signup, task, reader))
    known = (
        kept_card(card, turn, day.kept.get(turn.source), day.safe_until, reader)
        for card, turn in turns
    )
    found = [*cards, *(card for card in known if card is not None)]
    return sorted(found, key=lambda card: card["starts_at"]), offers


def kept_card(
    card: dict[str, Any],
    turn: DutyTurn,
    kept: CheckInView | None,
    alone: datetime | None,
    reader: Reader,
) -> dict[str, Any] | None:
    """Return a turn's card as it is kept; None for one that is over and done with.

    Parameters
    ----------
    alone : datetime or None
        Until when the reader, being alone, has to say that all is well.
    """
    if turn.ends_at <= reader.now and (kept is None or kept.state != "in"):
        return None
    return with_kept(card, turn, kept, alone, reader)


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
        # Whoever said no by one tap may say why on the page that follows, or take it back.
        page = f"/m/shifts/{scenario_id}/{shift}" if reason == UNSAID else "/m/shifts"
        return go_to(page, said.reply)

    return work
