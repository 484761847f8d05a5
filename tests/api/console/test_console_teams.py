"""Teams in the console: made, changed, filled and emptied, dissolved; within the jurisdiction."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from console_forms import press
from sqlalchemy import select
from tiny_store import NOW

from data.store.tables.audit import AuditEntry

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient


def office_of(service: RunningService, role: str, **place: Any) -> TestClient:
    service.clock.now = NOW
    client = service.client_as(role, **place)
    client.headers["Accept"] = "text/html"
    return client


def ticked(client: TestClient, page: str, act: str, *people: str) -> Any:
    """Tick members of a roll and press one of its buttons."""
    form = re.search(r'<form class="tickbar".*?</form>', page, re.S)
    assert form
    action, csrf = (
        re.search(p, form[0]) for p in (r'action="([^"]*)"', r'name="csrf" value="(.*?)"')
    )
    assert action and csrf  # noqa: PT018
    values = {"csrf": csrf[1], "sheet": "roll", "act": act, "people": list(people)}
    token = client.headers.pop("x-csrf-token")
    try:
        return client.post(action[1], data=values)
    finally:
        client.headers["x-csrf-token"] = token


def test_a_team_is_made_filled_led_and_dissolved(tiny: RunningService) -> None:
    desk = office_of(tiny, "city_dispatcher")
    assert "/console/teams/new" in desk.get("/console/teams").text
    blank = desk.get("/console/teams/new").text
    taken = press(desk, blank, "new-team", name="夜巡", code="kunbei-1")
    assert (taken.status_code, "夜巡" in taken.text) == (409, True)
    page = press(desk, blank, "new-team", name="<b>夜巡</b>", code="夜巡 2", station="kunbei").text
    assert "&lt;b&gt;夜巡" in page
    assert "队伍已建立" in page
    place = "/console/teams/夜巡 2"
    found = desk.get(f"{place}/joining?find=某l").text
    assert 'value="liu"' in found
    assert "没有查到" not in found
    assert "没有查到" in desk.get(f"{place}/joining?find=zzz").text
    assert press(desk, found, "join").status_code == 422
    none = press(desk, found, "join", found="liu", people="nobody")
    assert (none.status_code, "没有队员" in desk.get(place).text) == (404, True)
    page = press(desk, found, "join", found="liu", people="sun，chen").text
    assert page.count('name="people"') == 3
    assert 'value="liu"' not in desk.get(f"{place}/joining?find=某l").text
    page = ticked(desk, page, "lead", "liu").text
    assert re.search(r"队长</dt><dd[^>]*>某liu", page)
    page = ticked(desk, page, "follow", "liu").text
    assert re.search(r"队长</dt><dd[^>]*>–", page)
    refused = press(desk, page, "dissolve")
    assert (refused.status_code, "队里还有人" in refused.text) == (409, True)
    assert ticked(desk, page, "take_out").status_code == 422
    empty = ticked(desk, page, "take_out", "liu", "sun", "chen").text
    assert ticked(desk, page, "lead", "liu").status_code == 404
    over = press(desk, empty, "dissolve").text
    assert "队伍已解散" in over
    assert "/joining" not in over
    assert "恢复队伍" not in press(desk, over, "reopen").text


def test_a_team_is_renamed_and_moved_within_the_jurisdiction(tiny: RunningService) -> None:
    desk = office_of(tiny, "city_dispatcher")
    kunbei = office_of(tiny, "station_dispatcher", station="kunbei")
    place = "/console/teams/kunbei-1"
    mine, theirs = kunbei.get(place).text, desk.get(place).text
    assert "全市" not in mine
    assert press(kunbei, mine, "team", name="").status_code == 422
    assert "新名" in press(kunbei, mine, "team", name="新名", specialism="mediator").text
    assert press(desk, theirs, "team", name="旧页").status_code == 412
    assert press(kunbei, kunbei.get(place).text, "team", station="halin").status_code == 404
    assert "哈林" in press(desk, desk.get(place).text, "team", station="halin").text
    assert kunbei.get(place).status_code == 404
    with tiny.store.read() as session:
        kept = session.scalars(
            select(AuditEntry.detail).where(AuditEntry.action == "team.write")
        ).all()
    assert "新名" not in str(kept)


def test_who_only_reads_teams_has_no_buttons(tiny: RunningService) -> None:
    reader = office_of(tiny, "auditor")
    page = reader.get("/console/teams/kunbei-1").text
    assert "某liu" in page
    assert '<form class="sheet' not in page
    assert "tickbar" not in page
    assert reader.get("/console/teams/new").status_code == 403
    assert reader.get("/console/teams/kunbei-1/joining").status_code == 403
