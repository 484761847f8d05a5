"""Distances and times on the ground."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid.errors import GeometryError
from grid.travel import (
    EARTH_RADIUS_M,
    GreatCircleTravel,
    Mode,
    chord,
    great_circle_m,
    unit_vectors,
)

lats, lngs = st.floats(-90, 90), st.floats(-180, 180)


def test_a_quarter_of_the_equator():
    assert great_circle_m(0, 0, 0, 90) == pytest.approx(np.pi / 2 * EARTH_RADIUS_M)
    assert great_circle_m(0, 0, 0, 180) == pytest.approx(np.pi * EARTH_RADIUS_M)


@given(lats, lngs, lats, lngs)
def test_the_angle_between_unit_vectors_is_an_oracle(lat1, lng1, lat2, lng2):
    a, b = unit_vectors([lat1, lat2], [lng1, lng2])
    angle = np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)
    expected = angle * EARTH_RADIUS_M
    assert great_circle_m(lat1, lng1, lat2, lng2) == pytest.approx(expected, rel=1e-6, abs=1e-2)


@given(lats, lngs, lats, lngs)
def test_a_chord_spans_its_distance(lat1, lng1, lat2, lng2):
    a, b = unit_vectors([lat1, lat2], [lng1, lng2])
    expected = np.linalg.norm(a - b)
    assert chord(great_circle_m(lat1, lng1, lat2, lng2)) == pytest.approx(expected, abs=1e-7)


def test_no_distance_is_beyond_the_antipode():
    assert chord(1e9) == 2


def test_points_broadcast():
    table = great_circle_m(np.zeros((3, 1)), np.zeros((3, 1)), np.zeros(4), np.arange(4.0))
    assert table.shape == (3, 4)
    assert (np.diff(table[0]) > 0).all()


def test_a_kilometre_north_takes_these_minutes():
    travel = GreatCircleTravel()
    step = np.degrees(1000 / EARTH_RADIUS_M)
    assert travel.distance_m(40, 109, 40 + step, 109) == pytest.approx(1300)
    minutes = [travel.duration_min(40, 109, 40 + step, 109, mode) for mode in Mode]
    assert minutes == pytest.approx([15.6, 3.9, 2.6])


@given(st.floats(0.1, 60), st.sampled_from(list(Mode)))
def test_the_radius_is_where_the_minutes_end(minutes, mode):
    travel = GreatCircleTravel(factor=1.4)
    step = np.degrees(travel.radius_m(minutes, mode) / EARTH_RADIUS_M)
    assert travel.duration_min(0, 0, step, 0, mode) == pytest.approx(minutes)


def test_a_city_may_have_speeds_of_its_own():
    assert GreatCircleTravel(1, {Mode.FOOT: 6}).radius_m(1, Mode.FOOT) == pytest.approx(100)


@pytest.mark.parametrize("factor", [0.9, 0, -1, float("nan"), float("inf")])
def test_a_way_is_never_shorter_than_the_great_circle(factor):
    with pytest.raises(GeometryError, match="Expected a travel factor >= 1, got"):
        GreatCircleTravel(factor)


@pytest.mark.parametrize("speed", [0, -5, float("nan"), float("inf")])
def test_speeds_are_positive(speed):
    with pytest.raises(GeometryError, match="Expected a speed > 0 for foot, got"):
        GreatCircleTravel(speeds_kmh={Mode.FOOT: speed})
