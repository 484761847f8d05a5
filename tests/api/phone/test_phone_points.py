"""Points on the phone: the statement, a gift reserved once and given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pressing import press

from data.points.awards import Merit, award
from data.points.gifts import add_gift
from data.points.rules import fill_shipped
from data.store.tables.people import Person

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient


@pytest.fixture
def gift(clocked: RunningService) -> int:
    """Fifty points for Liu, and one umbrella for thirty."""
    person = clocked.ids(Person)["liu"]

    def work(session: Any) -> int:
        fill_shipped(session)
        values = {"label_zh": "雨伞", "label_en": "Umbrella", "points": 30, "stock": 1}
        merit = Merit(person, "other", "other:test:1", actor="test")
        award(session, clocked.keys, clocked.clock(), merit)
        return add_gift(session, clocked.clock(), code="umbrella", **values).id

    return clocked.store.submit(work)


def test_a_gift_is_reserved_and_given_back(phone: TestClient, gift: int) -> None:
    page = phone.get("/m/points").text
    assert "表彰奖励" in page
    assert ">50<" in page
    for _ in range(2):  # the same form: one gift
        answer = press(phone, page, f"/m/gifts/{gift}/redeem")
        assert answer.headers["location"] == "/m/points?told=redeemed"
    after = phone.get("/m/points").text
    assert ">20<" in after
    assert "已兑完" in after
    number = after.split("/m/redemptions/")[1].split("/")[0]
    press(phone, after, f"/m/redemptions/{number}/void")
    assert ">50<" in phone.get("/m/points").text


def test_what_one_cannot_pay_says_so(clocked: RunningService, phone: TestClient, gift: int) -> None:
    sun = clocked.client_as("volunteer", person="sun")
    assert "还差 30 义豆" in sun.get("/m/points").text
    fields = {"csrf": sun.headers["X-CSRF-Token"], "once": "a-key-of-a-form"}
    answer = sun.post(f"/m/gifts/{gift}/redeem", data=fields)
    assert answer.status_code == 409
    assert "义豆不够" in answer.text


def test_nobody_gives_back_another_persons_gift(
    clocked: RunningService, phone: TestClient, gift: int
) -> None:
    press(phone, phone.get("/m/points").text, f"/m/gifts/{gift}/redeem")
    sun = clocked.client_as("volunteer", person="sun")
    fields = {"csrf": sun.headers["X-CSRF-Token"], "once": "a-key-of-a-form"}
    assert sun.post("/m/redemptions/1/void", data=fields).status_code in {404, 409}
    assert "取消兑换" in phone.get("/m/points").text
