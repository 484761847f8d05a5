"""The inbox and the choices of notices over HTTP: one's own alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from loopback_receivers import Phone
from reward_service import Cast, give, make_cast

from api.notice_runner import NoticeRunner, push_key
from api.settings import Settings
from data.store.tables.notices import PushSubscription

if TYPE_CHECKING:
    from pathlib import Path

    from service_client import RunningService


@pytest.fixture
def people(tiny: RunningService) -> Cast:
    return make_cast(tiny)


def test_an_officer_reads_that_a_tip_arrived(people: Cast) -> None:
    give(people.liu, photo=b"")
    runner = NoticeRunner(people.service.service, Settings())
    runner.relay.step()
    told = people.officer.get("/api/v1/notices", headers={"Accept-Language": "en"}).json()
    assert (told["unread"], told["items"][0]["title"]) == (1, "A new tip")
    number = told["items"][0]["id"]
    assert people.sun.post(f"/api/v1/notices/{number}/read").status_code == 404
    assert people.officer.post(f"/api/v1/notices/{number}/read").status_code == 204
    after = people.officer.get("/api/v1/notices").json()
    assert (after["unread"], after["items"][0]["title"]) == (0, "新线索")
    assert people.sun.get("/api/v1/notices").json()["items"] == []


def test_choices_are_kept_by_version(people: Cast) -> None:
    address = "/api/v1/notice-preferences"
    first = people.liu.get(address)
    assert all(topic["is_on"] for topic in first.json()["topics"])
    tag = {"If-Match": first.headers["etag"]}
    body = {"quiet_from": "22:00", "quiet_until": "07:00", "off": ["task.cancelled"]}
    assert people.liu.put(address, json=body).status_code == 428
    kept = people.liu.put(address, json=body, headers=tag)
    assert kept.json()["quiet_from"] == "22:00:00"
    off = [topic["code"] for topic in kept.json()["topics"] if not topic["is_on"]]
    assert off == ["task.cancelled"]
    assert people.liu.put(address, json=body, headers=tag).status_code == 412
    tag = {"If-Match": kept.headers["etag"]}
    for wrong in ({"off": ["gossip"]}, {"quiet_from": "22:00", "off": []}):
        assert people.liu.put(address, json=wrong, headers=tag).status_code == 422
    again = people.liu.put(address, json={"off": []}, headers=tag)
    assert all(topic["is_on"] for topic in again.json()["topics"])


def test_a_browser_is_taken_of_known_push_services_alone(people: Cast, tmp_path: Path) -> None:
    assert people.liu.get("/api/v1/push-key").json() == {"key": None}
    settings = replace(Settings(), push_key_file=str(tmp_path / "vapid.pem"))
    people.service.app.state.push_key = push_key(settings)
    assert len(people.liu.get("/api/v1/push-key").json()["key"]) == 87
    browser = Phone("127.0.0.1:1").browser
    body = {"p256dh": browser.p256dh, "auth": browser.auth}
    address = "/api/v1/push-subscriptions"
    inside = {**body, "endpoint": "https://10.0.0.1/x"}
    assert people.liu.post(address, json=inside).status_code == 422
    known = {**body, "endpoint": "https://fcm.googleapis.com/fcm/send/x"}
    for _ in range(2):
        assert people.liu.post(address, json=known).status_code == 204
    with people.service.store.read() as session:
        assert session.query(PushSubscription).count() == 1
    end = {"endpoint": known["endpoint"]}
    assert people.sun.post(f"{address}/end", json=end).status_code == 204
    assert people.liu.post(f"{address}/end", json=end).status_code == 204
    with people.service.store.read() as session:
        assert session.query(PushSubscription).count() == 0
