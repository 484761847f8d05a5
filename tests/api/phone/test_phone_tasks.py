"""Tasks on the phone: the nearest first, signed up in one tap, refused in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pressing import press

if TYPE_CHECKING:
    from collections.abc import Callable

    from service_client import RunningService
    from starlette.testclient import TestClient

HOSTILE = "</h2><script>alert(1)</script>{{ 7*7 }}"


def test_one_tap_signs_up(phone: TestClient, make_task: Callable[..., Any]) -> None:
    task = make_task()
    page = phone.get("/m/tasks").text
    assert "海威小学护学岗" in page
    answer = press(phone, page, f"/m/tasks/{task.task_id}/signup")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/m/tasks/{task.task_id}?told=signed_up",
    )
    after = phone.get(answer.headers["location"]).text
    assert "报名成功" in after
    assert "取消报名" in after
    assert "海威小学护学岗" not in phone.get("/m/tasks").text


def test_the_same_tap_twice_is_one(phone: TestClient, make_task: Callable[..., Any]) -> None:
    task = make_task(places=2)
    page = phone.get(f"/m/tasks/{task.task_id}").text
    first = press(phone, page, f"/m/tasks/{task.task_id}/signup")
    again = press(phone, page, f"/m/tasks/{task.task_id}/signup")
    assert first.headers["location"] == again.headers["location"]
    assert "还有 1 个名额" in phone.get(f"/m/tasks/{task.task_id}").text


def test_the_nearest_comes_first_from_where_the_phone_is(
    phone: TestClient, make_task: Callable[..., Any]
) -> None:
    make_task(title="东边", lat=40.6720, lng=109.8300)
    make_task(title="西边", lat=40.6720, lng=109.8200)
    east = phone.get("/m/tasks/part?lat=40.672&lng=109.831").text
    west = phone.get("/m/tasks/part?lat=40.672&lng=109.819").text
    assert east.index("东边") < east.index("西边")
    assert west.index("西边") < west.index("东边")


def test_a_full_task_can_be_waited_for(
    clocked: RunningService, phone: TestClient, make_task: Callable[..., Any]
) -> None:
    task = make_task()
    other = clocked.client_as("volunteer", person="sun")
    other.headers["Accept"] = "text/html"
    page = other.get(f"/m/tasks/{task.task_id}").text
    assert press(other, page, f"/m/tasks/{task.task_id}/signup").status_code == 303
    page = phone.get(f"/m/tasks/{task.task_id}").text
    assert "排队候补" in page
    press(phone, page, f"/m/tasks/{task.task_id}/signup")
    assert "候补第 1 位" in phone.get(f"/m/tasks/{task.task_id}").text
    page = other.get(f"/m/tasks/{task.task_id}").text
    press(other, page, f"/m/tasks/{task.task_id}/withdraw")
    page = phone.get(f"/m/tasks/{task.task_id}").text
    press(phone, page, f"/m/tasks/{task.task_id}/confirm")
    assert "您已报名" in phone.get(f"/m/tasks/{task.task_id}").text


def test_a_refusal_says_which_rule(phone: TestClient, make_task: Callable[..., Any]) -> None:
    task = make_task(lat=40.75, lng=109.82)
    page = phone.get(f"/m/tasks/{task.task_id}").text
    assert "超过出勤距离上限" in page
    assert f"/m/tasks/{task.task_id}/signup" not in page
    fields = {"csrf": phone.headers["X-CSRF-Token"], "once": "a-key-of-a-form"}
    answer = phone.post(f"/m/tasks/{task.task_id}/signup", data=fields)
    assert answer.status_code == 409
    assert "超过出勤距离上限" in answer.text


def test_words_of_people_stay_words(phone: TestClient, make_task: Callable[..., Any]) -> None:
    task = make_task(title=HOSTILE, place=HOSTILE, note=HOSTILE)
    for address in ("/m/tasks", f"/m/tasks/{task.task_id}"):
        page = phone.get(address).text
        assert "<script>alert" not in page
        assert "{{ 7*7 }}" in page


def test_nobody_without_a_record_has_tasks(clocked: RunningService) -> None:
    assert clocked.client().get("/m/tasks").status_code == 401
    assert clocked.client_as("reviewer").get("/m/tasks").status_code == 403
    assert clocked.client_as("community_officer", beat="haiwei").get("/m/tasks").status_code == 404


def test_the_index_in_memory_shows_the_same_and_ones_own_at_once(
    clocked: RunningService, phone: TestClient, make_task: Callable[..., Any]
) -> None:
    near = make_task(title="近处", lat=40.6720, lng=109.8205)
    make_task(title="远处", lat=40.6720, lng=109.8300)
    full = make_task(title="满员")
    other = clocked.client_as("volunteer", person="sun")
    other.headers["Accept"] = "text/html"
    press(other, other.get("/m/tasks").text, f"/m/tasks/{full.task_id}/signup")
    listed = [re.findall("近处|远处|满员", phone.get("/m/tasks/part").text)]
    index = clocked.app.state.live.index
    index.live()
    index.start()
    try:
        listed.append(re.findall("近处|远处|满员", phone.get("/m/tasks/part").text))
        page = phone.get("/m").text
        assert "近处" in page
        press(phone, page, f"/m/tasks/{near.task_id}/signup")
        assert "近处" not in phone.get("/m/tasks/part").text
    finally:
        index.close()
    assert listed[0] == listed[1]
    assert "满员" not in listed[0]
