"""What a byte means: percent rounded down, weights on a logarithmic scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.cell_layer import CERTAIN, NEARLY_CERTAIN, TOP, coverage_bytes, weight_bytes

PERCENT = {NEARLY_CERTAIN: 99.9, CERTAIN: 100}


@given(st.integers(1, 100), st.floats(0, 1))
def test_a_gap_at_any_whole_level_is_a_gap_in_bytes(level: int, coverage: float) -> None:
    if abs(coverage * 100 - level) < 2e-4:  # single precision cannot tell
        return
    byte = int(coverage_bytes(np.array([coverage]))[0])
    percent = PERCENT.get(byte, max(byte - 1, 0))
    assert (percent < level) == (coverage * 100 < level)
    assert (byte == 0) == (coverage == 0)


def test_certainty_is_a_hundred_percent_and_next_to_it_are_tenths() -> None:
    values = [1.0, 1 - 1e-9, 0.99999, 0.999, 0.9989, np.float32(0.995), 0.004, 1e-12, 0.0]
    assert coverage_bytes(np.array(values)).tolist() == [102, 102, 101, 101, 100, 100, 1, 1, 0]


@given(st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 10)), min_size=1))
def test_weights_are_read_within_two_percent(weights: list[float]) -> None:
    values = np.array(weights)
    found, scale = weight_bytes(values)
    read = np.where(found > 0, scale.max * 10 ** (scale.decades * (found - 255.0) / 254), 0)
    assert read == pytest.approx(values, rel=0.02)
    assert found.max() == (TOP if values.any() else 0)


def test_weights_beyond_six_decades_are_the_lightest() -> None:
    found, scale = weight_bytes(np.array([1e-12, 1.0, 0.0]))
    assert found.tolist() == [1, 255, 0]
    assert scale.decades == 6
