"""A risk surface over HTTP: estimated of imported incidents, read within a scope, demand by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import select
from tiny_city import HAIWEI, LIMIN

from api.job_worker import work_off
from data.store.tables.demand import DemandLine
from data.store.tables.incidents import Incident
from grid.cells import cells_at, format_cells

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

SURFACES = "/api/v1/risk-surfaces"
FRIDAY = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
"""20:30 on the wall clocks of Baotou: in the tiny city's evening."""


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": f"key-{name}-00000"}


@pytest.fixture
def city(tiny: RunningService) -> RunningService:
    """The tiny city after four weeks: ten calls from Haiwei, one from Limin, ten patrol finds."""
    places = [(*HAIWEI, "reported")] * 10 + [(*LIMIN, "reported")] + [(*LIMIN, "patrol")] * 10
    weeks = [FRIDAY - timedelta(weeks=n % 4) for n in range(len(places))]

    def work(session: Any) -> None:
        session.add_all(
            Incident(
                code=f"i{n}",
                occurred_at=at,
                source=source,
                lat=lat,
                lng=lng,
                created_at=FRIDAY,
                updated_at=FRIDAY,
            )
            for n, ((lat, lng, source), at) in enumerate(zip(places, weeks, strict=True))
        )
        session.add(
            Incident(
                code="nowhere",
                occurred_at=FRIDAY,
                source="reported",
                created_at=FRIDAY,
                updated_at=FRIDAY,
            )
        )

    tiny.store.submit(work)
    return tiny


def estimated(city: RunningService, dispatcher: TestClient) -> int:
    """Estimate a surface of the four weeks; return its number."""
    body = {"since": "2026-10-26", "until": "2026-11-22", "bandwidth_m": 200.0, "hours": 1.0}
    made = dispatcher.post(SURFACES, json=body, headers=key("risk"))
    assert made.status_code == 202, made.text
    assert work_off(city.store, city.keys, lambda: datetime.now(UTC)) == 1
    job = dispatcher.get(made.headers["Location"]).json()
    assert job["state"] == "done", job
    return int(dispatcher.get(SURFACES).json()["items"][0]["surface_id"])


def test_only_reported_incidents_count_and_all_is_told(city: RunningService) -> None:
    dispatcher = city.client_as("city_dispatcher")
    number = estimated(city, dispatcher)
    told = dispatcher.get(f"{SURFACES}/{number}").json()
    assert (told["num_events"], told["num_patrol"], told["num_unplaced"]) == (11, 10, 1)
    assert (told["bandwidth_m"], told["hours"], told["weeks"]) == (200, 1, 4)
    beats = dispatcher.get(f"{SURFACES}/{number}/beats").json()["items"]
    week = {one["beat_id"]: one["a_week"] for one in beats}
    assert sum(week.values()) == pytest.approx(11 / 4)
    assert week["haiwei"] > 2.3
    assert week["limin"] == pytest.approx(1 / 4)
    page = dispatcher.get(f"{SURFACES}/{number}/beats", params={"limit": 2}).json()
    rest = dispatcher.get(f"{SURFACES}/{number}/beats", params={"cursor": page["next"]}).json()
    assert [*page["items"], *rest["items"]] == beats


def test_a_cells_week_adds_up_and_peaks_when_it_happened(city: RunningService) -> None:
    dispatcher = city.client_as("city_dispatcher")
    number = estimated(city, dispatcher)
    params = {"beat": "haiwei", "limit": 500}
    rows = dispatcher.get(f"{SURFACES}/{number}/cells", params=params).json()["items"]
    beats = dispatcher.get(f"{SURFACES}/{number}/beats").json()["items"]
    whole = next(one["a_week"] for one in beats if one["beat_id"] == "haiwei")
    assert sum(one["a_week"] for one in rows) == pytest.approx(whole)
    home = str(format_cells(cells_at(np.array([HAIWEI[0]]), np.array([HAIWEI[1]]), 9))[0])
    found = dispatcher.get(f"{SURFACES}/{number}/cells/{home}").json()
    assert found["a_week"] == pytest.approx(
        next(one["a_week"] for one in rows if one["cell"] == home), rel=1e-6
    )
    assert int(np.argmax(found["hours"])) == 4 * 24 + 20
    other = city.client_as("station_dispatcher", station="halin")
    assert other.get(f"{SURFACES}/{number}/cells/{home}").status_code == 404
    assert other.get(f"{SURFACES}/{number}/cells", params=params).status_code == 404
    assert len(other.get(f"{SURFACES}/{number}/beats").json()["items"]) == 1
    assert dispatcher.get(f"{SURFACES}/99").status_code == 404


def test_demand_weighs_by_risk(city: RunningService) -> None:
    dispatcher = city.client_as("city_dispatcher")
    number = estimated(city, dispatcher)
    body = {"surface_id": number, "first_day": "2026-11-27", "last_day": "2026-11-27"}
    address = "/api/v1/week/demand/weights"

    def weights() -> dict[tuple[str, str, str], list[int]]:
        rows = dispatcher.get("/api/v1/week/demand").json()["items"]
        return {(one["beat_id"], one["shift_id"], one["role"]): one["weights"] for one in rows}

    before = weights()
    seen = dispatcher.post(address, json=body, headers=key("seen")).json()
    assert seen["num_changed"] > 0
    assert weights() == before
    done = dispatcher.post(address, json={**body, "preview": False}, headers=key("done"))
    assert done.json()["num_changed"] == seen["num_changed"]
    after = weights()
    assert {k: len(v) for k, v in after.items()} == {k: len(v) for k, v in before.items()}
    assert after["haiwei", "evening", "patrol_guard"] == [10, 8, 6]
    assert after["haiwei", "morning", "school_guard"] == [1, 1]
    again = dispatcher.post(address, json={**body, "preview": False}, headers=key("again"))
    assert again.json()["num_changed"] == 0
    other = city.client_as("station_dispatcher", station="halin")
    assert other.post(address, json=body, headers=key("theirs")).status_code == 422
    with city.store.read() as session:
        assert session.scalars(select(DemandLine.required)).all()


def test_without_incidents_the_job_says_so(tiny: RunningService) -> None:
    dispatcher = tiny.client_as("city_dispatcher")
    body = {"since": "2026-10-26", "until": "2026-11-22"}
    made = dispatcher.post(SURFACES, json=body, headers=key("none"))
    work_off(tiny.store, tiny.keys, lambda: datetime.now(UTC))
    job = dispatcher.get(made.headers["Location"]).json()
    assert (job["state"], "got none" in job["error"]) == ("failed", True)
    wrong = {"since": "2026-11-22", "until": "2026-10-26"}
    assert dispatcher.post(SURFACES, json=wrong, headers=key("bad")).status_code == 422
    officer = tiny.client_as("community_officer", beat="haiwei")
    assert officer.post(SURFACES, json=body, headers=key("no")).status_code == 403
