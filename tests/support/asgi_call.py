"""Ask an application without a server or a client between, many requests in one event loop.

A stream that never ends is left as soon as its status is known.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote

from api.access.cookies import PLAIN

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from service_client import Login

T = TypeVar("T")
STREAM = "text/event-stream"


@dataclass(frozen=True)
class Ask:
    """A request; ``path`` may carry a query."""

    method: str
    path: str
    login: Login | None = None
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    with_length: bool = True
    client: str = "127.0.0.1"
    accept: str = "application/json"


@dataclass(frozen=True)
class Told:
    """What came back."""

    status: int
    content_type: str
    body: bytes
    headers: dict[str, str]

    @property
    def etag(self) -> str:
        """The entity tag, or an empty text."""
        return self.headers.get("etag", "")


def call_all(app: Any, asks: Iterable[Ask]) -> list[Told]:
    """Ask one after the other."""

    async def run() -> list[Told]:
        return [await call(app, ask) for ask in asks]

    return run_apart(run())


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in a thread: where a browser test ran before, this one has a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def call(app: Any, ask: Ask) -> Told:
    """Ask once; the body of a stream of events is not waited for."""
    status, content_type, headers = 0, "", dict[str, str]()
    parts: list[bytes] = []
    enough = asyncio.Event()
    is_sent = False

    async def receive() -> dict[str, Any]:
        nonlocal is_sent
        if is_sent:
            await enough.wait()
            return {"type": "http.disconnect"}
        is_sent = True
        return {"type": "http.request", "body": ask.body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, content_type, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {name.decode(): value.decode() for name, value in message["headers"]}
            content_type = headers.get("content-type", "").partition(";")[0]
            if content_type == STREAM:
                enough.set()
        else:
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                enough.set()

    task = asyncio.ensure_future(app(_scope(app, ask), receive, send))
    waiting = asyncio.ensure_future(enough.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if content_type == STREAM:
        task.cancel()
    waiting.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    if isinstance(outcome, Exception):
        raise outcome
    return Told(status, content_type, b"".join(parts), headers)


def _scope(app: Any, ask: Ask) -> dict[str, Any]:
    path, _, query = ask.path.partition("?")
    headers = [
        ("host", "testserver"),
        ("accept", ask.accept),
    ]
    if ask.with_length:
        headers.append(("content-length", str(len(ask.body))))
    if ask.body:
        headers.append(("content-type", ask.content_type))
    if ask.login is not None:
        headers.append(("cookie", f"{PLAIN}={ask.login.token}"))
        headers.append(("x-csrf-token", ask.login.csrf))
    headers.extend(ask.headers)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": ask.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": quote(path, safe="/%").encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": (ask.client, 50000),
        "server": ("testserver", 80),
        "app": app,
        "state": {},
    }
