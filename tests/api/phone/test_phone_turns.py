"""Turns on the phone: check in and out, all is well, swap, hand on, when one can come."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pressing import press
from sqlalchemy import select
from tiny_city import HAIWEI
from tiny_store import NOW

from api.field_runner import FieldRunner
from data.field.checkin_places import post_word
from data.points.rules import fill_shipped
from data.store.tables.checkins import CheckIn
from data.store.tables.habits import AvailabilityHabit
from data.store.tables.shifts import ShiftTemplate

if TYPE_CHECKING:
    from collections.abc import Callable

    from service_client import RunningService
    from starlette.testclient import TestClient

    from data.field.task_values import TaskView

START = NOW + timedelta(days=1)
THERE = {"lat": str(HAIWEI[0]), "lng": str(HAIWEI[1]), "accuracy_m": "12.5"}


@pytest.fixture
def patrol(
    clocked: RunningService, phone: TestClient, make_task: Callable[..., TaskView]
) -> TaskView:
    """Liu holds a place of a patrol, which begins now."""
    clocked.store.submit(fill_shipped)
    task = make_task(kind="patrol", title="海威巡逻", points=4)
    press(phone, phone.get(f"/m/tasks/{task.task_id}").text, f"/m/tasks/{task.task_id}/signup")
    clocked.clock.now = START
    return task


def send(phone: TestClient, page: str, action: str, **fields: str) -> Any:
    """Press a form's button after a script has filled its fields in."""
    form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', page, re.S)
    assert form, page
    known = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.group()))
    return phone.post(action, data={**known, **fields}, follow_redirects=False)


def test_check_in_all_is_well_check_out_points(
    clocked: RunningService, phone: TestClient, patrol: TaskView
) -> None:
    path = f"/m/turns/task/{patrol.task_id}"
    page = phone.get("/m").text
    assert "迟到" in page
    assert "签到" in phone.get(f"/m/tasks/{patrol.task_id}").text
    away = send(phone, page, f"{path}/in", **{**THERE, "lat": "40.70"})
    assert away.status_code == 409
    assert "超出允许的" in away.text
    came = send(phone, page, f"{path}/in", **THERE)
    assert (came.status_code, came.headers["location"]) == (303, "/m/shifts?told=checked_in")
    page = phone.get("/m/shifts?told=checked_in").text
    assert "已签到。" in page
    assert "我平安" in page
    clocked.clock.now = START + timedelta(minutes=20)
    assert press(phone, page, "/m/turns/safe").headers["location"] == "/m/shifts?told=safe"
    clocked.clock.now = START + timedelta(minutes=125)  # five minutes after the end
    page = phone.get("/m").text
    left = send(phone, page, f"{path}/out")
    assert left.headers["location"] == "/m/shifts?told=checked_out"
    assert "海威巡逻" not in phone.get("/m/shifts").text
    assert "+4" in phone.get("/m/points").text or "4" in phone.get("/m/points").text


def test_what_waited_for_a_network_is_sent_with_its_own_time(
    clocked: RunningService, phone: TestClient, patrol: TaskView
) -> None:
    path, page = f"/m/turns/task/{patrol.task_id}", phone.get("/m").text
    clocked.clock.now = START + timedelta(hours=1)
    FieldRunner(clocked.store, clocked.keys, clocked.app.state.live.index, clocked.clock).step()
    assert "缺勤" in phone.get("/m").text
    kept = {**THERE, "queued_at": (START + timedelta(minutes=3)).isoformat().replace("+00:00", "Z")}
    for _ in range(2):
        sent = send(phone, page, f"{path}/in", **kept)
        assert sent.headers["location"] == "/m/shifts?told=checked_in"
    with clocked.store.read() as session:
        row = session.scalars(select(CheckIn)).one()
    assert (row.in_at, row.in_is_offline) == (START + timedelta(minutes=3), True)


def test_the_code_at_the_post_opens_a_page_that_checks_in(
    clocked: RunningService, phone: TestClient, patrol: TaskView
) -> None:
    post = f"task:{patrol.task_id}"
    word = post_word(clocked.keys, post, clocked.clock())
    page = phone.get("/m/code", params={"post": post, "word": word}).text
    came = send(phone, page, f"/m/turns/task/{patrol.task_id}/in")
    assert came.headers["location"] == "/m/shifts?told=checked_in"
    other = clocked.client_as("volunteer", person="sun")
    other.headers["Accept"] = "text/html"
    assert "没有您的班次" in other.get("/m/code", params={"post": post, "word": word}).text


def test_a_turn_is_handed_on_to_somebody_else(clocked: RunningService, phone: TestClient) -> None:
    page = phone.get("/m/shifts").text
    (turn,) = set(re.findall(r'href="(/m/shifts/[^"#]+)"', page))
    page = phone.get(turn).text
    assert "某sun" in page  # who stands beside her
    assert press(phone, page, f"{turn}/offer").headers["location"] == "/m/shifts?told=offered"
    assert "撤回" in phone.get(turn).text
    chen = clocked.client_as("volunteer", person="chen")
    chen.headers["Accept"] = "text/html"
    page = chen.get("/m/shifts").text
    (action,) = set(re.findall(r'action="(/m/exchanges/\d+/take)"', page))
    assert press(chen, page, action).headers["location"] == "/m/shifts?told=swapped"
    assert "海威警格" in chen.get("/m/shifts").text
    assert turn not in phone.get("/m/shifts").text
    late = clocked.client_as("volunteer", person="sun")
    late.headers["Accept"] = "text/html"
    fields = {"csrf": late.headers["X-CSRF-Token"], "once": "a-key-of-a-form"}
    assert late.post(action, data=fields).status_code == 409


def test_with_nobody_to_swap_with_the_page_says_so(phone: TestClient) -> None:
    (turn,) = set(re.findall(r'href="(/m/shifts/[^"#]+)"', phone.get("/m/shifts").text))
    assert "暂时没有可以换的班次" in phone.get(f"{turn}/swap").text
    fields = {"csrf": phone.headers["X-CSRF-Token"], "once": "a-key-of-a-form"}
    answer = phone.post(f"{turn}/swap", data={**fields, "partner": "1:morning"})
    assert answer.status_code == 409


def test_when_one_can_come(clocked: RunningService, phone: TestClient) -> None:
    with clocked.store.read() as session:
        template = session.scalars(select(ShiftTemplate.code)).first()
    page = phone.get("/m/availability").text
    assert "星期一" in page or "周一" in page
    fields = {"csrf": phone.headers["X-CSRF-Token"], "once": "a-key-of-a-form"}
    ticked = {**fields, "habit": [f"0:{template}", f"5:{template}"]}
    saved = phone.post("/m/availability", data=ticked, follow_redirects=False)
    assert saved.headers["location"] == "/m/availability?told=saved"
    with clocked.store.read() as session:
        found = session.execute(select(AvailabilityHabit.weekday, AvailabilityHabit.template))
        assert set(found.all()) >= {(0, template), (5, template)}
    assert phone.get("/m/availability").text.count(" checked") == 2
    away = {"starts_on": "2026-12-24", "ends_on": "2026-12-26"}
    page = phone.get("/m/availability").text
    added = send(phone, page, "/m/availability/exceptions", **away)
    assert added.status_code == 303
    page = phone.get("/m/availability").text
    (action,) = re.findall(r'action="(/m/availability/exceptions/\d+/delete)"', page)
    wrong = send(phone, page, "/m/availability/exceptions", **{**away, "ends_on": "2026-12-01"})
    assert wrong.status_code == 422
    assert press(phone, page, action).status_code == 303
    assert "delete" not in phone.get("/m/availability").text


def test_turns_go_to_the_phones_own_calendar(phone: TestClient, patrol: TaskView) -> None:
    answer = phone.get("/m/calendar.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = answer.content.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert all(len(line) <= 75 for line in lines)
    text = answer.text.replace("\r\n ", "")
    assert text.count("BEGIN:VEVENT") == 2
    assert f"DTSTART:{START:%Y%m%dT%H%M%SZ}" in text
    assert patrol.title in text


def test_the_map_has_the_tasks_and_leads_to_them(
    phone: TestClient, make_task: Callable[..., TaskView]
) -> None:
    task = make_task(title="</script><b>x", urgency=3)
    assert 'src="/m/tasks/map/frame"' in phone.get("/m/tasks/map").text
    frame = phone.get("/m/tasks/map/frame")
    assert frame.status_code == 200
    assert task.title not in frame.text
    body = phone.get("/m/tasks/map/points").json()
    (point,) = body["points"]
    assert (point["kind"], point["href"]) == ("urgent", f"/m/tasks/{task.task_id}")
    assert len(body["here"]) == 2
