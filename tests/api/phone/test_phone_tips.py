"""Tips on the phone: handed in once, seen by their author alone, named nowhere."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from sqlalchemy import select

from data.points.rules import fill_shipped
from data.store.tables.audit import AuditEntry
from data.store.tables.idempotency import IdempotencyKey
from data.store.tables.tips import Tip

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

WORDS = "门口有人推销假理财"


@pytest.fixture(autouse=True)
def _categories(clocked: RunningService) -> None:
    clocked.store.submit(fill_shipped)


def picture() -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    Image.new("RGB", (640, 480), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def send(phone: TestClient, key: str = "a-key-of-a-form", **changes: Any) -> Any:
    fields = {
        "csrf": phone.headers["X-CSRF-Token"],
        "once": key,
        "category": "fraud",
        "text": WORDS,
        "lat": "40.672",
        "lng": "109.82",
        **changes,
    }
    files = [("photos", ("a.jpg", picture(), "image/jpeg"))]
    return phone.post("/m/tips", data=fields, files=files, follow_redirects=False)


def test_a_tip_is_handed_in_once(clocked: RunningService, phone: TestClient) -> None:
    assert "涉诈线索" in phone.get("/m/tips/new").text
    for _ in range(2):
        assert send(phone).headers["location"] == "/m/tips?told=tip_sent"
    page = phone.get("/m/tips?told=tip_sent").text
    (code,) = re.findall(r"/m/tips/(\w{10})", page)
    tip = phone.get(f"/m/tips/{code}").text
    assert WORDS in tip
    assert "民警正在核实" in tip
    photo = phone.get(f"/m/tips/{code}/photos/0")
    assert photo.headers["content-type"] == "image/jpeg"
    assert b"a secret place" not in photo.content
    other = clocked.client_as("volunteer", person="sun")
    assert other.get(f"/m/tips/{code}").status_code == 404
    assert other.get(f"/m/tips/{code}/photos/0").status_code == 404


def test_the_records_do_not_say_whose_tip_it_is(clocked: RunningService, phone: TestClient) -> None:
    send(phone)
    phone.get("/m/tips")
    with clocked.store.read() as session:
        code = session.scalars(select(Tip.code)).one()
        kept = [row.headers + row.body.decode() for row in session.scalars(select(IdempotencyKey))]
        named = [
            (entry.actor, entry.detail)
            for entry in session.scalars(select(AuditEntry))
            if entry.object_kind == "tip"
        ]
    assert not any(code in row for row in kept)
    assert named == [("author", "{}")]


def test_a_refused_tip_says_why(phone: TestClient) -> None:
    answer = send(phone, text="  嗯 ")
    assert answer.status_code == 422
    assert "至少写四个字" in answer.text
