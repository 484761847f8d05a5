"""Take a port, load a city and serve it until told to stop."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from api.app import create_app
from api.city import load_city
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from api.language import Texts
    from api.settings import Settings

GRACE_S = 5


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
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def serve_city(
    bundle: Path, result: Path, settings: Settings, listener: socket.socket, texts: Texts
) -> None:
    """Serve until interrupted; requests under way are finished first.

    Raises
    ------
    JinggeError
        Where the bundle or the result cannot be read, or do not belong together.
    """
    print(texts("cli.serve.loading"), flush=True)  # noqa: T201
    app = create_app(load_city(bundle, result), settings)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    address = address_of(listener)
    server = _Server(
        config,
        lambda: print(texts("cli.serve.ready", address=address), flush=True),  # noqa: T201
    )
    server.run(sockets=[listener])
