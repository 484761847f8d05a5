"""``/api/v1/week/demand/change``: many demand lines at once, told before it is done."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response

from api.dependencies import SettingsDep
from api.errors import ParameterError, problems
from api.once import OnceDep, answer
from api.routes.v1.demand import FilterDep, Reader, Writer
from api.schemas import week as schemas
from api.versions import IfMatchDep, etag
from data.planning.demand_change import Resize, ResizeView, resize_lines, resize_view
from data.planning.demand_search import DemandFilter

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.office import Office
    from data.store.idempotency import Answer

router = APIRouter(prefix="/week", tags=["week"])

PeopleQuery = Annotated[
    int | None, Query(ge=0, le=1000, description="So many people each; or `factor`.")
]
FactorQuery = Annotated[
    float | None,
    Query(gt=0, le=10, allow_inf_nan=False, description="So many times as many people."),
]


@router.get(
    "/demand/change",
    response_model=schemas.DemandChanged,
    responses=problems(401, 403, 422),
    summary="What a change of many demand lines would come to",
)
def preview(
    at: Reader,
    wanted: FilterDep,
    settings: SettingsDep,
    *,
    people: PeopleQuery = None,
    factor: FactorQuery = None,
) -> Response:
    """Tell how many lines and person-hours would change; the ETag is what the change has to name.

    A factor rounds half up and leaves one of whoever was wanted.
    """
    if (people is None) == (factor is None):
        raise ParameterError("Expected either people or factor.")
    with at.store.read() as session:
        told = resize_view(session, at.scope, wanted, Resize(people, factor), settings.timezone)
    body = orjson.dumps(told_change(told))
    tag = {"ETag": etag(told.version)}
    return Response(body, headers=tag, media_type="application/json")


@router.post(
    "/demand/change",
    response_model=schemas.DemandChanged,
    responses=problems(401, 403, 412, 422, 428),
    summary="Change many demand lines",
)
def change(
    body: schemas.DemandChange,
    at: Writer,
    once: OnceDep,
    settings: SettingsDep,
    version: IfMatchDep,
) -> Response:
    """Change how many people the lines want, as the preview told; 412 where it would tell more."""

    def work(session: Session) -> Answer:
        told = change_lines(session, at, body, version, settings.timezone)
        return answer(told_change(told), 200)

    return once.submit(at.store, work)


def change_lines(
    session: Session, at: Office, body: schemas.DemandChange, version: int, timezone: str
) -> ResizeView:
    """Change many lines, kept by the audit; of a text that was searched for only that it was."""
    resize = Resize(body.people, body.factor)
    told = resize_lines(session, at.scope, filter_of(body), resize, timezone, version=version)
    given = body.model_dump(mode="json", exclude_none=True, exclude={"place"})
    if body.place is not None:
        given["place"] = True
    at.keep(
        session,
        "demand",
        "lines",
        **given,
        lines=told.num_changed,
        before=told.people_before,
        after=told.people_after,
    )
    return told


def filter_of(body: schemas.DemandChange) -> DemandFilter:
    """Return which lines a body means."""
    return DemandFilter(
        station=body.station_id,
        beat=body.beat_id,
        place=body.place,
        shift=body.shift_id,
        week=body.week,
        weekday=body.weekday,
        template=body.template,
        role=body.role,
    )


def told_change(told: ResizeView) -> dict[str, Any]:
    """Return what a change comes to, without its version."""
    return {name: value for name, value in asdict(told).items() if name != "version"}
