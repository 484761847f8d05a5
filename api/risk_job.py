"""The job of a risk surface: estimated of the records' incidents, kept in one transaction."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from data.planning.jobs import end_job
from data.planning.risk import estimate_risk, keep_risk
from data.store.audit import Event, append
from grid.incident_risk import KernelParameters

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.job_bench import Bench


def run_risk(bench: Bench) -> None:
    """Estimate a surface of the days and parameters that the job names."""
    request, by = bench.job.request, bench.job.created_by
    since, until = (date.fromisoformat(request[name]) for name in ("since", "until"))
    parameters = KernelParameters(request["bandwidth_m"], request["hours"])
    bench.tell("read")
    with bench.store.read() as session:
        estimate = estimate_risk(
            session, since, until, parameters=parameters, timezone=request["timezone"]
        )
    risk = estimate.risk
    bench.tell("keep", num_events=risk.num_events, num_patrol=risk.num_patrol)
    now = bench.clock()

    def work(session: Session) -> None:
        number = keep_risk(session, estimate, by=by, now=now)
        job, worker, told = bench.job.job_id, bench.worker, {"surface_id": number}
        end_job(session, job, worker, "done", now=now, content=told)
        detail = {"num_events": risk.num_events}
        append(session, bench.keys, now, Event(by, "risk.estimate", "risk", str(number), detail))

    bench.store.submit(work)
