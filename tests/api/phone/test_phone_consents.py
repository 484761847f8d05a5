"""What a volunteer agrees to, on the phone and over HTTP, and how they take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pressing import press
from sqlalchemy import select
from tiny_store import NOW

from data.store.tables.audit import AuditEntry
from data.store.tables.people import Consent, Person

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient


@pytest.fixture
def agreed(clocked: RunningService) -> list[int]:
    """What Liu has agreed to: photographs, and personal data."""

    def work(session: Any) -> list[int]:
        liu = session.scalar(select(Person.id).where(Person.code == "liu"))
        row = {"person_id": liu, "wording": "2026-11", "given_at": NOW}
        given = [Consent(purpose=one, **row) for one in ("photo", "personal_data")]
        session.add_all(given)
        session.flush()
        return [one.id for one in given]

    return clocked.store.submit(work)


def send(phone: TestClient, number: int, key: str, **fields: str) -> Any:
    form = {"csrf": phone.headers["X-CSRF-Token"], "once": f"withdraw-{key}-00000", **fields}
    path = f"/m/consents/{number}/withdrawal"
    return phone.post(path, data=form, follow_redirects=False)


def test_withdrawing_asks_first_and_then_erases(
    clocked: RunningService, phone: TestClient, agreed: list[int]
) -> None:
    photo, data = agreed
    assert "/m/consents" in phone.get("/m/file").text
    page = phone.get("/m/consents").text
    assert page.count("已同意") == 2
    assert "证件号加密保存" in page  # what it allows, in words
    assert "不影响您的身份" in phone.get(f"/m/consents/{photo}").text
    assert send(phone, photo, "photo", sure="true").headers["location"].startswith("/m/consents")
    assert phone.get(f"/m/consents/{photo}").status_code == 404
    assert "立即删除" in phone.get(f"/m/consents/{data}").text
    assert send(phone, data, "unsure").status_code == 422
    assert send(phone, data, "sure", sure="true").headers["location"] == "/login"
    assert phone.get("/m/file", follow_redirects=False).status_code in {303, 401}
    with clocked.store.read() as session:
        liu = session.scalars(select(Person).where(Person.code == "liu")).one()
        kept = session.scalars(
            select(AuditEntry.detail).where(AuditEntry.detail.contains("consent_withdrawn"))
        ).all()
    assert (liu.state, liu.name, liu.phone_sealed) == ("left", None, None)
    assert len(kept) == 2


def test_over_http_it_is_ones_own_alone(clocked: RunningService, agreed: list[int]) -> None:
    photo = agreed[0]
    path = f"/api/v1/me/consents/{photo}/withdrawal"
    assert clocked.client_as("volunteer", person="sun").post(path).status_code == 404
    assert clocked.client_as("city_dispatcher").post(path).status_code == 403
    liu = clocked.client_as("volunteer", person="liu")
    assert liu.post(path).json()["state"] == "active"
    assert liu.post(path).status_code == 409
    told = {one["id"]: one["withdrawn_at"] for one in liu.get("/api/v1/me").json()["consents"]}
    assert [told[number] is None for number in agreed] == [False, True]


def test_agreeing_takes_a_tap_and_another(clocked: RunningService, phone: TestClient) -> None:
    assert phone.get("/m/consents").text.count("尚未表示") == 3
    page = phone.get("/m/consents/position/giving").text
    assert ("不留轨迹" in page, "最后位置立即删除" in page) == (True, True)
    answer = press(phone, page, "/m/consents/position/giving")
    assert answer.headers["location"] == "/m/consents?told=consent_given"
    page = phone.get(answer.headers["location"]).text
    assert ("已记下您的同意" in page, page.count("已同意")) == (True, 1)
    again = phone.get("/m/consents/position/giving").text
    assert 'action="/m/consents' not in again  # nothing to give
    with clocked.store.read() as session:
        (number,) = session.scalars(select(Consent.id)).all()
    answer = press(
        phone, phone.get(f"/m/consents/{number}").text, f"/m/consents/{number}/withdrawal"
    )
    assert answer.headers["location"] == "/m/consents?told=consent_withdrawn"
    assert "撤回</li>" in phone.get("/m/consents").text
    form = {"csrf": phone.headers["X-CSRF-Token"], "once": "a-key-of-a-form", "wording": "1999"}
    answer = phone.post("/m/consents/position/giving", data=form)
    assert (answer.status_code, "请重新看一遍" in answer.text) == (409, True)
    assert phone.get("/m/consents/shoes/giving").status_code == 404


def test_agreeing_over_http_has_one_effect(clocked: RunningService) -> None:
    liu = clocked.client_as("volunteer", person="liu")
    asked = {one["purpose"]: one for one in liu.get("/api/v1/me/consents").json()["items"]}
    assert [one["holds"] for one in asked.values()] == [None] * 3
    assert asked["personal_data"]["ends"] == "membership"
    body = {"purpose": "photo", "wording": asked["photo"]["asked"]["version"]}
    once = {"Idempotency-Key": "agree-photo-1"}
    given = liu.post("/api/v1/me/consents", json=body, headers=once)
    assert (given.status_code, given.json()["wording"]) == (201, "2026-11")
    assert given.json()["text"] == asked["photo"]["asked"]["text"]
    assert liu.post("/api/v1/me/consents", json=body, headers=once).json() == given.json()
    other = {"Idempotency-Key": "agree-photo-2"}
    assert liu.post("/api/v1/me/consents", json=body, headers=other).status_code == 409
    changed = {**body, "purpose": "position"}
    assert liu.post("/api/v1/me/consents", json=changed, headers=once).status_code == 422
    old = {**body, "wording": "1999-01"}
    other = {"Idempotency-Key": "agree-photo-3"}
    assert liu.post("/api/v1/me/consents", json=old, headers=other).status_code == 409
    found = {one["purpose"]: one for one in liu.get("/api/v1/me/consents").json()["items"]}
    assert (found["photo"]["holds"]["id"], found["photo"]["may_give"]) == (
        given.json()["id"],
        False,
    )
    dispatcher = clocked.client_as("city_dispatcher")
    assert dispatcher.post("/api/v1/me/consents", json=body, headers=once).status_code == 403
    with clocked.store.read() as session:
        kept = session.scalars(
            select(AuditEntry.detail).where(AuditEntry.detail.contains("consent_given"))
        ).all()
    assert len(kept) == 1
