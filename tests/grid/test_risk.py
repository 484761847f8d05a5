"""Population and risk surfaces: exact sums, kernels by hand, the week's rhythm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid.errors import GeometryError
from grid.risk import (
    HOURS_A_WEEK,
    RiskKind,
    RiskSurface,
    Settlement,
    apportion,
    risk_kinds,
    risk_surface,
    settle,
)
from grid.travel import great_circle_m

# A square of 40 by 40 points about the office of Kunbei, 200 m apart.
STEP = np.arange(40) * 0.0018
LAT, LNG = (grid.ravel() for grid in np.meshgrid(40.64 + STEP, 109.79 + STEP, indexing="ij"))
OFFICE = (40.6720, 109.8200)


def kunbei(urban: int = 30_000, rural: int = 2_000) -> Settlement:
    return Settlement(
        lat=np.array([OFFICE[0]]),
        lng=np.array([OFFICE[1]]),
        reach_m=np.array([1_500.0]),
        pull=np.array([9.0]),
        urban=urban,
        rural=rural,
    )


def people() -> np.ndarray:
    return settle(LAT, LNG, kunbei(), np.random.default_rng(1))


def surface(seed: int = 2) -> RiskSurface:
    rng = np.random.default_rng(seed)
    return risk_surface(LAT, LNG, people(), risk_kinds(), incidents_a_week=500, rng=rng)


@given(
    total=st.integers(0, 10**9),
    shares=st.lists(st.floats(0, 1e6), min_size=1, max_size=50),
)
def test_apportioning_is_exact_and_nobody_is_a_whole_seat_off(
    total: int, shares: list[float]
) -> None:
    weight = np.array(shares)
    parts = apportion(total, weight)
    assert parts.sum() == total
    exact = total * (weight / weight.sum() if weight.sum() > 0 else 1 / len(weight))
    assert (np.abs(parts - exact) < 1 + 1e-6).all()


def test_a_known_apportionment() -> None:
    # 5 seats by 2.5 : 1.5 : 1 leave one over for two equal remainders: the first gets it.
    assert apportion(5, np.array([2.5, 1.5, 1.0])).tolist() == [3, 1, 1]
    assert apportion(4, np.zeros(3)).tolist() == [2, 1, 1]


def test_everybody_is_settled_and_towns_are_dense() -> None:
    count = people()
    assert count.sum() == 32_000
    assert count.min() >= 0
    away = great_circle_m(LAT, LNG, *OFFICE)
    assert count[away < 500].mean() > 5 * count[away > 4_000].mean()


def test_townspeople_follow_the_negative_exponential() -> None:
    town = settle(LAT, LNG, kunbei(urban=10_000_000, rural=0), np.random.default_rng(1))
    away = great_circle_m(LAT, LNG, *OFFICE)
    slope = np.polyfit(away, np.log(town), 1)[0]
    assert slope == pytest.approx(-1 / 1_500, rel=1e-3)


def test_the_same_generator_gives_the_same_city() -> None:
    one, other, third = surface(), surface(), surface(seed=3)
    np.testing.assert_array_equal(one.where, other.where)
    assert not np.array_equal(one.where, third.where)


def test_risk_adds_up_to_the_week() -> None:
    risk = surface()
    assert risk.a_week().sum() == pytest.approx(500)
    assert risk.at(np.arange(HOURS_A_WEEK)).sum() == pytest.approx(500)
    np.testing.assert_allclose(risk.at(np.arange(HOURS_A_WEEK)).sum(axis=1), risk.a_week())
    assert (risk.where[people() == 0][:, 0] == 0).all()


def test_kernels_are_summed_over_the_spots() -> None:
    kind = RiskKind("gates", 1.0, 300.0, 4_000, 1.0, np.ones(HOURS_A_WEEK))
    risk = risk_surface(
        LAT, LNG, people(), [kind], incidents_a_week=1, rng=np.random.default_rng(5)
    )
    spots = risk.spots["gates"]
    assert len(spots) == 32_000 / 4_000
    away = great_circle_m(LAT[:, None], LNG[:, None], LAT[spots], LNG[spots])
    kernel = np.where(away < 6 * 300, np.exp(-away / 300), 0).sum(axis=1)
    np.testing.assert_allclose(risk.where[:, 0], kernel / kernel.sum(), atol=1e-5)


def test_areas_and_windows_are_summed_as_by_hand() -> None:
    risk = surface()
    area = np.random.default_rng(4).integers(-1, 5, len(LAT))
    windows = np.zeros((3, HOURS_A_WEEK))
    windows[0, 7], windows[1, 18:22], windows[2, [23, 24]] = 0.5, 1, (1, 0.25)
    found = risk.by_area(area, 6, windows)
    hourly = risk.at(np.arange(HOURS_A_WEEK))
    for a in range(6):
        np.testing.assert_allclose(found[a], windows @ hourly[area == a].sum(axis=0))


def test_the_week_has_the_rhythm_that_is_told() -> None:
    kinds = {kind.name: kind.when for kind in risk_kinds()}
    assert sum(kind.share for kind in risk_kinds()) == pytest.approx(1)
    friday, sunday, tuesday = 4 * 24, 6 * 24, 24
    assert kinds["nightlife"][friday + 23] > 2 * kinds["nightlife"][tuesday + 23]
    assert kinds["schools"][tuesday + 7] > 5 * kinds["schools"][sunday + 7]
    assert kinds["schools"][tuesday + 16] > 5 * kinds["schools"][tuesday + 12]
    assert kinds["homes"][tuesday + 20] > 2 * kinds["homes"][tuesday + 4]


@pytest.mark.parametrize(("urban", "rural"), [(-1, 0), (0, -1)])
def test_negative_people_are_refused(urban: int, rural: int) -> None:
    with pytest.raises(GeometryError, match="people >= 0"):
        kunbei(urban, rural)


def test_a_city_without_cells_or_people_is_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(GeometryError, match="cells to settle"):
        settle(LAT[:0], LNG[:0], kunbei(), rng)
    with pytest.raises(GeometryError, match="shares"):
        apportion(3, np.zeros(0))
    nobody = np.zeros(len(LAT), np.int64)
    with pytest.raises(GeometryError, match="people"):
        risk_surface(LAT, LNG, nobody, risk_kinds(), incidents_a_week=1, rng=rng)
