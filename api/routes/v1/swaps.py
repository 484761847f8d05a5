"""``/api/v1/exchanges`` and ``stand-bys``: swap a turn, hand it on, be ready to take one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import ParameterError, problems
from api.field_answers import json_answer, own_person, told_exchange, told_stand_by
from api.language import texts_of
from api.once import OnceDep, answer
from api.routes.v1.turns import ScenarioPath, ShiftPath
from api.schemas import field as schemas
from api.schemas.week import Moment
from api.templating import page_language
from data.field import stand_by as ready
from data.field import swaps as field
from data.field.limits import limits_of
from data.field.places import person_id_of
from data.field.roster_turns import turn_of
from data.field.swaps_takers import takers_of
from data.store.audit import append

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.field.stand_by import StandByView
    from data.field.swaps import ExchangeView
    from data.store.idempotency import Answer

router = APIRouter(tags=["turns"])

Own = Annotated[Access, Depends(allowed("exchange.own"))]
ExchangePath = Annotated[int, Path(ge=1, lt=2**63)]
BACK: Final = timedelta(days=30)
_MADE: Final = problems(401, 403, 404, 409, 422, 503)


@router.get(
    "/exchanges",
    response_model=schemas.Exchanges,
    responses=problems(401, 403, 404),
    summary="What one offered, and was offered",
)
def exchanges(request: Request, access: Own, store: StoreDep, now: NowDep) -> Response:
    """List the reader's exchanges of the last month, and turns on offer that they may take."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)
    with store.read() as session:
        found = field.exchanges_of(session, person, since=now - BACK)
        found += field.open_replacements(session, person, limits_of(session), now)
    return json_answer({"items": [told_exchange(one, texts) for one in found]})


@router.post(
    "/exchanges/swaps",
    status_code=201,
    response_model=schemas.Exchange,
    responses=_MADE,
    summary="Offer a swap",
)
def swap(
    body: schemas.NewSwap,
    request: Request,
    access: Own,
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Offer one's turn for another's; a rule that it would break is told now (409)."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)

    def work(session: Session) -> Answer:
        other = person_id_of(session, body.with_person_id)
        made = field.offer_swap(
            session,
            (person, body.shift_id),
            (other, body.with_shift_id),
            body.scenario_id,
            limits_of(session),
            now=now,
            reason=body.reason,
        )
        append(session, keys, now, access.event("exchange", str(made.exchange_id), kind="swap"))
        return answer(told_exchange(made, texts))

    return once.submit(store, work)


@router.post(
    "/exchanges/replacements",
    status_code=201,
    response_model=schemas.Exchange,
    responses=_MADE,
    summary="Offer a turn to others",
)
def replacement(
    body: schemas.NewReplacement,
    request: Request,
    access: Own,
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Offer one's turn to one person, or to whoever may take it; one keeps it until then."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)

    def work(session: Session) -> Answer:
        to = body.to_person_id
        made = field.offer_replacement(
            session,
            (person, body.shift_id),
            body.scenario_id,
            now=now,
            taker_id=None if to is None else person_id_of(session, to),
            reason=body.reason,
        )
        event = access.event("exchange", str(made.exchange_id), kind="replacement")
        append(session, keys, now, event)
        return answer(told_exchange(made, texts))

    return once.submit(store, work)


@router.post(
    "/exchanges/{exchange_id}/{answer_word}",
    response_model=schemas.Exchange,
    responses=_MADE,
    summary="Accept or refuse an exchange",
)
def answer_exchange(
    exchange_id: ExchangePath,
    answer_word: Annotated[Literal["accept", "refuse"], Path()],
    request: Request,
    access: Own,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Say yes: the successor roster is checked and published; or no, which takes one's own back."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)

    def work(session: Session) -> ExchangeView:
        if answer_word == "accept":
            by, limits = access.actor.key, limits_of(session)
            made = field.accept_exchange(session, exchange_id, person, limits, by=by, now=now)
        else:
            made = field.refuse_exchange(session, exchange_id, person, now=now)
        append(session, keys, now, access.event("exchange", str(exchange_id), state=made.state))
        return made

    return json_answer(told_exchange(store.submit(work), texts))


@router.get(
    "/turns/mine/{scenario_id}/{shift_id}/takers",
    response_model=schemas.Takers,
    responses=problems(401, 403, 404, 422),
    summary="Who may take one's turn over",
)
def takers(
    scenario_id: ScenarioPath,
    shift_id: ShiftPath,
    access: Own,
    store: StoreDep,
    *,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Response:
    """List who may take the reader's turn: stand-by first, then the nearest, by code alone."""
    with store.read() as session:
        turn = turn_of(session, scenario_id, own_person(access), shift_id)
        found = takers_of(session, turn, limits_of(session), limit=limit)
    items = [{"person_id": o.person_code, "is_standing_by": o.is_standing_by} for o in found]
    return json_answer({"items": items})


@router.get(
    "/stand-bys",
    response_model=schemas.StandBys,
    responses=problems(401, 403, 422),
    summary="Who is on stand-by",
)
def stand_bys(
    access: Annotated[Access, Depends(allowed("standby.read"))],
    store: StoreDep,
    now: NowDep,
    *,
    since: Annotated[Moment | None, Query(description="That end later.")] = None,
    until: Annotated[Moment | None, Query(description="That start before.")] = None,
) -> Response:
    """List who of one's jurisdiction is on stand-by, by start; without times for a week."""
    begin = since or now
    end = until or begin + timedelta(days=7)
    if not begin < end:
        raise ParameterError("Expected until after since.")
    with store.read() as session:
        found = ready.standing_by(session, begin, end, scope=access.scope)
    return json_answer({"items": [told_stand_by(one) for one in found]})


@router.post(
    "/stand-bys",
    status_code=201,
    response_model=schemas.StandBy,
    responses=_MADE,
    summary="Be on stand-by, or put somebody on it",
)
def new_stand_by(
    body: schemas.NewStandBy,
    access: Annotated[Access, Depends(allowed("standby.write"))],
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Put a person on stand-by for their station; members do so for themselves."""

    def work(session: Session) -> Answer:
        if body.person_id is None:
            person = own_person(access)
        else:
            person = person_id_of(session, body.person_id, access.scope)
        by, span = access.actor.key, (body.starts_at, body.ends_at)
        made = ready.stand_by(session, person, span, limits_of(session), by=by, now=now)
        append(session, keys, now, access.event("person", made.person_code, stand_by=True))
        return answer(told_stand_by(made))

    return once.submit(store, work)


@router.post(
    "/stand-bys/{stand_by_id}/release",
    response_model=schemas.StandBy,
    responses=_MADE,
    summary="End a stand-by",
)
def release_stand_by(
    stand_by_id: ExchangePath,
    access: Annotated[Access, Depends(allowed("standby.write"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Release a person of one's jurisdiction, or oneself, from stand-by."""

    def work(session: Session) -> StandByView:
        made = ready.end_stand_by(session, stand_by_id, now=now, scope=access.scope)
        append(session, keys, now, access.event("person", made.person_code, stand_by=False))
        return made

    return json_answer(told_stand_by(store.submit(work)))
