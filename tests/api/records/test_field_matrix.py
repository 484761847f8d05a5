"""Each role × each field of a file: seen, opened, changed as ``api/access/fields.csv`` says."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from service_client import start_service, stop_service
from tiny_store import ID_NUMBERS, NOW, PHONES

from api.access.authority import authority
from api.access.fields import COLUMNS, ONESELF, field_matrix, rights_of
from api.person_answers import SECTIONS, SHOWN
from data.records.person_edit import SEALED
from data.records.person_values import EDITABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service_client import RunningService
    from starlette.testclient import TestClient

WHOSE = "liu"
PLACES: dict[str, dict[str, str]] = {
    "station_dispatcher": {"station": "kunbei"},
    "community_officer": {"beat": "haiwei", "person": "wang"},
    "auxiliary": {"beat": "haiwei", "person": "li"},
    "team_leader": {"team": "kunbei-1", "person": "sun"},
    "volunteer": {"person": WHOSE},
}
VALUES: dict[str, Any] = {
    "name": "新名",
    "sex": "female",
    "born_on": "1970-01-01",
    "employer": "某厂",
    "address": "某路",
    "note": "",
    "max_shifts": 2,
    "travel_limit_m": 900.0,
    "profession": "other",
    "phone": "13900001111",
    "id_number": "",
    "home": None,
}
CELLS = [(column, field) for column in COLUMNS for field in field_matrix()]


@pytest.fixture(scope="module")
def asked(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    file = tmp_path_factory.mktemp("fields") / "store.db"
    shutil.copy(tiny_file, file)
    running = start_service(f"sqlite:///{file}")
    running.clock.now = NOW
    yield running
    stop_service(running)


@pytest.fixture(scope="module")
def clients(asked: RunningService) -> dict[str, TestClient]:
    known = {role: asked.client_as(role, **PLACES.get(role, {})) for role in COLUMNS[1:]}
    return {ONESELF: known["volunteer"], **known}


@pytest.fixture(scope="module")
def files(clients: dict[str, TestClient]) -> dict[str, Any]:
    """The file as each role gets it; of those who may read no file, the team's roll."""
    found = {}
    for column, client in clients.items():
        if column == ONESELF:
            answer = client.get("/api/v1/me")
        elif column in authority().widest["person.read"]:
            answer = client.get(f"/api/v1/people/{WHOSE}")
        else:
            assert client.get(f"/api/v1/people/{WHOSE}").status_code == 403
            answer = client.get("/api/v1/teams/kunbei-1")
        assert answer.status_code == 200, answer.text
        text = answer.text
        assert not any(number in text for number in (*PHONES.values(), *ID_NUMBERS.values()))
        found[column] = answer.json()
    return found


@pytest.mark.parametrize(("column", "field"), CELLS)
def test_a_field_is_shown_as_the_matrix_says(
    files: dict[str, Any], column: str, field: str
) -> None:
    file, letters = files[column], field_matrix()[field][column]
    if "profile" not in file:
        member = next(one for one in file["members"] if one["code"] == WHOSE)
        assert "r" in letters or field not in member
        return
    where = file if field in SECTIONS else file["profile"]
    names = SHOWN.get(field, (field,))
    assert all((name in where) == bool(letters & {"r", "m"}) for name in names)
    if field in SEALED:
        assert "r" not in letters, "a sealed field is shown masked at most"
        assert field not in where
    assert (field in file["hidden"]) == (not letters & {"r", "m"})
    assert (field in file["may_open"]) == ("o" in letters)
    assert (field in file["may_change"]) == ("w" in letters)


@pytest.mark.parametrize("field", EDITABLE)
def test_a_field_is_changed_as_the_matrix_says(clients: dict[str, TestClient], field: str) -> None:
    body = {field: VALUES[field]}
    for column, client in clients.items():
        path = "/me" if column in {ONESELF, "volunteer"} else f"/people/{WHOSE}"
        # A version that was never: who may change it is told so, who may not hears that first.
        headers = {"If-Match": '"1"'}
        status = client.patch(f"/api/v1{path}", json=body, headers=headers).status_code
        assert status == (412 if "w" in field_matrix()[field][column] else 403), (column, field)


@pytest.mark.parametrize("field", ["habits", "exceptions"])
def test_availability_is_changed_as_the_matrix_says(
    clients: dict[str, TestClient], field: str
) -> None:
    place = f"/api/v1/people/{WHOSE}/availability"
    for column, client in clients.items():
        if field == "habits":
            headers = {"If-Match": '"1"'}
            answer = client.put(f"{place}/habits", json={"habits": []}, headers=headers)
        else:
            answer = client.delete(f"{place}/exceptions/987654321")
        mine = "w" in field_matrix()[field][column]
        wanted = {412 if field == "habits" else 404} if mine else {403, 404}
        assert answer.status_code in wanted, (column, field)


@pytest.mark.parametrize("field", SEALED)
def test_a_field_is_opened_as_the_matrix_says(clients: dict[str, TestClient], field: str) -> None:
    body = {"fields": [field], "purpose": "contact"}
    for column, client in clients.items():
        if column in {ONESELF, "volunteer"}:  # theirs in the clear: ``/me/export``
            assert field in client.get("/api/v1/me/export").json()["profile"]
            continue
        status = client.post(f"/api/v1/people/{WHOSE}/opened", json=body).status_code
        assert status == (200 if "o" in field_matrix()[field][column] else 403), (column, field)


def test_nobody_searches_by_what_they_may_not_see(clients: dict[str, TestClient]) -> None:
    for role in authority().widest["person.read"]:
        for field in ("name", "phone", "id_number", "profession"):
            path = f"/api/v1/people?{field}=13800000005"
            status = clients[role].get(path).status_code
            assert status == (200 if rights_of(frozenset({role})).sees(field) else 403)


def test_the_matrix_is_whole() -> None:
    matrix = field_matrix()
    assert set(EDITABLE) <= set(matrix)
    assert set(SECTIONS) <= set(matrix)
    assert {field: cells[ONESELF] for field, cells in matrix.items()} == {
        field: cells["volunteer"] for field, cells in matrix.items()
    }
    assert all("w" not in cells["auditor"] | cells["reviewer"] for cells in matrix.values())
