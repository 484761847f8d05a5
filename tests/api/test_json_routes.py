"""Every JSON route: its body is of its documented model, and says what the plan says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from api.schemas import ground, plan
from api.schemas.problem import Problem
from grid.cells import cell_areas_km2

if TYPE_CHECKING:
    from pydantic import BaseModel
    from starlette.testclient import TestClient

    from api.city import City

CELL_AT_HAIWEI = "/api/v1/cells/at?lat=40.672&lng=109.82"
ROUTES: dict[str, type[BaseModel]] = {
    "/healthz": plan.Health,
    "/api/v1/summary": plan.Summary,
    "/api/v1/districts": ground.Districts,
    "/api/v1/stations": ground.Stations,
    "/api/v1/stations?district=kundulun": ground.Stations,
    "/api/v1/beats": ground.Beats,
    "/api/v1/beats?station=kunbei&district=kundulun": ground.Beats,
    "/api/v1/beats?bbox=109.8,40.6,109.9,40.7": ground.Beats,
    "/api/v1/beats/haiwei": ground.Beat,
    CELL_AT_HAIWEI: ground.Cell,
    f"{CELL_AT_HAIWEI}&shift=evening": ground.Cell,
    "/api/v1/shifts": ground.Shifts,
    "/api/v1/roster": plan.Roster,
    "/api/v1/roster?beat=haiwei&shift=evening&role=patrol_guard&person=liu": plan.Roster,
    "/api/v1/coverage": plan.Coverage,
    "/api/v1/coverage?by=beat&shift=night&ring=5&tier=auxiliary": plan.Coverage,
    "/api/v1/gaps": plan.Gaps,
    "/api/v1/gaps?station=kunbei&shift=evening&role=mediator": plan.Gaps,
}
UNKNOWN = [
    "/api/v1/beats/nowhere",
    "/api/v1/beats?station=nowhere",
    "/api/v1/beats?district=nowhere",
    "/api/v1/stations?district=nowhere",
    "/api/v1/cells/8931ab2a36bffff",
    "/api/v1/cells/fffffffffffffff",
    "/api/v1/cells/at?lat=0&lng=0",
    f"{CELL_AT_HAIWEI}&shift=never",
    "/api/v1/roster?beat=nowhere",
    "/api/v1/roster?person=nobody",
    "/api/v1/roster?role=nothing",
    "/api/v1/coverage?shift=never",
    "/api/v1/gaps?station=nowhere",
    "/api/v1/nothing",
    "/api/v2/summary",
]
WRONG = [
    "/api/v1/cells/xyz",
    "/api/v1/cells/at?lat=91&lng=0",
    "/api/v1/cells/at?lat=nan&lng=0",
    "/api/v1/cells/at?lat=40",
    "/api/v1/beats?bbox=1,2,3",
    "/api/v1/beats?bbox=110,40,109,41",
    "/api/v1/beats?station=" + "x" * 129,
    "/api/v1/roster?limit=0",
    "/api/v1/roster?limit=501",
    "/api/v1/roster?cursor=here",
    "/api/v1/roster?cursor=0123456789abcdef.2",
    "/api/v1/coverage?ring=2",
    "/api/v1/coverage?tier=army",
    "/api/v1/coverage?by=street",
]


def get(client: TestClient, path: str) -> dict[str, Any]:
    response = client.get(path)
    assert response.status_code == 200, response.text
    return dict(response.json())


@pytest.mark.parametrize("path", ROUTES)
def test_body_is_of_its_model(client: TestClient, path: str) -> None:
    ROUTES[path].model_validate_json(client.get(path).content)


def test_every_operation_is_tried(client: TestClient) -> None:
    tried = {path.split("?")[0] for path in ROUTES}
    for path, item in get(client, "/openapi.json")["paths"].items():
        if {"ground", "plan", "service"}.isdisjoint(item.get("get", {}).get("tags", ())):
            continue  # has tests of its own, as somebody who may
        pattern = path.replace("{beat_id}", "haiwei")
        assert pattern in tried | {"/api/v1/cells/{cell}", "/readyz"}, path


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_is_unknown_is_a_404_problem(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert Problem.model_validate_json(response.content).status == 404


@pytest.mark.parametrize("path", WRONG)
def test_what_is_wrong_is_a_422_problem(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    Problem.model_validate_json(response.content)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api/v1/roster", "/healthz", "/", "/openapi.json"])
def test_nothing_can_be_written(client: TestClient, method: str, path: str) -> None:
    response = client.request(method, path)
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]


def test_roster_is_the_plan_and_no_more(client: TestClient, city: City) -> None:
    body = get(client, "/api/v1/roster")
    keys = ["person_id", "beat_id", "shift_id", "role"]
    given = [tuple(item[key] for key in keys) for item in body["items"]]
    assert given == list(city.result.roster.itertuples(index=False, name=None))
    assert body["total"] == len(given)
    assert set(body["items"][0]) == {*keys, "tier"}


def test_pages_join_to_the_whole(client: TestClient) -> None:
    whole = get(client, "/api/v1/coverage?by=beat&limit=500")["items"]
    joined, path = [], "/api/v1/coverage?by=beat&limit=7"
    while True:
        body = get(client, path)
        joined += body["items"]
        if body["next"] is None:
            break
        path = f"/api/v1/coverage?by=beat&limit=7&cursor={body['next']}"
    assert joined == whole
    assert len(whole) == body["total"] == 3 * 4 * 3 * 3


def test_coverage_of_an_area_is_the_mean_of_its_beats(client: TestClient, city: City) -> None:
    chosen = "shift=evening&ring=3&tier=all"
    city_wide = get(client, f"/api/v1/coverage?by=city&{chosen}")["items"][0]["coverage"]
    beats = get(client, f"/api/v1/coverage?by=beat&{chosen}")["items"]
    weights = city.coverage.beat_weight
    mean = sum(w * b["coverage"] for w, b in zip(weights, beats, strict=True)) / weights.sum()
    assert city_wide == pytest.approx(mean, abs=1e-4)


def test_gaps_are_ranked_and_complete(client: TestClient, city: City) -> None:
    items = get(client, "/api/v1/gaps")["items"]
    assert [item["rank"] for item in items] == list(range(1, len(items) + 1))
    weights = [item["weight"] for item in items]
    assert weights == sorted(weights, reverse=True)
    assert sum(item["missing"] for item in items) == city.result.report.unmet
    assert sum(weights) == city.result.report.weighted_unmet


def test_a_filter_keeps_the_rank(client: TestClient) -> None:
    whole = {item["rank"]: item for item in get(client, "/api/v1/gaps")["items"]}
    part = get(client, "/api/v1/gaps?station=wusutu")["items"]
    assert part
    assert all(whole[item["rank"]] == item for item in part)


def test_a_remedy_comes_in_the_language_that_was_asked_for(client: TestClient) -> None:
    chinese, english = (
        client.get("/api/v1/gaps", headers={"accept-language": tag}).json()["items"]
        for tag in ("zh-CN", "en-GB")
    )
    assert all(a["remedy"] != b["remedy"] for a, b in zip(chinese, english, strict=True))
    assert all(item["remedy"].isascii() for item in english)


def test_cells_are_the_beats(client: TestClient, city: City) -> None:
    shape = shapely.from_geojson(json.dumps(get(client, "/api/v1/beats/haiwei")["geometry"]))
    cell = get(client, CELL_AT_HAIWEI)
    assert cell["beat_id"] == "haiwei"
    assert shape.contains(shapely.Point(cell["lng"], cell["lat"]))
    assert get(client, f"/api/v1/cells/{cell['cell'].upper()}") == cell
    position = city.lattice.index_at([40.672], [109.82])
    assert cell["area_km2"] == pytest.approx(
        cell_areas_km2(city.lattice.cells[position])[0], abs=1e-6
    )


def test_a_box_holds_what_it_touches(client: TestClient) -> None:
    def beats(box: str) -> list[str]:
        return [f["id"] for f in get(client, f"/api/v1/beats?bbox={box}")["features"]]

    assert beats("109.94,40.65,109.95,40.66") == ["limin"]
    assert beats("-180,-90,180,90") == ["haiwei", "huasheng", "limin"]
    assert beats("0,0,1,1") == []


def test_shifts_are_local_and_in_time_order(client: TestClient) -> None:
    items = get(client, "/api/v1/shifts")["items"]
    assert [item["shift_id"] for item in items] == ["morning", "evening", "night"]
    assert items[2]["ends_at"] == "2026-11-28T02:00:00+08:00"


def test_ground_may_be_kept_and_asked_after(client: TestClient) -> None:
    first = client.get("/api/v1/beats")
    again = client.get("/api/v1/beats", headers={"if-none-match": first.headers["etag"]})
    assert first.headers["cache-control"] == "private, no-cache"
    assert again.status_code == 304
    assert again.content == b""
    other = client.get("/api/v1/beats?station=kunbei")
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity", "br;q=0, gzip"])
def test_bodies_are_the_same_in_every_encoding(client: TestClient, encoding: str) -> None:
    response = client.get("/api/v1/beats", headers={"accept-encoding": encoding})
    wanted = encoding.rpartition(" ")[2]
    assert response.headers.get("content-encoding", "identity") == wanted
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.json() == client.get("/api/v1/beats").json()
