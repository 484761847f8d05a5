"""Open the store: an address, SQLite or PostgreSQL, becomes a `Store` to read from and write to."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from data.store.errors import Busy, StoreRefusedError
from data.store.postgres import CONNECTIONS, postgres_engine
from data.store.sqlite import close_sqlite, sqlite_engine, sqlite_path
from data.store.sqlite_turns import Turns
from data.store.writer import QUEUE, GroupWriter, PooledWriter, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future

    from sqlalchemy import Engine

T = TypeVar("T")

DEFAULT_URL: Final = "sqlite:///var/jingge.db"
URL_VARIABLE: Final = "JINGGE_DATABASE_URL"

Kind = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True)
class Engines:
    """The two doors to a database; on PostgreSQL both lead to the same pool."""

    kind: Kind
    url: URL
    readers: Engine
    writers: Engine

    def dispose(self) -> None:
        """Close all connections."""
        self.readers.dispose()
        self.writers.dispose()


@dataclass(frozen=True, slots=True)
class Store:
    """An open store.

    Attributes
    ----------
    engines : Engines
        For code of `data.store`; everybody else uses `read` and `submit`.
    writer : Writer
        Behind `submit`.
    """

    engines: Engines
    writer: Writer

    @property
    def kind(self) -> Kind:
        """``sqlite`` or ``postgresql``."""
        return self.engines.kind

    @property
    def access_version(self) -> object:
        """Another one after each write of this process that changed who may do what."""
        return self.writer.access_version

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that can only read, and sees one state of the database on SQLite.

        Raises
        ------
        Busy
            Where all connections have been in use for too long.
        """
        try:
            connection = self.engines.readers.connect()
        except NoConnection as error:
            raise Busy("Expected a connection to read with, got all of them in use.") from error
        with connection, Session(connection, expire_on_commit=False) as session:
            yield session

    def submit(self, work: Callable[[Session], T]) -> T:
        """Run a write; return its value once it is committed (`data.store.writer`)."""
        return self.writer.submit(work)

    def promise(self, work: Callable[[Session], T]) -> Future[T] | None:
        """Have a write run elsewhere, to be waited for without a thread; None: `submit` it."""
        return self.writer.promise(work)

    def close(self) -> None:
        """Finish the writes that wait and close all connections."""
        self.writer.close()
        self.engines.readers.dispose()
        if self.kind == "sqlite":
            close_sqlite(self.engines.writers)
        self.engines.writers.dispose()


def store_url(environment: Mapping[str, str]) -> str:
    """Return the store's address: ``JINGGE_DATABASE_URL``, or a file under ``var/``."""
    return environment.get(URL_VARIABLE, "").strip() or DEFAULT_URL


def open_engines(url: str) -> Engines:
    """Open a database with the store's settings, whatever its schema.

    Parameters
    ----------
    url : str
        ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/DATABASE``.

    Raises
    ------
    StoreRefusedError
        For any other address, and where a setting cannot be had.
    """
    parsed = _parse(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        readers, writers = sqlite_engine(parsed, "reader"), sqlite_engine(parsed, "writer")
        return _tried(Engines("sqlite", parsed, readers, writers))
    if backend in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
        writers = postgres_engine(parsed)
        readers = writers.execution_options(postgresql_readonly=True)
        return _tried(Engines("postgresql", parsed, readers, writers))
    raise StoreRefusedError(
        f"Expected an address of SQLite or PostgreSQL, got {parsed.render_as_string()}."
    )


def open_store(url: str, *, queue: int = QUEUE) -> Store:
    """Open a store whose schema is the current one.

    Parameters
    ----------
    url : str
        See `open_engines`.
    queue : int
        How many writes may wait before one is refused as `Busy`.

    Raises
    ------
    SchemaError
        Where the schema is older or newer than this program: ``jingge db upgrade``.
    """
    from data.store.migrate import require_current  # noqa: PLC0415 - alembic takes 0.2 s to import

    engines = open_engines(url)
    try:
        require_current(engines)
    except BaseException:
        engines.dispose()
        raise
    return Store(engines, _writer(engines, queue))


def _tried(engines: Engines) -> Engines:
    """Connect once: SQLite makes its journal before anybody reads, and a wrong address is told."""
    try:
        with engines.writers.connect():
            return engines
    except DBAPIError as error:
        engines.dispose()
        reason = " ".join(str(error.orig).split())
        address = engines.url.render_as_string()
        raise StoreRefusedError(f"Expected a database at {address}, got: {reason}.") from error


def _writer(engines: Engines, queue: int) -> Writer:
    if engines.kind == "sqlite":
        return GroupWriter(engines.writers, Turns(sqlite_path(engines.url)), queue)
    return PooledWriter(engines.writers, CONNECTIONS, queue)


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        expected = f"{DEFAULT_URL} or postgresql://USER@HOST/DATABASE"
        raise StoreRefusedError(f"Expected an address such as {expected}.") from None
