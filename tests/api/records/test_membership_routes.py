"""A membership over HTTP: apply, be vetted, trained, serve; transfer, suspend, leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tiny_city import HAIWEI
from tiny_store import NOW, PHONES, TODAY

from api.schemas import people as schemas
from data.store.tables.audit import AuditEntry
from data.store.tables.insurance import InsuranceCover, InsurancePolicy
from data.store.tables.people import Person
from data.store.tables.training import PersonQualification

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

HOME = {"lat": HAIWEI[0], "lng": HAIWEI[1]}
APPLICATION = {
    "station": "kunbei",
    "values": {
        "name": "王桂兰",
        "sex": "female",
        "born_on": "1968-05-04",
        "phone": "139 0472 1234",
        "home": HOME,
        "max_shifts": 3,
    },
    "consents": [{"purpose": "personal_data", "wording": "2026-11"}],
}


@pytest.fixture
def officer(city: RunningService) -> TestClient:
    return city.client_as("community_officer", beat="haiwei", person="wang")


def train_and_insure(city: RunningService, code: str) -> None:
    def work(session: Any) -> None:
        person = session.scalar(select(Person.id).where(Person.code == code))
        policy = InsurancePolicy(insurer="某保险", policy_no="7", starts_on=TODAY, ends_on=TODAY)
        session.add(policy)
        session.flush()
        session.add_all(
            [
                InsuranceCover(
                    policy_id=policy.id, person_id=person, starts_on=TODAY, ends_on=TODAY
                ),
                PersonQualification(person_id=person, qualification="mediation", granted_on=TODAY),
            ]
        )

    city.store.submit(work)


def test_from_the_application_to_serving_and_leaving(
    city: RunningService, officer: TestClient, dispatcher: TestClient, caller: Any
) -> None:
    beat, office = caller(officer), caller(dispatcher)
    made = beat.send("POST", "/people", APPLICATION)
    code, file = made["code"], f"/people/{made['code']}"
    assert made["state"] == "applied"
    vetting, activation = f"{file}/vetting", f"{file}/activation"
    office.edit("POST", vetting, {"step": "pass"}, 403, of=file)  # officers know their beat
    assert beat.edit("POST", vetting, {"step": "pass"}, of=file)["state"] == "vetted"
    office.edit("POST", activation, {"step": "activate"}, 409, of=file)
    assert office.edit("POST", activation, {"step": "train"}, of=file)["state"] == "training"
    lacking = {one["step"]: one["lacking"] for one in office.get(f"{file}/steps")["steps"]}
    assert lacking["activate"] == ["trained", "insured"]
    office.edit("POST", activation, {"step": "activate"}, 409, of=file)
    train_and_insure(city, code)
    assert office.edit("POST", activation, {"step": "activate"}, of=file)["state"] == "active"
    suspension = {"step": "suspend", "reason": "长期请假"}
    assert office.edit("POST", f"{file}/suspension", suspension, of=file)["state"] == "suspended"
    back = {"step": "resume", "reason": "已返回"}
    assert office.edit("POST", f"{file}/suspension", back, of=file)["state"] == "active"
    kinds = [one["kind"] for one in office.get(file)["events"]]
    assert kinds == [
        *("resumed", "suspended", "activated", "training_begun", "vetted", "applied"),
    ]
    assert office.edit("POST", f"{file}/leaving", None, of=file)["state"] == "left"
    left = office.get(file)
    assert left["profile"]["name"] is None
    assert left["profile"]["phone_masked"] == ""
    assert left["profile"]["station"] == "kunbei"
    assert left["profile"]["left_on"] == TODAY.isoformat()
    office.edit("PATCH", file, {"name": "又"}, 409)


def test_a_refusal_has_a_reason_and_can_be_reopened(officer: TestClient, caller: Any) -> None:
    beat = caller(officer)
    file = f"/people/{beat.send('POST', '/people', APPLICATION)['code']}"
    beat.edit("POST", f"{file}/vetting", {"step": "refuse"}, 409, of=file)
    no = {"step": "refuse", "reason": "住址不符"}
    assert beat.edit("POST", f"{file}/vetting", no, of=file)["state"] == "refused"
    assert beat.get(file)["events"][0]["reason"] == "住址不符"
    again = {"step": "reopen", "reason": "补交证明"}
    assert beat.edit("POST", f"{file}/vetting", again, of=file)["state"] == "applied"


def test_an_application_sent_twice_is_one(officer: TestClient) -> None:
    headers = {"Idempotency-Key": "application-0001"}
    first, second = (
        officer.post("/api/v1/people", json=APPLICATION, headers=headers) for _ in range(2)
    )
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    other = {**APPLICATION, "consents": []}
    assert officer.post("/api/v1/people", json=other, headers=headers).status_code == 422


def test_without_consent_or_of_age_nobody_passes(officer: TestClient, caller: Any) -> None:
    beat = caller(officer)
    file = f"/people/{beat.send('POST', '/people', {**APPLICATION, 'consents': []})['code']}"
    beat.edit("POST", f"{file}/vetting", {"step": "pass"}, 409, of=file)
    young = {**APPLICATION, "values": {**APPLICATION["values"], "born_on": "2010-01-01"}}  # type: ignore[dict-item]
    beat.send("POST", "/people", young, 409)
    elsewhere = {**APPLICATION, "values": {**APPLICATION["values"], "home": {"lat": 0, "lng": 0}}}  # type: ignore[dict-item]
    beat.send("POST", "/people", elsewhere, 422)
    nowhere = {**APPLICATION, "values": {"name": "无址"}}
    beat.send("POST", "/people", nowhere, 404)  # of no beat: not the officer's to take in
    beat.send("POST", "/people", {**APPLICATION, "station": "halin"}, 404)


def test_staff_are_enlisted_by_dispatchers(
    officer: TestClient, dispatcher: TestClient, caller: Any
) -> None:
    staff = {**APPLICATION, "tier": "auxiliary", "consents": []}
    assert caller(dispatcher).send("POST", "/staff", staff)["state"] == "active"
    caller(officer).send("POST", "/staff", staff, 403)


def test_transfers_end_what_was_of_the_old_station(dispatcher: TestClient, caller: Any) -> None:
    office = caller(dispatcher)
    moved = office.edit("POST", "/people/sun/transfer", {"station": "halin"}, of="/people/sun")
    assert moved["state"] == "active"
    file = office.get("/people/sun")
    assert file["profile"]["station"] == "halin"
    assert [one["code"] for one in file["teams"] if one["is_current"]] == []
    office.edit("POST", "/people/sun/transfer", {"station": "halin"}, 409, of="/people/sun")
    teams = {"from_team": "kunbei-1", "to_team": "halin-1", "is_leader": True}
    office.edit("POST", "/people/liu/team-transfer", teams, of="/people/liu")
    current = [one for one in office.get("/people/liu")["teams"] if one["is_current"]]
    assert [(one["code"], one["is_leader"]) for one in current] == [("halin-1", True)]
    office.edit("POST", "/people/liu/team-transfer", teams, 404, of="/people/liu")


def test_a_station_moves_nobody_out_of_its_sight(city: RunningService, caller: Any) -> None:
    office = caller(city.client_as("station_dispatcher", station="kunbei"))
    office.edit("POST", "/people/sun/transfer", {"station": "halin"}, 404, of="/people/sun")
    office.edit("POST", "/people/qian/transfer", {"station": "kunbei"}, 404, of="/people/qian")


def test_who_is_on_duty_and_stops_leaves_shifts_open(dispatcher: TestClient, caller: Any) -> None:
    office = caller(dispatcher)
    body = {"step": "suspend", "reason": "受伤"}
    moved = office.edit("POST", "/people/liu/suspension", body, of="/people/liu")
    assert [(one["shift"], one["beat"]) for one in moved["duties"]] == [("evening", "haiwei")]


def test_an_edit_names_what_it_saw(dispatcher: TestClient, caller: Any) -> None:
    office = caller(dispatcher)
    office.send("PATCH", "/people/liu", {"employer": "某厂"}, 428)
    office.send("PATCH", "/people/liu", {"employer": "某厂"}, 412, **{"If-Match": '"1"'})
    done = office.edit("PATCH", "/people/liu", {"employer": "某厂", "home": HOME})
    assert done["fields"] == ["employer"]
    office.edit("PATCH", "/people/liu", {"state": "left"}, 422)
    office.edit("PATCH", "/people/liu", {"name": None}, 422)
    office.edit("PATCH", "/people/liu", {"employer": None})


def test_files_and_lists_are_as_described_and_show_no_number(
    dispatcher: TestClient, caller: Any
) -> None:
    office = caller(dispatcher)
    page = office.get("/people?with_total=true&limit=3")
    assert page["total"] == 7
    schemas.People.model_validate(page, strict=False)
    following = office.get(f"/people?limit=500&cursor={page['next']}")
    assert len(following["items"]) == 4
    for one in (*page["items"], *following["items"]):
        text = dispatcher.get(f"/api/v1/people/{one['code']}").text
        schemas.PersonFile.model_validate_json(text)
        assert not any(number in text for number in PHONES.values())
    assert [one["code"] for one in office.get("/people?phone=13800000005")["items"]] == ["liu"]
    opened = {"fields": ["phone", "address"], "purpose": "contact"}
    told = office.send("POST", "/people/liu/opened", opened, 200)
    assert told == {"phone": PHONES["liu"], "address": "liu 路 1 号"}


def test_what_is_read_and_changed_is_kept_without_personal_data(
    city: RunningService, dispatcher: TestClient, caller: Any
) -> None:
    office = caller(dispatcher)
    office.get("/people/liu")
    office.edit("PATCH", "/people/liu", {"phone": "13900001111"})
    office.send("POST", "/people/liu/opened", {"fields": ["phone"], "purpose": "contact"}, 200)
    with city.store.read() as session:
        rows = session.execute(
            select(AuditEntry.action, AuditEntry.detail).where(AuditEntry.object_key == "liu")
        ).all()
    assert [row[0] for row in rows] == ["person.read", "person.read", "person.write", "person.open"]
    assert all("1390" not in row[1] for row in rows)


def test_roles_and_awards(dispatcher: TestClient, caller: Any) -> None:
    office = caller(dispatcher)
    office.send("POST", "/people/liu/roles", {"role": "mediator"})
    office.send("POST", "/people/liu/roles", {"role": "mediator"}, 409)
    office.send("POST", "/people/liu/roles", {"role": "auxiliary"}, 409)
    office.send("DELETE", "/people/liu/roles/mediator", None, 204)
    office.send("DELETE", "/people/liu/roles/mediator", None, 404)
    body = {"awarded_on": "2026-11-01", "title": "平安标兵"}
    office.send("POST", "/people/liu/awards", {**body, "awarded_on": "2026-11-26"}, 422)
    number = office.send("POST", "/people/liu/awards", body)["id"]
    assert office.get("/people/liu")["awards"][0]["title"] == "平安标兵"
    place = f"/people/liu/awards/{number}/withdrawal"
    office.send("POST", place, {}, 422)
    office.send("POST", f"/people/wang/awards/{number}/withdrawal", {"reason": "错录"}, 404)
    office.send("POST", place, {"reason": "错录"}, 204)
    office.send("POST", place, {"reason": "错录"}, 404)
    file = office.get("/people/liu")
    assert file["awards"] == []
    told = [one for one in file["events"] if one["kind"] == "award_withdrawn"]
    assert [(one["from_value"], one["reason"]) for one in told] == [("平安标兵", "错录")]


assert NOW.date() == TODAY
