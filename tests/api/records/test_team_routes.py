"""Teams and the teams of beats over HTTP: rolls, edits, and what each role sees of a roll."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.schemas import teams as schemas

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient


def test_teams_are_listed_made_and_changed(dispatcher: TestClient, caller: Any) -> None:
    office = caller(dispatcher)
    assert [one["code"] for one in office.get("/teams")["items"]] == ["halin-1", "kunbei-1"]
    page = office.get("/teams?limit=1")
    following = office.get(f"/teams?limit=1&cursor={page['next']}")
    assert [one["code"] for one in following["items"]] == ["kunbei-1"]
    body = {"code": "mediators", "name": "调解专队", "specialism": "mediator"}
    made = office.send("POST", "/teams", body)
    assert (made["station"], made["members"]) == (None, [])
    office.send("POST", "/teams", body, 409)
    raid = {"code": "raid", "label_zh": "突击", "label_en": "Raid", "tier": "officer"}
    hazards = {**raid, "hazardous": True, "supervised": True}
    office.send("POST", "/catalogue/duty-roles", hazards)
    office.send("POST", "/teams", {**body, "code": "x", "specialism": "raid"}, 409)
    assert [one["code"] for one in office.get("/teams?specialist=true")["items"]] == ["mediators"]
    office.send("PATCH", "/teams/mediators", {"name": "新名"}, 428)
    office.send("PATCH", "/teams/mediators", {"name": "新名"}, 412, **{"If-Match": f'"{"0" * 32}"'})
    assert office.edit("PATCH", "/teams/mediators", {"name": "新名"})["name"] == "新名"
    office.edit("PATCH", "/teams/mediators", {"is_active": None}, 422)
    office.edit("PATCH", "/teams/mediators", {"is_active": False})
    office.send("PUT", "/teams/mediators/members/liu", {}, 409)


def test_a_team_moves_and_is_dissolved_when_nobody_is_in_it(
    city: RunningService, dispatcher: TestClient, caller: Any
) -> None:
    office = caller(dispatcher)
    kunbei = caller(city.client_as("station_dispatcher", station="kunbei"))
    kunbei.edit("PATCH", "/teams/kunbei-1", {"station": None}, 404)
    kunbei.edit("PATCH", "/teams/kunbei-1", {"station": "halin"}, 404)
    refused = office.edit("PATCH", "/teams/kunbei-1", {"is_active": False}, 409)
    assert "2 in kunbei-1" in refused["detail"]
    tag = dispatcher.get("/api/v1/teams/kunbei-1").headers["etag"]
    assert office.edit("PATCH", "/teams/kunbei-1", {"station": "halin"})["station"] == "halin"
    office.send("PATCH", "/teams/kunbei-1", {"name": "新名"}, 412, **{"If-Match": tag})
    for code in ("liu", "sun"):
        office.send("DELETE", f"/teams/kunbei-1/members/{code}", None, 204)
    assert office.edit("PATCH", "/teams/kunbei-1", {"is_active": False})["is_active"] is False
    assert office.edit("PATCH", "/teams/kunbei-1", {"station": None})["station"] is None


def test_a_roll_says_who_leads(dispatcher: TestClient, caller: Any) -> None:
    office = caller(dispatcher)
    office.send("PUT", "/teams/kunbei-1/members/chen", {"is_leader": True}, 204)
    office.send("PUT", "/teams/kunbei-1/members/liu", {"is_leader": False}, 204)
    office.send("DELETE", "/teams/kunbei-1/members/sun", None, 204)
    office.send("DELETE", "/teams/kunbei-1/members/sun", None, 404)
    roll = office.get("/teams/kunbei-1")
    schemas.Team.model_validate(roll, strict=False)
    assert [(one["code"], one["is_leader"]) for one in roll["members"]] == [
        ("chen", True),
        ("liu", False),
    ]
    assert roll["leaders"] == ["chen"]


def test_a_beat_has_one_officer_and_each_tier_its_duty(dispatcher: TestClient, caller: Any) -> None:
    office = caller(dispatcher)
    team = office.get("/beats/haiwei/team")["members"]
    assert [(one["code"], one["duty"]) for one in team] == [
        ("wang", "community_officer"),
        ("li", "auxiliary"),
        ("liu", "volunteer"),
    ]
    office.send("PUT", "/beats/haiwei/team/sun", {"duty": "volunteer"}, 204)
    office.send("PUT", "/beats/haiwei/team/sun", {"duty": "auxiliary"}, 409)
    office.send("DELETE", "/beats/haiwei/team/sun", None, 204)
    office.get("/beats/nowhere/team", 404)


def test_names_are_for_those_who_may_see_them(city: RunningService, caller: Any) -> None:
    sun = caller(city.client_as("volunteer", person="sun"))
    named = sun.get("/teams/kunbei-1")["members"]
    assert [one["name"] for one in named] == ["某liu", "某sun"]
    for role in ("reviewer", "administrator"):
        roll = caller(city.client_as(role)).get("/teams/kunbei-1")["members"]
        assert all("name" not in one for one in roll)
    sun.get("/teams/halin-1", 404)
