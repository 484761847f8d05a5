"""``/api/v1/check-ins`` and ``check-outs``: at the post, by its code, or by an officer's word."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import segno
from fastapi import APIRouter, Depends, Query, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.dependencies import KeysDep, NowDep, SettingsDep, StoreDep
from api.errors import ParameterError, problems
from api.field_answers import json_answer, own_person
from api.language import texts_of
from api.post_codes import code_address
from api.routes.v1.turns import told_turn
from api.schemas import field as schemas
from api.schemas.inputs import text_query
from api.templating import page_language
from data.field.arrivals import require_within
from data.field.checkin_places import WINDOW_S, Position, post_word
from data.field.checkins import Proof, check_in, check_out
from data.field.duty_turns import roster_turn, task_turn
from data.field.limits import limits_of
from data.field.lone import safe_until
from data.field.places import person_id_of
from data.field.posts import require_post
from data.store.audit import append
from data.store.engine import Store
from data.store.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from data.field.checkins import CheckInView
    from data.field.duty_turns import DutyTurn

router = APIRouter(tags=["turns"])

Own = Annotated[Access, Depends(allowed("checkin.own"))]
Officer = Annotated[Access, Depends(allowed("checkin.confirm"))]
KEEP: Final[dict[str, Callable[..., CheckInView]]] = {"in": check_in, "out": check_out}
_PROBLEMS: Final = problems(401, 403, 404, 409, 422, 503)


@router.post(
    "/check-ins", response_model=schemas.Turn, responses=_PROBLEMS, summary="Say that one has come"
)
def post_check_in(
    body: schemas.CheckIn,
    request: Request,
    access: Own,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Check in at the post, by the phone's position or the word of the post's code.

    What a phone kept without a network comes with `at` and is marked; sending it again changes
    nothing. 409 tells which rule says no, with the distance and what is allowed.
    """
    return _own(body, "in", request, access, store=store, keys=keys, now=now)


@router.post(
    "/check-outs", response_model=schemas.Turn, responses=_PROBLEMS, summary="Say that one leaves"
)
def post_check_out(
    body: schemas.CheckIn,
    request: Request,
    access: Own,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Check out, from wherever one is: the service record and the points follow, once."""
    return _own(body, "out", request, access, store=store, keys=keys, now=now)


@router.post(
    "/check-ins/confirmed",
    response_model=schemas.Turn,
    responses=_PROBLEMS,
    summary="Confirm that somebody has come",
)
def confirm_in(
    body: schemas.Confirmation,
    request: Request,
    access: Officer,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Confirm an arrival that one saw, now or earlier; nobody confirms their own."""
    return _seen(body, "in", request, access, store=store, keys=keys, now=now)


@router.post(
    "/check-outs/confirmed",
    response_model=schemas.Turn,
    responses=_PROBLEMS,
    summary="Confirm that somebody has left",
)
def confirm_out(
    body: schemas.Confirmation,
    request: Request,
    access: Officer,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Confirm when somebody left who forgot to check out: their points follow."""
    return _seen(body, "out", request, access, store=store, keys=keys, now=now)


@router.get(
    "/post-code",
    response_model=schemas.PostCode,
    responses=problems(401, 403, 404, 422),
    summary="The code of a post, to be shown there",
)
def post_code(
    access: Annotated[Access, Depends(allowed("post.code"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    settings: SettingsDep,
    request: Request,
    *,
    task_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    scenario_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    beat_id: text_query("With a plan: the beat.") = None,  # type: ignore[valid-type]
    shift_id: text_query("With a plan: the shift.") = None,  # type: ignore[valid-type]
) -> Response:
    """Return the QR code of a task, or of a beat in a shift; it changes every five minutes."""
    post = _post(task_id, scenario_id, beat_id, shift_id)
    with store.read() as session:
        require_post(session, post, access.scope)
    word = post_word(keys, post, now)
    base = settings.public_url or str(request.base_url)
    address = code_address(base, post, word)
    picture = segno.make(address, error="m").svg_inline(scale=6, border=4)
    window = int(now.timestamp()) // WINDOW_S + 1
    renew = datetime.fromtimestamp(window * WINDOW_S, UTC)
    body = {"post": post, "word": word, "address": address, "svg": picture, "renew_at": renew}
    return json_answer(body)


def _own(
    body: schemas.CheckIn,
    way: str,
    request: Request,
    access: Access,
    *,
    store: Store,
    keys: Keys,
    now: datetime,
) -> Response:
    person, where = own_person(access), body.position
    position = None if where is None else Position(where.lat, where.lng, where.accuracy_m)
    proof = Proof("qr" if body.word else "geofence", position, body.word or "")

    def work(session: Session) -> dict[str, Any]:
        turn = _turn(session, body.turn, person)
        return _keep(session, turn, proof, way, request, access, keys=keys, now=now, at=body.at)

    return json_answer(store.submit(work))


def _seen(
    body: schemas.Confirmation,
    way: str,
    request: Request,
    access: Access,
    *,
    store: Store,
    keys: Keys,
    now: datetime,
) -> Response:
    proof = Proof("officer", witness=access.actor.person_id)

    def work(session: Session) -> dict[str, Any]:
        turn = _turn(session, body.turn, person_id_of(session, body.person_id))
        require_within(session, turn, access.scope)
        return _keep(session, turn, proof, way, request, access, keys=keys, now=now, at=body.at)

    return json_answer(store.submit(work))


def _turn(session: Session, given: schemas.TaskTurn | schemas.RosterTurn, person: int) -> DutyTurn:
    if isinstance(given, schemas.TaskTurn):
        return task_turn(session, given.task_id, person)
    return roster_turn(session, given.scenario_id, person, given.shift_id)


def _keep(
    session: Session,
    turn: DutyTurn,
    proof: Proof,
    way: str,
    request: Request,
    access: Access,
    *,
    keys: Keys,
    now: datetime,
    at: datetime | None,
) -> dict[str, Any]:
    by, limits = access.actor.key, limits_of(session)
    kept = KEEP[way](session, keys, turn, proof, limits, by=by, now=now, claimed_at=at)
    alone = safe_until(session, turn.person_id)
    append(session, keys, now, access.event("turn", turn.source, way=way, means=proof.means))
    return told_turn(turn, kept, None, alone, texts_of(page_language(request)[0]))


def _post(task: int | None, scenario: int | None, beat: str | None, shift: str | None) -> str:
    if task is not None and scenario is None:
        return f"task:{task}"
    if task is None and scenario is not None and beat and shift:
        return f"roster:{scenario}:{beat}:{shift}"
    raise ParameterError("Expected task_id, or scenario_id with beat_id and shift_id.")
