"""Tasks in the console: published by a form, taken, closed, cancelled; refusals in words."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from console_forms import press, sheet_of
from sqlalchemy import select
from tiny_store import NOW

from data.store.tables.checkins import CheckIn

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

HERE = "/console/tasks"
HOSTILE = "<i>海威</i>{{ 7*7 }}"
START = NOW.astimezone(ZoneInfo("Asia/Shanghai")) + timedelta(hours=3)
KEYS = itertools.count(1)


def at_field(hours: float) -> str:
    return f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M}"


FIELDS = {
    "title": HOSTILE,
    "kind": "patrol",
    "role": "school_guard",
    "beat_id": "haiwei",
    "starts_at": at_field(0),
    "ends_at": at_field(2),
    "places": "1",
    "points": "5",
}


@pytest.fixture
def at(tiny: RunningService) -> RunningService:
    tiny.clock.now = NOW
    return tiny


@pytest.fixture
def officer(at: RunningService) -> TestClient:
    client = at.client_as("community_officer", beat="haiwei", person="wang")
    client.headers["Accept"] = "text/html"
    return client


def publish(client: TestClient, **changed: Any) -> Any:
    return press(client, client.get(f"{HERE}/new").text, "task", **{**FIELDS, **changed})


def sign_up(client: TestClient, number: str, **body: Any) -> Any:
    key = {"Idempotency-Key": f"console-task-{next(KEYS):04}"}
    return client.post(f"/api/v1/tasks/{number}/signups", json=body, headers=key)


def test_a_task_is_published_taken_closed_and_ended(
    at: RunningService, officer: TestClient
) -> None:
    liu, sun = (at.client_as("volunteer", person=one) for one in ("liu", "sun"))
    form = officer.get(f"{HERE}/new").text
    assert "haiwei" in form
    assert "huasheng" not in form  # another's beat
    made = publish(officer)
    assert made.status_code == 200, made.text
    assert "&lt;i&gt;海威&lt;/i&gt;{{ 7*7 }}" in made.text
    assert "还没有人报名" in made.text
    number = made.url.path.rpartition("/")[2]
    assert number in officer.get(HERE).text
    assert sign_up(liu, number).status_code == 201
    assert sign_up(sun, number, wait=True).status_code == 201
    page = officer.get(made.url.path).text
    assert "候补中（第 1 位）" in page
    assert "/console/people/liu" in page
    assert "post-code?task_id=" in page
    closed = press(officer, page, "step-close").text
    assert "报名截止" in closed
    assert "逾期未确认" in closed  # the waiting list ends
    done = press(officer, closed, "step-end").text
    assert "已结束" in done
    assert "step-" not in done
    assert number not in re.findall(r"/console/tasks/(\d+)", officer.get(f"{HERE}?state=open").text)


def test_what_cannot_be_is_told_beside_its_field(officer: TestClient) -> None:
    back = publish(
        officer, beat_id="", ends_at=at_field(-1), signup_until=at_field(1),
        min_people="3", lat="40.6", is_beat_wide="true",
    )  # fmt: skip
    assert back.status_code == 422
    form = sheet_of(back.text, "task")
    for words in ("晚于开始。", "不能多于名额。", "一起填。", "请选警格", "须先选警格"):
        assert words in form, words
    assert HOSTILE not in form
    assert 'value="40.6"' in form
    over = publish(officer, starts_at=at_field(-5), ends_at=at_field(0))
    assert "已经过去了。" in over.text
    few = publish(officer, role="patrol_guard", places="30", leaders="1")
    assert few.status_code in {200, 409}
    far = publish(officer, beat_id="", station_id="kunbei", lat="0", lng="0")
    assert far.status_code in {404, 422}


def test_a_draft_is_opened_and_cancelled_with_a_reason(
    at: RunningService, officer: TestClient
) -> None:
    draft = publish(officer, publish=None)
    number = draft.url.path.rpartition("/")[2]
    liu = at.client_as("volunteer", person="liu")
    assert liu.get(f"{HERE}/{number}").status_code == 404
    page = press(officer, draft.text, "step-open").text
    assert "报名中" in page
    assert sign_up(liu, number).status_code == 201
    page = officer.get(draft.url.path).text
    assert press(officer, page, "step-cancel", reason=" ").status_code == 422
    gone = press(officer, page, "step-cancel", reason="大风").text
    assert "大风" in gone
    again = press(officer, page, "step-cancel", reason="再次")
    assert again.status_code == 409
    assert "当前状态不能这样操作" in again.text
    assert "已取消" in again.text


def test_the_station_gives_a_place_and_takes_it_back(
    at: RunningService, officer: TestClient
) -> None:
    page = publish(officer).text
    nobody = press(officer, page, "assign", person_id="nobody")
    assert "没有找到" in nobody.text
    given = press(officer, page, "assign", person_id="liu")
    assert "派出所安排" in given.text, given.text
    refused = press(officer, given.text, "assign", person_id="liu")
    assert refused.status_code == 409
    assert "已报名此任务" in refused.text
    taken = press(officer, given.text, "release", person_id="liu", reason="临时有事")
    assert "临时有事" in taken.text


def test_an_officer_confirms_who_came_and_who_left(at: RunningService, officer: TestClient) -> None:
    number = publish(officer).url.path.rpartition("/")[2]
    assert sign_up(at.client_as("volunteer", person="liu"), number).status_code == 201
    at.clock.now = START + timedelta(minutes=5)
    officer = at.client_as("community_officer", beat="haiwei")
    page = officer.get("/console/arrivals/list").text
    assert "&lt;i&gt;海威&lt;/i&gt;" in page
    assert "确认到岗" in page
    seen = {"task_id": number, "person_id": "liu"}
    came = officer.post("/console/arrivals", data={**seen, "way": "in"}).text
    assert "已确认到岗" in came
    assert "确认离岗" in came
    assert "按时离岗" not in came
    again = officer.post("/console/arrivals", data={**seen, "way": "in"})
    assert "已确认到岗" in again.text  # pressed twice, kept once
    at.clock.now = START + timedelta(hours=2, minutes=30)
    officer = at.client_as("community_officer", beat="haiwei")
    late = officer.get("/console/arrivals/list").text
    assert "按时离岗" in late
    (end,) = re.findall(r'name="at" value="([^"]+)"', late)
    left = officer.post("/console/arrivals", data={**seen, "way": "out", "at": unescape(end)}).text
    assert "已确认离岗" in left
    with at.store.read() as session:
        kept = session.scalars(select(CheckIn)).one()
        assert (kept.in_means, kept.out_means) == ("officer", "officer")
        assert kept.out_at == START + timedelta(hours=2)
    other = at.client_as("station_dispatcher", station="wusutu")
    assert 'role="alert"' in other.post("/console/arrivals", data={**seen, "way": "in"}).text
    wrong = officer.post("/console/arrivals", data={"person_id": "liu", "way": "in"})
    assert 'role="alert"' in wrong.text


def test_the_code_of_a_post_is_shown_and_changes(at: RunningService, officer: TestClient) -> None:
    number = publish(officer).url.path.rpartition("/")[2]
    address = f"/console/post-code?task_id={number}"
    page = officer.get(address).text
    assert "<svg" in page
    assert "&lt;i&gt;海威&lt;/i&gt;" in page
    word = re.search(r'class="word">([^<]+)<', page)
    following = re.search(r'hx-get="([^"]+)"', page)
    assert word
    assert following
    at.clock.now = NOW + timedelta(minutes=5)
    part = officer.get(following[1].replace("&amp;", "&")).text
    assert "<html" not in part
    assert f'class="word">{word[1]}<' not in part
    plan = "/console/post-code?scenario_id=1&beat_id=haiwei&shift_id=evening"
    assert officer.get(plan).status_code == 200
    assert officer.get(plan.replace("haiwei", "limin")).status_code == 404
    assert officer.get("/console/post-code").status_code == 422
    assert at.client_as("volunteer", person="liu").get(address).status_code == 403


def test_tasks_stay_in_their_jurisdiction(at: RunningService, officer: TestClient) -> None:
    address = publish(officer).url.path
    other = at.client_as("station_dispatcher", station="wusutu")
    assert other.get(address).status_code == 404
    token = {"csrf": other.headers["x-csrf-token"], "reason": "x"}
    assert other.post(f"{address}/steps/cancel", data=token).status_code == 404
    assert address not in other.get(HERE).text
    reviewer = at.client_as("reviewer")
    page = reviewer.get(address).text
    assert "step-" not in page
    assert "报名与候补" not in page
    assert reviewer.get(f"{HERE}/new").status_code == 403


def test_the_list_goes_on_and_is_narrowed(officer: TestClient) -> None:
    body = {
        **{key: FIELDS[key] for key in ("kind", "role", "beat_id")},
        "starts_at": START.isoformat(),
        "ends_at": (START + timedelta(hours=1)).isoformat(),
        "places": 1,
    }
    for number in range(102):
        headers = {"Idempotency-Key": f"console-many-{number:04}", "Accept": "application/json"}
        made = officer.post("/api/v1/tasks", json={**body, "title": f"T{number}"}, headers=headers)
        assert made.status_code == 201, made.text
    page = officer.get(HERE).text
    following = re.search(r'hx-get="([^"]+part=rows)"', page)
    assert following
    rows = officer.get(following[1].replace("&amp;", "&")).text
    assert rows.count("<tr>") == 2
    assert "没有符合条件" in officer.get(f"{HERE}?kind=visit").text
    assert officer.get(f"{HERE}?when=&state=nonsense&station=none").status_code == 200
    assert officer.get(f"{HERE}?cursor=zzz").status_code == 422
