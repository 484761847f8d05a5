"""``/m/availability``, ``/m/calendar.ics``: when the reader can come, and when they have to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Form, Response
from pydantic import StringConstraints

from api.once import FormOnceDep
from api.phone import PhoneDep, go_to
from api.views.phone.availability import exception_lines, habit_days
from api.views.phone.calendar import MEDIA_TYPE, calendar_of
from api.views.phone.reader import reader_of
from data.field.duty_turns import duty_turns
from data.records.errors import RecordError
from data.records.habits import Habit, add_exception, remove_exception, set_habits
from data.records.own_habits import exceptions_of, habits_of, shift_templates
from data.store.scope import Scope

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.phone import Phone
    from data.store.idempotency import Answer

router = APIRouter(prefix="/m", include_in_schema=False)

HABIT: Final = r"^[0-6]:.{1,64}$"
Ticked = Annotated[list[Annotated[str, StringConstraints(pattern=HABIT)]], Form(max_length=200)]
_NONE: Final[list[str]] = []
_BACK: Final = timedelta(days=1)


@router.get("/availability")
def availability(phone: PhoneDep) -> Response:
    """Show when the reader usually can come, and when they are away."""
    return _page(phone)


@router.post("/availability")
def save_habits(phone: PhoneDep, once: FormOnceDep, habit: Ticked = _NONE) -> Response:
    """Keep when the reader usually can come; the next plan goes by it."""

    def work(session: Session) -> Answer:
        reader = reader_of(session, phone)
        known = {
            (one.weekday, one.template): one.dislike for one in habits_of(session, phone.person)
        }
        ticked = [(int(one[0]), one[2:]) for one in dict.fromkeys(habit)]
        wanted = [Habit(*one, dislike=known.get(one, 0)) for one in ticked]
        own = Scope(person=phone.person)
        set_habits(session, own, reader.code, wanted, version=None, now=phone.now)
        phone.note(session, "person", reader.code, what="availability")
        return go_to("/m/availability", "saved")

    return once.submit(phone.store, work)


@router.post("/availability/exceptions")
def add_days(
    phone: PhoneDep,
    once: FormOnceDep,
    starts_on: Annotated[date, Form()],
    ends_on: Annotated[date, Form()],
) -> Response:
    """Keep days, both included, on which the reader cannot come."""

    def work(session: Session) -> Answer:
        reader = reader_of(session, phone)
        add_exception(
            session,
            Scope(person=phone.person),
            reader.code,
            starts_on=starts_on,
            ends_on=ends_on,
            template=None,
            can_come=False,
            now=phone.now,
        )
        phone.note(session, "person", reader.code, what="availability")
        return go_to("/m/availability", "saved")

    try:
        return once.submit(phone.store, work)
    except RecordError:
        return _page(phone, 422, {"kind": "bad", "text": phone.texts("phone.away_refused")})


@router.post("/availability/exceptions/{number}/delete")
def remove_days(phone: PhoneDep, once: FormOnceDep, number: int) -> Response:
    """Take such days back."""

    def work(session: Session) -> Answer:
        code = reader_of(session, phone).code
        remove_exception(session, Scope(person=phone.person), code, number, now=phone.now)
        phone.note(session, "person", code, what="availability")
        return go_to("/m/availability", "saved")

    return once.submit(phone.store, work)


@router.get("/calendar.ics")
def calendar(phone: PhoneDep) -> Response:
    """Return the reader's turns for the phone's own calendar."""
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        turns = duty_turns(session, phone.person, since=phone.now - _BACK)
    headers = {"Content-Disposition": 'attachment; filename="jingge.ics"'}
    return Response(calendar_of(turns, reader), headers=headers, media_type=MEDIA_TYPE)


def _page(phone: Phone, status: int = 200, told: dict[str, Any] | None = None) -> Response:
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        templates = shift_templates(session)
        habits = habits_of(session, phone.person)
        away = exceptions_of(session, phone.person, since=reader.limits.local(phone.now).date())
    return phone.render(
        "availability.html",
        status,
        tab="shifts",
        back="/m/shifts",
        days=habit_days(habits, templates, reader),
        exceptions=exception_lines(away, reader),
        told=told,
    )
