"""Plans and repairs started and cancelled in the console, by the rules of the JSON routes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tiny_store import NOW

from data.planning.jobs import add_job, find_job, list_jobs

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

HERE = "/console/rosters"


@pytest.fixture
def dispatcher(tiny: RunningService) -> TestClient:
    tiny.clock.now = NOW
    client = tiny.client_as("city_dispatcher")
    client.headers["Accept"] = "text/html"
    return client


def start(dispatcher: TestClient, **fields: Any) -> Any:
    once = re.findall(r'name="once" value="([^"]*)"', dispatcher.get(HERE).text)[0]
    form = {"once": once, "minutes": 1, **fields}
    return dispatcher.post("/console/plans", data=form, follow_redirects=False)


def jobs(tiny: RunningService) -> list[Any]:
    with tiny.store.read() as session:
        return list_jobs(session, kinds=("plan", "repair"))


def test_a_plan_of_some_days_waits_in_the_queue(
    tiny: RunningService, dispatcher: TestClient
) -> None:
    days = {"first_day": "2026-12-07", "last_day": "2026-12-13"}
    assert start(dispatcher, **days, minutes=0.5, label=" 早 ").status_code == 303
    (job,) = jobs(tiny)
    assert job.kind == "plan"
    assert {name: job.request[name] for name in days} == days
    assert job.request["time_limit_s"] == 30
    assert job.request["label"] == "早"


@pytest.mark.parametrize(
    ("first", "last"), [("2026-12-13", "2026-12-07"), ("2026-01-01", "2026-12-31")]
)
def test_days_that_make_no_week_are_refused(
    tiny: RunningService, dispatcher: TestClient, first: str, last: str
) -> None:
    told = start(dispatcher, first_day=first, last_day=last)
    assert told.status_code == 422
    assert jobs(tiny) == []


def test_a_job_is_cancelled_but_not_the_import_of_others(
    tiny: RunningService, dispatcher: TestClient
) -> None:
    days = {"first_day": "2026-12-07", "last_day": "2026-12-13"}
    start(dispatcher, **days)
    (job,) = jobs(tiny)
    path = f"/console/jobs/{job.job_id}/cancel"
    assert dispatcher.post(path, follow_redirects=False).status_code == 303
    assert jobs(tiny)[0].state == "cancelled"

    theirs = tiny.store.submit(lambda s: add_job(s, "import", {}, by="account:99", now=NOW))
    assert dispatcher.post(f"/console/jobs/{theirs}/cancel").status_code == 404
    with tiny.store.read() as session:
        assert find_job(session, theirs).state == "queued"


def test_a_repair_waits_in_the_queue(tiny: RunningService, dispatcher: TestClient) -> None:
    once = re.findall(r'name="once" value="([^"]*)"', dispatcher.get(f"{HERE}/1").text)[0]
    answer = dispatcher.post(f"{HERE}/1/repair", data={"once": once}, follow_redirects=False)
    assert answer.status_code == 303
    (job,) = jobs(tiny)
    assert (job.kind, job.request["roster_id"], job.request["dropouts"]) == ("repair", 1, True)
