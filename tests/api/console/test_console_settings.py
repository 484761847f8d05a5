"""Settings in the console: read with what they do, changed by those who may, nothing lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from console_forms import press, sheet_of
from tiny_store import NOW

from data.planning.settings import planning_settings

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

HERE = "/console/settings"


@pytest.fixture
def office(tiny: RunningService) -> TestClient:
    tiny.clock.now = NOW
    client = tiny.client_as("city_dispatcher")
    client.headers["Accept"] = "text/html"
    return client


def test_what_can_be_set_is_told_with_what_it_does(
    tiny: RunningService, office: TestClient
) -> None:
    page = office.get(HERE).text
    for words in ("两班之间最少休息", "JINGGE_TILE_URL", "岗位角色", "积分表", "尚未修改"):
        assert words in page
    assert "secret" not in page.lower()
    assert tiny.client_as("volunteer", person="liu").get(HERE).status_code == 403
    reader = tiny.client_as("auditor")
    assert "<form" not in reader.get(f"{HERE}/planning").text.split("<main")[1]
    assert "最少休息" in reader.get(f"{HERE}/planning").text


def test_rules_are_set_once_and_nobodys_change_is_lost(
    tiny: RunningService, office: TestClient
) -> None:
    page = office.get(f"{HERE}/planning").text
    saved = press(office, page, "planning", min_rest_hours="10", extra_shift="0, 30，90")
    assert "已保存" in saved.text
    with tiny.store.read() as session:
        found = planning_settings(session)
    assert (found.rules.min_rest_hours, found.costs.extra_shift) == (10.0, (0, 30, 90))
    late = press(office, page, "planning", min_rest_hours="12")
    assert (late.status_code, "已被他人修改" in late.text) == (412, True)
    assert 'value="10"' in sheet_of(late.text, "planning")
    audit = tiny.client_as("auditor").get("/console/audit?kind=setting").text
    assert "min_rest_hours" in audit


def test_what_cannot_be_is_told_at_its_field(office: TestClient) -> None:
    page = office.get(f"{HERE}/planning").text
    wrong = press(
        office, page, "planning", min_rest_hours="2", min_volunteers_per_post="1", unmet="viel"
    )
    assert wrong.status_code == 422
    sheet = sheet_of(wrong.text, "planning")
    assert re.search(r"不能小于 6。.*不能小于 2。.*请填写整数。", sheet, re.S)
    assert 'value="viel"' in sheet
    steps = press(office, page, "planning", extra_shift="5 3 1")
    assert "is-invalid" in sheet_of(steps.text, "planning")


def test_a_role_is_added_changed_and_put_out_of_use(office: TestClient) -> None:
    page = office.get(f"{HERE}/duty-roles/new").text
    fields = {"code": "dog_walker", "label_zh": "遛狗巡逻员", "label_en": "Dog walker"}
    made = press(office, page, "entry", **fields, tier="volunteer", supervised="true")
    assert "遛狗巡逻员" in made.text
    again = press(
        office, office.get(f"{HERE}/duty-roles/new").text, "entry", **fields, tier="volunteer"
    )
    assert (again.status_code, "已经有了" in again.text) == (409, True)
    page = office.get(f"{HERE}/duty-roles/dog_walker").text
    unsafe = press(office, page, "entry", hazardous="true")
    assert (unsafe.status_code, "安全规定" in unsafe.text) == (409, True)
    done = press(office, page, "entry", label_zh="护犬员", is_active=None)
    assert "已停用" in done.text
    assert press(office, page, "entry", label_zh="x").status_code == 412
    empty = press(office, office.get(f"{HERE}/duty-roles/dog_walker").text, "entry", label_zh=" ")
    assert (empty.status_code, "请填写。" in empty.text) == (422, True)


def test_templates_and_words_have_their_forms(tiny: RunningService, office: TestClient) -> None:
    page = office.get(f"{HERE}/shift-templates/new").text
    times = {"workday_starts": "06:00", "workday_ends": "08:30", "weekend_starts": "07:00"}
    made = press(
        office, page, "entry", code="dawn", label_zh="黎明班", label_en="Dawn", **times,
        weekend_ends="09:00",
    )  # fmt: skip
    assert "06:00–08:30" in made.text
    reviewer = tiny.client_as("reviewer")
    assert "<form" not in reviewer.get(f"{HERE}/shift-templates/dawn").text.split("<main")[1]
    assert reviewer.get(f"{HERE}/shift-templates/new").status_code == 403


def test_the_points_table_is_filled_and_changed(office: TestClient) -> None:
    page = office.get(f"{HERE}/points").text
    assert "还没有积分表" in page
    filled = press(office, page, "shipped").text
    assert "线索查实" in filled
    row = office.get(f"{HERE}/points/rules/tip.verified").text
    done = press(office, row, "rule", points="25", monthly_cap="").text
    assert ">25<" in done
    assert press(office, row, "rule", points="30").status_code == 412
    number = office.get(f"{HERE}/points/numbers/reserved_days").text
    assert press(office, number, "number", value="0").status_code == 422
    assert "21" in press(office, number, "number", value="21").text
    assert office.get(f"{HERE}/points/rules/none").status_code == 404


def test_programs_set_the_same(tiny: RunningService, office: TestClient) -> None:
    client = tiny.client_as("administrator")
    found = client.get("/api/v1/settings/planning")
    body: dict[str, Any] = {key: found.json()[key] for key in ("rules", "costs")}
    body["rules"]["travel_factor"] = 1.5
    tag = {"If-Match": found.headers["etag"]}
    made = client.put("/api/v1/settings/planning", json=body, headers=tag)
    assert made.json()["rules"]["travel_factor"] == 1.5
    assert client.put("/api/v1/settings/planning", json=body, headers=tag).status_code == 412
    table = client.post("/api/v1/settings/points/shipped").json()
    assert len(table["rules"]) > 5
    one = client.get("/api/v1/settings/points/rules/tip.verified")
    tag = {"If-Match": one.headers["etag"]}
    edit = client.patch(
        "/api/v1/settings/points/rules/tip.verified", json={"points": 7}, headers=tag
    )
    assert edit.json()["points"] == 7
    assert "7" in office.get(f"{HERE}/points").text
