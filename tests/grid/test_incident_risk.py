"""Risk from past incidents: by brute force, against scipy, and nothing gained or lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portions import portion
from scipy.ndimage import gaussian_filter1d
from scipy.stats import gaussian_kde

from grid.cells import cells_at, uncompact
from grid.errors import GeometryError
from grid.incident_risk import (
    IncidentRisk,
    KernelParameters,
    hour_kernel,
    hours_of_week,
    incident_risk,
)
from grid.lattice import CellIndex, build_index
from grid.travel import great_circle_m

KUNBEI = (40.672, 109.820)
ZONE = "Asia/Shanghai"
MONDAY = datetime(2026, 11, 30, tzinfo=UTC) - timedelta(hours=8)


@pytest.fixture(scope="module")
def city() -> CellIndex:
    """The 2,401 cells of one cell of resolution 5: about 15 km across."""
    return build_index(uncompact(cells_at(*KUNBEI, 5), 9))


def incidents(*rows: tuple[float, float, int], source: str = "reported") -> pd.DataFrame:
    """Return incidents at (lat, lng, hour of the week)."""
    lat, lng, hours = zip(*rows, strict=True) if rows else ((), (), ())
    return pd.DataFrame(
        {
            "lat": np.array(lat, float),
            "lng": np.array(lng, float),
            "occurred_at": pd.to_datetime(
                [MONDAY + timedelta(hours=hour, minutes=30) for hour in hours], utc=True
            ),
            "source": [source] * len(rows),
        }
    )


def surface(city: CellIndex, table: pd.DataFrame, **options: float) -> IncidentRisk:
    parameters = KernelParameters(options.get("bandwidth_m", 400), options.get("hours", 1.5))
    return incident_risk(
        city, table, weeks=options.get("weeks", 1), timezone=ZONE, parameters=parameters
    )


def scatter(city: CellIndex, number: int, seed: int = 1) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    lat, lng = city.centres()
    at = chance.integers(0, len(lat), number)
    hours = chance.integers(0, 168, number).tolist()
    return incidents(*zip(lat[at].tolist(), lng[at].tolist(), hours, strict=True))


def test_it_is_what_the_formula_says(city: CellIndex) -> None:
    table = scatter(city, 12)
    found = surface(city, table, bandwidth_m=700, hours=2, weeks=4).at(np.arange(168))
    lat, lng = city.centres()
    expected = np.zeros_like(found)
    for row in table.itertuples():
        here = int(city.index_at([row.lat], [row.lng])[0])
        away = np.asarray(great_circle_m(lat, lng, lat[here], lng[here]))
        place = np.where(away <= 4 * 700, np.exp(-(away**2) / (2 * 700**2)), 0)
        local = row.occurred_at.tz_convert(ZONE)
        hour = local.day_of_week * 24 + local.hour
        apart = np.array([min((h - hour) % 168, (hour - h) % 168) for h in range(168)])
        clock = np.exp(-(apart**2) / (2 * 2**2))
        expected += np.outer(place / place.sum(), clock / clock.sum()) / 4
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-15)


def test_places_agree_with_scipy(city: CellIndex) -> None:
    """Four incidents about the middle have the same spread in all directions, as scipy's needs."""
    lat, lng = city.centres()
    scale = 111_195.0
    xy = np.stack([(lng - KUNBEI[1]) * np.cos(np.radians(KUNBEI[0])), lat - KUNBEI[0]]) * scale
    middle = xy.mean(axis=1)
    corners = middle[:, None] + 600 * np.array([[1, 1, -1, -1], [1, -1, 1, -1]])
    cells = [int(np.hypot(*(xy - corner[:, None])).argmin()) for corner in corners.T]
    points = xy[:, cells]
    risk = surface(city, incidents(*[(lat[c], lng[c], 0) for c in cells]), bandwidth_m=500).a_week()
    kde = gaussian_kde(points)
    kde.set_bandwidth(500 / np.sqrt(np.linalg.det(kde._data_covariance) ** 0.5))
    kde.covariance = np.eye(2) * 500**2
    kde.cho_cov = np.eye(2) * 500
    density = kde(xy)
    np.testing.assert_allclose(risk, 4 * density / density.sum(), atol=2e-3 * risk.max())


@pytest.mark.parametrize("hours", [0.5, 1.5, 4.0])
def test_hours_agree_with_scipy(hours: float) -> None:
    counts = np.random.default_rng(2).integers(0, 5, 168).astype(float)
    expected = gaussian_filter1d(counts, hours, mode="wrap", truncate=84 / hours)
    np.testing.assert_allclose(counts @ hour_kernel(hours), expected, atol=1e-9)


@settings(max_examples=portion(30), deadline=None)
@given(
    number=st.integers(0, 40),
    bandwidth_m=st.floats(1, 20_000),
    hours=st.floats(0, 100),
    weeks=st.floats(0.1, 500),
    seed=st.integers(0, 99),
)
def test_nothing_is_gained_or_lost(
    city: CellIndex, *, number: int, bandwidth_m: float, hours: float, weeks: float, seed: int
) -> None:
    """Also at the city's edge, where a plain kernel loses half an incident."""
    risk = surface(
        city, scatter(city, number, seed), bandwidth_m=bandwidth_m, hours=hours, weeks=weeks
    )
    total = number / weeks
    assert risk.num_events == number
    assert risk.a_week().sum() == pytest.approx(total, rel=1e-12)
    assert risk.at(np.arange(168)).sum() == pytest.approx(total, rel=1e-12)
    assert risk.at(np.arange(168)).min(initial=0) >= 0


def test_what_patrols_found_does_not_count(city: CellIndex) -> None:
    reported = scatter(city, 20)
    found = scatter(city, 300, seed=5).assign(source="patrol")
    unknown = scatter(city, 7, seed=6).assign(source="")
    risk = surface(city, pd.concat([found, reported, unknown], ignore_index=True))
    assert (risk.num_events, risk.num_patrol) == (20, 307)
    np.testing.assert_array_equal(risk.a_week(), surface(city, reported).a_week())


def test_what_was_left_out_is_counted(city: CellIndex) -> None:
    table = incidents((*KUNBEI, 5), (np.nan, 109.8, 5), (*KUNBEI, 5), (0.0, 0.0, 5))
    table.loc[2, "occurred_at"] = pd.NaT
    risk = surface(city, table)
    assert (risk.num_events, risk.num_unplaced, risk.num_undated, risk.num_outside) == (1, 1, 1, 1)


def test_the_parameters_stand_in_the_result(city: CellIndex) -> None:
    risk = surface(city, scatter(city, 3), bandwidth_m=250, hours=0, weeks=52)
    assert (risk.parameters, risk.weeks) == (KernelParameters(250, 0), 52)


def test_hours_of_the_week_are_a_wall_clocks() -> None:
    moments = pd.Series(
        pd.to_datetime(["2026-11-29T16:00Z", "2026-11-29T15:59Z", "2026-12-02T10:30Z"], utc=True)
    )
    assert hours_of_week(moments, ZONE).tolist() == [0, 167, 2 * 24 + 18]


def test_without_an_hour_kernel_everything_stays_in_its_hour(city: CellIndex) -> None:
    risk = surface(city, incidents((*KUNBEI, 30)), hours=0)
    assert np.flatnonzero(risk.at(np.arange(168)).sum(axis=0)).tolist() == [30]


def test_areas_and_windows_are_summed_as_by_hand(city: CellIndex) -> None:
    risk = surface(city, scatter(city, 15), bandwidth_m=900)
    area = np.random.default_rng(4).integers(-1, 5, len(city.cells))
    windows = np.zeros((2, 168))
    windows[0, 7], windows[1, 18:22] = 0.5, 1
    hourly = risk.at(np.arange(168))
    found = risk.by_area(area, 6, windows)
    for a in range(6):
        np.testing.assert_allclose(found[a], windows @ hourly[area == a].sum(axis=0), atol=1e-12)


@pytest.mark.parametrize("bad", [{"bandwidth_m": 0}, {"hours": -1}, {"weeks": 0}])
def test_senseless_parameters_are_refused(city: CellIndex, bad: dict[str, float]) -> None:
    with pytest.raises(GeometryError, match="got"):
        surface(city, scatter(city, 1), **bad)
