"""Alerts over HTTP: the fraud in progress, wave after wave, and who sees what."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from tiny_city import HAIWEI
from tiny_store import HALIN, NOW

from data.store.tables.insurance import InsuranceCover, InsurancePolicy
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Person

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

KEYS = itertools.count(1)
ALERT = {
    "kind": "fraud",
    "title": "教师正向“安全账户”转账，请门卫劝阻",
    "danger": "calm",
    "lat": HAIWEI[0],
    "lng": HAIWEI[1],
    "place": "海威小学",
    "role": "patrol_guard",
}


def make(client: TestClient, **changes: Any) -> Any:
    return client.post(
        "/api/v1/alerts", json=ALERT | changes, headers={"Idempotency-Key": f"key-{next(KEYS):08}"}
    )


def say(client: TestClient, alert_id: int, word: str, **body: Any) -> Any:
    return client.post(f"/api/v1/alerts/{alert_id}/{word}", json=body)


def later(tiny: RunningService, seconds: float) -> None:
    assert tiny.clock.now is not None
    tiny.clock.now += timedelta(seconds=seconds)


@pytest.fixture
def at(tiny: RunningService) -> RunningService:
    """The tiny city at noon of its day."""
    tiny.clock.now = NOW
    return tiny


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_police_warn_a_school_and_its_guard_stops_the_transfer(at, kind):
    officer = at.client_as("community_officer", beat="haiwei", person="wang")
    near = officer.get(
        "/api/v1/people/nearest",
        params={"lat": HAIWEI[0], "lng": HAIWEI[1], "role": "patrol_guard", "explain": True},
    ).json()
    codes = [one["code"] for one in near["items"]]
    assert codes
    assert all({"near", "role"} <= {why["code"] for why in one["why"]} for one in near["items"])
    made = make(officer)
    assert made.status_code == 201, made.text
    alert = made.json()
    assert (alert["state"], alert["kind_text"]) == ("open", "诈骗")
    called = [call["person"] for call in alert["calls"]]
    assert set(called) <= set(codes)
    first = called[0]
    guards = {code: at.client_as("volunteer", person=code) for code in called}
    with at.store.read() as session:
        told = session.scalar(
            select(func.count()).select_from(OutboxNotice).where(OutboxNotice.topic == "alert.call")
        )
    assert told == len(called)
    # Whoever was called sees it, with their own call alone.
    mine = guards[first].get("/api/v1/alerts", params={"open": True}).json()["items"]
    assert [one["id"] for one in mine] == [alert["id"]]
    seen = guards[first].get(f"/api/v1/alerts/{alert['id']}").json()
    assert [call["person"] for call in seen["calls"]] == [first]
    # The guard goes, arrives, stops the transfer; the others stay where they are.
    for word, state in (("accept", "accepted"), ("on-the-way", "on_the_way")):
        later(at, 20)
        answered = say(guards[first], alert["id"], word)
        assert answered.json()["calls"][0]["state"] == state, answered.text
    later(at, 90)
    assert say(guards[first], alert["id"], "arrived").status_code == 200
    assert at.app.state.live.runner.step() == 1
    attended = officer.get(f"/api/v1/alerts/{alert['id']}").json()
    assert attended["state"] == "attended"
    assert {c["state"] for c in attended["calls"]} <= {"arrived", "stood_down"}
    for other in called[1:]:
        assert say(guards[other], alert["id"], "accept").status_code == 409
    later(at, 300)
    done = say(guards[first], alert["id"], "done", reason="转账已拦下，已报反诈中心")
    assert done.json()["state"] == "closed"
    assert done.json()["outcome"] == "转账已拦下，已报反诈中心"
    assert say(guards[first], alert["id"], "done").json()["state"] == "closed"


def test_a_refusal_and_a_silence_are_replaced(at):
    dispatcher = at.client_as("city_dispatcher")
    alert = make(dispatcher, role=None, target_chance=0.3).json()
    called = [call["person"] for call in alert["calls"]]
    client = at.client_as("volunteer", person=called[0])
    assert say(client, alert["id"], "decline", reason="不在家").status_code == 200
    later(at, 60)
    at.app.state.live.runner.step()
    now = dispatcher.get(f"/api/v1/alerts/{alert['id']}").json()
    states = {call["person"]: call["state"] for call in now["calls"]}
    assert states[called[0]] == "declined"
    assert len(states) > len(called)
    assert now["waves"] >= 2
    ended = dispatcher.put(
        f"/api/v1/alerts/{alert['id']}/end", params={"state": "cancelled"}, json={}
    )
    assert ended.json()["state"] == "cancelled"
    assert say(client, alert["id"], "accept").status_code == 409


def test_hazardous_is_never_for_volunteers(at):
    dispatcher = at.client_as("city_dispatcher")
    place = {"lat": HAIWEI[0], "lng": HAIWEI[1]}
    near = dispatcher.get("/api/v1/people/nearest", params=place | {"danger": "hazardous"}).json()
    assert {one["tier"] for one in near["items"]} <= {"officer", "auxiliary"}
    alert = make(dispatcher, danger="hazardous", kind="violence", role=None).json()
    assert {call["tier"] for call in alert["calls"]} <= {"officer", "auxiliary"}
    refused = make(dispatcher, danger="hazardous", mode="one", people=["liu"], role=None)
    assert refused.status_code == 409
    assert "hazardous" in refused.json()["detail"]
    circle = make(dispatcher, danger="hazardous", mode="circle", radius_m=2000, role=None)
    assert {call["tier"] for call in circle.json()["calls"]} <= {"officer", "auxiliary"}


def test_a_circle_call_reaches_who_is_inside_and_nobody_else(at):
    dispatcher = at.client_as("city_dispatcher")
    made = make(dispatcher, mode="circle", radius_m=300, role=None).json()
    inside = {call["person"] for call in made["calls"]}
    assert inside
    assert all(call["distance_m"] <= 301 for call in made["calls"])
    both = make(dispatcher, mode="circle", radius_m=300, area=made["area"])
    assert both.status_code == 422


def test_jurisdictions_and_forgeries(at):
    officer = at.client_as("community_officer", beat="haiwei")
    away = make(officer, lat=HALIN[0], lng=HALIN[1])
    assert away.status_code == 422
    alert = make(officer).json()
    other = at.client_as("station_dispatcher", station="halin")
    assert other.get(f"/api/v1/alerts/{alert['id']}").status_code == 404
    assert other.get("/api/v1/alerts").json()["items"] == []
    assert make(at.client_as("volunteer", person="liu")).status_code == 403
    body, key = ALERT | {"note": "一"}, {"Idempotency-Key": "the-same-key"}
    first = officer.post("/api/v1/alerts", json=body, headers=key)
    again = officer.post("/api/v1/alerts", json=body, headers=key)
    assert (first.status_code, again.json()) == (201, first.json())
    changed = officer.post("/api/v1/alerts", json=ALERT | {"note": "二"}, headers=key)
    assert changed.status_code == 422


def test_preferences_hold_at_the_server(at):
    volunteer = at.client_as("volunteer", person="liu")
    found = volunteer.get("/api/v1/alert-preferences")
    assert found.json()["monthly_calls"] == 8
    wish = {"muted_until": (NOW + timedelta(hours=3)).isoformat(), "monthly_calls": 4}
    assert volunteer.put("/api/v1/alert-preferences", json=wish).status_code == 428
    kept = volunteer.put(
        "/api/v1/alert-preferences", json=wish, headers={"If-Match": found.headers["ETag"]}
    )
    assert kept.status_code == 200, kept.text
    assert kept.json()["monthly_calls"] == 4
    dispatcher = at.client_as("city_dispatcher")
    refused = make(dispatcher, mode="one", people=["liu"], role=None)
    assert refused.status_code == 409
    assert "muted" in refused.json()["detail"]
    near = dispatcher.get(
        "/api/v1/people/nearest", params={"lat": HAIWEI[0], "lng": HAIWEI[1], "explain": True}
    ).json()
    assert "liu" not in {one["code"] for one in near["items"]}
    muted = next(one for one in near["refused"] if one["rule"] == "muted")
    assert (muted["count"], muted["nearest"]) == (1, ["liu"])


def test_no_position_off_duty(at):
    volunteer = at.client_as("volunteer", person="liu")
    here = {"lat": HAIWEI[0], "lng": HAIWEI[1], "accuracy_m": 12.0}
    assert volunteer.put("/api/v1/position", json=here).status_code == 409
    alert = make(at.client_as("city_dispatcher"), mode="one", people=["liu"], role=None).json()
    say(volunteer, alert["id"], "accept")
    # On the way, and yet nothing is told without one's own consent.
    assert volunteer.put("/api/v1/position", json=here).status_code == 409
    agreed = {"purpose": "position", "wording": "2026-11"}
    once = {"Idempotency-Key": "agree-position"}
    assert volunteer.post("/api/v1/me/consents", json=agreed, headers=once).status_code == 201
    assert len(volunteer.put("/api/v1/position", json=here).json()["cell"]) == 15


def test_the_index_follows_the_store(at):
    dispatcher = at.client_as("city_dispatcher")
    place = {"lat": HAIWEI[0], "lng": HAIWEI[1]}

    def codes() -> set[str]:
        items = dispatcher.get("/api/v1/people/nearest", params=place).json()["items"]
        return {one["code"] for one in items}

    before = codes()
    assert "liu" in before

    def uninsure(session: Any) -> None:
        policies = select(InsurancePolicy.id)
        for cover in session.scalars(
            select(InsuranceCover).where(
                InsuranceCover.policy_id.in_(policies),
                InsuranceCover.person_id == people["liu"],
            )
        ):
            session.delete(cover)

    people = at.ids(Person)
    at.store.submit(uninsure)
    assert codes() == before - {"liu"}


def test_a_station_sees_its_own_people(at):
    place = {"lat": HAIWEI[0], "lng": HAIWEI[1]}

    def codes(station: str) -> set[str]:
        client = at.client_as("station_dispatcher", station=station)
        items = client.get("/api/v1/people/nearest", params=place).json()["items"]
        return {one["code"] for one in items}

    assert "liu" in codes("kunbei")
    assert codes("halin").isdisjoint(codes("kunbei"))


def test_the_feed_of_changes_tells_what_to_read_again(at):
    desk, told = at.app.state.live, []
    desk.index.live()
    end = desk.index.listen(told.extend)
    alert = make(at.client_as("city_dispatcher")).json()
    desk.index.follow()
    assert ("alert", alert["id"]) in {(one.kind, one.key) for one in told}
    assert "person" in {one.kind for one in told}
    end()
    count = len(told)
    make(at.client_as("city_dispatcher"))
    desk.index.follow()
    assert len(told) == count
