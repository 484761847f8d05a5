"""A store for each test, on both databases, made from a template that was migrated once.

Without PostgreSQL's server binaries the tests on it are left out and the summary says so; with
``JINGGE_REQUIRE_POSTGRES=1`` (CI) the run is refused instead.
"""

from __future__ import annotations

import itertools
import os
import shutil
from typing import TYPE_CHECKING

import psycopg
import pytest
from postgres_server import Server, find_binaries, running_server

from data.store.engine import Engines, Store, open_engines, open_store
from data.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEMPLATE = "template_jingge"
NUMBERS = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only(kind): runs on one of the two databases")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that takes `kind`, itself or through a fixture, on both databases."""
    if "kind" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only")
        metafunc.parametrize("kind", only.args if only else ["sqlite", "postgresql"])


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    binaries = find_binaries()
    if binaries is None:
        message = "needs PostgreSQL's server binaries: install the package 'postgresql'"
        if os.environ.get("JINGGE_REQUIRE_POSTGRES"):
            pytest.fail(message)
        pytest.skip(message)
    with running_server(binaries) as running:
        yield running


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "store.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(server: Server) -> str:
    execute(server, f"CREATE DATABASE {TEMPLATE}")
    _migrate(server.url(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def empty_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        yield from new_database(request.getfixturevalue("server"), "template0")


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a migrated database with no rows."""
    if kind == "sqlite":
        file = tmp_path / "store.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
    else:
        template = request.getfixturevalue("postgres_template")
        yield from new_database(request.getfixturevalue("server"), template)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engines]:
    engines = open_engines(empty_url)
    yield engines
    engines.dispose()


def new_database(server: Server, template: str) -> Iterator[str]:
    name = f"test_{next(NUMBERS)}"
    execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url(name)
    execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def execute(server: Server, statement: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _migrate(url: str) -> None:
    engines = open_engines(url)
    upgrade(engines)
    engines.dispose()
