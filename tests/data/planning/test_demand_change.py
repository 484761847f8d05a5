"""Many demand lines at once: rounded as told, each line by its own count, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.planning.demand_change import Resize
from data.planning.places import MOST_PLACES, resized, weights_of, weights_text

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    ("factor", "required", "wanted"),
    [(1.5, 3, 5), (1.1, 5, 6), (0.4, 1, 1), (0.1, 7, 1), (2.0, 0, 0), (10.0, 900, MOST_PLACES)],
)
def test_a_factor_rounds_half_up_and_leaves_one(factor: float, required: int, wanted: int) -> None:
    assert Resize(factor=factor).of(required) == wanted


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(0, 12))
def test_the_heaviest_places_stay(weights: Sequence[int], people: int) -> None:
    text = weights_text(tuple(weights))
    after = weights_of(people, resized(text, people))
    assert len(after) == people
    kept = sorted(weights, reverse=True)[:people]
    assert list(after) == kept + [min(weights)] * (people - len(kept))
