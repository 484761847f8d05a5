"""What workers do within one transaction each: scenarios and drafts into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.planning.jobs import end_job
from data.store.audit import Event, append
from data.store.result_io import store_draft
from data.store.scenario_writing import store_scenario

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.planning.jobs import JobView
    from data.store.bundle_io import BundleRecord
    from data.store.keys import Keys
    from dispatch.roster import PlanResult


def keep_scenario(
    session: Session, keys: Keys, record: BundleRecord, *, by: str, now: datetime
) -> int:
    """Store a scenario of the living records; return its number."""
    number = store_scenario(session, record, created_by=by, now=now, link_people=True)
    detail = {"sha256": record.sha256}
    append(session, keys, now, Event(by, "scenario.write", "scenario", str(number), detail))
    return number


def keep_draft(
    session: Session,
    keys: Keys,
    job: JobView,
    result: PlanResult,
    *,
    worker: str,
    scenario_id: int,
    predecessor_id: int | None = None,
    content: dict[str, object] | None = None,
    now: datetime,
) -> int:
    """Store a plan as a draft and end its job; return the roster's number."""
    label = str(job.request.get("label", ""))
    number = store_draft(
        session,
        scenario_id,
        result,
        label=label,
        created_by=job.created_by,
        now=now,
        predecessor_id=predecessor_id,
    )
    told = {"objective": result.report.objective, "bound": result.report.bound}
    end_job(
        session,
        job.job_id,
        worker,
        "done",
        now=now,
        scenario_id=scenario_id,
        roster_id=number,
        content={**told, **(content or {})},
    )
    action = "roster.repair" if predecessor_id is not None else "plan.start"
    detail = {"job": job.job_id, "scenario": scenario_id}
    append(session, keys, now, Event(job.created_by, action, "roster", str(number), detail))
    return number
