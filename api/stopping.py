"""An orderly stop: what streams without an end is ended, everything else is finished."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
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
        event = self._stopping.begin()
        is_stream = asyncio.Event()
        is_whole = False

        async def send_watched(message: Message) -> None:
            nonlocal is_whole
            is_whole = message["type"] == "http.response.body" and not message.get("more_body")
            if message["type"] == "http.response.start":
                headers = dict(message["headers"])
                if headers.get(b"content-type", b"").startswith(_STREAM):
                    is_stream.set()
            await send(message)

        async def stopped() -> Message:
            await is_stream.wait()
            await event.wait()
            return {"type": "http.disconnect"}

        async def receive_or_stop() -> Message:
            return await _first(receive(), stopped())

        try:
            await self._app(scope, receive_or_stop, send_watched)
            if event.is_set() and is_stream.is_set() and not is_whole:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._stopping.end(event)


async def _first(*waiting: Any) -> Message:
    """Return what comes first, and wait for nothing else."""
    tasks = [asyncio.ensure_future(one) for one in waiting]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    return next(iter(done)).result()  # type: ignore[no-any-return]
