"""The tiny city in a store of each test's own, on both databases (`store_fixtures`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
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
from tiny_store import fill_tiny, write_tiny_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from data.store.engine import Store


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tiny") / "bundle"
    write_tiny_bundle(directory)
    return directory


@pytest.fixture
def city(store: Store, bundle: Path) -> Store:  # noqa: F811
    fill_tiny(store, bundle)
    return store
