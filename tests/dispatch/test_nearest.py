"""Nearest search against brute force: the same rules, written down again in plain Python."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portions import portion

from dispatch.nearest import NearestIndex, Things
from dispatch.nearest_among import reasons_among, search_among
from dispatch.nearest_kernel import ALL, ANY, NONE
from dispatch.nearest_plane import plane_of
from dispatch.nearest_rules import (
    NearestError,
    Refusal,
    Rule,
    State,
    TaskState,
    Word,
    person_rules,
    qualification_bits,
    role_bits,
    task_rules,
)
from dispatch.rules import Tier
from grid import cells as h3_cells
from grid.lattice import Lattice, SortedCellIndex, build_index
from grid.travel import EARTH_RADIUS_M, great_circle_m, unit_vectors

KUNBEI = (40.6720, 109.8200)
PACES = (0.0026, 0.0039, 0.0156)  # car, e-bike, on foot, with the factor 1.3


def disk(lat: float, lng: float, rings: int) -> np.ndarray:
    cells = h3_cells.cells_at([lat], [lng], 9)
    for _ in range(rings):
        around = h3_cells.neighbour_cells(cells).ravel()
        cells = np.unique(np.concatenate((cells, around[around != 0])))
    return cells


CITY = build_index(disk(*KUNBEI, 14))
assert isinstance(CITY, Lattice)
# Near one of the icosahedron's corners: a pentagon, so no lattice.
PENTAGON = h3_cells.pentagon_cells(9)[:1]
CORNER = tuple(float(x[0]) for x in h3_cells.cell_centres(PENTAGON))
CORNER_CITY = build_index(disk(*CORNER, 14))
assert isinstance(CORNER_CITY, SortedCellIndex)


def make_things(rng: random.Random, middle: tuple[float, float], count: int, spread: float):
    """Make people who stand together, alone, beyond the city and on the same spot."""
    lat, lng = np.empty(count), np.empty(count)
    for p in range(count):
        wide = spread * rng.choice([0.02, 0.3, 1, 1, 4])
        lat[p] = middle[0] + wide * rng.uniform(-1, 1)
        lng[p] = middle[1] + wide * rng.uniform(-1, 1)
        if p and rng.random() < 0.2:
            lat[p], lng[p] = lat[p - 1], lng[p - 1]
        if rng.random() < 0.01:
            lat[p], lng[p] = -lat[p], (lng[p] + 180) % 360
    tiers = [rng.choice([State.OFFICER, State.AUXILIARY, State.VOLUNTEER]) for _ in range(count)]
    state = [
        tier
        | rng.choice([0, State.ON_DUTY, State.WILLING])
        | rng.choice([0, State.INSURED, State.INSURED])
        | rng.choice([0, 0, State.BUSY])
        | rng.choice([0, 0, State.MUTED])
        | rng.choice([0, 0, 0, State.SPENT])
        | qualification_bits(q for q in range(3) if rng.random() < 0.3)
        for tier in tiers
    ]
    roles = [
        role_bits(r for r in range(8) if rng.random() < (0.02 if r == 7 else 0.3)) for _ in state
    ]
    return Things(
        lat=lat,
        lng=lng,
        roles=np.array(roles, np.uint64),
        state=np.array([int(s) for s in state], np.uint64),
        needs=np.zeros(count, np.uint64),
        limit_m=np.array([rng.choice([np.inf, 500.0, 3000.0]) for _ in state]),
        rank=np.array([rng.randint(0, 3) for _ in state], np.int64),
        layer=np.array([{1: 0, 2: 1, 4: 2}[int(tier)] for tier in tiers], np.int8),
    )


def fails(rule: Rule, words: tuple[int, int, int]) -> bool:
    word = words[rule.word]
    if rule.kind == ANY:
        return not word & rule.mask
    if rule.kind == ALL:
        return word & rule.mask != rule.mask
    if rule.kind == NONE:
        return bool(word & rule.mask)
    return bool(word & ~rule.mask)


def brute(
    things, lat, lng, rules, k, *, step=0.0, prefers=0, within_m=np.inf, excluded=(), alive=None
):
    """Look at everybody; distances by the chord, as the kernel has them, so that ties are ties."""
    offset = unit_vectors(things.lat, things.lng) - unit_vectors(lat, lng)[0]
    dx, dy, dz = offset.T
    chord = np.sqrt(dx * dx + dy * dy + dz * dz)
    metres = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, 0.5 * chord))
    rows = []
    for p in range(len(things)):
        words = (int(things.roles[p]), int(things.state[p]), int(things.needs[p]))
        if alive is not None and not alive[p]:
            continue
        if p in excluded or any(fails(rule, words) for rule in rules):
            continue
        if metres[p] > things.limit_m[p] or metres[p] > within_m:
            continue
        minutes = metres[p] * PACES[things.layer[p]]
        first = np.ceil(minutes / step) if step else minutes
        liked = -1 if words[0] & prefers else 0
        rows.append((first, -2 * int(things.rank[p]) + liked, minutes, p))
    return [p for *_, p in sorted(rows)[:k]], metres


def some_rules(rng: random.Random) -> tuple[Rule, ...]:
    return person_rules(
        rng.sample(list(Tier), rng.randint(1, 3)),
        roles=rng.choice([0, role_bits([7]), role_bits([1, 2]), role_bits([60])]),
        qualifications=rng.choice([0, 0, qualification_bits([0]), qualification_bits([0, 2])]),
        on_duty_only=rng.random() < 0.3,
        ignore_mute=rng.random() < 0.3,
    )


@pytest.mark.parametrize(("city", "middle"), [(CITY, KUNBEI), (CORNER_CITY, CORNER)])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=portion(30), deadline=None)
def test_it_finds_what_brute_force_finds(city, middle, seed):
    rng = random.Random(seed)
    things = make_things(rng, middle, rng.choice([0, 1, 5, 60, 400]), 0.03)
    index = NearestIndex(city, things, PACES)
    for _ in range(6):
        wide = rng.choice([0.01, 0.04, 0.3, 3.0])
        lat, lng = (m + wide * rng.uniform(-1, 1) for m in middle)
        if len(things) and rng.random() < 0.2:
            p = rng.randrange(len(things))
            lat, lng = things.lat[p], things.lng[p]
        k, step = rng.choice([1, 3, 20, 500]), rng.choice([0.0, 0.0, 1.0, 5.0])
        rules, prefers = some_rules(rng), rng.choice([0, role_bits([3])])
        within = rng.choice([np.inf, 2000.0, 100.0])
        excluded = rng.sample(range(len(things)), min(len(things), rng.choice([0, 2])))
        found = index.search(
            lat, lng, rules, k, step_min=step, prefers=prefers, within_m=within, excluded=excluded
        )
        wanted, metres = brute(
            things, lat, lng, rules, k,
            step=step, prefers=prefers, within_m=within, excluded=excluded,
        )  # fmt: skip
        assert found.number.tolist() == wanted
        assert np.allclose(found.distance_m, metres[wanted], rtol=0, atol=1e-6)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=portion(25), deadline=None)
def test_it_follows_what_moves_changes_comes_and_goes(seed):
    rng = random.Random(seed)
    things = make_things(rng, KUNBEI, 120, 0.03)
    index = NearestIndex(CITY, things, PACES)
    alive = np.ones(len(things), bool)
    for _ in range(8):
        what = rng.choice(["move", "change", "drop", "put", "grow", "settle"])
        here = np.flatnonzero(alive).tolist()
        chosen = np.array(rng.sample(here, min(len(here), rng.randint(1, 40))), np.int64)
        other = make_things(rng, KUNBEI, len(chosen), 0.05)
        if what == "move":
            index.move(chosen, other.lat, other.lng)
            things.lat[chosen], things.lng[chosen] = other.lat, other.lng
        elif what == "change":
            index.change(chosen, other.roles, other.state)
            things.roles[chosen], things.state[chosen] = other.roles, other.state
        elif what == "drop" and len(here) > 45:
            index.drop(chosen)
            alive[chosen] = False
        elif what == "settle":
            index._fill()
        else:
            if what == "grow":
                chosen = np.arange(len(things), len(things) + len(other))
                things = Things(
                    *(
                        np.concatenate((getattr(things, n), getattr(other, n)))
                        for n in Things.__slots__
                    )
                )
                alive = np.concatenate((alive, np.ones(len(other), bool)))
            index.put(chosen, other)
            for name in Things.__slots__:
                getattr(things, name)[chosen] = getattr(other, name)
            alive[chosen] = True
        lat, lng = (m + rng.uniform(-0.04, 0.04) for m in KUNBEI)
        rules = some_rules(rng)
        wanted, _ = brute(things, lat, lng, rules, 20, alive=alive)
        assert index.search(lat, lng, rules, 20).number.tolist() == wanted
        assert len(index) == alive.sum()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=portion(25), deadline=None)
def test_everybody_near_passes_or_has_one_reason(seed):
    rng = random.Random(seed)
    things = make_things(rng, KUNBEI, 200, 0.03)
    index = NearestIndex(CITY, things, PACES)
    lat, lng = (m + rng.uniform(-0.04, 0.04) for m in KUNBEI)
    rules, within = some_rules(rng), rng.choice([300.0, 2500.0, 30_000.0, 1e9])
    answer = index.reasons(lat, lng, rules, within, examples=2)
    metres = great_circle_m(lat, lng, things.lat, things.lng)
    expected: dict[Refusal, list[tuple[float, int]]] = {}
    passing = 0
    for p in range(len(things)):
        if metres[p] > within:
            continue
        words = (int(things.roles[p]), int(things.state[p]), int(things.needs[p]))
        first = next((rule.refusal for rule in rules if fails(rule, words)), None)
        if first is None and metres[p] > things.limit_m[p]:
            first = Refusal.OWN_LIMIT
        if first is None:
            passing += 1
        else:
            minutes = metres[p] * PACES[things.layer[p]]
            expected.setdefault(first, []).append((minutes, p))
    assert answer.passing == passing
    assert {one.refusal: one.count for one in answer.refused} == {
        name: len(found) for name, found in expected.items()
    }
    for one in answer.refused:
        best = sorted(minutes for minutes, _ in expected[one.refusal])[:2]
        assert np.allclose([minutes for _, minutes, _ in one.nearest], best, atol=1e-6)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=portion(25), deadline=None)
def test_a_search_among_few_is_the_search_of_an_index_of_them(seed):
    rng = random.Random(seed)
    things = make_things(rng, KUNBEI, 150, 0.03)
    index = NearestIndex(CITY, things, PACES)
    few = np.array(sorted(rng.sample(range(150), rng.choice([0, 1, 40, 150]))), np.int64)
    only = Things(*(getattr(things, name)[few] for name in Things.__slots__))
    small = NearestIndex(CITY, only, PACES)
    spot = (KUNBEI[0] + rng.uniform(-0.04, 0.04), KUNBEI[1] + rng.uniform(-0.04, 0.04))
    rules, within = some_rules(rng), rng.choice([np.inf, 2500.0])
    found = search_among(index, few, spot, rules, 20, within_m=within)
    wanted = small.search(*spot, rules, 20, within_m=within)
    assert found.number.tolist() == few[wanted.number].tolist()
    assert np.allclose(found.minutes, wanted.minutes)
    told, expected = (
        reasons_among(index, few, spot, rules, 2500.0),
        small.reasons(*spot, rules, 2500.0),
    )
    assert told.passing == expected.passing
    assert {one.refusal: one.count for one in told.refused} == {
        one.refusal: one.count for one in expected.refused
    }


@given(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
@pytest.mark.parametrize("city", [CITY, CORNER_CITY])
def test_no_point_is_nearer_than_the_plane_proves(city, lat1, lng1, lat2, lng2):
    plane = plane_of(city)
    middle = np.mean(city.centres(), axis=1)
    points = [(middle[0] + lat1, middle[1] + lng1), (middle[0] + lat2, middle[1] + lng2)]
    vectors = np.vstack([unit_vectors(*point) for point in points])
    row, col, w = plane.to_bin @ vectors.T
    down, right = np.diff(row / w)[0], np.diff(col / w)[0]
    a, b, c = plane.form
    on_plane = np.sqrt(max(0.0, a * down**2 + 2 * b * down * right + c * right**2))
    stretch = max(plane.stretch, (1 / w**2).max())
    metres = float(great_circle_m(*points[0], *points[1]))
    assert on_plane * EARTH_RADIUS_M <= metres * stretch + 1e-3
    assert on_plane * EARTH_RADIUS_M >= metres - 1e-3  # the map only stretches


def test_a_volunteer_finds_tasks_by_minute_then_urgency_then_role():
    def at(metres: float) -> float:
        return KUNBEI[0] + np.degrees(metres / EARTH_RADIUS_M)

    needs = [0, 0, 0, 0, qualification_bits([1]), 0, 0]
    state = [TaskState.OPEN] * 5 + [
        TaskState.OPEN | TaskState.FULL,
        TaskState.OPEN | TaskState.HAZARDOUS,
    ]
    tasks = Things(
        lat=np.array([at(60), at(10), at(30), at(200), at(5), at(6), at(7)]),
        lng=np.full(7, KUNBEI[1]),
        roles=np.array([role_bits([r]) for r in (0, 0, 1, 0, 0, 0, 0)], np.uint64),
        state=np.array([int(s) for s in state], np.uint64),
        needs=np.array(needs, np.uint64),
        limit_m=np.full(7, np.inf),
        rank=np.array([5, 0, 0, 9, 9, 9, 9]),
        layer=np.zeros(7, np.int8),
    )
    index = NearestIndex(CITY, tasks, PACES[2:])
    rules = task_rules(role_bits([0, 1]), int(State.VOLUNTEER | State.INSURED))
    found = index.search(*KUNBEI, rules, 10, step_min=1.0, prefers=role_bits([1]))
    # Within the first minute: the urgent one, then the preferred role, then the nearer one.
    assert found.number.tolist() == [0, 2, 1, 3]
    refused = {one.refusal: one.count for one in index.reasons(*KUNBEI, rules, 1000).refused}
    assert refused == {Refusal.NEEDS: 1, Refusal.FULL: 1, Refusal.HAZARDOUS: 1}


def test_what_cannot_be_searched_is_refused():
    things = make_things(random.Random(1), KUNBEI, 5, 0.01)
    index = NearestIndex(CITY, things, PACES)
    with pytest.raises(NearestError, match="1 to 500"):
        index.search(*KUNBEI, (), 0)
    with pytest.raises(NearestError, match="place on the globe"):
        index.search(float("nan"), 109.0, (), 1)
    with pytest.raises(NearestError, match="in the index"):
        index.move([7], [40.0], [109.0])
    with pytest.raises(NearestError, match=r"0\.\.63"):
        role_bits([64])
    with pytest.raises(NearestError, match="64 bits"):
        Rule(Refusal.ROLE, Word.ROLES, ANY, 2**64)
