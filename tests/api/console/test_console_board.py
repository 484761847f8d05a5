"""A dispatcher's changes in the console: suggested, priced, refused, undone, published."""

from __future__ import annotations

import json
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


def test_the_week_shows_each_change_at_once(dispatcher: TestClient) -> None:
    """The counts of a roster are kept between its steps, and only so long."""
    address = draft_of(dispatcher)

    def cell() -> str:
        found = re.search(
            rf'href="{address}/board\?station=kunbei&amp;shift=evening">([^<]+)<',
            dispatcher.get(address).text,
        )
        assert found
        return found[1]

    number, line = chips(dispatcher.get(f"{address}/{BOARD}").text)["sun"]
    before = cell()
    short = 0 if before == "✓" else int(before[1:])
    assert cell() == before
    press(dispatcher, address, step="take", person=number, line=line)
    assert cell() == f"−{short + 1}"
    press(dispatcher, address, step="give", person=number, to=line)
    assert cell() == before
    press(dispatcher, address, step="undo")
    assert cell() == f"−{short + 1}"
    press(dispatcher, address, step="undo")
    assert cell() == before
    published = dispatcher.get("/console/rosters/1").text
    assert "/console/rosters/1/board?station=kunbei&amp;shift=evening" in published


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


def test_somebody_is_pinned_for_the_next_plan(tiny: RunningService, dispatcher: TestClient) -> None:
    address = draft_of(dispatcher)
    number, line = chips(dispatcher.get(f"{address}/{BOARD}").text)["sun"]
    form = {"station": "kunbei", "shift": "evening", "person": number, "line": line}
    page = dispatcher.post(f"{address}/pins", data={**form, "step": "pin"}).text
    assert "已固定" in page
    assert page.count('aria-pressed="true"') == 1
    pins = dispatcher.get("/api/v1/week/pins").json()["items"]
    assert [(one["person_id"], one["kind"]) for one in pins if one["person_id"] == "sun"] == [
        ("sun", "fixed")
    ]
    page = dispatcher.post(f"{address}/pins", data={**form, "step": "unpin"}).text
    assert 'aria-pressed="true"' not in page
    wrong = dispatcher.post(f"{address}/pins", data={**form, "person": "9999", "step": "pin"})
    assert "不能固定" in wrong.text
    reviewer = tiny.client_as("reviewer")
    assert reviewer.post(f"{address}/pins", data={**form, "step": "pin"}).status_code == 403


def test_a_remedy_is_made_in_a_draft_or_in_a_copy(dispatcher: TestClient) -> None:
    address = draft_of(dispatcher)
    number, line = chips(dispatcher.get(f"{address}/{BOARD}").text)["sun"]
    press(dispatcher, address, step="take", person=number, line=line)
    beat, role = place_codes(dispatcher, "sun")
    form = {
        "once": "a-remedy-0001",
        "sheet": "remedy",
        "beat": beat,
        "shift": "evening",
        "seen": "0",
        "given": json.dumps(["sun", beat, "evening", role]),
    }
    late = dispatcher.post(f"{address}/remedy", data=form)
    assert (late.status_code, "已有变动" in late.text) == (422, True)
    done = dispatcher.post(f"{address}/remedy", data={**form, "seen": "1"})
    assert "已照办" in done.text
    assert chips(dispatcher.get(f"{address}/{BOARD}").text)["sun"] == (number, line)
    twice = {**form, "seen": "2", "once": "a-remedy-0002"}
    refused = dispatcher.post(f"{address}/remedy", data=twice)
    assert (refused.status_code, "没有改动" in refused.text) == (422, True)
    off = {**form, "once": "a-remedy-0003", "taken": form["given"], "given": ""}
    copied = dispatcher.post("/console/rosters/1/remedy", data=off, follow_redirects=False)
    place = copied.headers["location"].partition("?")[0]
    assert place not in {"/console/rosters/1", address}
    assert "sun" not in chips(dispatcher.get(f"{place}/{BOARD}").text)
    strange = {**form, "once": "a-remedy-0004", "given": "no json"}
    assert dispatcher.post(f"{address}/remedy", data=strange).status_code == 422


def test_a_roster_says_that_none_could_fill_more(dispatcher: TestClient) -> None:
    assert 'hx-get="/console/rosters/1/ceiling"' in dispatcher.get("/console/rosters/1").text
    said = dispatcher.get("/console/rosters/1/ceiling").text
    shares = [float(share) for share in re.findall(r"([\d.]+)%", said)]
    assert len(shares) == 2
    assert shares[0] <= shares[1] <= 100


def place_codes(dispatcher: TestClient, person: str) -> tuple[str, str]:
    """Give the codes of beat and role where somebody stands in the published roster."""
    rows = dispatcher.get("/api/v1/rosters/1/assignments").json()["items"]
    row = next(one for one in rows if one["person_id"] == person)
    return row["beat_id"], row["role"]
