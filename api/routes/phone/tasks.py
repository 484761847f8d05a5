"""``/m/tasks``: the tasks near the reader, one task, and signing up in one tap."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from api.errors import UnknownIdError
from api.once import FormOnceDep, Once
from api.phone import Phone, PhoneDep, go_to
from api.views.phone.duties import signup_card
from api.views.phone.reader import Reader, reader_of
from api.views.phone.tasks import (
    FarTask,
    minutes_on_foot,
    minutes_to,
    nearest_first,
    task_card,
    with_minutes,
)
from api.views.phone.turns import LEFT, with_kept
from data.field.checkins import find_check_in
from data.field.duty_turns import of_task
from data.field.eligibility_tasks import tasks_for, why_not
from data.field.errors import RefusedError
from data.field.limits import limits_of
from data.field.live_ground import live_signups
from data.field.lone import safe_until
from data.field.signups import confirm_offer, sign_up, signups_of_person, withdraw
from data.field.tasks import find_task
from data.store.tables.tasks import LIVE_SIGNUPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from api.live_index_access import LiveDesk
    from api.live_index_tasks import Taker
    from data.field.signups import SignupView
    from data.field.task_values import TaskView
    from data.store.idempotency import Answer

router = APIRouter(prefix="/m/tasks", include_in_schema=False)

AHEAD: Final = timedelta(days=14)
FEW: Final = 3
MANY: Final = 60
_READ: Final = 500
_WAITABLE: Final = frozenset({"full", "already"})

Lat = Annotated[float | None, Query(ge=-90, le=90)]
Lng = Annotated[float | None, Query(ge=-180, le=180)]


@router.get("")
def tasks(phone: PhoneDep) -> Response:
    """List the tasks that the reader may take, the nearest first."""
    with phone.store.read() as session:
        cards = near_cards(phone, session, reader_of(session, phone), MANY)
    return phone.render("tasks.html", tab="tasks", view="list", tasks=cards)


@router.get("/part")
def part(phone: PhoneDep, *, lat: Lat = None, lng: Lng = None, few: bool = False) -> Response:
    """Return the list alone, for where the phone is."""
    here = None if lat is None or lng is None else (lat, lng)
    with phone.store.read() as session:
        reader = reader_of(session, phone, here)
        cards = near_cards(phone, session, reader, FEW if few else MANY)
    return phone.render("task_list.html", tasks=cards)


@router.get("/{task_id}")
def task(phone: PhoneDep, task_id: int) -> Response:
    """Show one task, how the reader stands to it, and every rule that says no."""
    return _page(phone, task_id)


@router.post("/{task_id}/signup")
def post_signup(phone: PhoneDep, once: FormOnceDep, task_id: int) -> Response:
    """Sign the reader up, or put them on the waiting list where all places are taken."""

    def work(session: Session) -> Answer:
        by, limits = phone.access.actor.key, limits_of(session)
        made = sign_up(session, task_id, phone.person, limits, by=by, now=phone.now, wait=True)
        phone.note(session, "task", made.task_code, signup=made.state)
        return go_to(f"/m/tasks/{task_id}", "waiting" if made.state == "waiting" else "signed_up")

    return _submit(phone, once, task_id, work)


@router.post("/{task_id}/confirm")
def post_confirm(phone: PhoneDep, once: FormOnceDep, task_id: int) -> Response:
    """Take the place that came free."""

    def work(session: Session) -> Answer:
        limits = limits_of(session)
        made = confirm_offer(session, task_id, phone.person, limits, now=phone.now)
        phone.note(session, "task", made.task_code, signup=made.state)
        return go_to(f"/m/tasks/{task_id}", "signed_up")

    return _submit(phone, once, task_id, work)


@router.post("/{task_id}/withdraw")
def post_withdraw(phone: PhoneDep, once: FormOnceDep, task_id: int) -> Response:
    """Give the place back; the next one in line is asked."""

    def work(session: Session) -> Answer:
        made = withdraw(session, task_id, phone.person, limits_of(session), now=phone.now)
        phone.note(session, "task", made.task_code, signup=made.state)
        return go_to(f"/m/tasks/{task_id}", "withdrawn")

    return _submit(phone, once, task_id, work)


def near_cards(phone: Phone, session: Session, reader: Reader, limit: int) -> list[dict[str, Any]]:
    """Return cards of the tasks that a reader may take, the nearest first; see `near_tasks`."""
    return [task_card(*one, reader) for one in near_tasks(phone, session, reader, limit)]


def near_tasks(
    phone: Phone,
    session: Session,
    reader: Reader,
    limit: int,
    mine: frozenset[int] | None = None,
) -> list[FarTask]:
    """Return the tasks that a reader may take, the nearest first.

    From the index in memory where a thread keeps it up to date, as ``/api/v1/tasks/nearest``: it
    knows a change a second later, but what the reader has signed up for is left out at once:
    ``mine``, read here where it is not given.
    """
    desk: LiveDesk = phone.request.app.state.live
    if desk.index.is_running and reader.place is not None:
        mine = live_signups(session, reader.person_id) if mine is None else mine
        taker = desk.index.taker(reader.person_id) or desk.index.read_taker(reader.person_id)
        return _from_memory(desk, taker, reader, limit, mine)
    end = reader.now + AHEAD
    found = tasks_for(
        session, reader.person_id, reader.limits, now=reader.now, end=end, limit=_READ
    )
    return nearest_first(with_minutes(found, reader))[:limit]


def tasks_at_hand(
    phone: Phone, reader: Reader, limit: int, mine: frozenset[int]
) -> list[FarTask] | None:
    """Return as `near_tasks`, or None where a database has to be asked."""
    desk: LiveDesk = phone.request.app.state.live
    taker = desk.index.taker(reader.person_id)
    if reader.place is None or taker is None:
        return None
    return _from_memory(desk, taker, reader, limit, mine)


def _from_memory(
    desk: LiveDesk, taker: Taker, reader: Reader, limit: int, mine: frozenset[int]
) -> list[FarTask]:
    assert reader.place is not None  # noqa: S101 - both callers have asked
    live, end = desk.index.live(), reader.now + AHEAD
    wanted = 2 * limit + len(mine) + 8
    rows = live.tasks.nearest(taker, reader.place, wanted, live.limits, reader.now)
    return nearest_first(
        (one.task, minutes_on_foot(one.distance_m, reader))
        for one in rows
        if one.task.task_id not in mine and one.task.starts_at < end
    )[:limit]


def _submit(phone: Phone, once: Once, task_id: int, work: Callable[[Session], Answer]) -> Response:
    """Do a form's work; where a rule says no, show the task with the reasons."""
    try:
        return once.submit(phone.store, work)
    except RefusedError as error:
        words = [refusal.words(phone.texts.language) for refusal in error.refusals]
        return _page(phone, task_id, status=409, refusals=words)


def _page(
    phone: Phone, task_id: int, *, status: int = 200, refusals: list[str] | None = None
) -> Response:
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        found = find_task(session, task_id)
        if found.state == "draft":
            raise UnknownIdError("task", str(task_id))
        mine = own_signup(session, reader, task_id)
        reasons = why_not(session, found, reader.person_id, reader.limits, phone.now)
        turn = own_turn(session, reader, found, mine)
    # A full task may be waited for; whatever else says no keeps the button away.
    other = [reason for reason in reasons if reason.rule not in _WAITABLE]
    minutes = minutes_to(found, reader)
    card = {**task_card(found, minutes, reader, mine), "takable": mine is None and not other}
    if turn is not None and turn["state"] in {"in", "out"}:
        card["can_withdraw"] = False  # whoever has come checks out
    if refusals is None:
        refusals = [] if mine else [reason.words(reader.texts.language) for reason in other]
    return phone.render(
        "task.html", status, tab="tasks", back="/m/tasks", one=card, refusals=refusals, turn=turn
    )


def own_turn(
    session: Session, reader: Reader, task: TaskView, mine: SignupView | None
) -> dict[str, Any] | None:
    """Return the card on which the reader checks in and out; None before it opens."""
    if mine is None or mine.state != "confirmed":
        return None
    turn = of_task(task, mine.signup_id, reader.person_id, reader.code)
    kept, alone = find_check_in(session, turn), safe_until(session, reader.person_id)
    card = with_kept(signup_card(mine, task, reader), turn, kept, alone, reader)
    return None if card["state"] == "coming" else card


def own_signup(session: Session, reader: Reader, task_id: int) -> SignupView | None:
    """Return the reader's sign-up for a task that still stands."""
    mine = signups_of_person(session, reader.person_id, since=reader.now - LEFT)
    return next(
        (one for one, task in mine if task.task_id == task_id and one.state in LIVE_SIGNUPS), None
    )
