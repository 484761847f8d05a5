"""Shifts, demand and pins over HTTP: made, changed with their version, removed; within a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service_client import RunningService

WEEK = "/api/v1/week"


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": f"key-{name}-0000"}


def test_a_week_is_opened_like_another(tiny: RunningService) -> None:
    dispatcher = tiny.client_as("city_dispatcher")
    known = dispatcher.get(f"{WEEK}/shifts").json()["items"]
    day = known[0]["starts_at"][:10]
    body = {"first_day": "2027-01-04"}
    made = dispatcher.post(WEEK, json=body, headers=key("open"))
    assert made.status_code == 201, made.text
    assert made.json()["num_shifts"] > 0
    again = dispatcher.post(WEEK, json={**body, "like": day}, headers=key("again"))
    assert again.json()["num_shifts"] == 0
    since = {"since": "2027-01-04T00:00:00+08:00", "limit": 1}
    first = dispatcher.get(f"{WEEK}/shifts", params=since).json()
    assert first["next"]
    shift = first["items"][0]["shift_id"]
    address = f"{WEEK}/shifts/{shift}"
    tag = {"If-Match": dispatcher.get(address).headers["ETag"]}
    times = {"starts_at": "2027-01-04T08:00:00+08:00", "ends_at": "2027-01-04T09:00:00+08:00"}
    assert dispatcher.patch(address, json=times).status_code == 428
    assert dispatcher.patch(address, json=times, headers=tag).status_code == 200
    assert dispatcher.patch(address, json=times, headers=tag).status_code == 412
    tag = {"If-Match": dispatcher.get(address).headers["ETag"]}
    assert dispatcher.delete(address, headers=tag).status_code == 204
    assert tiny.client_as("reviewer").post(WEEK, json=body, headers=key("no")).status_code == 403


def test_demand_is_edited_within_a_scope(tiny: RunningService) -> None:
    station = tiny.client_as("station_dispatcher", station="kunbei")
    other = tiny.client_as("station_dispatcher", station="halin")
    rows = station.get(f"{WEEK}/demand").json()["items"]
    assert rows
    assert other.get(f"{WEEK}/demand").json()["items"] == []
    row = rows[0]
    address = f"{WEEK}/demand/{row['beat_id']}/{row['shift_id']}/{row['role']}"
    assert other.get(address).status_code == 404
    tag = {"If-Match": station.get(address).headers["ETag"]}
    changed = station.patch(address, json={"weights": [1, 5]}, headers=tag)
    assert changed.json()["weights"] == [5, 1]
    assert station.patch(address, json={"weights": [1]}, headers=tag).status_code == 412
    new = {"If-Match": changed.headers["ETag"]}
    assert station.delete(address, headers=new).status_code == 204
    body = {name: row[name] for name in ("beat_id", "shift_id", "role")} | {"weights": [3]}
    assert station.post(f"{WEEK}/demand", json=body, headers=key("new")).status_code == 201
    assert station.post(f"{WEEK}/demand", json=body, headers=key("twice")).status_code == 409
    assert other.post(f"{WEEK}/demand", json=body, headers=key("theirs")).status_code == 404


def test_pins(tiny: RunningService) -> None:
    station = tiny.client_as("station_dispatcher", station="kunbei")
    other = tiny.client_as("station_dispatcher", station="halin")
    body = {
        "person_id": "sun",
        "beat_id": "haiwei",
        "shift_id": "evening",
        "role": "patrol_guard",
        "kind": "fixed",
    }
    made = station.post(f"{WEEK}/pins", json=body, headers=key("pin"))
    assert made.status_code == 201, made.text
    assert station.post(f"{WEEK}/pins", json=body, headers=key("twice")).status_code == 409
    assert other.post(f"{WEEK}/pins", json=body, headers=key("other")).status_code == 404
    address = made.headers["Location"]
    assert other.delete(address).status_code == 404
    assert station.delete(address).status_code == 204
