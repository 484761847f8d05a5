"""Courses and insurance in the console: opened, filled, passed, covered, renewed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from console_forms import press, sheet_of
from sqlalchemy import delete
from tiny_store import NOW

from data.store.tables.insurance import InsuranceCover

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

HERE = "/console/courses"
TODAY = NOW.date()


@pytest.fixture
def desk(tiny: RunningService) -> TestClient:
    tiny.clock.now = NOW
    client = tiny.client_as("city_dispatcher")
    client.headers["Accept"] = "text/html"
    return client


def send_table(client: TestClient, page: str, **changed: Any) -> Any:
    """Send the results of a run as the page has them, but for what is changed."""
    form = re.search(r'<form method="post" action="([^"]*/results)".*?</form>', page, re.S)
    assert form
    people = re.findall(r'name="person" value="([^"]+)"', form.group())
    data = {
        "csrf": client.headers["x-csrf-token"],
        "person": people,
        "state": [changed.get(one, ("", ""))[0] for one in people],
        "score": [changed.get(one, ("", ""))[1] for one in people],
    }
    return client.post(form[1], data=data)


def test_a_course_is_opened_filled_and_passed(tiny: RunningService, desk: TestClient) -> None:
    assert "先新增课程" in desk.get(f"{HERE}/new").text
    page = desk.get(f"{HERE}/catalogue/new").text
    made = press(
        desk, page, "course", code="basics", name="调解基础", mode="class",
        grants="mediator_certificate", valid_months="24",
    )  # fmt: skip
    assert "调解基础" in made.text
    page = desk.get(f"{HERE}/new").text
    fields = {"course": "basics", "batch": "<i>第一期</i>", "capacity": "2"}
    start = NOW.astimezone(ZoneInfo("Asia/Shanghai")) + timedelta(minutes=10)
    times = {
        "starts_at": f"{start:%Y-%m-%dT%H:%M}",
        "ends_at": f"{start + timedelta(hours=2):%Y-%m-%dT%H:%M}",
    }
    missing = press(desk, page, "run", **fields, starts_at=times["starts_at"])
    assert "请填写。" in sheet_of(missing.text, "run")
    run = press(desk, page, "run", **fields, **times)
    assert "&lt;i&gt;第一期" in run.text
    assert f"{start:%Y-%m-%d %H:%M}" in run.text
    many = press(desk, run.text, "enrol", people="liu, sun zhao\nqian")
    assert many.status_code in {404, 422}
    page = press(desk, run.text, "enrol", people="liu，sun").text
    assert "全部报名" in page
    out = {"csrf": desk.headers["x-csrf-token"], "out": "sun"}
    place = re.search(r'formaction="([^"]+)"', page)
    assert place
    assert 'value="sun"' not in desk.post(place[1], data=out).text
    tiny.clock.now = NOW + timedelta(minutes=20)
    page = desk.get(run.url.path).text
    wrong = send_table(desk, page, liu=("passed", "viel"))
    assert wrong.status_code == 422
    done = send_table(desk, page, liu=("passed", "88.5"))
    assert "88.5" in done.text
    assert "mediator_certificate" in desk.get("/api/v1/people/liu").text
    reviewer = tiny.client_as("reviewer")
    assert "<select" not in reviewer.get(run.url.path).text.split("<main")[1]


def test_a_course_is_changed_by_whoever_saw_it(desk: TestClient) -> None:
    page = desk.get(f"{HERE}/catalogue/new").text
    press(desk, page, "course", code="basics", name="基础", mode="class", grants="")
    page = desk.get(f"{HERE}/catalogue/basics").text
    assert "网课" in press(desk, page, "course", mode="online").text
    assert press(desk, page, "course", mode="class").status_code == 412
    page = desk.get(f"{HERE}/catalogue/basics").text
    assert "已停用" in press(desk, page, "course", is_active=None).text


def test_a_policy_is_added_and_renews_those_warned(tiny: RunningService, desk: TestClient) -> None:
    tiny.store.submit(lambda session: session.execute(delete(InsuranceCover)).rowcount)
    warned = desk.get("/console/insurance").text
    ticks = re.findall(r'name="people" value="([^"]+)" form="ticks"', warned)
    assert ticks
    page = desk.get("/console/insurance/policies/new").text
    days = {"starts_on": str(TODAY), "ends_on": str(TODAY + timedelta(days=365))}
    fields = {"insurer": "平安", "policy_no": "PA-1", "sum_yuan": "100000.50"}
    back = press(desk, page, "policy", **fields, starts_on=days["ends_on"], ends_on=str(TODAY))
    assert back.status_code == 422
    made = press(desk, page, "policy", **fields, **days)
    assert "100,000.50" in made.text
    again = press(desk, made.text, "cover", people="nobody")
    assert again.status_code == 404
    page = press(desk, made.text, "cover", people=ticks[0].rpartition(":")[0]).text
    assert "已全部纳入保险" in page
    send = {"csrf": desk.headers["x-csrf-token"], "people": ticks}
    chosen = desk.post("/console/people/bulk?only=cover", data=send).text
    assert "bulk-station" not in chosen
    done = press(desk, chosen, "bulk-cover").text
    assert "已全部纳入保险" in done
    left = desk.get("/console/insurance").text
    assert not re.findall(r'name="people" value="([^"]+)" form="ticks"', left)
    assert "PA-1" in desk.get("/console/insurance/policies?when=running").text
    assert tiny.client_as("reviewer").get("/console/insurance/policies/new").status_code == 403
