"""Jobs: one worker each, leases that run out, cancelled, started again, never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from data.planning.errors import JobMissingError, JobStateError, LeaseLostError
from data.planning.jobs import (
    LEASE,
    add_job,
    cancel_job,
    claim_job,
    end_job,
    events_of,
    find_job,
    finish_job,
    list_jobs,
    mark_interrupted,
    note_progress,
    renew_lease,
    restart_job,
)

if TYPE_CHECKING:
    from data.store.engine import Store

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
LATER = NOW + LEASE + timedelta(seconds=1)


def add(store: Store) -> int:
    return store.submit(lambda s: add_job(s, "plan", {"seed": 1}, by="account:1", now=NOW))


def claim(store: Store, worker: str) -> Any:
    return store.submit(lambda s: claim_job(s, worker, now=NOW))


def state(store: Store, job: int) -> str:
    with store.read() as session:
        return find_job(session, job).state


def test_the_oldest_first_and_each_once(store: Store) -> None:
    first, second = add(store), add(store)
    assert claim(store, "a").job_id == first
    assert claim(store, "b").job_id == second
    assert claim(store, "c") is None
    with store.read() as session:
        assert [job.job_id for job in list_jobs(session)] == [second, first]
        assert [job.job_id for job in list_jobs(session, before=(second,))] == [first]


def test_events_go_on_where_a_reader_stopped(store: Store) -> None:
    job = add(store)
    claim(store, "a")
    store.submit(lambda s: note_progress(s, job, "a", {"stage": "bound", "bound": 3}, now=NOW))
    store.submit(lambda s: end_job(s, job, "a", "done", now=NOW, content={"objective": 5}))
    with store.read() as session:
        events = events_of(session, job)
        assert [one.content.get("state") for one in events] == ["queued", "running", None, "done"]
        assert events_of(session, job, after_id=events[2].event_id) == events[3:]
    assert state(store, job) == "done"


def test_a_silent_worker_loses_its_job(store: Store) -> None:
    job = add(store)
    claim(store, "a")
    assert store.submit(lambda s: renew_lease(s, job, "a", now=NOW)) == "go_on"
    assert store.submit(lambda s: mark_interrupted(s, now=NOW + LEASE)) == []
    assert store.submit(lambda s: mark_interrupted(s, now=LATER)) == [job]
    assert state(store, job) == "interrupted"
    for late in (
        lambda s: renew_lease(s, job, "a", now=LATER),
        lambda s: note_progress(s, job, "a", {}, now=LATER),
        lambda s: end_job(s, job, "a", "done", now=LATER),
    ):
        with pytest.raises(LeaseLostError):
            store.submit(late)
    store.submit(lambda s: restart_job(s, job, now=LATER))
    again = store.submit(lambda s: claim_job(s, "b", now=LATER))
    assert (again.job_id, again.tries) == (job, 2)


def test_cancelled_at_once_or_when_the_worker_notices(store: Store) -> None:
    waits, runs = add(store), add(store)
    store.submit(lambda s: cancel_job(s, waits, now=NOW))
    assert state(store, waits) == "cancelled"
    assert claim(store, "a").job_id == runs
    assert store.submit(lambda s: cancel_job(s, runs, now=NOW)) == "running"
    assert store.submit(lambda s: renew_lease(s, runs, "a", now=NOW)) == "end"
    # Its worker dies before it notices: cancelled it is all the same.
    store.submit(lambda s: mark_interrupted(s, now=LATER))
    assert state(store, runs) == "cancelled"
    with pytest.raises(JobStateError):
        store.submit(lambda s: cancel_job(s, runs, now=NOW))


def test_a_plan_is_finished_early_and_a_restart_forgets_it(store: Store) -> None:
    job = add(store)
    with pytest.raises(JobStateError):
        store.submit(lambda s: finish_job(s, job, now=NOW))
    claim(store, "a")
    for _ in range(2):
        assert store.submit(lambda s: finish_job(s, job, now=NOW)) == "running"
    assert store.submit(lambda s: renew_lease(s, job, "a", now=NOW)) == "finish"
    store.submit(lambda s: mark_interrupted(s, now=LATER))
    store.submit(lambda s: restart_job(s, job, now=LATER))
    store.submit(lambda s: claim_job(s, "b", now=LATER))
    assert store.submit(lambda s: renew_lease(s, job, "b", now=LATER)) == "go_on"
    with store.read() as session:
        assert sum("wanted" in one.content for one in events_of(session, job)) == 1


def test_steps_that_a_state_does_not_allow(store: Store) -> None:
    job = add(store)
    with pytest.raises(JobStateError):
        store.submit(lambda s: restart_job(s, job, now=NOW))
    with pytest.raises(JobMissingError):
        store.submit(lambda s: cancel_job(s, 99, now=NOW))
