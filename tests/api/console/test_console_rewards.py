"""The queue of tips, the counter for gifts and what looks strange, as forms of the console."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from reward_service import WORDS, Cast, give, key, make_cast

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient


@pytest.fixture
def people(tiny: RunningService) -> Cast:
    cast = make_cast(tiny)
    for client in (cast.officer, cast.station, cast.city, cast.auditor):
        client.headers["Accept"] = "text/html"
    return cast


def send(client: TestClient, page: str, step: str, **more: Any) -> Any:
    """Press the button of a page's form."""
    form = re.search(rf'<form method="post" action="([^"]*/{step})".*?</form>', page, re.S)
    assert form, page
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.group()))
    token = client.headers.pop("x-csrf-token")
    try:
        return client.post(form[1], data=fields | more)
    finally:
        client.headers["x-csrf-token"] = token


def test_a_tip_is_verified_on_its_page(people: Cast) -> None:
    code = give(people.liu).json()["code"]
    row = people.officer.get("/console/tips").text
    assert f'href="/console/tips/{code}"' in row
    assert WORDS not in row
    page = people.officer.get(f"/console/tips/{code}").text
    assert WORDS in page
    assert "liu" not in page
    page = send(people.officer, page, "claim").text
    assert "核实结果" in page
    other = people.station.get(f"/console/tips/{code}").text
    refused = send(people.station, other, "claim")
    assert refused.status_code == 409
    assert "他人认领" in refused.text
    done = send(people.officer, page, "decide", outcome="verified", note="<b>属实</b>").text
    assert "&lt;b&gt;属实" in done
    assert "查实" in done
    assert people.liu.get("/api/v1/points/mine").json()["balance"] == 50
    assert code not in people.officer.get("/console/tips?state=open").text
    assert code in people.officer.get("/console/tips?state=verified").text
    assert people.auditor.get("/console/tips").status_code == 403


def test_a_gift_is_handed_over_at_the_counter(people: Cast) -> None:
    body = {"code": "u", "label_zh": "雨伞", "label_en": "Umbrella", "points": 30, "stock": 2}
    gift = people.city.post("/api/v1/gifts", json=body, headers=key(1)).json()
    award = {"person": "liu", "source": "other"}
    people.station.post("/api/v1/points/awards", json=award, headers=key(2))
    wish = {"gift_id": gift["id"]}
    made = people.liu.post("/api/v1/redemptions", json=wish, headers=key(3)).json()
    assert "雨伞" in people.officer.get("/console/gifts").text
    assert "雨伞 × 1" in people.officer.get("/console/redemptions?state=reserved").text
    address = f"/console/redemptions/{made['id']}"
    page = people.officer.get(address).text
    assert made["code"] not in page
    wrong = send(people.officer, page, "hand-over", code="NOPE")
    assert (wrong.status_code, "领取号不对" in wrong.text) == (409, True)
    done = send(people.officer, page, "hand-over", code=made["code"].lower()).text
    assert "已领取" in done
    assert "<form" not in done.split("<main")[1]


def test_what_looks_strange_leads_to_its_tip(people: Cast) -> None:
    give(people.liu, 1)
    two = give(people.sun, 2).json()["code"]
    page = people.city.get("/console/anomalies").text
    assert "照片重复" in page
    assert f"/console/tips/{two}" in page
    assert people.officer.get("/console/anomalies").status_code == 403
