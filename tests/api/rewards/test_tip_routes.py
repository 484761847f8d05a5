"""Tips over HTTP: no record names their author, nobody decides about their own."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from reward_service import SECRET, WORDS, Cast, give, make_cast
from tiny_store import NOW

from data.store.tables.audit import AuditEntry
from data.store.tables.idempotency import IdempotencyKey
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Person
from data.store.tables.points import PointTransfer
from data.store.tables.tips import Tip

if TYPE_CHECKING:
    from service_client import RunningService


@pytest.fixture
def people(tiny: RunningService) -> Cast:
    return make_cast(tiny)


def claimed(people: Cast, code: str) -> dict[str, str]:
    """Have the officer claim a tip; give the header with its version."""
    answer = people.officer.post(f"/api/v1/tips/{code}/claim")
    assert answer.status_code == 200, answer.text
    return {"If-Match": answer.headers["etag"]}


def test_from_a_tip_to_points(people: Cast) -> None:
    given = give(people.liu)
    assert (given.status_code, give(people.liu).json()) == (201, given.json())
    code = given.json()["code"]
    (queued,) = people.officer.get("/api/v1/tips?state=open&mine=true").json()["items"]
    assert queued["code"] == code
    assert "text" not in queued
    case = people.officer.get(f"/api/v1/tips/{code}").json()
    assert (case["text"], case["steps"][0]["actor"]) == (WORDS, "author")
    photo = people.officer.get(case["photos"][0])
    assert photo.headers["content-type"] == "image/jpeg"
    assert SECRET not in photo.content
    version = claimed(people, code)
    address = f"/api/v1/tips/{code}/decision"
    body = {"outcome": "verified", "note": "已约谈"}
    assert people.officer.post(address, json=body).status_code == 428
    stale = people.officer.post(address, json=body, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    decided = people.officer.post(address, json=body, headers=version).json()
    assert (decided["state"], decided["points"]) == ("verified", 50)
    mine = people.liu.get(f"/api/v1/tips/mine/{code}").json()
    assert [step["kind"] for step in mine["steps"]] == ["submitted", "claimed", "verified"]
    assert "已约谈" not in str(mine)
    assert people.liu.get("/api/v1/points/mine").json()["balance"] == 50
    assert people.sun.get(f"/api/v1/tips/mine/{code}").status_code == 404
    assert people.sun.get("/api/v1/tips/mine").json()["items"] == []


def test_nothing_stored_links_a_tip_to_its_author(people: Cast, tiny_url: str) -> None:
    people.service.clock.now = NOW + timedelta(minutes=17)
    code = give(people.liu).json()["code"]
    people.liu.get("/api/v1/tips/mine")
    people.liu.get(f"/api/v1/tips/mine/{code}")
    version = claimed(people, code)
    body = {"outcome": "verified"}
    people.officer.post(f"/api/v1/tips/{code}/decision", json=body, headers=version)
    me = people.service.ids(Person)["liu"]
    with people.service.store.read() as session:
        assert session.query(IdempotencyKey).count() == 0
        tip = session.query(Tip).one()
        times = {tip.submitted_at, tip.decided_at}
        mine = [row for row in session.query(OutboxNotice) if row.content.get("person_id") == me]
        assert mine
        (transfer,) = session.query(PointTransfer)
        for row in (*mine, transfer):
            assert row.created_at not in times
        told = [str((row.event_id, row.content, row.matter)) for row in mine]
        told += [transfer.key, transfer.reason, transfer.actor]
        for entry in session.query(AuditEntry):
            if entry.at in times or code in entry.object_key + entry.detail:
                told.append(str((entry.detail, entry.object_key)).replace(code, ""))
                assert entry.actor == "author" or entry.object_kind == "tip"
        assert not [one for one in told if code in one or "liu" in one]
    with sqlite3.connect(tiny_url.removeprefix("sqlite:///")) as raw:
        pages = "\n".join(raw.iterdump())
    assert WORDS not in pages


def test_nobody_decides_about_their_own(people: Cast) -> None:
    code = give(people.officer).json()["code"]
    assert people.officer.post(f"/api/v1/tips/{code}/claim").status_code == 403
    assert people.liu.get("/api/v1/tips").status_code == 403
    assert people.auditor.get(f"/api/v1/tips/{code}").status_code == 403
    sent = people.city.post(f"/api/v1/tips/{code}/dispatch")
    assert sent.json() == {"code": code, "is_sent": False}


def test_outside_ones_beats_there_is_no_tip(people: Cast) -> None:
    code = give(people.liu).json()["code"]
    other = people.service.client_as("community_officer", beat="limin", person="zhao")
    for method, path in (("get", ""), ("post", "/claim"), ("get", "/photos/0")):
        assert getattr(other, method)(f"/api/v1/tips/{code}{path}").status_code == 404
    assert other.get("/api/v1/tips").json()["items"] == []


def test_a_claim_keeps_others_away_until_it_is_given_back(people: Cast) -> None:
    code = give(people.liu).json()["code"]
    claimed(people, code)
    assert people.station.post(f"/api/v1/tips/{code}/claim").status_code == 409
    back = people.officer.post(f"/api/v1/tips/{code}/release").json()
    assert (back["state"], back["is_mine"]) == ("submitted", False)
    assert people.station.post(f"/api/v1/tips/{code}/claim").json()["is_mine"]


def test_a_duplicate_leads_to_the_first(people: Cast) -> None:
    first = give(people.liu).json()["code"]
    second = give(people.sun, text="有人在卖假理财").json()["code"]
    version = claimed(people, second)
    address = f"/api/v1/tips/{second}/merge"
    missing = people.officer.post(address, json={"into": "NOSUCHTIP"}, headers=version)
    assert missing.status_code == 404
    done = people.officer.post(address, json={"into": first}, headers=version).json()
    assert (done["state"], done["points"]) == ("duplicate", 0)
    assert people.officer.get(f"/api/v1/tips/{second}").json()["duplicate_of"] == first


def test_the_author_is_told_to_the_officer_who_says_why(people: Cast) -> None:
    code = give(people.liu).json()["code"]
    address, body = f"/api/v1/tips/{code}/author", {"purpose": "reward"}
    assert people.station.post(address, json=body).status_code == 403
    assert people.officer.post(address, json={"purpose": "curious"}).status_code == 422
    assert people.officer.post(address, json=body).json()["person"] == "liu"
    case = people.officer.get(f"/api/v1/tips/{code}").json()
    assert case["steps"][-1]["kind"] == "author_read"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"photo": b"GIF89a"}, 422),
        ({"photo": b"x" * (10 * 2**20 + 1)}, 413),
        ({"text": "嗯"}, 422),
        ({"lat": "0"}, 422),
        ({"category": "gossip"}, 422),
    ],
)
def test_what_cannot_be_taken_is_refused(
    people: Cast, changes: dict[str, Any], status: int
) -> None:
    assert give(people.liu, **changes).status_code == status


def test_who_gives_too_many_waits(people: Cast) -> None:
    answers = [give(people.liu, number, photo=b"") for number in range(20)]
    refused = next(one for one in answers if one.status_code != 201)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3601
