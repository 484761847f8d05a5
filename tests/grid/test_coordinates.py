"""The four coordinate systems, against published points and themselves."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from grid.coordinates import (
    CoordinateSystem,
    coordinate_system,
    from_wgs84,
    to_wgs84,
    transform_geometry,
)
from grid.errors import GeometryError
from grid.travel import great_circle_m

SYSTEMS = list(CoordinateSystem)


def test_a_known_point_of_baotou_is_right_to_a_metre():
    lat, lng = to_wgs84(40.642578, 109.837707, CoordinateSystem.GCJ02)
    assert great_circle_m(lat, lng, 40.641425, 109.831984) < 1


# Published with the formulas: bd_encrypt's and coordtransform's examples in Beijing.
def test_known_points_of_beijing_are_right_to_a_decimetre():
    gcj = from_wgs84(39.915, 116.404, "gcj02")
    assert great_circle_m(*gcj, 39.91640428150164, 116.41024449916938) < 0.1
    bd = from_wgs84(*to_wgs84(39.915, 116.404, "gcj02"), "bd09")
    assert great_circle_m(*bd, 39.92133699351021, 116.41036949371029) < 0.1


def test_baotou_is_shifted_by_490_m_east_and_130_m_north():
    lat, lng = from_wgs84(40.65, 109.84, "gcj02")
    assert great_circle_m(40.65, 109.84, 40.65, lng) == pytest.approx(485, abs=10)
    assert great_circle_m(40.65, 109.84, lat, 109.84) == pytest.approx(130, abs=5)
    assert lat > 40.65
    assert lng > 109.84


@given(
    lat=st.floats(1, 55),
    lng=st.floats(73, 137),
    system=st.sampled_from(SYSTEMS),
)
def test_a_round_trip_in_china_returns_to_a_micrometre(lat, lng, system):
    back = to_wgs84(*from_wgs84(lat, lng, system), system)
    assert great_circle_m(lat, lng, *back) < 1e-6


@given(lat=st.floats(-90, 90), lng=st.floats(-180, 180))
def test_abroad_gcj02_is_wgs84(lat, lng):
    if 0.8293 <= lat <= 55.8271 and 72.004 <= lng <= 137.8347:
        return
    assert from_wgs84(lat, lng, "gcj02") == (lat, lng)
    assert to_wgs84(lat, lng, "gcj02") == (lat, lng)


@pytest.mark.parametrize("system", ["wgs84", "cgcs2000"])
def test_the_national_frame_is_passed_on_unchanged(system):
    assert to_wgs84(40.6, 109.8, system) == (40.6, 109.8)
    assert from_wgs84(40.6, 109.8, system) == (40.6, 109.8)


def test_arrays_keep_their_shape_and_nan_stays_nan():
    lat = np.array([[40.6, np.nan], [40.7, -33.9]])
    lng = np.array([[109.8, 109.8], [109.9, 151.2]])
    moved_lat, moved_lng = from_wgs84(lat, lng, "gcj02")
    assert moved_lat.shape == moved_lng.shape == (2, 2)
    assert np.isnan(moved_lat[0, 1])
    assert moved_lat[1, 1] == -33.9
    assert lat[0, 0] == 40.6  # the argument is not written to


def test_a_geometry_keeps_its_holes_and_loses_its_heights():
    ring = [(109.8, 40.6, 1000), (109.9, 40.6, 1000), (109.9, 40.7, 1000)]
    hole = [(109.85, 40.61, 0), (109.88, 40.61, 0), (109.88, 40.63, 0)]
    moved = transform_geometry(shapely.Polygon(ring, [hole]), "gcj02")
    assert not moved.has_z
    assert len(moved.interiors) == 1
    lat, lng = to_wgs84(40.6, 109.8, "gcj02")
    assert moved.exterior.coords[0] == (lng, lat)


def test_many_geometries_are_moved_at_once():
    points = shapely.points([[109.8, 40.6], [109.9, 40.7]])
    moved = transform_geometry(points, "bd09")
    assert moved.shape == (2,)
    assert moved[0].x < 109.8


def test_an_unknown_system_is_refused_with_the_known_ones():
    with pytest.raises(GeometryError, match="wgs84, cgcs2000, gcj02, bd09, got 'utm'"):
        coordinate_system("utm")


def test_lengths_must_agree():
    with pytest.raises(GeometryError, match="one shape"):
        to_wgs84([40.0], [109.0, 110.0], "gcj02")
