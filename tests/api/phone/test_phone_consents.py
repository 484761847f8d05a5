"""What a volunteer has agreed to, on the phone and over HTTP, and how they take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
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
    assert ("照片的使用" in page, "个人信息的使用" in page) == (True, True)
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
