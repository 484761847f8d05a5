"""Many demand lines at once: rounded as told, each line by its own count, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.planning.demand_change import Resize, resize_lines, resize_view
from data.planning.demand_search import DemandFilter, dated_turns, search_lines
from data.planning.places import MOST_PLACES, resized, weights_of, weights_text
from data.records.shift_patterns import TIMEZONE
from data.store.row_versions import StaleError
from data.store.scope import CITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.store.engine import Store


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


@pytest.mark.parametrize("resize", [Resize(factor=2.0), Resize(factor=0.5), Resize(people=2)])
def test_each_line_is_changed_once_from_what_it_was(city: Store, resize: Resize) -> None:
    def lines(wanted: DemandFilter) -> dict[tuple[int, int, str], int]:
        with city.read() as session:
            found = search_lines(session, CITY, wanted, dated_turns(session), limit=1000)
        assert all(len(one.weights) == one.required for one in found)
        return {one.place: one.required for one in found}

    wanted = DemandFilter(role="patrol_guard")
    before, everything = lines(wanted), lines(DemandFilter())
    with city.read() as session:
        told = resize_view(session, CITY, wanted, resize, TIMEZONE)
    assert told.people_before == sum(before.values()) > 0
    city.submit(lambda s: resize_lines(s, CITY, wanted, resize, TIMEZONE, version=told.version))
    after = lines(wanted)
    assert after == {place: resize.of(people) for place, people in before.items()}
    assert told.people_after == sum(after.values())
    assert {**everything, **after} == lines(DemandFilter())
    if told.num_changed:
        with pytest.raises(StaleError):
            city.submit(
                lambda s: resize_lines(s, CITY, wanted, resize, TIMEZONE, version=told.version)
            )
