"""``/m/alerts``: a call for help, answered step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Path, Response

from api.once import FormOnceDep
from api.phone import Phone, PhoneDep, go_to
from api.views.phone.alerts import WAITING, alarm_page
from api.views.phone.reader import reader_of
from data.field.alerts import alerts_of_person, find_alert
from data.field.alerts_calls import answer, call_view
from data.field.errors import FieldStateError
from data.store.scope import Scope

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.field.alerts_values import AlertView, CallView
    from data.store.idempotency import Answer
    from grid.errors import JinggeError

router = APIRouter(prefix="/m/alerts", include_in_schema=False)

_TOLD: Final = {"accept": "accepted", "decline": "declined"}


@router.get("/{alert_id}")
def alert(phone: PhoneDep, alert_id: int) -> Response:
    """Show an alert to which the reader was called."""
    return _page(phone, alert_id)


@router.post("/{alert_id}/{word}")
def post_answer(
    phone: PhoneDep,
    once: FormOnceDep,
    alert_id: int,
    word: Annotated[str, Path(pattern="^(accept|decline|on_the_way|arrived|done)$")],
) -> Response:
    """Take the reader's own call one step."""

    def work(session: Session) -> Answer:
        call = answer(session, alert_id, phone.person, word, now=phone.now)
        code = find_alert(session, alert_id).code
        phone.note(session, "alert", code, call=call.state)
        return go_to(f"/m/alerts/{alert_id}", _TOLD.get(word, word))

    try:
        return once.submit(phone.store, work)
    except FieldStateError as error:  # others came first, or it is over
        return _page(phone, alert_id, error)


def open_calls(session: Session, person_id: int) -> list[tuple[AlertView, CallView]]:
    """Read the alerts that want something of a person, each with their call."""
    found = []
    for one in alerts_of_person(session, person_id):
        call = call_view(session, one.alert_id, person_id)
        if call.state in WAITING:
            found.append((one, call))
    return found


def _page(phone: Phone, alert_id: int, error: JinggeError | None = None) -> Response:
    own = Scope(person=phone.person)
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        found = find_alert(session, alert_id, own)
        page = alarm_page(found, call_view(session, alert_id, phone.person), reader)
    return phone.render(
        "alert.html",
        200 if error is None else 409,
        tab="today",
        back="/m",
        one=page,
        told=None if error is None else phone.trouble(error),
    )
