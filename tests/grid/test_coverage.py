"""Who covers which cells, against a loop over all cells and people."""

from __future__ import annotations

import h3.api.basic_int as oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.rules import Tier
from grid.coverage import (
    RINGS_MIN,
    TIER_MODES,
    Ring,
    coverage_by_shift,
    gaps,
    reach,
    ring_coverage,
    weighted_coverage,
)
from grid.errors import GeometryError
from grid.lattice import SortedCellIndex, build_lattice
from grid.travel import GreatCircleTravel, Mode, great_circle_m

CELLS = np.array(oracle.grid_disk(oracle.latlng_to_cell(40.6213, 109.9532, 9), 9), np.uint64)
CITY = build_lattice(CELLS)
LAT, LNG = CITY.centres()

people = st.lists(st.tuples(st.floats(40.58, 40.66), st.floats(109.90, 110.01)), max_size=12)


def points_of(places: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(places, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def reached_by_brute_force(lat: np.ndarray, lng: np.ndarray, radius_m: float) -> np.ndarray:
    near = great_circle_m(LAT[:, None], LNG[:, None], lat, lng) <= radius_m
    own = CITY.index_at(lat, lng)
    near[own[own >= 0], np.flatnonzero(own >= 0)] = True
    return near


@settings(deadline=None)
@given(people, st.floats(0, 4000))
def test_reach_is_what_a_loop_finds(places, radius_m):
    lat, lng = points_of(places)
    found = reach(CITY, lat, lng, radius_m)
    assert found.shape == (len(CITY), len(places))
    assert found.dtype == np.uint8
    assert found.has_canonical_format
    assert np.array_equal(found.toarray() == 1, reached_by_brute_force(lat, lng, radius_m))
    assert (found.data == 1).all()


def test_one_reaches_ones_own_cell_even_far_from_its_centre():
    corner = CITY.corners()[100, 0] * 0.999 + np.array([LAT[100], LNG[100]]) * 0.001
    found = reach(CITY, corner[:1], corner[1:], 0)
    assert found.nonzero()[0].tolist() == [100]


def test_reach_works_without_a_lattice():
    plain = SortedCellIndex(9, np.sort(CELLS))
    ours, theirs = reach(CITY, LAT[:5], LNG[:5], 900), reach(plain, LAT[:5], LNG[:5], 900)
    for point in range(5):
        mine = CITY.cells[ours[:, [point]].nonzero()[0]]
        assert set(mine.tolist()) == set(plain.cells[theirs[:, [point]].nonzero()[0]].tolist())


@pytest.mark.parametrize("radius_m", [-1, float("nan"), float("inf")])
def test_a_radius_is_finite_and_positive(radius_m):
    with pytest.raises(GeometryError, match="Expected a radius >= 0 metres, got"):
        reach(CITY, [40.6], [109.9], radius_m)


def test_a_person_stands_somewhere():
    with pytest.raises(GeometryError, match="finite coordinates"):
        reach(CITY, [np.nan], [109.9], 100)


# ---- rings


def test_every_tier_has_a_mode():
    assert set(TIER_MODES) == set(Tier)


def test_the_rings_of_the_programme_have_these_radii():
    radii = [[Ring(t, TIER_MODES[tier]).radius_m() for t in RINGS_MIN] for tier in Tier]
    assert np.round(radii).tolist() == [[385, 1154, 1923], [256, 769, 1282], [64, 192, 321]]


def test_a_ring_follows_the_citys_own_speeds():
    assert Ring(3, Mode.FOOT).radius_m(GreatCircleTravel(1, {Mode.FOOT: 6})) == pytest.approx(300)


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), float("inf")])
def test_a_ring_has_minutes(minutes):
    with pytest.raises(GeometryError, match="Expected the minutes of a ring > 0, got"):
        Ring(minutes, Mode.CAR)


# ---- coverage


@settings(deadline=None)
@given(people, st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_coverage_is_the_chance_that_somebody_comes(places, num_shifts, seed):
    lat, lng = points_of(places)
    rng = np.random.default_rng(seed)
    p = rng.choice([0, 0.3, 0.8, 1.0], (len(places), num_shifts))
    near = reached_by_brute_force(lat, lng, 1000)
    expected = 1 - np.prod(1 - near[:, :, None] * p[None], axis=1)
    with np.errstate(divide="ignore"):  # somebody who surely comes
        log_absence = np.log1p(-p)
    found = ring_coverage(reach(CITY, lat, lng, 1000), log_absence)
    assert found.dtype == np.float32
    assert found.shape == (num_shifts, len(CITY))
    np.testing.assert_allclose(found, expected.T, atol=1e-6)


def test_shift_by_shift_is_the_same():
    found = reach(CITY, LAT[:20], LNG[:20], 500)
    log_absence = np.log(np.random.default_rng(5).uniform(0.1, 1, (20, 4)))
    one_by_one = np.stack(list(coverage_by_shift(found, log_absence)))
    assert np.array_equal(one_by_one, ring_coverage(found, log_absence))


def test_more_people_never_cover_less():
    found = reach(CITY, LAT[:20], LNG[:20], 500)
    log_absence = np.log(np.random.default_rng(5).uniform(0.1, 1, (20, 1)))
    fewer = log_absence.copy()
    fewer[3] = 0
    assert (ring_coverage(found, fewer) <= ring_coverage(found, log_absence)).all()


def test_nobody_on_duty_covers_nothing():
    found = reach(CITY, [], [], 500)
    assert not ring_coverage(found, np.empty((0, 2))).any()


@pytest.mark.parametrize("shape", [(3,), (2, 1), (4, 1)])
def test_absence_is_a_row_a_point(shape):
    found = reach(CITY, LAT[:3], LNG[:3], 500)
    with pytest.raises(GeometryError, match=r"Expected log_absence of shape \(3, shifts\), got"):
        list(coverage_by_shift(found, np.zeros(shape)))


@pytest.mark.parametrize("value", [0.1, float("nan")])
def test_absence_is_a_logarithm_of_a_probability(value):
    found = reach(CITY, LAT[:1], LNG[:1], 500)
    with pytest.raises(GeometryError, match="logarithms of probabilities"):
        ring_coverage(found, [[value]])


# ---- summaries

FOUR = np.array([[1.0, 0.5, 0.2, 0.0], [0.0, 0.0, 0.4, 1.0]], dtype=np.float32)


def test_a_groups_coverage_is_weighted():
    mean = weighted_coverage(FOUR, [3, 1, 1, 1], [0, 0, 1, -1], 3)
    np.testing.assert_allclose(mean, [[0.875, 0.2, np.nan], [0, 0.4, np.nan]], rtol=1e-6)


def test_a_single_shift_gives_a_single_row():
    mean = weighted_coverage(FOUR[0], [3, 1, 0, 0], [0, 0, 1, 1], 2)
    np.testing.assert_allclose(mean, [0.875, np.nan])


@pytest.mark.parametrize("group", [[0, 0, 0, 3], [0, 0, 0, -2]])
def test_groups_are_in_range(group):
    with pytest.raises(GeometryError, match=r"groups in -1\.\.2"):
        weighted_coverage(FOUR, np.ones(4), group, 3)


def test_weights_are_not_negative():
    with pytest.raises(GeometryError, match="weights >= 0"):
        weighted_coverage(FOUR, [1, 1, 1, np.nan], [0, 0, 0, 0], 1)


def test_there_is_a_weight_and_a_group_a_cell():
    with pytest.raises(GeometryError, match=r"a cell of \(2, 4\), got \(3,\) and \(4,\)"):
        weighted_coverage(FOUR, np.ones(3), np.zeros(4, int), 1)


def test_a_gap_matters_and_is_under_the_level():
    expected = [[False, False, True, False], [True, True, True, False]]
    assert gaps(FOUR, [1, 1, 1, 0]).tolist() == expected
    assert not gaps(FOUR, np.ones(4), level=0).any()


@pytest.mark.parametrize("level", [-0.1, 1.1, float("nan")])
def test_the_level_is_a_probability(level):
    with pytest.raises(GeometryError, match=r"Expected a level in 0\.\.1, got"):
        gaps(FOUR, np.ones(4), level)
