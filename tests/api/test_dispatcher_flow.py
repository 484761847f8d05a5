"""A dispatcher's two weeks over HTTP, with a server that stops in the middle and real workers.

Open a week, plan it from the living records, watch, cancel, start again, restart the server under
the plan, finish early, compare, publish; somebody drops out; repair, compare, publish. It takes a
minute, several where the kernels are compiled first: ``JINGGE_FLOW=1 python -m pytest`` this file.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from service_client import start_service, stop_service
from small_city import small_city
from sqlalchemy import select

from api.access.cookies import PLAIN
from data.bundle import write_bundle
from data.records.habits_from_bundle import fill_habits
from data.store.bundle_io import read_record
from data.store.engine import open_store
from data.store.records_from_bundle import fill_records
from data.store.scenario_writing import store_scenario
from data.store.tables.jobs import Job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service_client import Login, RunningService
    from sqlalchemy.orm import Session

CODE = "from api.cli import main; main()"
KEY = base64.b64encode(b"tiny" * 8).decode()
PATIENCE_S = 120
VOLUNTEERS = 400
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def loaded(sqlite_template: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a store with the small city's records; nothing is planned yet."""
    now = datetime.now(UTC)
    write_bundle(small_city(now, VOLUNTEERS), tmp_path / "bundle")
    record = read_record(tmp_path / "bundle")
    (tmp_path / "flow.db").write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    store = open_store(url)

    def work(session: Session) -> None:
        fill_records(session, record, bureau_name="包头市公安局", now=now)
        fill_habits(session, record.scenario, now=now)
        store_scenario(session, record, created_by="test", now=now, link_people=True)

    store.submit(work)
    store.close()
    yield url
    end_workers(url)


def end_workers(url: str) -> None:
    """End the workers that a failed test has left, which outlive their server on purpose."""
    store = open_store(url)
    with store.read() as session:
        names = session.scalars(select(Job.leased_by).where(Job.state == "running")).all()
    store.close()
    for name in filter(None, names):
        with suppress(ProcessLookupError):
            os.killpg(int(name.split("-")[0]), signal.SIGKILL)


@pytest.fixture
def desk(loaded: str) -> Iterator[RunningService]:
    """The same store from the test's own process: it makes accounts."""
    running = start_service(loaded)
    yield running
    stop_service(running)


@contextmanager
def server(url: str) -> Iterator[str]:
    """Serve the store from a process of its own until the block ends; yield the address."""
    environment = {"JINGGE_DATABASE_URL": url, "JINGGE_SECRET_KEY": KEY, "JINGGE_LANG": "en"}
    with subprocess.Popen(
        [sys.executable, "-c", CODE, "serve", "--port", "0"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("Open http://"):
                    break
            else:
                pytest.fail("the server did not start")
            yield line.split()[1].rstrip("/")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@contextmanager
def logged_in(address: str, login: Login) -> Iterator[httpx.Client]:
    headers = {"x-csrf-token": login.csrf, "origin": address}
    with httpx.Client(
        base_url=address, cookies={PLAIN: login.token}, headers=headers, timeout=60
    ) as client:
        yield client


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": f"flow-{name}-0000"}


def follow(client: httpx.Client, job: int, last: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the events of a job as the server sends them; ends with the stream."""
    headers = {"Last-Event-ID": str(last)}
    with client.stream("GET", f"/api/v1/jobs/{job}/events", headers=headers) as stream:
        assert stream.status_code == 200
        number, event = last, None
        for line in stream.iter_lines():
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                event = json.loads(line[6:])
            elif not line and event is not None:
                yield number, event
                event = None


def until_improving(
    client: httpx.Client, job: int, last: int = 0
) -> tuple[int, list[tuple[int, int]]]:
    """Watch a plan until both figures move; return the last event and the figures."""
    figures: list[tuple[int, int]] = []
    for number, event in follow(client, job, last):
        if event.get("objective") is not None and event.get("bound") is not None:
            figures.append((event["objective"], event["bound"]))
        if len({bound for _, bound in figures}) > 1 and len(figures) > 2:
            return number, figures
    raise AssertionError(f"the plan ended before it was seen to move: {figures}")


def ended(client: httpx.Client, job: int) -> dict[str, Any]:
    """Wait for a job to end; return it."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = client.get(f"/api/v1/jobs/{job}").json()
        if found["finished_at"] is not None:
            return found
        time.sleep(0.2)
    raise AssertionError(f"job {job} did not end: {found}")


def publish(client: httpx.Client, roster: int) -> dict[str, Any]:
    tag = client.get(f"/api/v1/rosters/{roster}").headers["ETag"]
    done = client.post(f"/api/v1/rosters/{roster}/publish", headers={"If-Match": tag})
    assert done.status_code == 200, done.text
    return done.json()


def next_week(client: httpx.Client) -> dict[str, str]:
    """Open the week after the one that is loaded, with the same demand."""
    shifts = client.get("/api/v1/week/shifts", params={"limit": 1}).json()["items"]
    this = datetime.fromisoformat(shifts[0]["starts_at"]).astimezone(ZONE).date()
    first = this + timedelta(days=7)
    body = {"first_day": first.isoformat(), "like": this.isoformat()}
    made = client.post("/api/v1/week", json=body, headers=key("week"))
    assert made.status_code == 201, made.text
    assert made.json()["num_shifts"] > 0
    assert made.json()["num_lines"] > 0
    return {"first_day": first.isoformat(), "last_day": (first + timedelta(days=6)).isoformat()}


def decline(client: httpx.Client, scenario: int, shift: str) -> None:
    """Say by the phone's form that one cannot come."""
    form = {"once": "flow-decline-0000000000", "reason": "ill"}
    done = client.post(f"/m/shifts/{scenario}/{shift}/decline", data=form)
    assert done.status_code == 303, done.text


@pytest.mark.skipif("JINGGE_FLOW" not in os.environ, reason="minutes: set JINGGE_FLOW=1")
@pytest.mark.timeout(900)
def test_two_weeks_of_a_dispatcher(loaded: str, desk: RunningService) -> None:
    dispatcher = desk.login_as("city_dispatcher")
    with server(loaded) as address, logged_in(address, dispatcher) as client:
        days = next_week(client)
        body = {**days, "time_limit_s": 300, "workers": 1, "seed": 1, "label": "下周"}
        job = client.post("/api/v1/jobs/plans", json=body, headers=key("plan")).json()["job_id"]
        _, figures = until_improving(client, job)
        assert all(a[0] >= b[0] and a[1] <= b[1] for a, b in pairwise(figures)), figures
        assert all(objective >= bound for objective, bound in figures)
        assert client.post(f"/api/v1/jobs/{job}/cancel").status_code == 200
        last, event = list(follow(client, job))[-1]
        assert event == {"state": "cancelled"}
        assert client.get(f"/api/v1/jobs/{job}").json()["roster_id"] is None
        assert client.post(f"/api/v1/jobs/{job}/restart").json()["state"] == "queued"
        last, _ = until_improving(client, job, last)
    # The server is gone; the plan is not.
    with server(loaded) as address, logged_in(address, dispatcher) as client:
        found = client.get(f"/api/v1/jobs/{job}").json()
        assert found["tries"] == 2
        assert next(follow(client, job, last))[0] > last
        finished = client.post(f"/api/v1/jobs/{job}/finish").status_code
        # A fast machine may have planned all of it while the server was away.
        assert finished == 200 or (finished, found["state"]) == (409, "done")
        plan = ended(client, job)
        assert plan["state"] == "done", plan
        draft = client.get(f"/api/v1/rosters/{plan['roster_id']}").json()
        assert draft["figures"]["objective"] >= draft["figures"]["bound"] > 0
        assert draft["figures"]["assigned"] > 0
        assert sum(draft["violations"].values()) == 0
        compare_with_a_quick_plan(client, days, plan["roster_id"])
        assert publish(client, plan["roster_id"])["state"] == "published"
        repair_what_dropped_out(client, desk, address, plan)


def compare_with_a_quick_plan(client: httpx.Client, days: dict[str, str], best: int) -> None:
    body = {**days, "rounds": 0, "workers": 1, "label": "快排"}
    job = client.post("/api/v1/jobs/plans", json=body, headers=key("quick")).json()["job_id"]
    quick = ended(client, job)["roster_id"]
    told = client.get(f"/api/v1/rosters/{best}/changes", params={"since": quick}).json()
    figures = (client.get(f"/api/v1/rosters/{one}").json()["figures"] for one in (quick, best))
    before, after = figures
    assert told["figures"]["objective"] == after["objective"] - before["objective"]
    assert told["figures"]["assigned"] == sum(one["after"] - one["before"] for one in told["beats"])
    tag = client.get(f"/api/v1/rosters/{quick}").headers["ETag"]
    gone = client.delete(f"/api/v1/rosters/{quick}", headers={"If-Match": tag})
    assert gone.status_code == 204


def repair_what_dropped_out(
    client: httpx.Client, desk: RunningService, address: str, plan: dict[str, Any]
) -> None:
    roster = plan["roster_id"]
    page = client.get(f"/api/v1/rosters/{roster}/assignments", params={"limit": 500}).json()
    turn = next(one for one in page["items"] if one["tier"] == "volunteer")
    volunteer = desk.login_as("volunteer", person=turn["person_id"])
    with logged_in(address, volunteer) as phone:
        before = phone.get("/api/v1/my/calendar").text.count("BEGIN:VEVENT")
        decline(phone, plan["scenario_id"], turn["shift_id"])
        body = {"roster_id": roster, "label": "补班"}
        made = client.post("/api/v1/jobs/repairs", json=body, headers=key("repair"))
        repair = ended(client, made.json()["job_id"])
        assert repair["state"] == "done", repair
        successor = f"/api/v1/rosters/{repair['roster_id']}"
        assert client.get(successor).json()["predecessor_id"] == roster
        told = client.get(f"{successor}/changes", params={"since": roster}).json()
        mine = next(one for one in told["changes"] if one["person_id"] == turn["person_id"])
        assert (mine["shift_id"], mine["after"], mine["why"]) == (turn["shift_id"], None, "absent")
        assert publish(client, repair["roster_id"])["state"] == "published"
        assert client.get(f"/api/v1/rosters/{roster}").json()["state"] == "archived"
        after = phone.get("/api/v1/my/calendar").text.count("BEGIN:VEVENT")
        assert after == before - 1
    late = client.post("/api/v1/jobs/repairs", json=body, headers=key("late"))
    assert ended(client, late.json()["job_id"])["state"] == "failed"
