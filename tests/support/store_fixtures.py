"""A store for each test, on both databases, copied from one that was migrated and filled once.

A module or a directory says with what its stores are filled by a fixture of its own::

    @pytest.fixture
    def filling() -> Filling:
        return Filling("town", fill_town)

    @pytest.fixture
    def town(filled: Town) -> Town:  # what `fill_town` returned
        return filled

Without PostgreSQL's server binaries the tests on it are left out and the summary says so; with
``JINGGE_REQUIRE_POSTGRES=1`` (CI) the run is refused instead.
"""

from __future__ import annotations

import itertools
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from postgres_server import Server, find_binaries, running_server

from data.store.engine import Engines, Store, open_engines, open_store
from data.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NUMBERS = itertools.count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what takes `kind`, itself or through a fixture, on both databases.

    Unless the test is parametrised by that word, which may mean something else there.
    """
    marks = metafunc.definition.iter_markers("parametrize")
    if "kind" in metafunc.fixturenames and not any("kind" in str(one.args[0]) for one in marks):
        only = metafunc.definition.get_closest_marker("only")
        metafunc.parametrize("kind", only.args if only else ["sqlite", "postgresql"])


@dataclass(frozen=True)
class Filling:
    """What is in a store when a test gets it: an identifier of its own, and what puts it there."""

    name: str
    fill: Callable[[Store], Any]


@dataclass
class Templates:
    """Databases to be copied: migrated, and filled in every way that tests ask for, once each."""

    folder: Path
    find_server: Callable[[], Server]
    made: dict[tuple[str, str], tuple[str, Any]] = field(default_factory=dict)

    def get(self, kind: str, filling: Filling | None = None) -> tuple[str, Any]:
        """Give a template, a file or the name of a database, and what its filling returned."""
        key = (kind, filling.name if filling else "")
        if key not in self.made:
            self.made[key] = self._make(kind, filling)
        return self.made[key]

    @contextmanager
    def copy(self, kind: str, folder: Path, filling: Filling | None = None) -> Iterator[str]:
        """Give the address of a copy of a template, which is gone afterwards."""
        template, _ = self.get(kind, filling)
        if kind == "sqlite":
            file = folder / f"{filling.name if filling else 'store'}.db"
            shutil.copy(template, file)
            yield f"sqlite:///{file}"
        else:
            yield from new_database(self.find_server(), template)

    def _make(self, kind: str, filling: Filling | None) -> tuple[str, Any]:
        source = self.get(kind)[0] if filling else "template0"
        name = f"template_{filling.name if filling else 'jingge'}"
        if kind == "sqlite":
            made = str(self.folder / f"{name}.db")
            if filling:
                shutil.copy(source, made)
            url = f"sqlite:///{made}"
        else:
            made = name
            execute(self.find_server(), f"CREATE DATABASE {name} TEMPLATE {source}")
            url = self.find_server().url(name)
        if filling is None:
            _migrate(url)
            return made, None
        store = open_store(url)
        value = filling.fill(store)
        store.close()
        return made, value


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
def templates(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Templates:
    return Templates(tmp_path_factory.mktemp("template"), lambda: request.getfixturevalue("server"))


@pytest.fixture(scope="session")
def sqlite_template(templates: Templates) -> Path:
    """A migrated SQLite store with no rows, to be copied."""
    return Path(templates.get("sqlite")[0])


@pytest.fixture
def filling() -> Filling | None:
    """What is in the stores: nothing, where no module or directory says otherwise."""
    return None


@pytest.fixture
def filled(kind: str, filling: Filling | None, templates: Templates) -> Any:
    """What the filling returned, such as ids."""
    return templates.get(kind, filling)[1]


@pytest.fixture
def empty_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        yield from new_database(request.getfixturevalue("server"), "template0")


@pytest.fixture
def url(kind: str, tmp_path: Path, templates: Templates, filling: Filling | None) -> Iterator[str]:
    """Give the address of a migrated database, filled as `filling` says."""
    with templates.copy(kind, tmp_path, filling) as address:
        yield address


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
    # Copying files takes half the time of copying rows through the log.
    execute(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield server.url(name)
    execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def execute(server: Server, statement: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _migrate(url: str) -> None:
    engines = open_engines(url)
    upgrade(engines)
    engines.dispose()
