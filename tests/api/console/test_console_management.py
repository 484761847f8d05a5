"""Gifts, accounts and imports in the console: made, changed, previewed, taken, reset."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from console_forms import press
from tiny_store import NOW

from api.job_worker import work_off

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

ACCOUNTS = "/console/accounts"
IMPORTS = "/console/imports"


def desk_of(service: RunningService, role: str) -> TestClient:
    service.clock.now = NOW
    client = service.client_as(role)
    client.headers["Accept"] = "text/html"
    return client


def test_a_gift_is_offered_restocked_and_taken_off(tiny: RunningService) -> None:
    desk = desk_of(tiny, "city_dispatcher")
    page = desk.get("/console/gifts/new").text
    fields = {"code": "umbrella", "label_zh": "<b>雨伞</b>", "label_en": "Umbrella"}
    wrong = press(desk, page, "gift", **fields, points="0", stock="2")
    assert (wrong.status_code, "不能小于 1。" in wrong.text) == (422, True)
    made = press(desk, page, "gift", **fields, points="30", stock="2")
    assert "&lt;b&gt;雨伞" in made.text
    place = re.search(r'href="(/console/gifts/\d+)"', made.text)
    assert place
    page = desk.get(place[1]).text
    assert "库存" in press(desk, page, "stock", pieces="5").text
    assert press(desk, desk.get(place[1]).text, "stock", pieces="-9").status_code == 409
    page = desk.get(place[1]).text
    done = press(desk, page, "gift", points="40", monthly_cap="", is_active=None)
    assert "已保存" in done.text
    assert press(desk, page, "gift", points="50").status_code == 412
    reader = desk_of(tiny, "reviewer")
    assert "<form" not in reader.get(place[1]).text.split("<main")[1]


def test_an_account_is_made_given_roles_and_reset(tiny: RunningService) -> None:
    desk = desk_of(tiny, "administrator")
    page = desk.get(f"{ACCOUNTS}/new").text
    fields = {"login": "Wu.Na", "display_name": "吴娜", "person": "liu"}
    wrong = press(desk, page, "account", **fields, role0="community_officer", kind0="city")
    assert (wrong.status_code, "不能这样搭配" in wrong.text) == (422, True)
    grant = {"role0": "community_officer", "kind0": "beat"}
    missing = press(desk, page, "account", **fields, **grant)
    assert "请填写。" in missing.text
    made = press(desk, page, "account", **fields, **grant, place0="haiwei")
    assert "社区民警" in made.text
    taken = press(
        desk, desk.get(f"{ACCOUNTS}/new").text, "account", login="wu.na", display_name="x"
    )
    assert (taken.status_code, "已有账号" in taken.text) == (409, True)
    told = press(desk, made.text, "password")
    assert "只显示这一次" in told.text
    assert told.headers["cache-control"] == "no-store"
    page = desk.get(made.url.path).text
    assert "只显示这一次" not in page
    locked = press(desk, page, "state", state="locked")
    assert "已锁定" in locked.text
    assert press(desk, page, "name", display_name="y").status_code == 412
    more = press(desk, locked.text, "grants", role1="auditor", kind1="city", place1="")
    assert "审计（全市）" in more.text
    assert press(desk, more.text, "sessions").status_code == 200
    assert "吴娜" in desk.get(f"{ACCOUNTS}?role=auditor").text
    auditor = desk_of(tiny, "auditor")
    assert "<form" not in auditor.get(made.url.path).text.split("<main")[1]
    assert desk_of(tiny, "city_dispatcher").get(ACCOUNTS).status_code == 403


def test_the_last_administrator_stays(tiny: RunningService) -> None:
    login = tiny.login_as("administrator")
    desk = tiny.client(login)
    page = desk.get(f"{ACCOUNTS}/{login.account_id}").text
    refused = press(desk, page, "state", state="closed")
    assert (refused.status_code, "至少要留一名" in refused.text) == (409, True)


def test_a_table_is_previewed_and_taken(tiny: RunningService) -> None:
    desk = desk_of(tiny, "city_dispatcher")
    page = desk.get(IMPORTS).text
    assert "/api/v1/import-templates/people?language=zh" in page
    nothing = press(desk, page, "upload", kind="people")
    assert (nothing.status_code, "请填写。" in nothing.text) == (422, True)
    rows = "n001,新一,义警,kunbei,13900000001\nn002,新二,义警,没有这个所,13900000002\n"
    table = f"人员编号,姓名,类别,派出所,手机号\n{rows}".encode()
    made = press(desk, page, "upload", kind="people", file=("<i>t.csv", table, "text/csv"))
    assert "&lt;i&gt;t.csv" in made.text
    assert 'hx-trigger="load delay:1s"' in made.text
    work(tiny)
    page = desk.get(made.url.path).text
    assert "hx-trigger" not in page
    assert "没有这个所" in page
    assert "13900000002" not in page
    assert tiny.client_as("city_dispatcher").get(made.url.path).status_code == 404
    press(desk, page, "confirm")
    work(tiny)
    assert "已导入" in desk.get(made.url.path).text
    assert "新一" in desk.get("/console/people?code=n001").text
    again = press(desk, desk.get(IMPORTS).text, "upload", kind="people", file=("t.csv", table))
    work(tiny)
    gone = press(desk, desk.get(again.url.path).text, "discard")
    assert "已放弃" in gone.text
    part = desk.get(f"{made.url.path}?part=state").text
    assert "<html" not in part


def work(service: RunningService) -> None:
    """Do the jobs that wait."""
    assert work_off(service.store, service.keys, lambda: NOW) == 1
