"""Availability over HTTP: habits and exceptions, by oneself and by the office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.schemas import availability as schemas

if TYPE_CHECKING:
    from service_client import RunningService

HABITS = {"habits": [{"weekday": day, "template": "evening"} for day in range(7)]}


def templates(office: Any) -> None:
    body = {
        "code": "evening",
        "label_zh": "晚班",
        "label_en": "Evening",
        "workday_starts": "18:00",
        "workday_ends": "22:00",
        "weekend_starts": "17:00",
        "weekend_ends": "22:00",
    }
    listed = office.get("/catalogue/shift-templates")["items"]
    if not any(one["code"] == "evening" for one in listed):
        office.send("POST", "/catalogue/shift-templates", body)


def test_habits_make_shifts_and_exceptions_take_them(city: RunningService, caller: Any) -> None:
    office = caller(city.client_as("city_dispatcher"))
    templates(office)
    sun = caller(city.client_as("volunteer", person="sun"))
    place = "/people/sun/availability"
    sun.send("PUT", f"{place}/habits", HABITS, 428)
    sun.edit("PUT", f"{place}/habits", HABITS, of=place)
    told = sun.get(f"{place}?days=7")
    schemas.Availability.model_validate(told, strict=False)
    assert len(told["habits"]) == 7
    shifts = [one["shift_id"] for one in told["shifts"]]
    assert shifts
    day = told["shifts"][-1]["starts_at"][:10]
    away = {"starts_on": day, "ends_on": day, "can_come": False, "reason": "出差"}
    number = sun.send("POST", f"{place}/exceptions", away)["id"]
    assert [one["shift_id"] for one in sun.get(f"{place}?days=7")["shifts"]] == shifts[:-1]
    sun.send("DELETE", f"{place}/exceptions/{number}", None, 204)
    assert [one["shift_id"] for one in sun.get(f"{place}?days=7")["shifts"]] == shifts
    twice = {"habits": [HABITS["habits"][0]] * 2}
    sun.edit("PUT", f"{place}/habits", twice, 422, of=place)
    unknown = {"habits": [{"weekday": 0, "template": "brunch"}]}
    sun.edit("PUT", f"{place}/habits", unknown, 404, of=place)


def test_only_ones_own_unless_one_plans(city: RunningService, caller: Any) -> None:
    office = caller(city.client_as("city_dispatcher"))
    templates(office)
    office.edit("PUT", "/people/sun/availability/habits", HABITS, of="/people/sun/availability")
    sun = caller(city.client_as("volunteer", person="sun"))
    sun.get("/people/liu/availability", 404)
    leader = caller(city.client_as("team_leader", team="kunbei-1", person="liu"))
    assert len(leader.get("/people/sun/availability")["habits"]) == 7
    place = "/people/sun/availability"
    leader.edit("PUT", f"{place}/habits", HABITS, 404, of=place)
