"""The tiny city in the store, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from field_city import City
from store_fixtures import (  # noqa: F401 - pytest finds them here
    empty,
    empty_url,
    postgres_template,
    pytest_configure,
    pytest_generate_tests,
    server,
    sqlite_template,
    store,
    url,
)

if TYPE_CHECKING:
    from data.store.engine import Store


@pytest.fixture
def city(store: Store) -> City:  # noqa: F811 - the fixture of that name
    return City(store)
