"""Take a port, open the store and serve it until told to stop."""

from __future__ import annotations

import signal
import socket
import threading
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, cast

import uvicorn
from anyio.to_thread import current_default_thread_limiter

from api.app import create_app
from api.city_holder import StoredCity
from api.errors import NoRosterError
from api.logs import set_up_logs
from api.long_lived import exempt
from api.notice_runner import NoticeRunner
from api.service import Service, utc_now
from data.store.opening import open_records
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fastapi import FastAPI

    from api.language import Texts
    from api.live_index_access import LiveDesk
    from api.logs import Form
    from api.settings import Settings
    from api.stopping import Stopping

GRACE_S = 8
"""How long requests under way may take once the service was told to stop."""

THREADS = 4
"""Threads that handle requests. One interpreter runs them in turn: each more has to be waited for
by the one that reads what comes in, and nothing is done sooner. Writes of phones need none
(`api.writing`)."""


class BindError(JinggeError):
    """An address that cannot be listened on."""


@contextmanager
def bind(settings: Settings) -> Iterator[socket.socket]:
    """Take the address of the settings, so that nobody else can; listening comes later.

    Raises
    ------
    BindError
        Naming the address and what stands against it.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            raise BindError(
                f"Expected {settings.host}:{settings.port} to be free to listen on: "
                f"{error.strerror or error}. Choose another with --port."
            ) from None
        yield listener


def address_of(listener: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@contextmanager
def serving(app: FastAPI, settings: Settings) -> Iterator[str]:
    """Serve in a thread while the block runs; yield the address without its last slash.

    For what looks at the service from within its process: browser tests, benchmarks, pictures.
    """
    with bind(settings) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            # The port is taken already, but nobody listens before the server has started.
            while not server.started and thread.is_alive():
                time.sleep(0.005)
            yield address_of(listener).rstrip("/")
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """A server that says when it is ready, and ends streams when it stops."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], object], stopping: Stopping
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        current_default_thread_limiter().total_tokens = THREADS
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.tell()
        await super().shutdown(sockets)


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Let the block run to its end where the process is told to end, and end only then.

    The server takes the signal, finishes what is under way, and raises the signal anew.
    """
    told: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
    if told:
        signal.raise_signal(told[0])


def tell_ready(listener: socket.socket, texts: Texts) -> None:
    """Say where the service is."""
    print(texts("cli.serve.ready", address=address_of(listener)), flush=True)  # noqa: T201


def open_service(environment: Mapping[str, str]) -> Service:
    """Open the store and the keys that the environment names.

    Raises
    ------
    StoreError
        Where the database cannot be opened, its schema is not the current one, or the key is
        missing or another.
    """
    store, keys = open_records(environment)
    return Service(store=store, keys=keys, cities=StoredCity(store, utc_now, after_reading=exempt))


def serve(
    service: Service,
    settings: Settings,
    listener: socket.socket,
    texts: Texts,
    ready: Callable[[], object] | None = None,
) -> None:
    """Serve until told to stop; requests under way are finished first, then the store is closed.

    A worker that is planning is a process of its own and goes on: it holds its job by a lease, and
    the next server finds it there.

    Parameters
    ----------
    ready : callable, optional
        Called once the port is listened on; else a line says so.
    """
    set_up_logs(cast("Form", settings.log))
    if ready is None:
        print(texts("cli.serve.loading"), flush=True)  # noqa: T201
    with _ending_on_sigterm():
        desk: LiveDesk | None = None
        notices: NoticeRunner | None = None
        try:
            with suppress(NoRosterError):
                service.cities.served()
            app = create_app(service, settings)
            desk = app.state.live
            desk.start()
            notices = app.state.notices = NoticeRunner(service, settings)
            notices.start()
            config = uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
            )
            tell = ready or partial(tell_ready, listener, texts)
            # Whoever comes first does not wait for what all of them need.
            app.state.templates.warm()
            desk.index.live()
            exempt()
            _Server(config, tell, app.state.stopping).run(sockets=[listener])
        finally:
            if notices is not None:
                notices.close()
            if desk is not None:
                desk.close()
            service.close()
