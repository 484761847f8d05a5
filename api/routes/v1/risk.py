"""``/api/v1/risk-surfaces``: where and when past incidents make a city expect more of them."""

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
from api.once import OnceDep, answer
from api.routes.v1.jobs import told
from api.schemas import planning
from api.schemas import risk as schemas
from api.schemas.inputs import CLEANED
from data.planning.jobs import add_job, find_job
from data.planning.risk import (
    beats_a_week,
    cells_a_week,
    find_surface,
    list_surfaces,
    week_of_cell,
)
from data.planning.risk_demand import set_weights, weigh_demand
from data.planning.within import require_beats
from data.store.audit import append
from grid.cells import format_cells, parse_cells

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer

router = APIRouter(tags=["risk"])

SURFACES: Final = cursor_for("risk_surfaces", int)
BEATS: Final = cursor_for("risk_beats", str)
CELLS: Final = cursor_for("risk_cells", int)
SurfacePath = Annotated[int, Path(ge=1, lt=2**63, examples=[1])]
CellPath = Annotated[str, Path(pattern="^[0-9a-f]{15}$", examples=["8931aa42d57ffff"])]
BeatQuery = Annotated[
    str, Query(min_length=1, max_length=128, description="A beat's code."), CLEANED
]
Reader = Annotated[Access, Depends(allowed("risk.read"))]


@router.post(
    "/risk-surfaces",
    status_code=202,
    response_model=planning.Job,
    responses=problems(401, 403, 409, 422),
    summary="Estimate a risk surface",
)
def estimate(
    body: schemas.NewSurface,
    access: Annotated[Access, Depends(allowed("risk.estimate"))],
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    settings: SettingsDep,
) -> Response:
    """Queue the estimate; its job's end names the surface. Only reported incidents count."""
    days = {"since": body.since.isoformat(), "until": body.until.isoformat()}
    kernel = {"bandwidth_m": body.bandwidth_m, "hours": body.hours}

    def work(session: Session) -> Answer:
        request = {**days, **kernel, "timezone": settings.timezone}
        job = add_job(session, "risk", request, by=access.actor.key, now=now)
        append(session, keys, now, access.event("job", str(job), kind="risk"))
        return answer(told(find_job(session, job)), 202, location=f"/api/v1/jobs/{job}")

    return once.submit(store, work)


@router.get(
    "/risk-surfaces",
    response_model=schemas.Surfaces,
    responses=problems(401, 403, 422),
    summary="Risk surfaces, the newest first",
)
def surfaces(
    access: Reader, store: StoreDep, window: Annotated[Window, Depends(SURFACES)]
) -> Response:
    """List surfaces with their parameters and the number of incidents that they are made of."""
    assert access.action  # noqa: S101 - asked for, to be let in
    with store.read() as session:
        found = list_surfaces(session, before=window.after, limit=window.fetch)
    items, following = window.cut(found, lambda one: (one.surface_id,))
    return _json({"items": [asdict(one) for one in items], "next": following})


@router.get(
    "/risk-surfaces/{surface_id}",
    response_model=schemas.Surface,
    responses=problems(401, 403, 404, 422),
    summary="One risk surface",
)
def surface(access: Reader, store: StoreDep, surface_id: SurfacePath) -> Response:
    """Return what a surface is made of: parameters, incidents that count and that are left out."""
    assert access.action  # noqa: S101 - asked for, to be let in
    with store.read() as session:
        return _json(asdict(find_surface(session, surface_id)))


@router.get(
    "/risk-surfaces/{surface_id}/beats",
    response_model=schemas.BeatRisks,
    responses=problems(401, 403, 404, 422),
    summary="What beats expect a week",
)
def beats(
    access: Reader,
    store: StoreDep,
    surface_id: SurfacePath,
    window: Annotated[Window, Depends(BEATS)],
) -> Response:
    """List the beats that one answers for with the reported incidents that they expect a week."""
    with store.read() as session:
        find_surface(session, surface_id)
        found = beats_a_week(
            session, access.scope, surface_id, behind=window.after, limit=window.fetch
        )
    items, following = window.cut(found, lambda one: (one["beat_id"],))
    return _json({"items": items, "next": following})


@router.get(
    "/risk-surfaces/{surface_id}/cells",
    response_model=schemas.CellRisks,
    responses=problems(401, 403, 404, 422),
    summary="What the cells of a beat expect a week",
)
def cells(
    access: Reader,
    store: StoreDep,
    surface_id: SurfacePath,
    beat: BeatQuery,
    window: Annotated[Window, Depends(CELLS)],
) -> Response:
    """List the cells of a beat that one answers for."""
    with store.read() as session:
        find_surface(session, surface_id)
        require_beats(session, access.scope, [beat])
        found = cells_a_week(
            session, access.scope, surface_id, beat=beat, behind=window.after, limit=window.fetch
        )
    items, following = window.cut(found, lambda one: (one[0],))
    names = format_cells([cell for cell, _ in items]) if items else ()
    rows = [
        {"cell": str(name), "a_week": week} for name, (_, week) in zip(names, items, strict=True)
    ]
    return _json({"items": rows, "next": following})


@router.get(
    "/risk-surfaces/{surface_id}/cells/{cell}",
    response_model=schemas.RiskWeek,
    responses=problems(400, 401, 403, 404, 422),
    summary="A cell's week",
)
def week(access: Reader, store: StoreDep, surface_id: SurfacePath, cell: CellPath) -> Response:
    """Return the reported incidents that a cell expects in each of the 168 hours of a week."""
    number = int(parse_cells([cell])[0])
    with store.read() as session:
        hours = week_of_cell(session, access.scope, find_surface(session, surface_id), number)
    return _json({"cell": cell, "a_week": sum(hours), "hours": hours})


@router.post(
    "/week/demand/weights",
    response_model=schemas.Weighed,
    responses=problems(401, 403, 404, 422),
    summary="Weigh demand by risk",
)
def weigh(
    body: schemas.Weighing,
    access: Annotated[Access, Depends(allowed("demand.write"))],
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Let the demand of some days weigh by the incidents expected on its posts, 1..10."""
    with store.read() as session:
        surface = find_surface(session, body.surface_id)
        weights = weigh_demand(
            session, access.scope, surface, body.first_day, body.last_day, roles=body.roles
        )

    def work(session: Session) -> Answer:
        count = len(weights) if body.preview else set_weights(session, weights)
        told = {"num_changed": count, "preview": body.preview}
        append(session, keys, now, access.event("demand", "weights", **told))
        return answer(told, 200)

    return once.submit(store, work)


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
