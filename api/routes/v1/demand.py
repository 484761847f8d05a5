"""``/api/v1/week/demand`` and ``pins``: what the next plan has to fill, and to keep."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.cursors import Window, cursor_for
from api.dependencies import KeysDep, NowDep, SettingsDep, StoreDep
from api.errors import problems
from api.office import Office, office
from api.once import OnceDep, answer
from api.schemas import week as schemas
from api.schemas.inputs import CLEANED
from api.schemas.planning import Day
from api.versions import IfMatchDep, etag
from data.planning.demand_search import DemandFilter, dated_turns, search_lines
from data.planning.week import (
    LineView,
    PinView,
    add_line,
    add_pin,
    change_line,
    find_line,
    list_pins,
    remove_line,
    remove_pin,
)
from data.store.audit import append

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer
    from data.store.keys import Keys

router = APIRouter(prefix="/week", tags=["week"])

LINES: Final = cursor_for("week_demand", int, int, str)
PINS: Final = cursor_for("week_pins", int)
CodePath = Annotated[str, Path(min_length=1, max_length=128)]
PinPath = Annotated[int, Path(ge=1, lt=2**63, examples=[1])]
Post = tuple[str, str, str]
Reader = Annotated[Office, Depends(office("demand.read"))]
Writer = Annotated[Office, Depends(office("demand.write"))]
PinReader = Annotated[Access, Depends(allowed("pin.read"))]
PinWriter = Annotated[Access, Depends(allowed("pin.write"))]
BeatQuery = Annotated[
    str | None, Query(min_length=1, max_length=128, description="A beat's code."), CLEANED
]
ShiftQuery = Annotated[
    str | None, Query(min_length=1, max_length=128, description="A shift's code."), CLEANED
]
PlaceQuery = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=64,
        description="A part of a beat's name, or the begin of its code.",
    ),
    CLEANED,
]
StationQuery = Annotated[
    str | None, Query(min_length=1, max_length=128, description="A station's code."), CLEANED
]
RoleQuery = Annotated[
    str | None, Query(min_length=1, max_length=128, description="A duty role's code."), CLEANED
]
TemplateQuery = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=128,
        description="Code of the shift template that the shift follows.",
    ),
    CLEANED,
]
WeekQuery = Annotated[Day | None, Query(description="Any day of the week that is meant, local.")]
WeekdayQuery = Annotated[
    int | None, Query(ge=1, le=7, description="On which the shift begins: Monday is 1.")
]
ADDRESS: Final = "/demand/{beat_id}/{shift_id}/{role}"


async def get_filter(
    *,
    station: StationQuery = None,
    beat: BeatQuery = None,
    place: PlaceQuery = None,
    shift: ShiftQuery = None,
    week: WeekQuery = None,
    weekday: WeekdayQuery = None,
    template: TemplateQuery = None,
    role: RoleQuery = None,
) -> DemandFilter:
    """Return which lines a query means."""
    return DemandFilter(
        station=station,
        beat=beat,
        place=place or None,
        shift=shift,
        week=week,
        weekday=weekday,
        template=template,
        role=role,
    )


FilterDep = Annotated[DemandFilter, Depends(get_filter)]


@router.get(
    "/demand",
    response_model=schemas.Demand,
    responses=problems(401, 403, 422),
    summary="Demand of the beats that one answers for",
)
def demand(
    at: Reader, wanted: FilterDep, window: Annotated[Window, Depends(LINES)], settings: SettingsDep
) -> Response:
    """List demand lines by beat, shift and role."""
    with at.store.read() as session:
        turns = dated_turns(session, settings.timezone)
        found = search_lines(
            session, at.scope, wanted, turns, behind=window.after, limit=window.fetch
        )
    items, following = window.cut(found, lambda one: one.place)
    rows = [
        {
            "beat_id": one.beat,
            "shift_id": one.turn.code,
            "role": one.role,
            "required": one.required,
            "weights": one.weights,
        }
        for one in items
    ]
    return _json({"items": rows, "next": following})


@router.post(
    "/demand",
    status_code=201,
    response_model=schemas.DemandRow,
    responses=problems(401, 403, 404, 409, 422),
    summary="Add a demand line",
)
def create(body: schemas.NewLine, at: Writer, once: OnceDep) -> Response:
    """Say that a post needs people in a role."""

    def work(session: Session) -> Answer:
        made = make_line(session, at, body)
        return answer(asdict(made), ETag=etag(made.version))

    return once.submit(at.store, work)


@router.get(
    ADDRESS,
    response_model=schemas.DemandRow,
    responses=problems(401, 403, 404, 422),
    summary="One demand line",
)
def line(at: Reader, beat_id: CodePath, shift_id: CodePath, role: CodePath) -> Response:
    """Return a line; its ETag is what an edit has to name."""
    with at.store.read() as session:
        return _line(find_line(session, at.scope, beat_id, shift_id, role))


@router.patch(
    ADDRESS,
    response_model=schemas.DemandRow,
    responses=problems(401, 403, 404, 412, 422, 428),
    summary="Change a demand line",
)
def change(
    body: schemas.LineWeights,
    at: Writer,
    *,
    beat_id: CodePath,
    shift_id: CodePath,
    role: CodePath,
    version: IfMatchDep,
) -> Response:
    """Change how many places a line has, and how much each matters."""
    post = (beat_id, shift_id, role)
    return _line(at.store.submit(lambda session: set_line(session, at, post, body, version)))


@router.delete(
    ADDRESS,
    status_code=204,
    responses=problems(401, 403, 404, 412, 422, 428),
    summary="Remove a demand line",
)
def remove(
    at: Writer, *, beat_id: CodePath, shift_id: CodePath, role: CodePath, version: IfMatchDep
) -> Response:
    """Say that a post needs nobody in a role any more."""
    post = (beat_id, shift_id, role)
    at.store.submit(lambda session: end_line(session, at, post, version))
    return Response(status_code=204)


def make_line(session: Session, at: Office, body: schemas.NewLine) -> LineView:
    """Add a demand line, kept by the audit."""
    post = (body.beat_id, body.shift_id, body.role)
    made = add_line(session, at.scope, post, tuple(body.weights))
    at.keep(session, "demand", " ".join(post), required=made.required)
    return made


def set_line(
    session: Session, at: Office, post: Post, body: schemas.LineWeights, version: int
) -> LineView:
    """Change a post's (beat, shift, role) demand line, kept by the audit."""
    found = find_line(session, at.scope, *post)
    made = change_line(session, at.scope, found, tuple(body.weights), version=version)
    at.keep(session, "demand", " ".join(post), required=made.required, before=found.required)
    return made


def end_line(session: Session, at: Office, post: Post, version: int) -> None:
    """Remove a post's demand line, kept by the audit."""
    remove_line(session, at.scope, *post, version=version)
    at.keep(session, "demand", " ".join(post), removed=True)


@router.get(
    "/pins",
    response_model=schemas.Pins,
    responses=problems(401, 403, 422),
    summary="Pins within one's jurisdiction",
)
def pins(
    access: PinReader,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    window: Annotated[Window, Depends(PINS)],
) -> Response:
    """List who must, or must not, stand where; the reading is kept."""
    with store.read() as session:
        found = list_pins(session, access.scope, behind=window.after, limit=window.fetch)
    items, following = window.cut(found, lambda one: (one.pin_id,))
    event = access.event("pin", "list", rows=len(items))
    store.submit(lambda session: append(session, keys, now, event))
    return _json({"items": [asdict(one) for one in items], "next": following})


@router.post(
    "/pins",
    status_code=201,
    response_model=schemas.Pin,
    responses=problems(401, 403, 404, 409, 422),
    summary="Pin somebody",
)
def pin(
    body: schemas.NewPin,
    access: PinWriter,
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Say that somebody must, or must not, stand on a post."""

    def work(session: Session) -> Answer:
        made = put_pin(session, keys, access, body, now)
        return answer(asdict(made), location=f"/api/v1/week/pins/{made.pin_id}")

    return once.submit(store, work)


@router.delete(
    "/pins/{pin_id}",
    status_code=204,
    responses=problems(401, 403, 404, 422),
    summary="Remove a pin",
)
def unpin(
    access: PinWriter, store: StoreDep, keys: KeysDep, now: NowDep, pin_id: PinPath
) -> Response:
    """Remove a pin; pins never change, so there is no version to name."""
    store.submit(lambda session: take_pin(session, keys, access, pin_id, now))
    return Response(status_code=204)


def put_pin(
    session: Session, keys: Keys, access: Access, body: schemas.NewPin, now: datetime
) -> PinView:
    """Say that somebody must, or must not, stand on a post, kept by the audit."""
    post = (body.beat_id, body.shift_id, body.role)
    by = access.actor.key
    made = add_pin(session, access.scope, body.person_id, post, body.kind, by=by, now=now)
    append(session, keys, now, access.event("pin", str(made.pin_id), kind=made.kind))
    return made


def take_pin(session: Session, keys: Keys, access: Access, pin_id: int, now: datetime) -> None:
    """Remove a pin, kept by the audit."""
    found = remove_pin(session, access.scope, pin_id)
    append(session, keys, now, access.event("pin", str(pin_id), removed=found.kind))


def _line(found: LineView) -> Response:
    return _json(asdict(found), ETag=etag(found.version))


def _json(body: Any, **headers: str) -> Response:
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")
