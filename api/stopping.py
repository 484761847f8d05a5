"""An orderly stop: what streams without an end is ended, everything else is finished."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STREAM: Final = b"text/event-stream"


class Stopping:
    """Whether the service is about to stop: told once, from the thread of its event loop."""

    def __init__(self) -> None:
        self._told = False
        self._waiting: set[asyncio.Event] = set()

    def tell(self) -> None:
        """End all streams of events, and those that begin later."""
        self._told = True
        for event in self._waiting:
            event.set()

    def begin(self) -> asyncio.Event:
        """Return what is set when the service stops; give it to `end` afterwards."""
        event = asyncio.Event()
        if self._told:
            event.set()
        self._waiting.add(event)
        return event

    def end(self, event: asyncio.Event) -> None:
        """Forget an event."""
        self._waiting.discard(event)


class EndStreams:
    """ASGI middleware: tells a stream of events, when the service stops, that nobody listens.

    A browser opens its stream again by itself, and meets the service that was started anew.
    """

    def __init__(self, app: ASGIApp, stopping: Stopping) -> None:
        self._app = app
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; only what is read as a stream can be one."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        watch: _Watch | None = None
        is_whole = False

        def watched() -> _Watch:
            nonlocal watch
            watch = watch or _Watch(self._stopping.begin(), asyncio.Event())
            return watch

        async def send_watched(message: Message) -> None:
            nonlocal is_whole
            is_whole = message["type"] == "http.response.body" and not message.get("more_body")
            if message["type"] == "http.response.start" and _is_stream(message["headers"]):
                watched().is_stream.set()
            await send(message)

        async def receive_or_stop() -> Message:
            return await _first(receive(), watched().end())

        try:
            await self._app(scope, receive_or_stop, send_watched)
            if watch is not None and watch.has_ended and not is_whole:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if watch is not None:
                self._stopping.end(watch.is_stopping)


@dataclass(frozen=True, slots=True)
class _Watch:
    """One request as long as it may turn out to be a stream; most never wait and need none."""

    is_stopping: asyncio.Event
    is_stream: asyncio.Event

    @property
    def has_ended(self) -> bool:
        return self.is_stopping.is_set() and self.is_stream.is_set()

    async def end(self) -> Message:
        """Wait until a stream is to end, and say that nobody listens any more."""
        await self.is_stream.wait()
        await self.is_stopping.wait()
        return {"type": "http.disconnect"}


def _is_stream(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(_STREAM) for name, value in headers)


async def _first(*waiting: Any) -> Message:
    """Return what comes first, and wait for nothing else."""
    tasks = [asyncio.ensure_future(one) for one in waiting]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    return next(iter(done)).result()  # type: ignore[no-any-return]
