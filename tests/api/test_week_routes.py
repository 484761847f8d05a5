"""Shifts, demand and pins over HTTP: made, changed with their version, removed; within a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

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


def test_demand_is_found_by_place_shift_and_role(tiny: RunningService) -> None:
    dispatcher = tiny.client_as("city_dispatcher")
    rows = dispatcher.get(f"{WEEK}/demand").json()["items"]

    def found(**wanted: object) -> list[dict[str, object]]:
        answer = dispatcher.get(f"{WEEK}/demand", params=wanted)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    role, beat = rows[0]["role"], rows[0]["beat_id"]
    assert found(role=role) == [row for row in rows if row["role"] == role]
    assert found(beat=beat) == found(place=beat) == [row for row in rows if row["beat_id"] == beat]
    shifts = {one["shift_id"]: one for one in dispatcher.get(f"{WEEK}/shifts").json()["items"]}
    day = shifts[rows[0]["shift_id"]]["starts_at"][:10]
    assert rows[0] in found(week=day)
    assert found(week="2030-01-01") == found(place="%") == []
    per_day = [found(weekday=n) for n in range(1, 8)]
    assert sum(map(len, per_day)) == len(rows)
    assert dispatcher.get(f"{WEEK}/demand", params={"weekday": 8}).status_code == 422


def test_many_lines_are_changed_as_was_told(tiny: RunningService) -> None:
    dispatcher = tiny.client_as("city_dispatcher")
    station = tiny.client_as("station_dispatcher", station="kunbei")
    address = f"{WEEK}/demand/change"
    wanted = {"role": "patrol_guard", "factor": 2.0}
    before = {str(row): row["required"] for row in _rows(dispatcher)}
    told = station.get(address, params=wanted)
    tag = {"If-Match": told.headers["ETag"]}
    figures = told.json()
    assert figures["num_changed"] > 0
    assert figures["people_after"] == 2 * figures["people_before"] > 0
    assert {str(row): row["required"] for row in _rows(dispatcher)} == before
    assert station.post(address, json=wanted, headers=key("bulk")).status_code == 428
    other = {**wanted, "factor": 3.0}
    assert station.post(address, json=other, headers=key("other") | tag).status_code == 412
    done = station.post(address, json=wanted, headers=key("bulk2") | tag)
    assert (done.status_code, done.json()) == (200, figures)
    again = station.post(address, json=wanted, headers=key("bulk2") | tag)
    assert again.json() == figures
    after = _rows(dispatcher)
    assert sum(row["required"] for row in after) - sum(before.values()) == figures["people_before"]
    assert all(len(row["weights"]) == row["required"] for row in after)
    guards = [row for row in after if row["role"] == "patrol_guard"]
    assert sum(row["required"] for row in guards) >= figures["people_after"]
    assert station.post(address, json=wanted, headers=key("bulk3") | tag).status_code == 412
    for wrong in ({}, {"people": 1, "factor": 1.0}):
        assert station.get(address, params=wrong).status_code == 422
    reviewer = tiny.client_as("reviewer")
    assert reviewer.get(address, params=wanted).status_code == 200
    assert reviewer.post(address, json=wanted, headers=key("no") | tag).status_code == 403


def _rows(client: TestClient) -> list[dict[str, Any]]:
    return list(client.get(f"{WEEK}/demand").json()["items"])
