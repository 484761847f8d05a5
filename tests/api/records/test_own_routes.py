"""One's own file over HTTP, who read it, a copy of it; and the audit as an auditor reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiny_store import ID_NUMBERS, PHONES

from api.schemas import audit as schemas
from api.schemas.people import PersonFile

if TYPE_CHECKING:
    from service_client import RunningService


def test_one_reads_changes_and_takes_away_ones_own_file(city: RunningService, caller: Any) -> None:
    sun = caller(city.client_as("volunteer", person="sun"))
    file = sun.get("/me")
    PersonFile.model_validate(file, strict=False)
    assert (file["profile"]["code"], file["hidden"]) == ("sun", [])
    assert sun.edit("PATCH", "/me", {"phone": "13900002222"})["fields"] == ["phone"]
    sun.edit("PATCH", "/me", {"name": "别名"}, 403)
    copy = sun.get("/me/export")
    assert copy["profile"]["phone"] == "13900002222"
    assert copy["profile"]["id_number"] == ID_NUMBERS["sun"]
    assert PHONES["liu"] not in str(copy)


def test_one_sees_who_read_ones_file_and_what_for(city: RunningService, caller: Any) -> None:
    officer = caller(city.client_as("community_officer", beat="haiwei", person="wang"))
    officer.get("/people/liu")
    officer.send("POST", "/people/liu/opened", {"fields": ["phone"], "purpose": "contact"}, 200)
    page = caller(city.client_as("volunteer", person="liu")).get("/me/readers")
    schemas.Readings.model_validate(page, strict=False)
    assert [(one["action"], one["purpose"], one["fields"]) for one in page["items"]] == [
        ("person.open", "contact", ["phone"]),
        ("person.read", None, []),
    ]
    assert page["items"][0]["who"].startswith("community_officer")


def test_an_account_without_a_file_has_none(city: RunningService, caller: Any) -> None:
    office = caller(city.client_as("city_dispatcher"))
    for path in ("/me", "/me/readers", "/me/export"):
        office.get(path, 404)


def test_an_auditor_reads_the_audit(city: RunningService, caller: Any) -> None:
    office = caller(city.client_as("city_dispatcher"))
    for _ in range(3):
        office.get("/people/liu")
    auditor = caller(city.client_as("auditor"))
    page = auditor.get("/audit?object_kind=person&object_key=liu&limit=2")
    schemas.Entries.model_validate(page, strict=False)
    following = auditor.get(f"/audit?object_kind=person&object_key=liu&cursor={page['next']}")
    numbers = [one["number"] for one in (*page["items"], *following["items"])]
    assert len(numbers) == 3
    assert numbers == sorted(numbers, reverse=True)
    assert auditor.get("/audit?action=audit.read")["items"]
    assert auditor.get("/audit?since=2026-11-25T12:00:01%2B08:00")["items"] == []
    office.get("/audit", 403)
