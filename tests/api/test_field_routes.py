"""Tasks, sign-ups, turns, check-ins and exchanges over HTTP: the whole way, and who may do what."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tiny_city import HAIWEI
from tiny_store import NOW

from api.field_runner import FieldRunner
from data.points.rules import fill_shipped
from data.store.tables.checkins import CheckIn
from data.store.tables.scenarios import Scenario
from data.store.tables.service import ServiceRecord

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

KEYS = itertools.count(1)
START = NOW + timedelta(minutes=25)
TASK = {
    "kind": "patrol",
    "title": "海威小区巡逻",
    "beat_id": "haiwei",
    "role": "school_guard",
    "starts_at": START.isoformat(),
    "ends_at": (START + timedelta(hours=2)).isoformat(),
    "signup_until": (START - timedelta(minutes=10)).isoformat(),
    "places": 1,
    "points": 5,
}
THERE = {"lat": HAIWEI[0], "lng": HAIWEI[1], "accuracy_m": 15.0}


def make(client: TestClient, path: str, body: dict[str, Any]) -> Any:
    key = {"Idempotency-Key": f"key-{next(KEYS):08}"}
    return client.post(f"/api/v1/{path}", json=body, headers=key)


@pytest.fixture
def at(tiny: RunningService) -> RunningService:
    """The tiny city at noon of its day."""
    tiny.clock.now = NOW
    tiny.store.submit(fill_shipped)
    return tiny


@pytest.fixture
def officer(at: RunningService) -> TestClient:
    return at.client_as("community_officer", beat="haiwei", person="wang")


@pytest.fixture
def liu(at: RunningService) -> TestClient:
    return at.client_as("volunteer", person="liu")


def plan_of(at: RunningService) -> int:
    with at.store.read() as session:
        return session.scalars(select(Scenario.id)).one()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_from_a_task_to_its_points(at, officer, liu, kind):
    made = make(officer, "tasks", TASK)
    assert made.status_code == 201, made.text
    task = made.json()
    assert (task["state"], task["free"], task["station_id"]) == ("open", 1, "kunbei")
    number = task["id"]
    signed = make(liu, f"tasks/{number}/signups", {})
    assert (signed.status_code, signed.json()["state"]) == (201, "confirmed"), signed.text
    again = make(liu, f"tasks/{number}/signups", {})
    assert (again.status_code, "signed up" in again.json()["detail"]) == (409, True)
    sun = at.client_as("volunteer", person="sun")
    assert make(sun, f"tasks/{number}/signups", {}).status_code == 409
    waits = make(sun, f"tasks/{number}/signups", {"wait": True}).json()
    assert (waits["state"], waits["place_in_line"]) == ("waiting", 1)
    people = officer.get(f"/api/v1/tasks/{number}/signups").json()["items"]
    assert [(one["person_id"], one["state"]) for one in people] == [
        ("liu", "confirmed"),
        ("sun", "waiting"),
    ]
    span = {"since": START.isoformat(), "until": (START + timedelta(hours=1)).isoformat()}
    board = officer.get("/api/v1/turns", params=span).json()
    assert board["counts"] == {"due": 1}
    at.clock.now = START + timedelta(minutes=1)
    assert officer.get("/api/v1/turns", params=span).json()["counts"] == {"late": 1}
    turn = {"turn": {"task_id": number}}
    far = liu.post("/api/v1/check-ins", json={**turn, "position": {**THERE, "lat": 40.70}})
    assert (far.status_code, "m from the post" in far.json()["detail"]) == (409, True)
    kept = liu.post("/api/v1/check-ins", json={**turn, "position": THERE})
    assert (kept.status_code, kept.json()["state"]) == (200, "in"), kept.text
    assert kept.json()["safe_until"] is not None  # alone on patrol
    at.clock.now += timedelta(minutes=20)
    assert liu.post("/api/v1/turns/mine/safe").status_code == 200
    (mine,) = [one for one in liu.get("/api/v1/turns/mine").json()["items"] if one["task_id"]]
    assert (mine["state"], mine["task_id"]) == ("in", number)
    at.clock.now = START + timedelta(minutes=91)
    left = liu.post("/api/v1/check-outs", json=turn).json()
    assert (left["state"], left["minutes"], left["points"]) == ("out", 90, 5)
    assert officer.get("/api/v1/turns", params=span).json()["counts"] == {"out": 1}


def test_a_place_that_comes_free_goes_to_the_next(at, officer, liu):
    number = make(officer, "tasks", TASK).json()["id"]
    sun = at.client_as("volunteer", person="sun")
    make(liu, f"tasks/{number}/signups", {})
    make(sun, f"tasks/{number}/signups", {"wait": True})
    gone = liu.post(f"/api/v1/tasks/{number}/signups/mine/withdraw", json={"reason": "家里有事"})
    assert gone.json()["state"] == "withdrawn"
    (offer,) = sun.get("/api/v1/signups").json()["items"]
    assert offer["signup"]["state"] == "offered"
    taken = sun.post(f"/api/v1/tasks/{number}/signups/mine/confirm")
    assert taken.json()["state"] == "confirmed"
    freed = officer.post(f"/api/v1/tasks/{number}/signups/sun/release", json={})
    assert freed.json()["state"] == "released"
    assigned = make(officer, f"tasks/{number}/signups/assigned", {"person_id": "liu"})
    assert assigned.status_code == 201, assigned.text
    assert assigned.json()["means"] == "assigned"


def test_tasks_are_edited_by_version_and_cancelled_with_a_reason(at, officer, liu):
    made = make(officer, "tasks", TASK | {"publish": False})
    number, address = made.json()["id"], made.headers["location"]
    assert liu.get(address).status_code == 404  # a draft
    assert liu.get("/api/v1/tasks").json()["items"] == []
    assert officer.patch(address, json={"places": 3}).status_code == 428
    tag = officer.get(address).headers["etag"]
    changed = officer.patch(address, json={"places": 3}, headers={"If-Match": tag})
    assert changed.json()["places"] == 3, changed.text
    assert officer.patch(address, json={}, headers={"If-Match": tag}).status_code == 412
    now = {"If-Match": changed.headers["etag"]}
    assert officer.patch(address, json={"title": None}, headers=now).status_code == 422
    assert officer.patch(address, json={"lat": 40.6}, headers=now).status_code == 422
    assert officer.post(f"{address}/open", json={}).json()["state"] == "open"
    make(liu, f"tasks/{number}/signups", {})
    tag = {"If-Match": officer.get(address).headers["etag"]}
    moved = officer.patch(address, json={"ends_at": TASK["starts_at"]}, headers=tag)
    assert moved.status_code == 409
    assert officer.post(f"{address}/cancel", json={}).status_code == 409
    ended = officer.post(f"{address}/cancel", json={"reason": "大风"}).json()
    assert (ended["state"], ended["reason"]) == ("cancelled", "大风")
    (mine,) = liu.get("/api/v1/signups").json()["items"]
    assert mine["signup"]["state"] == "released"


def test_stations_publish_in_their_own_jurisdiction_alone(at, officer, liu):
    assert make(officer, "tasks", TASK | {"beat_id": "limin"}).status_code == 404
    assert make(officer, "tasks", TASK | {"role": "fire_fighter"}).status_code == 409
    assert make(liu, "tasks", TASK).status_code == 403
    number = make(officer, "tasks", TASK).json()["id"]
    other = at.client_as("station_dispatcher", station="halin", person="qian")
    for answer in (
        other.get(f"/api/v1/tasks/{number}"),
        other.get(f"/api/v1/tasks/{number}/signups"),
        other.post(f"/api/v1/tasks/{number}/cancel", json={"reason": "x"}),
        other.get("/api/v1/post-code", params={"task_id": number}),
        make(other, f"tasks/{number}/signups/assigned", {"person_id": "liu"}),
    ):
        assert answer.status_code == 404, answer.text
    assert other.get("/api/v1/tasks").json()["items"] == []
    make(liu, f"tasks/{number}/signups", {})
    seen = {"turn": {"task_id": number}, "person_id": "liu"}
    at.clock.now = START
    assert other.post("/api/v1/check-ins/confirmed", json=seen).status_code == 404
    assert officer.post("/api/v1/check-ins/confirmed", json=seen).json()["in_means"] == "officer"


def test_the_code_at_the_post_checks_in_without_a_position(at, officer, liu):
    number = make(officer, "tasks", TASK).json()["id"]
    make(liu, f"tasks/{number}/signups", {})
    at.clock.now = START
    code = officer.get("/api/v1/post-code", params={"task_id": number}).json()
    assert code["svg"].startswith("<svg")
    assert code["word"] in code["address"]
    body = {"turn": {"task_id": number}, "word": code["word"]}
    assert liu.post("/api/v1/check-ins", json=body).json()["in_means"] == "qr"
    plan = {"scenario_id": plan_of(at), "beat_id": "haiwei", "shift_id": "evening"}
    assert officer.get("/api/v1/post-code", params=plan).status_code == 200
    plan["beat_id"] = "limin"
    assert officer.get("/api/v1/post-code", params=plan).status_code == 404
    assert officer.get("/api/v1/post-code").status_code == 422


def test_what_a_phone_kept_offline_comes_late_and_once(at, officer, liu):
    number = make(officer, "tasks", TASK).json()["id"]
    make(liu, f"tasks/{number}/signups", {})
    at.clock.now = START + timedelta(hours=3)
    turn = {"turn": {"task_id": number}}
    FieldRunner(at.store, at.keys, at.app.state.live.index, at.clock).step()
    with at.store.read() as session:
        assert session.scalars(select(CheckIn.state)).all() == ["no_show"]
    came = {**turn, "position": THERE, "at": (START + timedelta(minutes=2)).isoformat()}
    for _ in range(2):
        kept = liu.post("/api/v1/check-ins", json=came).json()
        assert (kept["state"], kept["in_is_offline"]) == ("in", True)
    went = {**turn, "at": (START + timedelta(minutes=62)).isoformat()}
    for _ in range(2):
        assert liu.post("/api/v1/check-outs", json=went).json()["minutes"] == 60
    with at.store.read() as session:
        assert session.scalars(select(ServiceRecord.minutes)).all() == [60]


def test_a_turn_of_the_roster_is_declined_swapped_and_handed_on(at, officer, liu):
    plan, path = plan_of(at), f"/api/v1/turns/mine/{plan_of(at)}/evening"
    assert liu.put(path, json={"confirmed": True}).json()["confirmed"] is True
    assert liu.put(path, json={"confirmed": False}).status_code == 409
    no = liu.put(path, json={"confirmed": False, "reason": "身体不适"})
    assert no.json() == {"confirmed": False, "reason": "身体不适"}
    assert (
        liu.put(f"/api/v1/turns/mine/{plan}/morning", json={"confirmed": True}).status_code == 404
    )
    takers = liu.get(f"{path}/takers").json()["items"]
    assert {"person_id": "chen", "is_standing_by": False} in takers
    offered = make(liu, "exchanges/replacements", {"scenario_id": plan, "shift_id": "evening"})
    assert offered.status_code == 201, offered.text
    chen = at.client_as("volunteer", person="chen")
    (seen,) = chen.get("/api/v1/exchanges").json()["items"]
    assert (seen["giver_id"], seen["state"]) == ("liu", "offered")
    done = chen.post(f"/api/v1/exchanges/{seen['id']}/accept")
    assert (done.status_code, done.json()["state"]) == (200, "applied"), done.text
    assert [one["shift_id"] for one in chen.get("/api/v1/turns/mine").json()["items"]] == [
        "evening"
    ]
    assert liu.get("/api/v1/turns/mine").json()["items"] == []
    assert chen.post(f"/api/v1/exchanges/{seen['id']}/refuse").status_code == 409
    swap = {"scenario_id": plan, "shift_id": "evening", "with_shift_id": "night"}
    against = make(chen, "exchanges/swaps", {**swap, "with_person_id": "zhao"})
    assert against.status_code == 409


def test_stand_by_is_for_oneself_or_ones_jurisdiction(at, officer, liu):
    span = {"starts_at": START.isoformat(), "ends_at": (START + timedelta(hours=4)).isoformat()}
    made = make(liu, "stand-bys", span)
    assert made.status_code == 201, made.text
    assert make(liu, "stand-bys", {**span, "person_id": "sun"}).status_code == 404
    assert make(officer, "stand-bys", {**span, "person_id": "sun"}).status_code == 201
    ready = officer.get("/api/v1/stand-bys").json()["items"]
    assert {one["person_id"] for one in ready} == {"liu", "sun"}
    number = next(one["id"] for one in ready if one["person_id"] == "sun")
    assert liu.post(f"/api/v1/stand-bys/{number}/release").status_code == 404
    assert liu.post(f"/api/v1/stand-bys/{made.json()['id']}/release").json()["state"] == "released"


def test_an_account_without_a_record_has_no_turns(at):
    officer = at.client_as("community_officer", beat="haiwei")
    for path in ("turns/mine", "signups", "exchanges"):
        assert officer.get(f"/api/v1/{path}").status_code == 404
