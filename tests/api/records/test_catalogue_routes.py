"""The catalogue over HTTP: what a city may edit, and what safety forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from api.routes.v1.catalogue import TOPICS

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

WORD = {"code": "chess-player", "label_zh": "棋手", "label_en": "Chess player"}
ROLE = {**WORD, "tier": "volunteer", "hazardous": False, "supervised": True}
TIMES = dict.fromkeys(
    ("workday_starts", "weekend_starts"), "22:00:00"
) | dict.fromkeys(("workday_ends", "weekend_ends"), "02:00:00")  # fmt: skip
NEW = {"duty-roles": ROLE, "shift-templates": {**WORD, **TIMES}}


@pytest.mark.parametrize("topic", TOPICS)
def test_entries_are_made_changed_and_put_out_of_use(
    dispatcher: TestClient, caller: Any, topic: str
) -> None:
    office = caller(dispatcher)
    place = f"/catalogue/{topic}"
    entries = TOPICS[topic][4]
    entries.model_validate(office.get(place), strict=False)
    made = office.send("POST", place, NEW.get(topic, WORD))
    assert made["is_active"]
    office.send("POST", place, NEW.get(topic, WORD), 409)
    one = f"{place}/chess-player"
    assert office.get(one) == made
    office.send("PATCH", one, {"label_zh": "围棋手"}, 428)
    assert office.edit("PATCH", one, {"label_zh": "围棋手"})["label_zh"] == "围棋手"
    office.edit("PATCH", one, {"label_zh": None}, 422)
    assert not office.edit("PATCH", one, {"is_active": False})["is_active"]
    office.get(f"{place}/unknown", 404)


def test_no_hazardous_role_for_volunteers(dispatcher: TestClient, caller: Any) -> None:
    office = caller(dispatcher)
    office.send("POST", "/catalogue/duty-roles", {**ROLE, "hazardous": True}, 409)
    office.send("POST", "/catalogue/duty-roles", {**ROLE, "professions": ["wizard"]}, 404)
    office.send("POST", "/catalogue/duty-roles", {**ROLE, "professions": ["lawyer"]})
    office.edit("PATCH", "/catalogue/duty-roles/chess-player", {"hazardous": True}, 409)
    found = office.edit("PATCH", "/catalogue/duty-roles/chess-player", {"professions": []})
    assert found["professions"] == []


def test_everybody_reads_and_few_write(city: RunningService, caller: Any) -> None:
    sun = caller(city.client_as("volunteer", person="sun"))
    assert sun.get("/catalogue/professions")["items"]
    sun.send("POST", "/catalogue/professions", WORD, 403)
