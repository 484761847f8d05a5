"""Jobs worked off in this process and in one of their own: plans, repairs, cancellations."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from tiny_store import NOW

from api.job_bench import JobCancelledError
from api.job_kinds import RUN
from api.job_worker import work_off
from api.jobs import plan_bundle
from data.planning.jobs import add_job, cancel_job, events_of, find_job
from data.store.bundle_io import import_bundle
from data.store.result_io import find_roster, load_result, load_roster
from data.store.roster_states import publish
from data.store.tables.rosters import Roster
from dispatch.effort import Effort

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from service_client import RunningService

PLAN = {"rounds": 2, "time_limit_s": None, "seed": 3, "workers": 1, "label": "试排"}


def queue(tiny: RunningService, kind: str = "plan", **request: Any) -> int:
    full = {**PLAN, **request} if kind == "plan" else request
    return tiny.store.submit(lambda s: add_job(s, kind, full, by="account:1", now=NOW))


def work(tiny: RunningService) -> int:
    return work_off(tiny.store, tiny.keys, lambda: datetime.now(UTC))


def job_of(tiny: RunningService, number: int) -> Any:
    with tiny.store.read() as session:
        return find_job(session, number)


def test_files_and_store_give_the_same_roster(
    tiny: RunningService, bundle: Path, tmp_path: Path, kind: str
) -> None:
    assert kind
    scenario = import_bundle(tiny.store, bundle, created_by="test", now=NOW)
    job = queue(tiny, scenario_id=scenario)
    assert work(tiny) == 1
    found = job_of(tiny, job)
    assert found.state == "done", found.error
    effort = Effort(rounds=2)
    planned = plan_bundle(bundle, tmp_path / "out", effort=effort, workers=1, seed=3)
    with tiny.store.read() as session:
        stored = load_result(session, found.roster_id)
        events = events_of(session, job)
    assert stored.roster.equals(planned.roster)
    assert stored.report.objective == planned.report.objective
    assert stored.report.bound == planned.report.bound
    assert stored.gaps.equals(planned.gaps)
    stages = [one.content.get("stage") for one in events]
    assert {"encode", "bound", "construct", "improve"} <= set(stages)
    assert events[-1].content["objective"] == planned.report.objective


def test_a_repair_succeeds_what_it_repairs(tiny: RunningService) -> None:
    with tiny.store.read() as session:
        published = session.scalars(select(Roster.id).where(Roster.state == "published")).one()
    job = queue(
        tiny,
        "repair",
        roster_id=published,
        dropouts=True,
        absent=[["liu", "evening"]],
        demand=[],
        tolerance=0,
        label="补班",
    )
    assert work(tiny) == 1
    found = job_of(tiny, job)
    assert found.state == "done", found.error
    with tiny.store.read() as session:
        draft = find_roster(session, found.roster_id)
        rows = load_roster(session, found.roster_id)
        last = events_of(session, job)[-1].content
    assert (draft.state, draft.predecessor_id) == ("draft", published)
    assert "liu" not in set(rows["person_id"])
    assert any(move["person_id"] == "liu" for move in last["moves"])
    tiny.store.submit(lambda s: publish(s, found.roster_id, by="test", now=NOW))


def test_added_demand_makes_a_scenario_of_its_own(tiny: RunningService) -> None:
    with tiny.store.read() as session:
        roster = session.scalars(select(Roster).where(Roster.state == "published")).one()
    job = queue(
        tiny,
        "repair",
        roster_id=roster.id,
        dropouts=False,
        absent=[],
        demand=[["limin", "night", "auxiliary", [2]]],
        tolerance=0,
    )
    work(tiny)
    found = job_of(tiny, job)
    assert found.state == "done", found.error
    assert found.scenario_id != roster.scenario_id


def test_a_job_that_fails_says_why(tiny: RunningService) -> None:
    job = queue(tiny, scenario_id=99)
    work(tiny)
    found = job_of(tiny, job)
    assert found.state == "failed"
    assert "99" in found.error


def test_cancelled_while_it_runs(tiny: RunningService, monkeypatch: pytest.MonkeyPatch) -> None:
    job = queue(tiny, scenario_id=1)

    def endless(bench: Any) -> None:
        tiny.store.submit(lambda s: cancel_job(s, bench.job.job_id, now=NOW))
        assert bench.stop.wait(20)
        bench.go_on()

    monkeypatch.setitem(RUN, "plan", endless)
    work(tiny)
    assert job_of(tiny, job).state == "cancelled"
    assert JobCancelledError.__mro__


def test_a_worker_that_is_told_to_stop_leaves_its_job_interrupted(
    tiny: RunningService, tiny_url: str
) -> None:
    job = queue(tiny, scenario_id=1, rounds=None, time_limit_s=60)
    key = base64.b64encode(b"tiny" * 8).decode()
    worker = subprocess.Popen(
        [sys.executable, "-m", "api.job_worker"],
        env={**os.environ, "JINGGE_DATABASE_URL": tiny_url, "JINGGE_SECRET_KEY": key},
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 60
        while job_of(tiny, job).state == "queued" and time.monotonic() < until:
            time.sleep(0.05)
        if worker.poll() is None:
            os.kill(worker.pid, signal.SIGTERM)
        worker.wait(60)
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait()
    # A tiny plan may be done before it is told to stop; under way is nothing any more.
    assert job_of(tiny, job).state in {"interrupted", "done"}
