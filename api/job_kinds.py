"""What each kind of job does: plan, repair, and take tables in. Run by `api.job_worker`."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from api.gaps import in_both_languages
from api.import_jobs import commit_import, preview_import_batch
from api.jobs import stack_versions
from api.repair_job import facts_of, repaired_plan
from api.risk_job import run_risk
from data.planning.drafts import keep_draft, keep_scenario
from data.planning.living_scenario import scenario_of_records
from data.planning.repairing import absences_of
from data.store.bundle_io import make_record
from data.store.errors import RosterStateError
from data.store.result_io import find_roster, load_roster
from data.store.scenario_reading import find_scenario, load_scenario
from dispatch.effort import Effort
from dispatch.planner import plan
from dispatch.repair import RepairDesk
from dispatch.repair_changes import Changes
from dispatch.warm_up import compile_kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from api.job_bench import Bench
    from dispatch.effort import Progress
    from dispatch.scenario import Scenario

PLANNING_KINDS: Final = ("plan", "repair")


def run_plan(bench: Bench) -> None:
    """Plan a stored scenario, or the living records of some days, into a draft."""
    request = bench.job.request
    scenario_id, scenario, sha256 = _scenario(bench)

    def progress(at: Progress) -> None:
        seconds = round(at.seconds, 1)
        bench.tell(at.stage, objective=at.objective, bound=at.bound, seconds=seconds)

    effort = Effort(time_limit_s=request.get("time_limit_s"), rounds=request.get("rounds"))
    if effort.time_limit_s is not None:  # the limit is for planning, not for compiling
        bench.tell("prepare")
        compile_kernels(scenario)
    result = plan(
        scenario,
        effort=effort,
        workers=int(request["workers"]),
        seed=int(request["seed"]),
        clock=time.perf_counter,
        progress=progress,
        stop=lambda: bench.finish.is_set() or bench.stop.is_set(),
    )
    bench.go_on()
    report = replace(result.report, scenario_sha256=sha256, versions=stack_versions())
    result = in_both_languages(scenario, replace(result, report=report))
    bench.go_on()
    now = bench.clock()
    bench.store.submit(
        lambda session: keep_draft(
            session,
            bench.keys,
            bench.job,
            result,
            worker=bench.worker,
            scenario_id=scenario_id,
            now=now,
        )
    )


def run_repair(bench: Bench) -> None:
    """Repair a published roster into a draft that succeeds it."""
    request = bench.job.request
    roster_id = int(request["roster_id"])
    bench.tell("read")
    begun = time.perf_counter()
    with bench.store.read() as session:
        published = find_roster(session, roster_id)
        if published.state != "published":
            raise RosterStateError(
                f"Expected roster {roster_id} to be published, got one that is {published.state}."
            )
        scenario_id = published.scenario_id
        sha256 = find_scenario(session, scenario_id).sha256
        scenario, rows = load_scenario(session, scenario_id), load_roster(session, roster_id)
        absent = absences_of(session, scenario_id) if request["dropouts"] else []
    absent += [tuple(pair) for pair in request["absent"]]
    lines = [(beat, shift, role, tuple(places)) for beat, shift, role, places in request["demand"]]
    changes = Changes.of(sorted(set(absent)), lines)
    bench.tell("prepare")
    read = time.perf_counter()
    desk = RepairDesk(scenario, rows)
    bench.tell("repair")
    ready = time.perf_counter()
    repair = desk.repair(changes, tolerance=int(request["tolerance"]))
    bench.tell("check")
    changed = repair.scenario()
    record = make_record(changed) if lines else None
    seconds = {"read": read - begun, "prepare": ready - read, "repair": time.perf_counter() - ready}
    result = repaired_plan(
        repair, sha256=sha256 if record is None else record.sha256, bound=0, seconds=seconds
    )
    content: dict[str, object] = {"moves": _plain(repair.moves()), "facts": facts_of(repair)}
    bench.go_on()
    now = bench.clock()

    def work(session: Session) -> int:
        number = scenario_id
        if record is not None:  # added demand is a scenario of its own: the old one stays as it was
            by = bench.job.created_by
            number = keep_scenario(session, bench.keys, record, by=by, now=now)
        return keep_draft(
            session,
            bench.keys,
            bench.job,
            result,
            worker=bench.worker,
            scenario_id=number,
            predecessor_id=roster_id,
            content=content,
            now=now,
        )

    bench.store.submit(work)


RUN: Final[dict[str, Callable[[Bench], None]]] = {
    "plan": run_plan,
    "repair": run_repair,
    "risk": run_risk,
    "import.preview": preview_import_batch,
    "import.commit": commit_import,
}


def _scenario(bench: Bench) -> tuple[int, Scenario, str]:
    """Give the scenario to plan; one of the living records is stored first."""
    request = bench.job.request
    number = bench.job.scenario_id or request.get("scenario_id")
    bench.tell("read")
    if number is not None:
        with bench.store.read() as session:
            return (
                int(number),
                load_scenario(session, int(number)),
                find_scenario(session, int(number)).sha256,
            )
    first, last = (date.fromisoformat(request[name]) for name in ("first_day", "last_day"))
    with bench.store.read() as session:
        found = scenario_of_records(session, first, last, name=request["name"])
    bench.tell("keep", unplaced=found.num_unplaced)
    record = make_record(found.scenario)
    now, by = bench.clock(), bench.job.created_by
    made = bench.store.submit(
        lambda session: keep_scenario(session, bench.keys, record, by=by, now=now)
    )
    return made, found.scenario, record.sha256


def _plain(table: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = (
        table.astype(object).where(table.notna(), None).to_dict("records")
    )
    return records
