"""A dispatcher's changes in the console: suggested, priced, refused, undone, published."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from tiny_store import NOW

from data.store.tables.rosters import Roster

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

BOARD = "board?station=kunbei&shift=evening"


@pytest.fixture
def dispatcher(tiny: RunningService) -> TestClient:
    tiny.clock.now = NOW
    client = tiny.client_as("city_dispatcher")
    client.headers["Accept"] = "text/html"
    return client


def hidden(page: str, name: str, at: int = 0) -> str:
    return re.findall(rf'name="{name}" value="([^"]*)"', page)[at]


def draft_of(dispatcher: TestClient, number: int = 1) -> str:
    """Copy the published roster into a draft; return the draft's address."""
    once = hidden(dispatcher.get(f"/console/rosters/{number}").text, "once")
    made = dispatcher.post(
        f"/console/rosters/{number}/edit", data={"once": once}, follow_redirects=False
    )
    assert made.status_code == 303, made.text
    return made.headers["location"]


def press(dispatcher: TestClient, address: str, **fields: Any) -> str:
    page = dispatcher.get(f"{address}/{BOARD}").text
    seen = re.findall(r'data-seen="(\d+)"', page)[0]
    form = {"station": "kunbei", "shift": "evening", "seen": seen, **fields}
    answer = dispatcher.post(f"{address}/board", data=form)
    assert answer.status_code == 200, answer.text
    return answer.text


def chips(page: str) -> dict[str, tuple[str, str]]:
    """Read who stands where: code → (number, line)."""
    found, line = {}, ""
    for part in re.findall(
        r'data-line="([^"]+)"|data-person="(\d+)"[^>]*><a href="/console/people/([^"]+)"', page
    ):
        if part[0]:
            line = part[0]
        else:
            found[part[2]] = (part[1], line)
    return found


def test_a_published_roster_is_read_only(dispatcher: TestClient) -> None:
    page = dispatcher.get(f"/console/rosters/1/{BOARD}").text
    assert "data-person" not in page
    assert 'hx-post="' not in page
    told = dispatcher.post(
        "/console/rosters/1/board",
        data={"station": "kunbei", "shift": "evening", "seen": 0, "step": "undo"},
    )
    assert told.status_code == 200
    assert 'class="note bad' in told.text


def test_off_and_on_again_with_price_rule_and_undo(
    tiny: RunningService, dispatcher: TestClient
) -> None:
    address = draft_of(dispatcher)
    before = chips(dispatcher.get(f"{address}/{BOARD}").text)
    name = "sun"
    number, line = before[name]
    page = press(dispatcher, address, step="take", person=number, line=line)
    assert "H7" in page
    assert name not in chips(page)
    assert dispatcher.post(f"{address}/publish", follow_redirects=False).status_code == 409
    found = dispatcher.get(f"{address}/board/people?station=kunbei&shift=evening&line={line}").text
    assert number in re.findall(r'name="person" value="(\d+)"', found)
    assert "步行约" in found
    page = press(dispatcher, address, step="give", person=number, to=line)
    assert "H7" in page  # holds again
    assert chips(page)[name] == (number, line)
    page = press(dispatcher, address, step="undo")
    assert name not in chips(page)
    page = press(dispatcher, address, step="undo")
    assert chips(page) == before
    assert dispatcher.post(f"{address}/publish", follow_redirects=False).status_code == 303
    with tiny.store.read() as session:
        states = {one.id: one.state for one in session.query(Roster)}
    assert sorted(states.values()) == ["archived", "published"]
    changes = dispatcher.get(f"{address}/changes?since=1")
    assert changes.status_code == 200


def test_what_breaks_a_rule_of_a_person_is_refused_in_words(dispatcher: TestClient) -> None:
    address = draft_of(dispatcher)
    before = chips(dispatcher.get(f"{address}/{BOARD}").text)
    volunteer_line = before["sun"][1]
    number, line = before["li"]
    page = press(dispatcher, address, step="move", person=number, line=line, to=volunteer_line)
    assert "规则 H2" in page
    assert chips(page) == before


def test_a_change_that_others_overtook_is_shown_not_made(dispatcher: TestClient) -> None:
    address = draft_of(dispatcher)
    before = chips(dispatcher.get(f"{address}/{BOARD}").text)
    number, line = next(iter(before.values()))
    form = {"station": "kunbei", "shift": "evening", "step": "take", "person": number, "line": line}
    assert dispatcher.post(f"{address}/board", data={**form, "seen": 3}).status_code == 200
    assert chips(dispatcher.get(f"{address}/{BOARD}").text) == before


def test_others_see_no_board_of_this_station(tiny: RunningService, dispatcher: TestClient) -> None:
    address = draft_of(dispatcher)
    officer = tiny.client_as("community_officer", beat="limin")
    assert officer.get(f"{address}/{BOARD}").status_code == 404
    assert officer.get(f"/console/rosters/1/{BOARD}").status_code == 404
    volunteer = tiny.client_as("volunteer", person="liu")
    assert volunteer.post(f"{address}/board", data={}).status_code in {403, 422}


def test_why_a_post_is_short(dispatcher: TestClient) -> None:
    page = dispatcher.get("/console/rosters/1/why?beat=haiwei&shift=evening").text
    assert "<li>" in page
    missing = dispatcher.get("/console/rosters/1/why?beat=nowhere&shift=evening")
    assert missing.status_code == 404


def test_a_plan_is_queued_once_and_cancelled(dispatcher: TestClient) -> None:
    once = hidden(dispatcher.get("/console/rosters").text, "once")
    form = {"once": once, "first_day": "2026-11-30", "last_day": "2026-12-06", "minutes": "0.5"}
    for _ in range(2):
        begun = dispatcher.post("/console/plans", data=form, follow_redirects=False)
        assert begun.status_code == 303
    page = dispatcher.get("/console/rosters").text
    assert page.count("data-job=") == 1
    job = re.findall(r'data-job="(\d+)"', page)[0]
    dispatcher.post(f"/console/jobs/{job}/cancel", follow_redirects=False)
    assert "data-job=" not in dispatcher.get("/console/rosters").text
