"""A membership's way in the console: take in, vet, train, move, suspend, leave; many at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from console_forms import press, sheet_of
from tiny_store import NOW

from data.records.attendance import grant_qualification
from data.records.courses import add_course, add_run
from data.records.insurance import add_policy, cover_people
from data.store.scope import CITY
from data.store.tables.people import Person

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

TODAY = NOW.date()


@pytest.fixture
def service(tiny: RunningService) -> RunningService:
    tiny.clock.now = NOW
    return tiny


def office_of(service: RunningService, role: str, **place: Any) -> TestClient:
    client = service.client_as(role, **place)
    client.headers["Accept"] = "text/html"
    return client


def state_of(service: RunningService, code: str) -> str:
    with service.store.read() as session:
        return session.get_one(Person, service.ids(Person)[code]).state


def test_somebody_new_is_taken_in_vetted_trained_and_serves(service: RunningService) -> None:
    desk = office_of(service, "station_dispatcher", station="kunbei")
    page = desk.get("/console/applications/new").text
    fields = {"name": "<b>新人</b>", "born_on": "1990-05-04", "consent": "true", "max_shifts": "2"}
    half = press(desk, page, "application", **fields, lat="40.672")
    assert (half.status_code, "请填写。" in half.text) == (422, True)
    made = press(desk, page, "application", **fields, lat="40.672", lng="109.82")
    assert made.status_code == 200, made.text
    code = made.url.path.rsplit("/", 1)[1]
    assert "已添加" in made.text
    assert "&lt;b&gt;新人" in made.text
    assert "&lt;b&gt;新人" in desk.get("/console/applications").text
    refused = press(desk, made.text, "step-refuse", reason="")
    assert refused.status_code == 409
    page = press(desk, made.text, "step-pass").text
    assert "已通过审核" in page
    assert press(desk, made.text, "step-pass").status_code == 412
    page = press(desk, page, "step-train").text
    assert "没有有效保险" in page
    assert "未通过培训" in page

    def prepare(session: Any) -> None:
        policy = add_policy(
            session, insurer="x", policy_no="1", starts_on=TODAY,
            ends_on=TODAY + timedelta(days=30), sum_insured_fen=None,
        )  # fmt: skip
        cover_people(session, CITY, policy, codes=[code], starts_on=None, ends_on=None)
        grant_qualification(
            session, CITY, code, qualification="mediator_certificate", granted_on=TODAY,
            expires_on=None, certificate_no=None,
        )  # fmt: skip

    service.store.submit(prepare)
    page = press(desk, desk.get(f"/console/people/{code}").text, "step-activate").text
    assert "可以排班" in page
    page = press(desk, page, "step-suspend", reason="体检").text
    assert state_of(service, code) == "suspended"
    page = press(desk, page, "step-resume", reason="已复查").text
    assert state_of(service, code) == "active"
    unsure = press(desk, page, "leave")
    assert unsure.status_code == 422
    assert state_of(service, code) == "active"
    gone = press(desk, page, "leave", sure="true")
    assert "个人信息已删除" in gone.text
    assert state_of(service, code) == "left"


def test_the_file_is_edited_and_nothing_sealed_is_lost(service: RunningService) -> None:
    desk = office_of(service, "city_dispatcher")
    page = desk.get("/console/people/liu").text
    done = press(desk, page, "file", employer="热力公司", max_shifts="3")
    assert "热力公司" in done.text
    assert press(desk, page, "file", employer="x").status_code == 412
    wrong = press(desk, done.text, "file", max_shifts="5000", name="")
    assert "不能大于 1,000。" in sheet_of(wrong.text, "file")
    with service.store.read() as session:
        assert session.get_one(Person, service.ids(Person)["liu"]).phone_sealed is not None
    page = press(desk, desk.get("/console/people/liu").text, "role", role="school_guard")
    assert "护学岗" in page.text
    page = press(desk, page.text, "end-role", role="school_guard")
    assert page.status_code == 200
    reader = office_of(service, "auditor")
    assert "<form" not in reader.get("/console/people/liu").text.split("<main")[1]


def test_somebody_moves_to_another_station(service: RunningService) -> None:
    desk = office_of(service, "city_dispatcher")
    page = desk.get("/console/people/liu").text
    moved = press(desk, page, "station", station="halin", reason="搬家")
    assert "哈林" in moved.text
    narrow = office_of(service, "station_dispatcher", station="kunbei")
    assert narrow.get("/console/people/liu").status_code == 404
    assert narrow.post("/console/people/liu/station", data={"version": "1"}).status_code == 404


def test_many_are_moved_or_enrolled_together_or_not_at_all(service: RunningService) -> None:
    desk = office_of(service, "city_dispatcher")

    def course(session: Any) -> int:
        add_course(session, "basics", {"name": "基础", "mode": "class"})
        start = NOW + timedelta(days=1)
        return add_run(
            session, CITY, "basics", batch="一", starts_at=start,
            ends_at=start + timedelta(hours=1), station=None, capacity=2,
        )  # fmt: skip

    run = service.store.submit(course)
    page = desk.get("/console/people?tier=volunteer").text
    ticks = re.findall(r'name="people" value="([^"]+)" form="ticks"', page)
    assert len(ticks) > 2
    send = {"csrf": desk.headers["x-csrf-token"]}
    chosen = desk.post("/console/people/bulk", data={**send, "people": ticks})
    assert f"已选 {len(ticks)} 人" in chosen.text
    full = press(desk, chosen.text, "bulk-course", run=str(run))
    assert full.status_code == 422
    two = desk.post("/console/people/bulk", data={**send, "people": ticks[:2]})
    assert "全部报名" in press(desk, two.text, "bulk-course", run=str(run)).text
    assert "2 / 2" in desk.get("/console/courses").text
    stale = [ticks[0], ticks[1].rpartition(":")[0] + ":999"]
    page = desk.post("/console/people/bulk", data={**send, "people": stale}).text
    assert press(desk, page, "bulk-station", station="halin").status_code == 412
    first = ticks[0].rpartition(":")[0]
    assert "昆北" in desk.get(f"/console/people/{first}").text
    nobody = desk.post("/console/people/bulk", data=send)
    assert (nobody.status_code, "没有勾选人员" in nobody.text) == (422, True)
    narrow = office_of(service, "station_dispatcher", station="halin")
    send = {"csrf": narrow.headers["x-csrf-token"]}
    assert narrow.post("/console/people/bulk", data={**send, "people": ticks}).status_code == 404
