"""The reviewer's maps: measures against definitions, lists against the plan, addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.layers import MapLayers
from api.review_change import SAME, baseline
from api.review_equity import gini, lowest_mean, measure
from api.review_layers import ReviewLayers
from api.review_teams import teams_by_station
from maps.codec import PLAIN, RUNS, decode_bytes, decode_runs

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient as Client

    from api.city import City

values = st.lists(st.tuples(st.floats(0, 50), st.integers(1, 9)), min_size=1, max_size=12)


@given(values)
def test_gini_is_the_mean_difference_of_two_residents(areas: list[tuple[float, int]]) -> None:
    """Every resident against every other: half the mean difference over the mean."""
    residents = np.repeat([x for x, _ in areas], [n for _, n in areas])
    if residents.sum() == 0:
        return
    x, weight = np.array([x for x, _ in areas]), np.array([float(n) for _, n in areas])
    expected = np.abs(residents[:, None] - residents).mean() / 2 / residents.mean()
    assert gini(x, weight / weight.sum()) == pytest.approx(expected, abs=1e-9)


@given(values, st.integers(1, 4))
def test_theil_parts_into_between_and_within(areas: list[tuple[float, int]], groups: int) -> None:
    x, weight = np.array([x for x, _ in areas]), np.array([float(n) for _, n in areas])
    if x.sum() < 1e-6:
        return
    group = np.arange(len(x)) % groups
    found = measure(x, weight, group)
    within = 0.0
    for g in range(groups):
        own = group == g
        if own.any() and x[own].sum() > 0:
            part = measure(x[own], weight[own], np.zeros(own.sum(), int))
            within += part.theil * (x[own] @ weight[own]) / (x @ weight)
    assert found.theil == pytest.approx(found.between + within, abs=1e-9)
    assert found.lowest <= found.mean + 1e-9


def test_the_lowest_tenth() -> None:
    share = np.full(20, 0.05)
    assert lowest_mean(np.arange(20.0), share, 0.1) == pytest.approx(0.5)
    assert measure(np.array([np.nan, 0.0]), np.ones(2), np.zeros(2, int)).gini == 0


@pytest.fixture(scope="module")
def root(city: City) -> str:
    return f"/maps/data/{city.version}"


@pytest.mark.parametrize("shift", ["week", "0", "1", "2"])
def test_gaps_are_ranked_by_weighted_person_hours(
    client: Client, city: City, root: str, shift: str
) -> None:
    found = client.get(f"{root}/gaps/{shift}/zh").json()
    gaps = city.gaps if shift == "week" else city.gaps[city.gaps["shift"] == int(shift)]
    assert found["total"] == len(gaps)
    assert found["hours"] == sorted((4.0 * w for w in gaps["weight"]), reverse=True)
    assert all(
        remedy and cause for remedy, cause in zip(found["remedy"], found["cause"], strict=True)
    )


def test_prices_come_when_they_are_found(client: Client, city: City, root: str) -> None:
    for _ in range(200):
        answer = client.get(f"{root}/prices")
        if answer.status_code == 200:
            break
        assert answer.status_code == 202
    found = answer.json()
    short = {(row.beat, row.shift) for row in city.gaps.itertuples()}
    assert {*zip(found["beat"], found["shift"], strict=True)} <= short
    assert all(price > 0 for price in found["price"])
    assert all(k < len(found["roles"]) for one in found["qualifications"] for k in one["roles"])


def test_equity_and_workload(client: Client, city: City, root: str) -> None:
    for ring in (0, 1, 3, 5):
        table = client.get(f"{root}/equity/{ring}/all").json()
        weight = city.coverage.beat_weight
        ratio = np.array([np.nan if r is None else r for r in table["beat"]["ratio"]])
        known = np.isfinite(ratio)
        assert np.average(ratio[known], weights=weight[known]) == pytest.approx(1, abs=1e-3)
        assert len(table["district"]["ratio"]) == len(city.districts)
    work = client.get(f"{root}/workload").json()
    hours = 4.0 * city.lines.groupby("beat")["required"].sum()
    assert [h for h in work["wanted"] if h is not None] == hours.tolist()


def test_no_change_against_itself_and_loss_where_nobody_is_now(city: City) -> None:
    layers = MapLayers(city)
    review = ReviewLayers(layers, teams_by_station(city))
    same = baseline(city, city.scenario, city.result.roster)
    assert same.people["same"] == city.roster["person_id"].nunique()
    body = decoded(city, review.change(same, 1, 3, "all", 1).raw)
    assert set(body.tolist()) <= {0, SAME}
    none = baseline(city, city.scenario, city.result.roster.iloc[:0])
    gained = decoded(city, review.change(none, 2, 3, "all", 1).raw)
    now = layers.cell_coverage(3, "all", 1)
    np.testing.assert_array_equal(gained, np.where(now > 0, SAME + np.rint(100 * now), 0))
    review.close()


def decoded(city: City, body: bytes) -> np.ndarray:
    if body[0] == RUNS:
        return decode_runs(body[1:])
    return (
        np.frombuffer(body[1:], np.uint8)
        if body[0] == PLAIN
        else decode_bytes(city.lattice, body[1:])
    )


@pytest.mark.parametrize(
    "path",
    [
        *("gaps/9/zh", "gaps/-1/zh", "gaps/week/de", "equity/2/all", "equity/5/nobody"),
        *("change/999999", "change/999999/3/all/0"),
    ],
)
def test_what_is_not_there_is_404(client: Client, root: str, path: str) -> None:
    assert client.get(f"{root}/{path}").status_code == 404


def test_change_is_404_without_an_earlier_roster(client: Client) -> None:
    assert client.get("/maps/change").status_code == 404
    assert client.get("/maps/change?against=0").status_code == 422


def test_outlines_are_coarse_polygons(client: Client, city: City) -> None:
    found = client.get(f"/maps/outlines/{city.version}")
    assert found.headers["content-type"] == "application/geo+json"
    assert len(found.json()["features"]) == len(city.districts)


def test_a_week_is_the_mean_of_its_shifts_by_their_hours(client: Client, city: City) -> None:
    layers = MapLayers(city)
    table = city.scenario.shifts
    hours = (table["ends_at"] - table["starts_at"]).dt.total_seconds() / 3600
    shifts = [layers.cell_coverage(3, "all", k) for k in range(layers.num_shifts)]
    expected = np.average(shifts, axis=0, weights=hours)
    np.testing.assert_allclose(layers.week_coverage(3, "all"), expected, atol=1e-12)
    root = f"/maps/data/{city.version}/coverage/3/all"
    assert client.get(f"{root}/week").status_code == 200
    assert client.get(f"{root}/month").status_code == 404


def test_a_draft_is_shown_the_other_way_round(city: City) -> None:
    layers = MapLayers(city)
    review = ReviewLayers(layers, teams_by_station(city))
    none = baseline(city, city.scenario, city.result.roster.iloc[:0])
    since = decoded(city, review.change(none, 2, 3, "all", 1).raw).astype(int)
    would = decoded(city, review.change(none, 2, 3, "all", 1, would=True).raw).astype(int)
    reached = since > 0
    assert (since[reached] - SAME == SAME - would[reached]).all()
    assert none.summary()["people"]["new"] == none.summary(would=True)["people"]["gone"] > 0
    review.close()


def test_whoever_may_not_review_sees_coverage_alone(running: RunningService, root: str) -> None:
    officer = running.client_as("community_officer", beat="haiwei")
    page = officer.get("/maps/coverage")
    assert page.status_code == 200
    assert '"kinds":["coverage","gaps"]' in page.text
    for path in ("gaps/week/zh", "prices", "equity/3/all", "workload", "change/1"):
        assert officer.get(f"{root}/{path}").status_code == 403
    assert officer.get("/maps/equity").status_code == 403
    assert officer.get(f"{root}/coverage/3/all/0").status_code == 200
