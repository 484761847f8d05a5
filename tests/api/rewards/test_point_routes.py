"""Points and gifts over HTTP: awards up to the caps, gifts through two hands, statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from reward_service import Cast, give, key, make_cast

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient


@pytest.fixture
def people(tiny: RunningService) -> Cast:
    return make_cast(tiny)


def commend(client: TestClient, number: int, person: str = "liu", **more: Any) -> Any:
    body = {"person": person, "source": "other", **more}
    return client.post("/api/v1/points/awards", json=body, headers=key(number))


def new_gift(people: Cast, points: int = 30, number: int = 90, **more: Any) -> dict[str, Any]:
    body = {"code": f"gift-{number}", "label_zh": "雨伞", "label_en": "Umbrella", "points": points}
    made = people.city.post("/api/v1/gifts", json={**body, "stock": 2, **more}, headers=key(number))
    assert made.status_code == 201, made.text
    return made.json()


def test_an_award_counts_once_and_up_to_the_cap(people: Cast) -> None:
    first = commend(people.officer, 1)
    assert first.status_code == 201
    assert commend(people.officer, 1).json() == first.json()
    assert first.json()["points"] == 50
    assert commend(people.station, 2).json()["points"] == 50
    over = commend(people.station, 3).json()
    assert (over["points"], over["asked"]) == (0, 50)
    mine = people.liu.get("/api/v1/points/mine").json()
    assert mine == {"balance": 100, "earned_this_month": 100, "month_cap": 800}
    (_, line) = people.liu.get("/api/v1/points/mine/entries").json()["items"]
    assert (line["amount"], line["rule"]) == (50, "other.commended")
    assert commend(people.officer, 4, person="wang").status_code in {404, 409}
    assert commend(people.officer, 5, person="nobody").status_code == 404
    assert commend(people.sun, 6).status_code == 403


def test_an_award_is_taken_back_once(people: Cast) -> None:
    made = commend(people.station, 1).json()
    body = {"key": made["key"], "reason": "mistake"}
    for _ in range(2):
        assert people.city.post("/api/v1/points/reversals", json=body).json()["points"] == -50
    assert people.liu.get("/api/v1/points/mine").json()["balance"] == 0
    other = people.service.client_as("station_dispatcher", station="halin")
    assert other.post("/api/v1/points/reversals", json=body).status_code == 404


def test_statements_of_others_hide_which_tip_it_was(people: Cast) -> None:
    code = give(people.liu, photo=b"").json()["code"]
    claim = people.officer.post(f"/api/v1/tips/{code}/claim")
    body, version = {"outcome": "verified"}, {"If-Match": claim.headers["etag"]}
    people.officer.post(f"/api/v1/tips/{code}/decision", json=body, headers=version)
    (line,) = people.station.get("/api/v1/points/people/liu").json()["items"]
    assert (line["rule"], line["at"][11:19]) == ("tip", "00:00:00")
    (mine,) = people.liu.get("/api/v1/points/mine/entries").json()["items"]
    assert mine["rule"] == "tip.fraud"
    standing = people.station.get("/api/v1/points/people").json()["items"]
    assert [(one["person"], one["balance"]) for one in standing] == [("liu", 50)]
    other = people.service.client_as("station_dispatcher", station="halin")
    assert other.get("/api/v1/points/people/liu").status_code == 404


def test_a_gift_goes_through_the_counter(people: Cast) -> None:
    gift = new_gift(people)
    commend(people.station, 1)
    body = {"gift_id": gift["id"]}
    made = people.liu.post("/api/v1/redemptions", json=body, headers=key(2))
    assert made.status_code == 201
    assert people.liu.post("/api/v1/redemptions", json=body, headers=key(2)).json() == made.json()
    assert people.liu.post("/api/v1/redemptions", json=body, headers=key(3)).status_code == 409
    (row,) = people.officer.get("/api/v1/redemptions?state=reserved").json()["items"]
    assert "code" not in row
    address = f"/api/v1/redemptions/{row['id']}/hand-over"
    assert people.officer.post(address, json={"code": "WRONG1"}).status_code == 409
    done = people.officer.post(address, json={"code": made.json()["code"]})
    assert done.json()["state"] == "handed_over"
    assert people.officer.post(address, json={"code": made.json()["code"]}).status_code == 409
    assert people.liu.get("/api/v1/points/mine").json()["balance"] == 20


def test_a_dear_gift_takes_two_persons(people: Cast) -> None:
    gift = new_gift(people, points=250)
    for number, source in enumerate(("other", "other", "course", "course", "course", "course")):
        commend(people.station, number, source=source)
    for number in range(6, 16):
        commend(people.station, number, source="event")
    body = {"gift_id": gift["id"]}
    made = people.liu.post("/api/v1/redemptions", json=body, headers=key(20)).json()
    address = f"/api/v1/redemptions/{made['id']}"
    code = {"code": made["code"]}
    assert people.officer.post(f"{address}/hand-over", json=code).status_code == 409
    assert people.officer.post(f"{address}/approval").json()["has_first_consent"]
    assert people.officer.post(f"{address}/hand-over", json=code).status_code == 409
    done = people.station.post(f"{address}/hand-over", json=code).json()
    assert done["state"] == "handed_over"


def test_what_is_given_back_returns(people: Cast) -> None:
    gift = new_gift(people)
    commend(people.station, 1)
    body = {"gift_id": gift["id"]}
    made = people.liu.post("/api/v1/redemptions", json=body, headers=key(2)).json()
    mine = f"/api/v1/redemptions/mine/{made['id']}/void"
    assert people.sun.post(mine).status_code == 404
    assert people.liu.post(mine).json()["state"] == "void"
    assert people.liu.get("/api/v1/points/mine").json()["balance"] == 50
    again = people.liu.post("/api/v1/redemptions", json=body, headers=key(3)).json()
    taken = people.officer.post(
        f"/api/v1/redemptions/{again['id']}/void", json={"reason": "not_available"}
    )
    assert taken.json()["void_reason"] == "not_available"
    assert people.liu.get("/api/v1/gifts").json()["items"][0]["stock"] == 2


def test_the_catalogue_is_edited_by_version(people: Cast) -> None:
    gift = new_gift(people)
    address = f"/api/v1/gifts/{gift['id']}"
    tag = people.city.get(address).headers["etag"]
    assert people.city.patch(address, json={"points": 40}).status_code == 428
    changed = people.city.patch(address, json={"points": 40}, headers={"If-Match": tag})
    assert changed.json()["points"] == 40
    stale = people.city.patch(address, json={"points": 50}, headers={"If-Match": tag})
    assert stale.status_code == 412
    stocked = people.city.post(f"{address}/stock", json={"pieces": 3}, headers=key(8)).json()
    assert stocked["stock"] == 5
    assert (
        people.city.post(f"{address}/stock", json={"pieces": -9}, headers=key(9)).status_code == 409
    )
    assert people.officer.patch(address, json={"points": 1}).status_code == 403


def test_what_looks_strange_is_listed(people: Cast) -> None:
    one = give(people.liu, 1).json()["code"]
    two = give(people.sun, 2).json()["code"]
    found = people.city.get("/api/v1/points/anomalies").json()["items"]
    assert [(row["kind"], row["tips"], row["people"]) for row in found] == [
        ("same_photo", [one, two], [])
    ]
    assert people.officer.get("/api/v1/points/anomalies").status_code == 403
