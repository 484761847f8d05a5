"""The way in: where each role begins, and how one gets there from the pages that all read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from service_client import RunningService

BEGINS = [
    ("city_dispatcher", {}, "/console/live"),
    ("community_officer", {"beat": "haiwei"}, "/console/live"),
    ("reviewer", {}, "/"),
    ("volunteer", {"person": "liu"}, "/m"),
]


@pytest.mark.parametrize(("role", "scope", "begins"), BEGINS)
def test_each_role_begins_where_it_works(
    tiny: RunningService, role: str, scope: dict[str, str], begins: str
) -> None:
    client = tiny.client_as(role, **scope)
    answer = client.get("/console", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, begins)
    assert client.get(begins).status_code == 200


@pytest.mark.parametrize(
    ("role", "scope", "ways"),
    [
        ("city_dispatcher", {}, {"/console"}),
        ("reviewer", {}, {"/console"}),
        ("auxiliary", {"beat": "haiwei", "person": "zhao"}, {"/m"}),
    ],
)
def test_the_overview_leads_to_ones_own_pages(
    tiny: RunningService, role: str, scope: dict[str, str], ways: set[str]
) -> None:
    page = tiny.client_as(role, **scope).get("/").text
    assert {way for way in ("/console", "/m") if f'href="{way}"' in page} == ways


def test_whoever_is_refused_is_led_to_where_they_begin(tiny: RunningService) -> None:
    client = tiny.client_as("volunteer", person="liu")
    answer = client.get("/gaps", headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert 'href="/console"' in answer.text
    assert 'href="/maps/coverage"' not in answer.text


def test_a_place_is_drawn_and_nothing_is_read_for_it(tiny: RunningService) -> None:
    client = tiny.client_as("community_officer", beat="haiwei")
    found = client.get("/console/place", params={"lat": 40.67, "lng": 109.83}).json()
    assert [(one["lat"], one["lng"]) for one in found["points"]] == [(40.67, 109.83)]
    for lat in ("nan", "91", "north"):
        assert client.get("/console/place", params={"lat": lat, "lng": 0}).status_code == 422
