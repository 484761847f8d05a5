"""``/api/v1/check-ins`` and ``check-outs``: at the post, by its code, or by an officer's word."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import segno
from fastapi import APIRouter, Depends, Query, Response

from api.dependencies import SettingsDep
from api.errors import ParameterError, problems
from api.field_answers import json_answer, own_person
from api.language import texts_of
from api.office import Office, office
from api.post_codes import code_address
from api.routes.v1.turns import told_turn
from api.schemas import field as schemas
from api.schemas.inputs import text_query
from api.templating import page_language
from api.writing import written
from data.field.arrivals import require_within
from data.field.checkin_places import WINDOW_S, Position, post_word
from data.field.checkins import Proof, check_in, check_out
from data.field.duty_turns import roster_turn, task_turn
from data.field.limits import limits_of
from data.field.lone import safe_until
from data.field.places import person_id_of
from data.field.posts import require_post

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from data.field.checkins import CheckInView
    from data.field.duty_turns import DutyTurn

router = APIRouter(tags=["turns"])

Own = Annotated[Office, Depends(office("checkin.own"))]
Officer = Annotated[Office, Depends(office("checkin.confirm"))]
Shower = Annotated[Office, Depends(office("post.code"))]
KEEP: Final[dict[str, Callable[..., CheckInView]]] = {"in": check_in, "out": check_out}
_PROBLEMS: Final = problems(401, 403, 404, 409, 422, 503)


@router.post(
    "/check-ins", response_model=schemas.Turn, responses=_PROBLEMS, summary="Say that one has come"
)
async def post_check_in(body: schemas.CheckIn, at: Own) -> Response:
    """Check in at the post, by the phone's position or the word of the post's code.

    What a phone kept without a network comes with `at` and is marked; sending it again changes
    nothing. 409 tells which rule says no, with the distance and what is allowed.
    """
    return json_answer(await _own(body, "in", at))


@router.post(
    "/check-outs", response_model=schemas.Turn, responses=_PROBLEMS, summary="Say that one leaves"
)
async def post_check_out(body: schemas.CheckIn, at: Own) -> Response:
    """Check out, from wherever one is: the service record and the points follow, once."""
    return json_answer(await _own(body, "out", at))


@router.post(
    "/check-ins/confirmed",
    response_model=schemas.Turn,
    responses=_PROBLEMS,
    summary="Confirm that somebody has come",
)
def confirm_in(body: schemas.Confirmation, at: Officer) -> Response:
    """Confirm an arrival that one saw, now or earlier; nobody confirms their own."""
    return json_answer(at.store.submit(lambda session: confirm(session, at, body, "in")))


@router.post(
    "/check-outs/confirmed",
    response_model=schemas.Turn,
    responses=_PROBLEMS,
    summary="Confirm that somebody has left",
)
def confirm_out(body: schemas.Confirmation, at: Officer) -> Response:
    """Confirm when somebody left who forgot to check out: their points follow."""
    return json_answer(at.store.submit(lambda session: confirm(session, at, body, "out")))


@router.get(
    "/post-code",
    response_model=schemas.PostCode,
    responses=problems(401, 403, 404, 422),
    summary="The code of a post, to be shown there",
)
def post_code(
    at: Shower,
    settings: SettingsDep,
    *,
    task_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    scenario_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    beat_id: text_query("With a plan: the beat.") = None,  # type: ignore[valid-type]
    shift_id: text_query("With a plan: the shift.") = None,  # type: ignore[valid-type]
) -> Response:
    """Return the QR code of a task, or of a beat in a shift; it changes every five minutes."""
    base = settings.public_url or str(at.request.base_url)
    with at.store.read() as session:
        found = shown_code(session, at, post_key(task_id, scenario_id, beat_id, shift_id), base)
    return json_answer(found)


def confirm(
    session: Session, at: Office, body: schemas.Confirmation, way: Literal["in", "out"]
) -> dict[str, Any]:
    """Keep that an officer saw somebody come or leave; nobody confirms their own.

    Raises
    ------
    FieldMissingError
        For a turn of another jurisdiction, or none.
    RefusedError
    """
    proof = Proof("officer", witness=at.access.actor.person_id)
    turn = _turn(session, body.turn, person_id_of(session, body.person_id))
    require_within(session, turn, at.scope)
    return _keep(session, at, turn, proof, way, body.at)


def shown_code(session: Session, at: Office, post: str, base: str) -> dict[str, Any]:
    """Return the code of a post of one's jurisdiction as it is shown now, and until when.

    Parameters
    ----------
    post : str
        As `post_key` gives it.
    base : str
        Where people reach the service.
    """
    require_post(session, post, at.scope)
    word = post_word(at.keys, post, at.now)
    address = code_address(base, post, word)
    picture = segno.make(address, error="m").svg_inline(border=4, omitsize=True)
    window = int(at.now.timestamp()) // WINDOW_S + 1
    renew = datetime.fromtimestamp(window * WINDOW_S, UTC)
    return {"post": post, "word": word, "address": address, "svg": picture, "renew_at": renew}


def post_key(task: int | None, scenario: int | None, beat: str | None, shift: str | None) -> str:
    """Return the key of a task's post, or of a beat's in a shift of a plan.

    Raises
    ------
    ParameterError
        For neither, or both.
    """
    if task is not None and scenario is None:
        return f"task:{task}"
    if task is None and scenario is not None and beat and shift:
        return f"roster:{scenario}:{beat}:{shift}"
    raise ParameterError("Expected task_id, or scenario_id with beat_id and shift_id.")


async def _own(body: schemas.CheckIn, way: Literal["in", "out"], at: Office) -> dict[str, Any]:
    person, where = own_person(at.access), body.position
    position = None if where is None else Position(where.lat, where.lng, where.accuracy_m)
    proof = Proof("qr" if body.word else "geofence", position, body.word or "")

    def work(session: Session) -> dict[str, Any]:
        return _keep(session, at, _turn(session, body.turn, person), proof, way, body.at)

    return await written(at.store, work)


def _turn(session: Session, given: schemas.TaskTurn | schemas.RosterTurn, person: int) -> DutyTurn:
    if isinstance(given, schemas.TaskTurn):
        return task_turn(session, given.task_id, person)
    return roster_turn(session, given.scenario_id, person, given.shift_id)


def _keep(
    session: Session,
    at: Office,
    turn: DutyTurn,
    proof: Proof,
    way: Literal["in", "out"],
    moment: datetime | None,
) -> dict[str, Any]:
    limits, given = limits_of(session), {"by": at.by, "now": at.now, "claimed_at": moment}
    kept = KEEP[way](session, at.keys, turn, proof, limits, **given)
    alone = safe_until(session, turn.person_id)
    at.keep(session, "turn", turn.source, way=way, means=proof.means)
    return told_turn(turn, kept, None, alone, texts_of(page_language(at.request)[0]))
