"""A call for help on the phone: seen today, answered step by step, over when others came first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pressing import press
from sqlalchemy import select
from tiny_city import HAIWEI

from api.notice_runner import NoticeRunner
from api.settings import Settings
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Person

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

ALERT = {
    "kind": "fraud",
    "title": "教师正向“安全账户”转账，请门卫劝阻",
    "danger": "calm",
    "lat": HAIWEI[0],
    "lng": HAIWEI[1],
    "place": "海威小学",
    "mode": "one",
    "people": ["liu"],
}


@pytest.fixture
def alert(clocked: RunningService) -> int:
    officer = clocked.client_as("community_officer", beat="haiwei", person="wang")
    key = {"Idempotency-Key": "a-key-of-an-alert"}
    made = officer.post("/api/v1/alerts", json=ALERT, headers=key)
    assert made.status_code == 201, made.text
    return int(made.headers["Location"].rsplit("/", 1)[-1])


def test_from_the_call_to_done(phone: TestClient, alert: int) -> None:
    page = phone.get("/m").text
    assert "海威小学" in page
    assert f"/m/alerts/{alert}" in page
    for word, told in (
        ("accept", "accepted"),
        ("on_the_way", "on_the_way"),
        ("arrived", "arrived"),
        ("done", "done"),
    ):
        page = phone.get(f"/m/alerts/{alert}").text
        answer = press(phone, page, f"/m/alerts/{alert}/{word}")
        assert answer.headers["location"] == f"/m/alerts/{alert}?told={told}"
    assert f"/m/alerts/{alert}" not in phone.get("/m").text


def test_a_place_without_words_of_its_own_is_the_beats_name(
    clocked: RunningService, phone: TestClient
) -> None:
    officer = clocked.client_as("community_officer", beat="haiwei", person="wang")
    body = {name: value for name, value in ALERT.items() if name != "place"}
    made = officer.post("/api/v1/alerts", json=body, headers={"Idempotency-Key": "nowhere-named"})
    assert made.status_code == 201, made.text
    assert "海威警格" in phone.get("/m").text


def test_a_decline_is_one_tap(phone: TestClient, alert: int) -> None:
    page = phone.get(f"/m/alerts/{alert}").text
    press(phone, page, f"/m/alerts/{alert}/decline")
    assert "已谢绝" in phone.get(f"/m/alerts/{alert}").text


def test_nothing_more_comes_after_a_decline(
    clocked: RunningService, phone: TestClient, alert: int
) -> None:
    page = phone.get(f"/m/alerts/{alert}").text
    press(phone, page, f"/m/alerts/{alert}/decline")
    NoticeRunner(clocked.service, Settings()).relay.step()
    with clocked.store.read() as session:
        rows = session.scalars(
            select(OutboxNotice).where(OutboxNotice.matter == f"alert:{alert}")
        ).all()
        person = clocked.ids(Person)["liu"]
        ends = {one.outcome for one in rows if one.content["person_id"] == person}
    assert ends == {"declined"}  # what waited to be sent is not


def test_nobody_else_sees_it(clocked: RunningService, alert: int) -> None:
    other: Any = clocked.client_as("volunteer", person="chen")
    assert other.get(f"/m/alerts/{alert}").status_code == 404
    fields = {"csrf": other.headers["X-CSRF-Token"], "once": "a-key-of-a-form"}
    assert other.post(f"/m/alerts/{alert}/accept", data=fields).status_code == 404
