"""``/api/v1/turns``: one's own turns and one's word on them; the arrivals board of an officer."""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access.actor import Access
from api.access.policy import allowed
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import ParameterError, problems
from api.field_answers import json_answer, own_person
from api.field_runner import FieldRunner
from api.language import Texts, texts_of
from api.schemas import field as schemas
from api.schemas.week import Moment
from api.templating import page_language
from data.field.arrivals import Arrival, arrivals
from data.field.checkins import CheckInView, find_check_in
from data.field.duty_turns import DutyTurn, duty_turns
from data.field.lone import safe_until, say_safe
from data.field.my_shifts import MyShift, my_shifts, reply_to_shift
from data.store.audit import append

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.service import Service

BACK: Final = timedelta(hours=12)
"""Turns that ended so long ago may still be checked out of, or told of by a phone."""
LONGEST: Final = timedelta(days=7)
ShiftPath = Annotated[str, Path(min_length=1, max_length=128)]
ScenarioPath = Annotated[int, Path(ge=1, lt=2**63)]
Own = Annotated[Access, Depends(allowed("turn.own"))]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Watch over tasks and turns while the service runs."""
    service: Service = app.state.service
    runner = FieldRunner(service.store, service.keys, app.state.live.index, service.clock)
    runner.start()
    try:
        yield
    finally:
        await run_in_threadpool(runner.close)


router = APIRouter(prefix="/turns", tags=["turns"], lifespan=lifespan)


@router.get(
    "",
    response_model=schemas.Arrivals,
    responses=problems(401, 403, 422),
    summary="The arrivals board: who is due, who has come, who is late",
)
def board(
    request: Request,
    access: Annotated[Access, Depends(allowed("turn.read"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    *,
    since: Annotated[Moment | None, Query(description="That end later.")] = None,
    until: Annotated[Moment | None, Query(description="That start before.")] = None,
) -> Response:
    """List who is to come to turns of one's jurisdiction; without times in the next 12 hours."""
    texts = texts_of(page_language(request)[0])
    begin = since or now
    end = until or begin + BACK
    if not begin < end <= begin + LONGEST:
        raise ParameterError("Expected until after since and within seven days of it.")

    def work(session: Session) -> list[Arrival]:
        found = arrivals(session, (begin, end), now, access.scope)
        append(session, keys, now, access.event("turn", "board", people=len(found)))
        return found

    found = store.submit(work)
    items = [_arrival(one, texts) for one in found]
    return json_answer({"items": items, "counts": dict(Counter(one.state for one in found))})


@router.get(
    "/mine",
    response_model=schemas.Turns,
    responses=problems(401, 403, 404),
    summary="One's own turns",
)
def mine(request: Request, access: Own, store: StoreDep, now: NowDep) -> Response:
    """List what the reader is to keep, tasks and roster alike, by start."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)
    with store.read() as session:
        turns = duty_turns(session, person, since=now - BACK)
        words = {
            (one.turn.scenario_id, one.turn.shift_code): one
            for one in my_shifts(session, person, since=now - BACK)
        }
        alone = safe_until(session, person)
        items = [
            told_turn(
                one,
                find_check_in(session, one),
                words.get((one.scenario_id or 0, one.shift or "")),
                alone,
                texts,
            )
            for one in turns
        ]
    return json_answer({"items": items})


@router.put(
    "/mine/{scenario_id}/{shift_id}",
    response_model=schemas.ShiftReply,
    responses=problems(401, 403, 404, 409, 422, 503),
    summary="Confirm or decline a turn of the roster",
)
def reply(
    scenario_id: ScenarioPath,
    shift_id: ShiftPath,
    body: schemas.ShiftReply,
    access: Own,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Say whether one will come, until the shift begins; a decline is what a repair starts from."""
    person = own_person(access)

    def work(session: Session) -> MyShift:
        said = reply_to_shift(
            session,
            scenario_id,
            person,
            shift_id,
            confirmed=body.confirmed,
            by=access.actor.key,
            now=now,
            reason=body.reason,
        )
        append(session, keys, now, access.event("shift", shift_id, reply=said.reply))
        return said

    said = store.submit(work)
    return json_answer({"confirmed": said.reply == "confirmed", "reason": said.reason})


@router.post(
    "/mine/safe",
    response_model=schemas.Alone,
    responses=problems(401, 403, 404, 503),
    summary="Say that all is well, being alone",
)
def safe(access: Own, store: StoreDep, keys: KeysDep, now: NowDep) -> Response:
    """Start the timer of who is alone again; what their silence set going is called off."""
    person = own_person(access)

    def work(session: Session) -> datetime:
        until = say_safe(session, person, by=access.actor.key, now=now)
        append(session, keys, now, access.event("turn", "safe"))
        return until

    return json_answer({"safe_until": store.submit(work)})


def told_turn(
    turn: DutyTurn,
    kept: CheckInView | None,
    word: MyShift | None,
    alone: datetime | None,
    texts: Texts,
) -> dict[str, Any]:
    """Return a turn as it is kept."""
    state = kept.state if kept else "open"
    return {
        "kind": turn.kind,
        "task_id": turn.task_id,
        "scenario_id": turn.scenario_id,
        "shift_id": turn.shift,
        "title": turn.title,
        "role": turn.role,
        "role_text": texts.label("role", turn.role),
        "beat_wide": turn.is_beat_wide,
        "lat": turn.lat,
        "lng": turn.lng,
        "starts_at": turn.starts_at,
        "ends_at": turn.ends_at,
        "state": state,
        "state_text": texts.label("label.turn_state", state),
        "in_at": kept and kept.in_at,
        "in_means": kept and kept.in_means,
        "in_is_offline": bool(kept and kept.in_is_offline),
        "out_at": kept and kept.out_at,
        "minutes": kept.minutes if kept else 0,
        "points": kept.points if kept else 0,
        "reply": word.reply if word else None,
        "safe_until": alone if state == "in" else None,
    }


def _arrival(one: Arrival, texts: Texts) -> dict[str, Any]:
    same = (
        *("name", "kind", "task_id", "scenario_id", "title", "role", "starts_at", "ends_at"),
        *("state", "in_at", "in_means", "out_at", "alone_level"),
    )
    return {
        "person_id": one.person_code,
        **{name: getattr(one, name) for name in same},
        "shift_id": one.shift,
        "beat_id": one.beat_code,
        "role_text": texts.label("role", one.role),
        "state_text": texts.label("label.turn_state", one.state),
    }
