"""The tiny city with its crowd in a store of each test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from field_city import City, fill_city
from store_fixtures import Filling

if TYPE_CHECKING:
    from data.store.engine import Store


@pytest.fixture
def filling() -> Filling:
    return Filling("crowd", fill_city)


@pytest.fixture
def city(store: Store) -> City:
    return City(store)
