"""Training over HTTP: a course, a run, who comes, how it went, and what that grants."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tiny_store import NOW

from api.schemas import training as schemas
from data.points.rules import fill_shipped
from data.store.tables.points import PointEntry

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

COURSE = {
    "code": "mediation-basics",
    "name": "矛盾调解基础",
    "mode": "class",
    "role": "mediator",
    "grants": "mediation",
    "valid_months": 15,
}


@pytest.fixture
def run(dispatcher: TestClient, caller: Any) -> int:
    office = caller(dispatcher)
    office.send("POST", "/courses", COURSE)
    begins = NOW + timedelta(minutes=10)
    body = {
        "course": COURSE["code"],
        "batch": "第一期",
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=2)).isoformat(),
        "instructor": "某教官",
        "station": "kunbei",
        "capacity": 2,
    }
    made: int = office.send("POST", "/course-runs", body)["run"]
    return made


def test_courses_are_made_found_and_closed(dispatcher: TestClient, caller: Any) -> None:
    office = caller(dispatcher)
    schemas.Course.model_validate(office.send("POST", "/courses", COURSE))
    office.send("POST", "/courses", COURSE, 409)
    office.send("POST", "/courses", {**COURSE, "code": "x", "grants": "magic"}, 404)
    assert office.get("/courses?role=mediator")["items"][0]["grants"] == "mediation"
    assert office.get("/courses?role=patrol_guard")["items"] == []
    changed = office.edit("PATCH", "/courses/mediation-basics", {"valid_months": None})
    assert changed["valid_months"] is None
    office.edit("PATCH", "/courses/mediation-basics", {"is_active": False})
    assert office.get("/courses")["items"] == []
    assert len(office.get("/courses?closed=true")["items"]) == 1


def test_passing_grants_a_qualification_that_expires_and_points_once(
    city: RunningService, dispatcher: TestClient, run: int, caller: Any
) -> None:
    office = caller(dispatcher)
    city.store.submit(fill_shipped)
    place = f"/course-runs/{run}"
    assert office.send("POST", f"{place}/enrolments", {"people": ["sun", "chen"]}) == {"num_new": 2}
    assert office.send("POST", f"{place}/enrolments", {"people": ["sun"]}) == {"num_new": 0}
    office.send("POST", f"{place}/enrolments", {"people": ["liu"]}, 422)  # full
    results = {
        "results": [
            {"person": "sun", "state": "passed", "score": 88.0},
            {"person": "chen", "state": "failed"},
        ]
    }
    office.send("PUT", f"{place}/results", results, 409)  # has not begun
    city.clock.now = NOW + timedelta(minutes=15)
    told = office.send("PUT", f"{place}/results", results, 200)["passed"]
    assert [(one["code"], one["qualification"], one["expires_on"]) for one in told] == [
        ("sun", "mediation", "2028-02-25")
    ]
    assert office.send("PUT", f"{place}/results", results, 200)["passed"] == []
    with city.store.read() as session:
        entries = session.scalars(select(PointEntry.amount)).all()
    assert sum(one for one in entries if one > 0) == told[0]["points"] > 0
    held = office.get("/people/sun")["qualifications"]
    assert [(one["qualification"], one["is_valid"]) for one in held] == [("mediation", True)]
    found = office.get(place)
    schemas.Run.model_validate(found, strict=False)
    assert (found["num_enrolled"], found["num_attended"], found["num_passed"]) == (2, 2, 1)
    results["results"][0]["state"] = "failed"
    office.send("PUT", f"{place}/results", results, 200)
    assert not office.get("/people/sun")["qualifications"][0]["is_valid"]


def test_volunteers_enrol_themselves(city: RunningService, run: int, caller: Any) -> None:
    sun = caller(city.client_as("volunteer", person="sun"))
    assert [one["run"] for one in sun.get("/course-runs")["items"]] == [run]
    assert sun.send("POST", "/me/enrolments", {"run": run}) == {"num_new": 1}
    assert [one["code"] for one in sun.get(f"/course-runs/{run}")["people"]] == ["sun"]
    qian = caller(city.client_as("volunteer", person="qian"))  # of another station
    qian.send("POST", "/me/enrolments", {"run": run}, 404)
    sun.send("DELETE", f"/course-runs/{run}/enrolments/sun", None, 403)


def test_a_qualification_from_outside_is_kept_and_revoked(
    dispatcher: TestClient, caller: Any
) -> None:
    office = caller(dispatcher)
    body = {"qualification": "mediation", "granted_on": "2026-01-05", "expires_on": "2027-01-05"}
    number = office.send("POST", "/people/sun/qualifications", body)["id"]
    office.send("POST", "/people/sun/qualifications", body, 409)
    place = f"/people/sun/qualifications/{number}"
    office.send("DELETE", place, None, 204)
    office.send("DELETE", place, None, 409)
    office.send("DELETE", f"/people/liu/qualifications/{number}", None, 404)


def test_who_has_not_attended_can_be_withdrawn(
    dispatcher: TestClient, run: int, caller: Any
) -> None:
    office = caller(dispatcher)
    office.send("POST", f"/course-runs/{run}/enrolments", {"people": ["sun"]})
    office.send("DELETE", f"/course-runs/{run}/enrolments/sun", None, 204)
    office.send("DELETE", f"/course-runs/{run}/enrolments/sun", None, 404)
