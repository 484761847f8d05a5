"""Awards in the console: given with what for, taken back with why, never to oneself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from console_forms import press, sheet_of
from sqlalchemy import select
from tiny_store import NOW

from data.store.tables.audit import AuditEntry
from data.store.tables.people import Award, PersonEvent

if TYPE_CHECKING:
    from service_client import RunningService

PLACE = "/console/people/liu"
GIVEN = {"title": "平安<b>标兵", "awarded_on": "2026-11-01", "awarded_by": "昆北派出所"}


def test_an_award_is_given_read_taken_back_and_erased(tiny: RunningService) -> None:
    tiny.clock.now = NOW
    desk = tiny.client_as("city_dispatcher")
    liu = tiny.client_as("volunteer", person="liu")
    page = desk.get(PLACE).text
    assert "请填写。" in press(desk, page, "award", **GIVEN).text
    assert (
        press(desk, page, "award", **{**GIVEN, "awarded_on": "2027-01-01"}, note="x").status_code
        == 422
    )
    page = press(desk, page, "award", **GIVEN, note="夜巡无缺勤").text
    assert "表彰已记入档案" in page
    assert "平安&lt;b&gt;标兵 · 昆北派出所 · 夜巡无缺勤" in liu.get("/m/file").text
    assert press(desk, page, "award-back", reason="").status_code == 422
    page = press(desk, page, "award-back", reason="录错人").text
    assert "表彰已撤销" in page
    assert "录错人" in page
    assert "平安&lt;b&gt;标兵（已撤销：录错人）" in liu.get("/m/file").text
    press(desk, page, "award", **GIVEN, note="夜巡无缺勤")
    press(desk, desk.get(PLACE).text, "leave", sure="true")
    with tiny.store.read() as session:
        assert session.scalars(select(Award.note)).all() == [None]
        event = select(PersonEvent.from_value, PersonEvent.reason)
        gone = session.execute(event.where(PersonEvent.kind == "award_withdrawn")).all()
        kept = str(session.scalars(select(AuditEntry.detail)).all())
    assert [tuple(row) for row in gone] == [(None, None)]
    assert not re.search("标兵|无缺勤|录错人", kept)
    assert "withdrawn_award" in kept


def test_nobody_awards_themselves_and_readers_have_no_form(tiny: RunningService) -> None:
    tiny.clock.now = NOW
    officer = tiny.client_as("community_officer", beat="haiwei", person="wang")
    own = press(officer, officer.get("/console/people/wang").text, "award", **GIVEN, note="自评")
    assert (own.status_code, "不能给自己表彰" in own.text) == (409, True)
    assert sheet_of(officer.get(PLACE).text, "award")
    reader = tiny.client_as("auditor")
    assert "/awards" not in reader.get(PLACE).text
    token = reader.headers["x-csrf-token"]
    assert reader.post(f"{PLACE}/awards", data={"csrf": token}).status_code == 403
