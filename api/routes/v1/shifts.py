"""``/api/v1/week/shifts``: the dated shifts that are planned next."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
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
from api.versions import IfMatchDep, etag
from data.planning.week import (
    ShiftView,
    add_shift,
    find_shift,
    list_shifts,
    move_shift,
    open_week,
    remove_shift,
)
from data.store.audit import append

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer

router = APIRouter(prefix="/week", tags=["week"])

SHIFTS: Final = cursor_for("week_shifts", datetime, str)
ShiftPath = Annotated[str, Path(min_length=1, max_length=128)]
Reader = Annotated[Access, Depends(allowed("shift.read"))]
Writer = Annotated[Access, Depends(allowed("shift.write"))]
WeekWriter = Annotated[Office, Depends(office("shift.write"))]


@router.get(
    "/shifts",
    response_model=schemas.Shifts,
    responses=problems(401, 403, 422),
    summary="Dated shifts",
)
def shifts(
    access: Reader,
    store: StoreDep,
    window: Annotated[Window, Depends(SHIFTS)],
    since: Annotated[schemas.Moment | None, Query(description="That begin then or later.")] = None,
    until: Annotated[schemas.Moment | None, Query(description="That begin before.")] = None,
) -> Response:
    """List the dated shifts by their beginning."""
    assert access.action  # noqa: S101 - asked for, to be let in
    with store.read() as session:
        found = list_shifts(
            session, since=since, until=until, behind=window.after, limit=window.fetch
        )
    items, following = window.cut(found, lambda one: (one.starts_at, one.shift_id))
    return _json({"items": [asdict(one) for one in items], "next": following})


@router.post(
    "/shifts",
    status_code=201,
    response_model=schemas.Shift,
    responses=problems(401, 403, 409, 422),
    summary="Add a shift",
)
def create(
    body: schemas.NewShift,
    access: Writer,
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Add a dated shift."""

    def work(session: Session) -> Answer:
        made = add_shift(session, body.shift_id, body.starts_at, body.ends_at)
        append(session, keys, now, access.event("shift", made.shift_id))
        return answer(asdict(made), ETag=etag(made.version))

    return once.submit(store, work)


@router.get(
    "/shifts/{shift_id}",
    response_model=schemas.Shift,
    responses=problems(401, 403, 404, 422),
    summary="One shift",
)
def one(access: Reader, store: StoreDep, shift_id: ShiftPath) -> Response:
    """Return a shift; its ETag is what an edit has to name."""
    assert access.action  # noqa: S101 - asked for, to be let in
    with store.read() as session:
        return _one(find_shift(session, shift_id))


@router.patch(
    "/shifts/{shift_id}",
    response_model=schemas.Shift,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
    summary="Move a shift",
)
def move(
    body: schemas.ShiftTimes,
    access: Writer,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    shift_id: ShiftPath,
    version: IfMatchDep,
) -> Response:
    """Move a shift in time; demand and pins stay with it."""

    def work(session: Session) -> ShiftView:
        found = move_shift(session, shift_id, body.starts_at, body.ends_at, version=version)
        append(session, keys, now, access.event("shift", shift_id))
        return found

    return _one(store.submit(work))


@router.delete(
    "/shifts/{shift_id}",
    status_code=204,
    responses=problems(401, 403, 404, 409, 412, 422, 428),
    summary="Remove a shift",
)
def remove(
    access: Writer,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    shift_id: ShiftPath,
    version: IfMatchDep,
) -> Response:
    """Remove a shift without demand and pins."""

    def work(session: Session) -> None:
        remove_shift(session, shift_id, version=version)
        append(session, keys, now, access.event("shift", shift_id, removed=True))

    store.submit(work)
    return Response(status_code=204)


@router.post(
    "",
    status_code=201,
    response_model=schemas.Week,
    responses=problems(401, 403, 409, 422),
    summary="Open a week",
)
def open_(body: schemas.NewWeek, at: WeekWriter, once: OnceDep, settings: SettingsDep) -> Response:
    """Make the shifts of seven days by the templates, with the demand of another week."""
    return once.submit(
        at.store, lambda session: answer(make_week(session, at, body, settings.timezone))
    )


def make_week(session: Session, at: Office, body: schemas.NewWeek, timezone: str) -> dict[str, int]:
    """Open a week, kept by the audit; return how many shifts and demand lines were made."""
    made, lines = open_week(session, body.first_day, body.like, timezone=timezone)
    detail = {"num_shifts": made, "num_lines": lines}
    at.keep(session, "week", body.first_day.isoformat(), **detail)
    return detail


def _one(found: ShiftView) -> Response:
    return _json(asdict(found), ETag=etag(found.version))


def _json(body: Any, **headers: str) -> Response:
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")
