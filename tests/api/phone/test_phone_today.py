"""Today on the phone: the next duty, a word on it, and a decline that repair hears of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pressing import press

from api.field_runner import FieldRunner
from api.notice_runner import NoticeRunner
from api.settings import Settings
from data.field.dropouts import open_dropouts

if TYPE_CHECKING:
    from collections.abc import Callable

    from service_client import RunningService
    from starlette.testclient import TestClient


def test_today_shows_what_is_next(phone: TestClient, make_task: Callable[..., Any]) -> None:
    make_task(title="广场巡逻", kind="patrol")
    page = phone.get("/m").text
    assert "海威警格" in page
    assert "我会来" in page
    assert "广场巡逻" in page


def test_two_taps_from_opening_to_signed_up(
    phone: TestClient, make_task: Callable[..., Any]
) -> None:
    task = make_task()
    page = phone.get("/m").text  # one: opening
    answer = press(phone, page, f"/m/tasks/{task.task_id}/signup")  # two: signing up
    assert answer.headers["location"].endswith("told=signed_up")
    assert "海威小学护学岗" in phone.get("/m/shifts").text


def test_a_word_on_a_turn(clocked: RunningService, phone: TestClient) -> None:
    page = phone.get("/m").text
    (address,) = set(re.findall(r'action="(/m/shifts/[^"]+/confirm)"', page))
    assert press(phone, page, address).headers["location"] == "/m/shifts?told=confirmed"
    assert "我会来" not in phone.get("/m").text
    turn = address.removesuffix("/confirm")
    page = phone.get(turn).text
    fields = {"csrf": phone.headers["X-CSRF-Token"], "once": "a-key-of-a-form", "reason": "ill"}
    answer = phone.post(f"{turn}/decline", data=fields, follow_redirects=False)
    assert answer.headers["location"] == "/m/shifts?told=declined"
    scenario = int(turn.split("/")[3])
    with clocked.store.read() as session:
        (dropout,) = open_dropouts(session, scenario)
    assert (dropout.person_code, dropout.reason) == ("liu", "ill")
    assert turn not in phone.get("/m/shifts").text


def test_no_is_one_tap_and_why_may_be_said_after(
    clocked: RunningService, phone: TestClient
) -> None:
    page = phone.get("/m").text
    (address,) = set(re.findall(r'action="(/m/shifts/[^"]+/decline)"', page))
    turn = address.removesuffix("/decline")
    answer = press(phone, page, address)  # on the first page, without a question
    assert answer.headers["location"] == f"{turn}?told=declined"

    def reason() -> str | None:
        with clocked.store.read() as session:
            (dropout,) = open_dropouts(session, int(turn.split("/")[3]))
        return dropout.reason

    assert reason() == "unsaid"
    page = phone.get(answer.headers["location"]).text
    assert "说一下原因" in page
    fields = {"csrf": phone.headers["X-CSRF-Token"], "once": "a-key-of-a-form", "reason": "ill"}
    phone.post(address, data=fields)
    assert reason() == "ill"
    page = phone.get(turn).text
    assert ("身体不适" in page, address in page) == (True, False)
    assert press(phone, page, f"{turn}/confirm").headers["location"] == "/m/shifts?told=confirmed"
    with clocked.store.read() as session:
        assert open_dropouts(session, int(turn.split("/")[3])) == []


def test_a_notice_of_a_turn_leads_to_where_no_is_one_tap(
    clocked: RunningService, phone: TestClient
) -> None:
    FieldRunner(clocked.store, clocked.keys, clocked.app.state.live.index, clocked.clock).step()
    NoticeRunner(clocked.service, Settings()).relay.step()
    page = phone.get("/m/inbox").text
    assert "能来吗？" in page
    (turn,) = set(re.findall(r'href="(/m/shifts/[^"]+)"', page))
    answer = press(phone, phone.get(turn).text, f"{turn}/decline")
    assert answer.status_code == 303
    with clocked.store.read() as session:
        (dropout,) = open_dropouts(session, int(turn.split("/")[3]))
    assert dropout.person_code == "liu"


def test_a_turn_is_its_owners_alone(clocked: RunningService, phone: TestClient) -> None:
    page = phone.get("/m").text
    (turn,) = set(re.findall(r'href="(/m/shifts/[^"#]+)"', page))
    other = clocked.client_as("volunteer", person="chen")
    assert other.get(turn).status_code == 404
    fields = {"csrf": other.headers["X-CSRF-Token"], "once": "a-key-of-a-form"}
    assert other.post(f"{turn}/confirm", data=fields).status_code == 404


def test_a_turn_that_is_not_ones_own_leads_to_ones_turns(phone: TestClient) -> None:
    gone = phone.get("/m/shifts/1/nowhere")
    assert gone.status_code == 404
    assert "这一班已不在您名下" in gone.text
    assert 'href="/m/shifts"' in gone.text
