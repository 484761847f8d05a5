"""The live page: alerts with their calls, who is due, points; each within one's jurisdiction."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tiny_store import NOW

from data.field.positions_seen import FRESH
from data.store.tables.people import Person
from data.store.tables.positions import Position
from grid.cells import cells_at

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

HOSTILE = "</div><script>alert(1)</script>{{ 7*7 }}"
ALERT = {
    "kind": "fraud",
    "title": HOSTILE,
    "danger": "calm",
    "lat": 40.6500,
    "lng": 109.8500,
    "mode": "waves",
}


@pytest.fixture
def dispatcher(tiny: RunningService) -> TestClient:
    tiny.clock.now = NOW
    client = tiny.client_as("city_dispatcher")
    client.headers["Accept"] = "text/html"
    return client


def test_an_alert_is_seen_with_its_calls_and_ended(
    tiny: RunningService, dispatcher: TestClient
) -> None:
    page = dispatcher.get("/console/live")
    assert page.status_code == 200
    assert "data-call" in page.text
    with tiny.store.read() as session:
        liu = session.get_one(Person, tiny.ids(Person)["liu"])
        place = {"lat": liu.home_lat, "lng": liu.home_lng}
    made = dispatcher.post(
        "/api/v1/alerts",
        json={**ALERT, **place},
        headers={"Idempotency-Key": "live-page-1", "Accept": "application/json"},
    )
    assert made.status_code == 201, made.text
    part = dispatcher.get("/console/live/alerts").text
    assert "诈骗" in part
    assert "<script>alert" not in part
    number = made.json()["id"] if "id" in made.json() else made.json()["alert_id"]
    points = dispatcher.get("/console/live/points").json()["points"]
    assert [one["label"] for one in points] == [HOSTILE]
    other = tiny.client_as("station_dispatcher", station="wusutu")
    assert "诈骗" not in other.get("/console/live/alerts").text
    assert other.get("/console/live/points").json()["points"] == []
    ended = dispatcher.put(f"/api/v1/alerts/{number}/end?state=closed", json={})
    assert ended.status_code == 200, ended.text
    assert "诈骗" not in dispatcher.get("/console/live/alerts").text


def test_people_are_shown_in_their_cell_while_fresh(
    tiny: RunningService, dispatcher: TestClient
) -> None:
    cell = int(cells_at([40.65], [109.85], 9)[0])
    wang = tiny.ids(Person)["wang"]
    tiny.store.submit(lambda s: s.add(Position(person_id=wang, cell=cell, at=NOW, accuracy_m=10.0)))
    points = dispatcher.get("/console/live/points").json()["points"]
    assert [one["kind"] for one in points] == ["officer"]
    tiny.clock.now = NOW + FRESH + timedelta(seconds=1)
    assert dispatcher.get("/console/live/points").json()["points"] == []


def test_who_is_due_is_listed_for_officers(tiny: RunningService, dispatcher: TestClient) -> None:
    assert 'hx-get="/console/arrivals/list"' in dispatcher.get("/console/live").text
    assert dispatcher.get("/console/arrivals").status_code == 200
    assert dispatcher.get("/console/arrivals/list").status_code == 200
    auxiliary = tiny.client_as("auxiliary", beat="haiwei", person="zhao")
    assert auxiliary.get("/console/arrivals").status_code == 200
    for who in (tiny.client_as("volunteer", person="liu"), tiny.client_as("reviewer")):
        assert who.get("/console/live").status_code == 403
        assert who.get("/console/arrivals/list").status_code == 403
