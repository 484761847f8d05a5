"""The tiny city, its roster published, in a store of each test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from store_fixtures import Filling
from tiny_store import fill_tiny

if TYPE_CHECKING:
    from pathlib import Path

    from data.store.engine import Store


@pytest.fixture
def filling(bundle: Path) -> Filling:
    return Filling("tiny", lambda store: fill_tiny(store, bundle))


@pytest.fixture
def city(store: Store) -> Store:
    return store
