"""Demand in the console: found, changed line by line and together, told before, kept apart."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from console_forms import press, sheet_of
from tiny_store import NOW

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

HERE = "/console/demand"
LINE = f"{HERE}/haiwei/evening/patrol_guard"


@pytest.fixture
def office(tiny: RunningService) -> TestClient:
    return page_client(tiny, "city_dispatcher")


def page_client(tiny: RunningService, role: str, **place: str) -> TestClient:
    tiny.clock.now = NOW
    client = tiny.client_as(role, **place)
    client.headers["Accept"] = "text/html"
    return client


def rows_of(page: str) -> list[str]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r"<tr>.*?</tr>", body, re.S)


def test_lines_are_found_and_called_by_their_names(
    tiny: RunningService, office: TestClient
) -> None:
    page = office.get(HERE).text
    assert f'href="{LINE}"' in page
    assert '<option value="patrol_guard">巡逻防控保安员</option>' in page
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
    assert not {"patrol_guard", "evening", "haiwei"} & set(cells)
    guards = rows_of(office.get(f"{HERE}?role=patrol_guard").text)
    assert 0 < len(guards) < len(rows_of(page))
    assert all("巡逻防控保安员" in row for row in guards)
    assert rows_of(office.get(f"{HERE}?place=haiwei").text) == rows_of(
        office.get(f"{HERE}?week=any&place=HAIWEI").text
    )
    nothing = office.get(f"{HERE}?place=%25").text
    assert ("没有符合条件的需求" in nothing, "批量修改" in nothing) == (True, False)
    halin = page_client(tiny, "station_dispatcher", station="halin")
    assert rows_of(halin.get(HERE).text) == []
    assert halin.get(LINE).status_code == 404
    assert tiny.client_as("volunteer", person="liu").get(HERE).status_code == 403


def test_a_line_is_changed_once_and_nobodys_change_is_lost(
    tiny: RunningService, office: TestClient
) -> None:
    page = office.get(LINE).text
    board = re.search(r'href="(/console/rosters/1/board\?[^"]*)"', page)
    assert board
    assert office.get(unescape(board[1])).status_code == 200
    saved = press(office, page, "line", people="2", weights="1 5")
    assert ("已保存" in saved.text, 'value="5 1"' in saved.text) == (True, True)
    late = press(office, page, "line", people="4", weights="1")
    assert (late.status_code, "已被他人修改" in late.text) == (412, True)
    page = office.get(LINE).text
    wrong = press(office, page, "line", people="3", weights="5 1")
    assert (wrong.status_code, "为 3 人各填一个" in wrong.text) == (422, True)
    for people, weights in (("-1", "1"), ("1001", "1"), ("2", "0"), ("1", "viel")):
        refused = press(office, page, "line", people=people, weights=weights)
        assert (refused.status_code, "is-invalid" in refused.text) == (422, True), people
    reader = page_client(tiny, "reviewer").get(LINE).text
    assert "<form" not in reader.split("<main")[1]
    audit = tiny.client_as("auditor").get("/console/audit?kind=demand").text
    assert "haiwei evening patrol_guard" in audit


def test_a_line_ends_and_is_added_again(office: TestClient) -> None:
    ended = press(office, office.get(LINE).text, "end")
    assert "这条需求已结束" in ended.text
    assert office.get(LINE).status_code == 404
    assert "/console/demand/new?station=kunbei" in office.get(f"{HERE}/new").text
    page = office.get(f"{HERE}/new?station=kunbei").text
    given = {"beat_id": "haiwei", "shift_id": "evening", "role": "patrol_guard"}
    wrong = press(office, page, "new", **given, people="2", weights="")
    assert (wrong.status_code, "请填写。" in wrong.text) == (422, True)
    made = press(office, page, "new", **given, people="2", weights="7")
    assert ("已添加" in made.text, 'value="7"' in made.text) == (True, True)
    page = office.get(f"{HERE}/new?station=kunbei").text
    again = press(office, page, "new", **given, people="1")
    assert (again.status_code, "已有需求" in again.text) == (409, True)


def test_many_lines_are_changed_as_the_preview_told(office: TestClient) -> None:
    listed = office.get(f"{HERE}?role=patrol_guard").text
    bulk = re.search(r'href="(/console/demand/bulk\?[^"]*)"', listed)
    assert bulk
    ask = office.get(unescape(bulk[1])).text
    before = [int(one) for one in re.findall(r'<td class="n">(\d+)</td><td', listed)]
    none = press(office, ask, "factor", factor="")
    assert (none.status_code, "请填写。" in none.text) == (422, True)
    for wrong in ("0", "11", "nan", "x"):
        assert press(office, ask, "factor", factor=wrong).status_code == 422
    told = press(office, ask, "factor", factor="2")
    total = sum(before)
    assert f"{total} → {2 * total} (+{total})" in told.text
    assert rows_of(office.get(f"{HERE}?role=patrol_guard").text) == rows_of(listed)
    done = press(office, told.text, "confirm")
    assert "已修改" in done.text
    after = [int(one) for one in re.findall(r'<td class="n">(\d+)</td><td', done.text)]
    assert after == [2 * one for one in before]
    stale = press(office, told.text, "confirm")
    assert stale.status_code == 200  # the same form again: done once
    late = re.sub(r'name="once" value="[^"]*"', 'name="once" value="another-key-0"', told.text)
    other = press(office, late, "confirm")
    assert (other.status_code, f"{2 * total} → {4 * total}" in other.text) == (412, True)
    each = press(office, ask, "people", people="9")
    assert 'name="people" value="9"' in sheet_of(each.text, "confirm")


def test_a_week_is_opened_with_the_demand_of_another(
    tiny: RunningService, office: TestClient
) -> None:
    page = office.get(f"{HERE}/week").text
    made = press(office, page, "week")
    assert "新的一周已建好" in made.text
    assert (
        tiny.client_as("station_dispatcher", station="kunbei").get(f"{HERE}/week").status_code
        == 403
    )
