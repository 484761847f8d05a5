"""Jobs that outlive a request: queued → running → done, failed, cancelled or interrupted.

A worker holds a job by a lease that it renews; whoever finds a lease that has run out marks the
job interrupted, from where it can be started again. So a job is never lost, and never worked on
by two: each write of a worker names its lease. Why no library: decision 0013.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import func, select, update

from data.planning.errors import JobMissingError, JobStateError, LeaseLostError
from data.store.keyset import after
from data.store.tables.jobs import Job, JobEvent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

LEASE: Final = timedelta(minutes=2)
"""Longer than a worker on an overloaded machine goes without a turn of its own (30 s were not)."""
ENDED: Final = frozenset({"done", "failed", "cancelled", "interrupted"})
AGAIN: Final = frozenset({"failed", "cancelled", "interrupted"})
"""States from which a job can be started again."""
FINISH: Final = "finish"
"""Entry of a request: end with the best that there is."""
Wish = Literal["go_on", "finish", "end"]
"""What a worker is to do with its job."""


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it stands."""

    job_id: int
    kind: str
    state: str
    request: dict[str, Any]
    progress: dict[str, Any] | None
    scenario_id: int | None
    roster_id: int | None
    error: str | None
    tries: int
    cancel_wanted: bool
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class EventView:
    """A step of a job's progress."""

    event_id: int
    at: datetime
    content: dict[str, Any]


# ---- whoever asks for it


def add_job(
    session: Session,
    kind: str,
    request: dict[str, Any],
    *,
    by: str,
    now: datetime,
    scenario_id: int | None = None,
) -> int:
    """Queue a job; return its number."""
    row = Job(
        kind=kind,
        state="queued",
        request=request,
        scenario_id=scenario_id,
        tries=0,
        cancel_wanted=False,
        created_at=now,
        created_by=by,
    )
    session.add(row)
    session.flush()
    _note(session, row.id, {"state": "queued"}, now)
    return row.id


def find_job(session: Session, job_id: int) -> JobView:
    """Give a job.

    Raises
    ------
    JobMissingError
    """
    return _view(_row(session, job_id))


def list_jobs(
    session: Session,
    *,
    kinds: Sequence[str] = (),
    state: str | None = None,
    before: tuple[Any, ...] | None = None,
    limit: int = 100,
) -> list[JobView]:
    """List jobs, the newest first."""
    query = select(Job).where(after([Job.id], before, descending=True)).order_by(Job.id.desc())
    if kinds:
        query = query.where(Job.kind.in_(kinds))
    if state is not None:
        query = query.where(Job.state == state)
    return [_view(row) for row in session.scalars(query.limit(limit))]


def events_of(
    session: Session, job_id: int, *, after_id: int = 0, limit: int = 200
) -> list[EventView]:
    """List what happened in a job after an event, in order."""
    query = (
        select(JobEvent)
        .where(JobEvent.job_id == job_id, JobEvent.id > after_id)
        .order_by(JobEvent.id)
        .limit(limit)
    )
    return [EventView(row.id, row.at, row.content) for row in session.scalars(query)]


def cancel_job(session: Session, job_id: int, *, now: datetime) -> str:
    """Ask for a job to end; return its state: one that nobody works on ends at once.

    Raises
    ------
    JobMissingError
    JobStateError
        For a job that has ended.
    """
    row = _row(session, job_id, lock=True)
    if row.state in ENDED:
        raise JobStateError(f"Expected job {job_id} to be under way, got one that is {row.state}.")
    row.cancel_wanted = True
    if row.state == "queued":
        _end(row, "cancelled", now)
        _note(session, job_id, {"state": "cancelled"}, now)
    session.flush()
    return row.state


def finish_job(session: Session, job_id: int, *, now: datetime) -> str:
    """Ask a plan to end soon with the best roster it has; return its state.

    Raises
    ------
    JobMissingError
    JobStateError
        For a job that is no plan under way.
    """
    row = _row(session, job_id, lock=True)
    if row.kind != "plan" or row.state != "running" or row.cancel_wanted:
        raise JobStateError(
            f"Expected job {job_id} to be a plan that is running, got one that is {row.state}."
        )
    if not row.request.get(FINISH):
        row.request = {**row.request, FINISH: True}
        session.flush()
        _note(session, job_id, {"state": row.state, "wanted": FINISH}, now)
    return row.state


def restart_job(session: Session, job_id: int, *, now: datetime) -> None:
    """Queue a job again that was interrupted, cancelled or failed.

    Raises
    ------
    JobMissingError
    JobStateError
        For a job in another state.
    """
    row = _row(session, job_id, lock=True)
    if row.state not in AGAIN:
        raise JobStateError(
            f"Expected job {job_id} to be {', '.join(sorted(AGAIN))}, got one that is {row.state}."
        )
    row.state, row.cancel_wanted, row.error, row.finished_at = "queued", False, None, None
    row.progress = None
    row.request = {name: value for name, value in row.request.items() if name != FINISH}
    session.flush()
    _note(session, job_id, {"state": "queued"}, now)


# ---- whoever works on it


def claim_job(session: Session, worker: str, *, now: datetime) -> JobView | None:
    """Take the oldest job that waits, and its lease; None where none waits."""
    waiting = (select(Job).where(Job.state == "queued").order_by(Job.id).limit(1)).with_for_update(
        skip_locked=True
    )
    row = session.scalars(waiting).one_or_none()
    if row is None:
        return None
    row.state, row.leased_by, row.leased_until = "running", worker, now + LEASE
    row.tries += 1
    row.started_at, row.finished_at = now, None
    session.flush()
    _note(session, row.id, {"state": "running", "try": row.tries}, now)
    return _view(row)


def renew_lease(session: Session, job_id: int, worker: str, *, now: datetime) -> Wish:
    """Keep a job for as long as a lease is; tell what is wanted of it.

    Raises
    ------
    LeaseLostError
        Where the job is not this worker's any more.
    """
    found = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == "running", Job.leased_by == worker)
        .values(leased_until=now + LEASE)
        .returning(Job.cancel_wanted, Job.request)
    ).one_or_none()
    if found is None:
        raise LeaseLostError(f"Expected job {job_id} to be worked on by {worker}.")
    if found.cancel_wanted:
        return "end"
    return "finish" if found.request.get(FINISH) else "go_on"


def note_progress(
    session: Session, job_id: int, worker: str, content: dict[str, Any], *, now: datetime
) -> None:
    """Say how far a job is.

    Raises
    ------
    LeaseLostError
    """
    row = _mine(session, job_id, worker)
    row.progress = content
    session.flush()
    _note(session, job_id, content, now)


def end_job(
    session: Session,
    job_id: int,
    worker: str,
    state: str,
    *,
    now: datetime,
    content: dict[str, Any] | None = None,
    error: str | None = None,
    scenario_id: int | None = None,
    roster_id: int | None = None,
) -> None:
    """End a job, in the transaction of what it made.

    Raises
    ------
    LeaseLostError
        Where the job is not this worker's any more: then nothing of it is kept.
    """
    row = _mine(session, job_id, worker)
    _end(row, state, now)
    row.error = error
    row.scenario_id = scenario_id or row.scenario_id
    row.roster_id = roster_id or row.roster_id
    session.flush()
    told = {"scenario_id": row.scenario_id, "roster_id": row.roster_id, "error": error}
    known = {name: value for name, value in told.items() if value is not None}
    _note(session, job_id, {"state": state, **known, **(content or {})}, now)


def mark_interrupted(session: Session, *, now: datetime) -> list[int]:
    """Mark the jobs whose worker has fallen silent; return their numbers."""
    query = (
        select(Job)
        .where(Job.state == "running", Job.leased_until < now)
        .order_by(Job.id)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(query).all()
    for row in rows:
        state = "cancelled" if row.cancel_wanted else "interrupted"
        _end(row, state, now)
        session.flush()
        _note(session, row.id, {"state": state}, now)
    return [row.id for row in rows]


def num_waiting(session: Session) -> tuple[int, int]:
    """Count the jobs that wait and those that are worked on."""
    query = select(Job.state, func.count()).where(Job.state.in_(("queued", "running")))
    found = dict(session.execute(query.group_by(Job.state)).all())
    return found.get("queued", 0), found.get("running", 0)


def silent_jobs(session: Session, *, now: datetime) -> bool:
    """Tell whether there are jobs whose worker has fallen silent."""
    query = select(Job.id).where(Job.state == "running", Job.leased_until < now).limit(1)
    return session.scalar(query) is not None


def _row(session: Session, job_id: int, *, lock: bool = False) -> Job:
    query = select(Job).where(Job.id == job_id)
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise JobMissingError(job_id)
    return row


def _mine(session: Session, job_id: int, worker: str) -> Job:
    row = _row(session, job_id, lock=True)
    if row.state != "running" or row.leased_by != worker:
        raise LeaseLostError(f"Expected job {job_id} to be worked on by {worker}.")
    return row


def _end(row: Job, state: str, now: datetime) -> None:
    row.state, row.finished_at, row.leased_by, row.leased_until = state, now, None, None


def _note(session: Session, job_id: int, content: dict[str, Any], now: datetime) -> None:
    session.add(JobEvent(job_id=job_id, at=now, content=content))
    session.flush()


def _view(row: Job) -> JobView:
    same = (name for name in JobView.__dataclass_fields__ if name != "job_id")
    return JobView(row.id, **{name: getattr(row, name) for name in same})
