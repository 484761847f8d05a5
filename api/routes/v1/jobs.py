"""``/api/v1/jobs``: plans and repairs that a process of their own works on."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Response
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from api.access.actor import Access
from api.access.policy import allowed
from api.commands.planning import usable_processors
from api.cursors import Window, cursor_for
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import problems
from api.job_runner import JobRunner
from api.once import OnceDep, answer
from api.schemas import planning as schemas
from data.planning.errors import JobMissingError
from data.planning.jobs import (
    ENDED,
    JobView,
    add_job,
    cancel_job,
    events_of,
    find_job,
    finish_job,
    list_jobs,
    restart_job,
)
from data.planning.rosters import Reader, roster_view
from data.planning.within import require_beats, require_people
from data.store.audit import append
from data.store.engine import Store
from data.store.scenario_reading import find_scenario

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.service import Service
    from data.store.idempotency import Answer
    from data.store.keys import Keys

PLANNING: Final = ("plan", "repair")
DEFAULT_TIME_LIMIT_S: Final = 600.0
LOOK_EVERY_S: Final = 0.5
ALIVE_EVERY_S: Final = 15.0
"""How often a silent stream says that it lives: proxies end what is silent for half a minute."""
LONGEST_S: Final = 600
JOBS: Final = cursor_for("jobs", int)
JobPath = Annotated[int, Path(ge=1, lt=2**63, examples=[1])]
PlanReader = Annotated[Access, Depends(allowed("plan.read"))]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Look after the jobs while the service runs."""
    service: Service = app.state.service
    url = service.store.engines.url.render_as_string(hide_password=False)
    runner = JobRunner(service.store, service.clock, {"JINGGE_DATABASE_URL": url})
    runner.start()
    app.state.jobs = runner  # `/readyz` asks whether it is alive
    try:
        yield
    finally:
        await run_in_threadpool(runner.close)


router = APIRouter(prefix="/jobs", tags=["jobs"], lifespan=lifespan)


@router.post(
    "/plans",
    status_code=202,
    response_model=schemas.Job,
    responses=problems(401, 403, 404, 409, 422),
    summary="Start a plan",
)
def start_plan(
    body: schemas.NewPlan,
    access: Annotated[Access, Depends(allowed("plan.start"))],
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Queue a plan; its result is a draft to compare and publish."""

    def work(session: Session) -> Answer:
        return _made(session, queue_plan(session, keys, access, body, now))

    return once.submit(store, work)


@router.post(
    "/repairs",
    status_code=202,
    response_model=schemas.Job,
    responses=problems(401, 403, 404, 409, 422),
    summary="Start the repair of a published roster",
)
def start_repair(
    body: schemas.NewRepair,
    access: Annotated[Access, Depends(allowed("roster.repair"))],
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Queue a repair; its result is a draft that succeeds the roster and disturbs the fewest."""

    def work(session: Session) -> Answer:
        return _made(session, queue_repair(session, keys, access, body, now))

    return once.submit(store, work)


@router.get(
    "",
    response_model=schemas.Jobs,
    responses=problems(401, 403, 422),
    summary="Plans and repairs, the newest first",
)
def jobs(
    access: PlanReader,
    store: StoreDep,
    window: Annotated[Window, Depends(JOBS)],
    state: Annotated[schemas.JobState | None, Query()] = None,
) -> Response:
    """List jobs with their last progress."""
    assert access.action  # noqa: S101 - asked for, to be let in
    with store.read() as session:
        found = list_jobs(
            session, kinds=PLANNING, state=state, before=window.after, limit=window.fetch
        )
    items, following = window.cut(found, lambda one: (one.job_id,))
    return _json({"items": [told(one) for one in items], "next": following})


@router.get(
    "/{job_id}",
    response_model=schemas.Job,
    responses=problems(401, 403, 404, 422),
    summary="One job",
)
def job(access: PlanReader, store: StoreDep, job_id: JobPath) -> Response:
    """Return a job with its last progress."""
    return _json(told(_visible(store, access, job_id)))


@router.get("/{job_id}/events", include_in_schema=False)
async def events(
    access: PlanReader,
    store: StoreDep,
    job_id: JobPath,
    last: Annotated[int, Header(alias="Last-Event-ID", ge=0, lt=2**63)] = 0,
) -> Response:
    """Stream a job's progress, from any event on; ends with the job, or after ten minutes."""
    await run_in_threadpool(_visible, store, access, job_id)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _stream(store, job_id, last), media_type="text/event-stream", headers=headers
    )


@router.post(
    "/{job_id}/cancel",
    response_model=schemas.Job,
    responses=problems(401, 403, 404, 409, 422),
    summary="Cancel a job",
)
def cancel(
    access: Annotated[Access, Depends(allowed("plan.cancel"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    job_id: JobPath,
) -> Response:
    """End a job: one that waits at once, one that runs within seconds."""
    found = change_job(store, keys, access, job_id, cancel_job, now=now)
    return _json(told(found))


@router.post(
    "/{job_id}/finish",
    response_model=schemas.Job,
    responses=problems(401, 403, 404, 409, 422),
    summary="Let a plan end with what it has",
)
def finish(
    access: Annotated[Access, Depends(allowed("plan.cancel"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    job_id: JobPath,
) -> Response:
    """End a running plan within seconds; its best roster so far becomes the draft."""
    found = change_job(store, keys, access, job_id, finish_job, now=now, finish=True)
    return _json(told(found))


@router.post(
    "/{job_id}/restart",
    response_model=schemas.Job,
    responses=problems(401, 403, 404, 409, 422),
    summary="Start a job again",
)
def restart(
    access: Annotated[Access, Depends(allowed("plan.start"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    job_id: JobPath,
) -> Response:
    """Queue a job again that was interrupted, cancelled or failed."""
    found = change_job(store, keys, access, job_id, restart_job, now=now, again=True)
    return _json(told(found))


def queue_plan(
    session: Session, keys: Keys, access: Access, body: schemas.NewPlan, now: datetime
) -> int:
    """Queue a plan and keep who asked for it; return the job's number.

    Raises
    ------
    ScenarioMissingError
    """
    request: dict[str, Any] = {
        "rounds": body.rounds,
        "time_limit_s": body.time_limit_s,
        "seed": body.seed,
        "workers": body.workers or usable_processors(),
        "label": body.label,
    }
    if body.rounds is None and body.time_limit_s is None:
        request["time_limit_s"] = DEFAULT_TIME_LIMIT_S
    if body.first_day is not None and body.last_day is not None:
        days = {"first_day": body.first_day.isoformat(), "last_day": body.last_day.isoformat()}
        request |= {**days, "name": body.label or f"{days['first_day']} – {days['last_day']}"}
    if body.scenario_id is not None:
        find_scenario(session, body.scenario_id)
    return _queue(session, keys, access, "plan", request, body.scenario_id, now)


def queue_repair(
    session: Session, keys: Keys, access: Access, body: schemas.NewRepair, now: datetime
) -> int:
    """Queue the repair of a roster and keep who asked for it; return the job's number.

    Raises
    ------
    RosterMissingError, PersonMissingError, BeatMissingError
        Also where they are out of the asker's reach.
    """
    request = {
        "roster_id": body.roster_id,
        "dropouts": body.dropouts,
        "absent": [[one.person_id, one.shift_id] for one in body.absent],
        "demand": [[one.beat_id, one.shift_id, one.role, one.weights] for one in body.demand],
        "tolerance": body.tolerance,
        "label": body.label,
    }
    reader = Reader(access.scope, access.scope.city, access.actor.key)
    roster = roster_view(session, reader, body.roster_id)
    require_people(session, access.scope, {one.person_id for one in body.absent})
    require_beats(session, access.scope, {one.beat_id for one in body.demand})
    return _queue(session, keys, access, "repair", request, roster.scenario_id, now)


def _queue(
    session: Session,
    keys: Keys,
    access: Access,
    kind: str,
    request: dict[str, Any],
    scenario_id: int | None,
    now: datetime,
) -> int:
    job = add_job(session, kind, request, by=access.actor.key, now=now, scenario_id=scenario_id)
    append(session, keys, now, access.event("job", str(job), kind=kind))
    return job


def change_job(
    store: Store,
    keys: Keys,
    access: Access,
    job_id: int,
    change: Callable[..., object],
    *,
    now: datetime,
    **detail: Any,
) -> JobView:
    """Do a step of a job that one may see, and keep it; return the job as it is then.

    Parameters
    ----------
    change : callable
        Such as `cancel_job`: takes the session, the job's number and ``now``.

    Raises
    ------
    JobMissingError
        Where there is none, or somebody else's import.
    JobStateError
    """
    _visible(store, access, job_id)

    def work(session: Session) -> JobView:
        change(session, job_id, now=now)
        append(session, keys, now, access.event("job", str(job_id), **detail))
        return find_job(session, job_id)

    return store.submit(work)


def told(found: JobView) -> dict[str, Any]:
    """Return a job as plain values."""
    return asdict(found)


def _visible(store: Store, access: Access, job_id: int) -> JobView:
    """Give a plan or a repair, or a job of one's own; other people's imports are theirs alone."""
    with store.read() as session:
        found = find_job(session, job_id)
    if found.kind not in PLANNING and found.created_by != access.actor.key:
        raise JobMissingError(job_id)
    return found


async def _stream(store: Store, job_id: int, last: int) -> AsyncIterator[bytes]:
    silent_s = 0.0
    for _ in range(int(LONGEST_S / LOOK_EVERY_S)):
        state, found = await run_in_threadpool(_look, store, job_id, last)
        for one in found:
            last = one.event_id
            # Who changes is told within a jurisdiction, by the roster's own route.
            content = {name: value for name, value in one.content.items() if name != "moves"}
            data = orjson.dumps({"at": one.at, **content}).decode()
            yield format_sse_event(data_str=data, event="progress", id=str(last))
        if state in ENDED and not found:
            yield format_sse_event(data_str=orjson.dumps({"state": state}).decode(), event="end")
            return
        silent_s = 0.0 if found else silent_s + LOOK_EVERY_S
        if silent_s >= ALIVE_EVERY_S:
            yield KEEPALIVE_COMMENT
            silent_s = 0.0
        if not found:
            await asyncio.sleep(LOOK_EVERY_S)


def _look(store: Store, job_id: int, last: int) -> tuple[str, list[Any]]:
    with store.read() as session:
        return find_job(session, job_id).state, events_of(session, job_id, after_id=last)


def _made(session: Session, job_id: int) -> Answer:
    body = told(find_job(session, job_id))
    return answer(body, 202, location=f"/api/v1/jobs/{job_id}")


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
