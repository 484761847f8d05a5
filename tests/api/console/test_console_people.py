"""People, teams and the audit in the console: scoped, kept, searched; no hostile name runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tiny_store import NOW, PHONES

from data.store.tables.people import Person

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

HOSTILE = "</td><script>alert(1)</script>{{ 7*7 }}"


@pytest.fixture
def dispatcher(tiny: RunningService) -> TestClient:
    tiny.clock.now = NOW
    client = tiny.client_as("city_dispatcher")
    client.headers["Accept"] = "text/html"
    return client


def test_lists_are_cut_to_the_jurisdiction(tiny: RunningService, dispatcher: TestClient) -> None:
    everybody = dispatcher.get("/console/people").text
    officer = tiny.client_as("community_officer", beat="haiwei")
    mine = officer.get("/console/people").text
    assert everybody.count("/console/people/") > mine.count("/console/people/") > 0
    hidden = set(tiny.ids(Person)) - {code for code in PHONES if f"/people/{code}" in mine}
    assert hidden
    for code in hidden:
        assert officer.get(f"/console/people/{code}").status_code == 404


def test_numbers_are_masked_and_reading_is_kept(
    tiny: RunningService, dispatcher: TestClient
) -> None:
    page = dispatcher.get("/console/people/liu").text
    assert all(number not in page for number in PHONES.values())
    auditor = tiny.client_as("auditor")
    assert "人员 liu" in auditor.get("/console/audit?kind=person").text


def test_a_phone_finds_its_owner_alone(dispatcher: TestClient) -> None:
    page = dispatcher.get(f"/console/people?phone={PHONES['liu']}").text
    assert "/console/people/liu" in page
    assert page.count('href="/console/people/') == 1


def test_a_list_goes_on_where_it_stopped(
    dispatcher: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.console.people.PAGE", 2)
    page, seen = dispatcher.get("/console/people").text, []
    while 'hx-get="' in page:
        seen += _codes(page)
        page = dispatcher.get(page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")).text
    seen += _codes(page)
    assert len(seen) == len(set(seen)) > 4


def test_words_of_people_stay_words(tiny: RunningService, dispatcher: TestClient) -> None:
    def work(session: Any) -> None:
        session.get_one(Person, tiny.ids(Person)["liu"]).name = HOSTILE

    tiny.store.submit(work)
    for address in ("/console/people", "/console/people/liu"):
        page = dispatcher.get(address).text
        assert "<script>alert" not in page
        assert "{{ 7*7 }}" in page


def test_the_menu_shows_what_one_may_do(tiny: RunningService, dispatcher: TestClient) -> None:
    assert "/console/audit" not in dispatcher.get("/console/people").text
    assert dispatcher.get("/console/audit").status_code == 403
    auditor = tiny.client_as("auditor")
    assert "/console/people" in auditor.get("/console/audit").text
    assert tiny.client_as("volunteer", person="liu").get("/console/teams").status_code == 200


def _codes(page: str) -> list[str]:
    return [part.split('"')[0] for part in page.split('href="/console/people/')[1:]]
