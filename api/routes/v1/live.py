"""``/api/v1/live/changes``: what happens, as it happens, for dispatchers' screens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import orjson
from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from api.access.actor import Access
from api.access.policy import allowed
from api.dependencies import StoreDep
from api.errors import problems
from api.live_index_access import LiveDesk, get_desk
from data.field.live_ground import places_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.live_index import Happened
    from data.store.scope import Scope

router = APIRouter(tags=["alerts"])
BEAT_S: Final = 15.0
LONGEST_S: Final = 3600.0
WAITING: Final = 100


@router.get(
    "/live/changes",
    include_in_schema=False,  # a stream that does not end: described in docs/alerts.md
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **problems(401, 403)},
    summary="What happens, as it happens",
)
async def live_changes(
    access: Annotated[Access, Depends(allowed("live.watch"))],
    store: StoreDep,
    desk: Annotated[LiveDesk, Depends(get_desk)],
) -> StreamingResponse:
    """Stream events: `alert` with its number, `task`, `position`, `person` without one.

    They say what to read again, within one's jurisdiction; there is nothing personal in them. A
    stream ends after an hour; the browser opens another one, with the rights of that moment.
    """
    seen = await run_in_threadpool(_places, store, access.scope)
    return StreamingResponse(
        _events(desk, seen), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _events(
    desk: LiveDesk, seen: tuple[frozenset[int], frozenset[int]] | None
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[list[Happened]] = asyncio.Queue(WAITING)

    def put(told: list[Happened]) -> None:
        if not waiting.full():
            waiting.put_nowait(told)

    end = desk.index.listen(lambda told: loop.call_soon_threadsafe(put, told))
    begun = loop.time()
    try:
        yield b"retry: 3000\n\n"
        while loop.time() - begun < LONGEST_S:
            try:
                told = await asyncio.wait_for(waiting.get(), BEAT_S)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            for one in told:
                if _may_see(one, seen):
                    yield _event(one)
    finally:
        end()


def _event(one: Happened) -> bytes:
    body = {"id": one.key} if one.kind == "alert" else {}
    return b"event: %b\ndata: %b\n\n" % (one.kind.encode(), orjson.dumps(body))


def _may_see(one: Happened, seen: tuple[frozenset[int], frozenset[int]] | None) -> bool:
    if seen is None or one.kind != "alert":
        return True
    beats, stations = seen
    return one.beat_id in beats if one.beat_id is not None else one.station_id in stations


def _places(store: StoreDep, scope: Scope) -> tuple[frozenset[int], frozenset[int]] | None:
    """Return the beats and stations of a scope; None: all."""
    if scope.city:
        return None
    with store.read() as session:
        return places_in(session, scope)
