"""Siting: the published distance, reductions that lose nothing, bounds that hold, good choices."""

from __future__ import annotations

import itertools
import math
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portions import portion

from dispatch.effort import Effort
from dispatch.siting import MAX_DEMAND, Siting, site
from dispatch.siting_bound import SCALE, ascend, evaluate
from dispatch.siting_cover import (
    EARTH_RADIUS_M,
    Cover,
    SitingError,
    build_cover,
    covered_pairs,
    distance_m,
    restricted,
)
from dispatch.siting_model import solve_cover
from dispatch.siting_regions import Regions, split
from dispatch.siting_search import Search, covered_demand, greedy_sites

RADIUS_M = 500.0


def town(seed: int, count: int = 9, span: float = 0.02) -> tuple[Any, Any, Any]:
    """Scatter points about Baotou's centre, a few at the same place, a few without demand."""
    rng = np.random.default_rng(seed)
    lat = 40.65 + rng.uniform(0, span, count).round(4)
    lng = 109.84 + rng.uniform(0, span, count).round(4)
    if count > 3:
        lat[1], lng[1] = lat[0], lng[0]
    demand = rng.integers(0, 50, count)
    return lat, lng, demand


def plain_distance_m(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Follow the published formula in plain floats, rounded to single precision by hand."""
    one, other, away = math.radians(lat1), math.radians(lat2), math.radians(lng2 - lng1)
    cosine = math.cos(one) * math.cos(other) * math.cos(away) + math.sin(one) * math.sin(other)
    angle = np.float32(math.acos(max(-1.0, min(1.0, cosine))))
    return float(angle * np.float32(6_378_100))


def covers(lat: Any, lng: Any, radius_m: float) -> list[set[int]]:
    return [
        {
            j
            for j in range(len(lat))
            if i == j or plain_distance_m(lat[i], lng[i], lat[j], lng[j]) <= radius_m
        }
        for i in range(len(lat))
    ]


def best_by_enumeration(lat: Any, lng: Any, demand: Any, posts: int, radius_m: float) -> int:
    near = covers(lat, lng, radius_m)
    return max(
        sum(int(demand[i]) for i in set().union(*(near[j] for j in chosen)))
        for chosen in itertools.combinations(range(len(lat)), posts)
    )


def chosen(lat: Any, lng: Any, demand: Any, posts: int, **options: Any) -> Siting:
    options = {"radius_m": RADIUS_M, "effort": Effort(rounds=1), "seed": 3} | options
    return site(lat, lng, demand, posts=posts, clock=time.perf_counter, **options)


def test_pairs_are_those_of_the_published_formula() -> None:
    lat, lng, _ = town(5, 60)
    # Among others at radii that are exactly the distance of some pair: those are covered.
    exact = [plain_distance_m(lat[0], lng[0], lat[j], lng[j]) for j in range(2, 12)]
    for radius_m in (0.0, 120.0, 400.0, *exact):
        found = covered_pairs(lat, lng, radius_m).toarray()
        wanted = covers(lat, lng, radius_m)
        assert [set(np.flatnonzero(row)) for row in found] == wanted


def test_the_radius_is_in_single_precision_and_of_the_published_sphere() -> None:
    # One degree of a meridian; a chord's own distance would differ in the last digits.
    one = distance_m(np.array([0.0]), np.array([0.0]), np.array([1.0]), np.array([0.0]))[0]
    assert one == float(np.float32(math.radians(1)) * np.float32(EARTH_RADIUS_M))
    assert one == pytest.approx(111_318.8, abs=0.5)


def test_half_the_globe_covers_everything() -> None:
    lat, lng = np.array([0.0, 90.0, -90.0, 0.0]), np.array([0.0, 0.0, 0.0, 180.0])
    assert covered_pairs(lat, lng, 20_100_000.0).toarray().all()


@given(st.integers(0, 10_000), st.integers(1, 4), st.sampled_from([0.0, 200.0, 500.0, 900.0]))
@settings(max_examples=portion(40), deadline=None)
def test_tiny_towns_are_solved_to_the_optimum(seed: int, posts: int, radius_m: float) -> None:
    lat, lng, demand = town(seed)
    best = best_by_enumeration(lat, lng, demand, posts, radius_m)
    found = chosen(lat, lng, demand, posts, radius_m=radius_m)
    assert found.covered == best == found.bound
    assert found.exact_bound >= best
    assert len(set(found.points.tolist())) == posts
    near = covers(lat, lng, radius_m)
    reached = set().union(*(near[int(j)] for j in found.points))
    assert sum(int(demand[i]) for i in reached) == found.covered


@given(st.integers(0, 10_000), st.integers(1, 4))
@settings(max_examples=portion(40), deadline=None)
def test_any_prices_prove_a_bound_and_rule_out_nothing_of_the_best(seed: int, posts: int) -> None:
    lat, lng, demand = town(seed, 8)
    if not demand.sum():
        return
    best = best_by_enumeration(lat, lng, demand, posts, RADIUS_M)
    cover = build_cover(lat, lng, demand, RADIUS_M)
    posts = min(posts, len(cover.candidate))
    price = np.random.default_rng(seed).integers(0, cover.demand * SCALE + 1)
    for bound in (evaluate(cover, price, posts), ascend(cover, posts, 50)):
        assert bound.value >= best
        useful = np.flatnonzero(bound.may_help(best - 1))
        inside = restricted(cover, useful)
        count = min(posts, len(inside.candidate))
        assert solve_cover(inside, count).bound >= best


def test_an_ascent_comes_close_to_the_linear_relaxation() -> None:
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, hstack

    lat, lng, demand = town(11, 150, 0.05)
    cover = build_cover(lat, lng, demand, RADIUS_M)
    rows, candidates = cover.candidates_of.shape
    relaxed = linprog(
        -np.concatenate((np.zeros(candidates), cover.demand)),
        A_ub=hstack((-cover.candidates_of, eye_array(rows))).tocsr(),
        b_ub=np.zeros(rows),
        A_eq=[[1.0] * candidates + [0.0] * rows],
        b_eq=[12],
        bounds=(0, 1),
    )
    bound = ascend(cover, 12, 1_000)
    assert math.floor(-relaxed.fun + 1e-6) <= bound.value <= -relaxed.fun * 1.002


def test_merging_takes_the_best_of_two_choices() -> None:
    # Two towns far apart: each choice is best in one of them and useless in the other.
    west, east = town(1, 30), town(2, 30)
    lat = np.concatenate((west[0], east[0]))
    lng = np.concatenate((west[1], east[1] + 1.0))
    demand = np.concatenate((west[2], east[2])) + 1
    cover: Cover = build_cover(lat, lng, demand, 300.0)
    in_west = lng[cover.candidate] < 110.3
    search = Search(cover, 6, seed=0)
    good, poor = [], []
    for side in (in_west, ~in_west):
        sites = np.flatnonzero(side)
        value = [covered_demand(cover, np.array([j])) for j in sites]
        order = sites[np.argsort(value)]
        good.append(order[-3:])
        poor.append(order[:3])
    for mine, theirs in ((0, 1), (1, 0)):
        search.note(np.concatenate((good[mine], poor[theirs])))
    before = search.best[0]
    search.merge(None)
    assert search.best[0] >= covered_demand(cover, np.concatenate(good)) > before


def test_it_agrees_with_spopt() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pulp
        from spopt.locate import MCLP
    lat, lng, demand = town(21, 120, 0.04)
    cost = np.array(
        [[plain_distance_m(*a, *b) for b in zip(lat, lng)] for a in zip(lat, lng)]  # noqa: B905
    )
    np.fill_diagonal(cost, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MCLP.from_cost_matrix(cost, demand, RADIUS_M, 8)
        model.solve(pulp.PULP_CBC_CMD(msg=False))
    best = round(pulp.value(model.problem.objective))
    found = chosen(lat, lng, demand, 8, effort=Effort(rounds=3))
    assert (found.covered, found.bound) == (best, best)


def test_rounds_give_the_same_for_any_number_of_workers() -> None:
    lat, lng, demand = town(31, 300, 0.06)
    one, two = (
        chosen(lat, lng, demand, 15, effort=Effort(rounds=2), workers=workers) for workers in (1, 2)
    )
    assert one.points.tolist() == two.points.tolist()
    assert (one.covered, one.bound, one.rounds) == (two.covered, two.bound, two.rounds)
    assert one.covered <= one.bound <= one.exact_bound


def test_a_limit_in_seconds_is_a_limit_by_the_clock_given() -> None:
    lat, lng, demand = town(41, 200, 0.05)
    ticks = itertools.count()
    found = site(
        lat,
        lng,
        demand,
        posts=10,
        radius_m=RADIUS_M,
        effort=Effort(time_limit_s=5.0),
        clock=lambda: float(next(ticks)),  # a second a look: over after a handful of looks
        seed=1,
    )
    greedy = build_cover(lat, lng, demand, RADIUS_M)
    assert found.covered >= covered_demand(greedy, greedy_sites(greedy, 10))
    assert found.covered <= found.bound
    assert found.rounds <= 2


def test_enough_posts_cover_everything() -> None:
    lat, lng, demand = town(51, 12)
    found = chosen(lat, lng, demand, 12)
    assert found.covered == found.bound == found.demand == demand.sum()
    assert found.points.tolist() == list(range(12))
    assert found.gap == 0


def test_no_demand_is_covered_by_any_posts() -> None:
    lat, lng, _ = town(61)
    found = chosen(lat, lng, np.zeros(9, np.int64), 3)
    assert (len(found.points), found.covered, found.bound, found.gap) == (3, 0, 0, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"posts": 0}, "between 1 and 9 posts"),
        ({"posts": 10}, "between 1 and 9 posts"),
        ({"radius_m": -1.0}, "radius >= 0"),
        ({"radius_m": math.nan}, "radius >= 0"),
        ({"lat": np.full(9, 91.0)}, "latitudes"),
        ({"lng": np.full(9, np.nan)}, "longitudes"),
        ({"demand": np.full(9, -1)}, "demand >= 0"),
        ({"demand": np.full(9, MAX_DEMAND)}, "demand >= 0"),
        ({"lat": np.empty(0)}, "at least one point"),
    ],
)
def test_what_is_no_problem_is_refused(changes: dict[str, Any], message: str) -> None:
    lat, lng, demand = town(71)
    arguments = {"lat": lat, "lng": lng, "demand": demand, "posts": 3} | changes
    with pytest.raises(SitingError, match=message):
        chosen(**arguments)


def test_too_many_pairs_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.siting_cover.MAX_PAIRS", 10)
    lat, lng, demand = town(81)
    with pytest.raises(SitingError, match="at most 10 pairs"):
        chosen(lat, lng, demand, 2, radius_m=5_000.0)


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=portion(30), deadline=None)
def test_regions_prove_a_bound_for_any_prices_and_fee(seed: int, posts: int, size: int) -> None:
    lat, lng, demand = town(seed, 9)
    if not demand.sum():
        return
    best = best_by_enumeration(lat, lng, demand, posts, RADIUS_M)
    cover = build_cover(lat, lng, demand, RADIUS_M)
    posts = min(posts, len(cover.candidate))
    rng = np.random.default_rng(seed)
    part = split(np.stack((lat, lng), axis=1)[cover.candidate], greedy_sites(cover, posts), size)
    price = rng.integers(0, cover.demand * SCALE + 1)
    with ThreadPoolExecutor(1) as pool:
        found = Regions(cover, part, posts).bound(price, rng.uniform(0, 50), pool, lambda _: 5.0)
    assert found >= best


def test_regions_prove_more_than_the_relaxation() -> None:
    lat, lng, demand = town(11, 150, 0.05)
    cover = build_cover(lat, lng, demand, RADIUS_M)
    bound = ascend(cover, 12, 2_000)
    opened = greedy_sites(cover, 12)
    part = split(np.stack((lat, lng), axis=1)[cover.candidate], opened, 4)
    assert np.bincount(part[opened]).tolist() == [3, 3, 3, 3]
    with ThreadPoolExecutor(2) as pool:
        whole = Regions(cover, np.zeros_like(part), 12)
        fee = bound.threshold / SCALE
        apart = Regions(cover, part, 12).bound(bound.price, fee, pool, lambda _: 20.0)
        at_once = whole.bound(bound.price, fee, pool, lambda _: 20.0)
    best = solve_cover(cover, 12).bound
    assert best <= at_once <= bound.value + 1
    assert best <= apart <= bound.value + 1


def test_a_large_rest_is_proved_by_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dispatch.siting._PROOF_ENTRIES", 0)
    lat, lng, demand = town(11, 150, 0.05)
    found = chosen(lat, lng, demand, 12, effort=Effort(time_limit_s=3.0), workers=2)
    best = solve_cover(build_cover(lat, lng, demand, RADIUS_M), 12).bound
    assert found.covered <= best <= found.bound <= found.exact_bound


def test_greedy_opens_what_adds_most_each_time() -> None:
    lat, lng, demand = town(91, 80, 0.03)
    cover = build_cover(lat, lng, demand, RADIUS_M)
    opened: list[int] = []
    for site_ in greedy_sites(cover, 8).tolist():
        gains = [
            covered_demand(cover, np.array([*opened, other]))
            for other in range(len(cover.candidate))
        ]
        assert site_ == int(np.argmax(gains))
        opened.append(site_)


def test_no_bound_is_above_all_demand() -> None:
    lat, lng, demand = town(95, 40, 0.01)
    cover = build_cover(lat, lng, demand, RADIUS_M)
    paid = cover.demand * SCALE
    assert evaluate(cover, paid, len(cover.candidate)).value <= demand.sum()
