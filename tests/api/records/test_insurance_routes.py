"""Insurance over HTTP: policies, covering many at once, and what running out leaves uncovered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete
from tiny_store import NOW, TODAY

from api.schemas import insurance as schemas
from data.store.tables.insurance import InsuranceCover

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

POLICY = {
    "insurer": "某财险",
    "policy_no": "PAXY2026000123",
    "starts_on": "2026-11-01",
    "ends_on": "2027-10-31",
    "sum_insured_fen": 20_000_000,
}


def uncover(city: RunningService) -> None:
    city.store.submit(lambda session: session.execute(delete(InsuranceCover)))


def test_policies_cover_many_at_once(dispatcher: TestClient, caller: Any) -> None:
    office = caller(dispatcher)
    number = office.send("POST", "/insurance/policies", POLICY)["policy"]
    assert office.send("POST", "/insurance/policies", POLICY)["policy"] == number
    office.send("POST", "/insurance/policies", {**POLICY, "ends_on": "2027-12-31"}, 409)
    covers = f"/insurance/policies/{number}/covers"
    everybody = {"people": ["chen", "liu", "sun", "qian"]}
    done = office.send("POST", covers, everybody)
    assert (done["num_added"], done["num_already"]) == (4, 0)
    assert office.send("POST", covers, everybody)["num_already"] == 4
    office.send("POST", covers, {"people": ["liu"], "ends_on": "2028-01-01"}, 422)
    office.send("POST", covers, {"people": ["nobody"]}, 404)
    page = office.get("/insurance/policies?ending_from=2027-01-01")
    schemas.Policies.model_validate(page, strict=False)
    assert page["items"][0]["num_covered"] == 4


def test_warnings_name_the_shifts_that_are_uncovered(
    city: RunningService, dispatcher: TestClient, caller: Any
) -> None:
    office = caller(dispatcher)
    uncover(city)
    page = office.get("/insurance/warnings")
    schemas.Warnings.model_validate(page, strict=False)
    assert page["total"] == 4
    assert [one["code"] for one in page["items"] if one["uncovered"]] == ["liu", "sun"]
    assert page["items"][0]["uncovered"][0]["shift"] == "evening"
    only = office.get("/insurance/warnings?only_on_duty=true&limit=1")
    assert (only["total"], len(only["items"])) == (2, 1)
    following = office.get(f"/insurance/warnings?only_on_duty=true&cursor={only['next']}")
    assert [one["code"] for one in following["items"]] == ["sun"]


def test_warnings_look_n_days_ahead(
    city: RunningService, dispatcher: TestClient, caller: Any
) -> None:
    office = caller(dispatcher)
    uncover(city)
    number = office.send("POST", "/insurance/policies", POLICY)["policy"]
    body = {"people": ["qian"], "ends_on": (TODAY + timedelta(days=10)).isoformat()}
    office.send("POST", f"/insurance/policies/{number}/covers", body)
    for days, warned in ((9, False), (10, False), (11, True)):
        codes = [
            one["code"]
            for one in office.get(f"/insurance/warnings?within_days={days}&station=halin")["items"]
        ]
        assert codes == (["qian"] if warned else [])


def test_a_cover_can_end_earlier(city: RunningService, dispatcher: TestClient, caller: Any) -> None:
    office = caller(dispatcher)
    uncover(city)
    number = office.send("POST", "/insurance/policies", POLICY)["policy"]
    office.send("POST", f"/insurance/policies/{number}/covers", {"people": ["qian"]})
    cover = office.get("/people/qian")["covers"][0]["id"]
    office.send("PUT", f"/people/qian/covers/{cover}/end", {"last_day": "2026-11-30"}, 204)
    assert office.get("/people/qian")["insured_until"] == "2026-11-30"
    office.send("PUT", f"/people/liu/covers/{cover}/end", {"last_day": "2026-11-30"}, 404)


def test_each_sees_their_own(city: RunningService, caller: Any) -> None:
    uncover(city)
    sun = caller(city.client_as("volunteer", person="sun"))
    assert [one["code"] for one in sun.get("/insurance/warnings")["items"]] == ["sun"]
    assert sun.get("/insurance/policies")["items"] == []
    halin = caller(city.client_as("station_dispatcher", station="halin"))
    assert [one["code"] for one in halin.get("/insurance/warnings")["items"]] == ["qian"]
    reviewer = caller(city.client_as("reviewer"))
    assert all("name" not in one for one in reviewer.get("/insurance/warnings")["items"])


assert NOW.date() == TODAY
