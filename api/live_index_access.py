"""Who asks the index: the policy's answer, remembered for a second, so that no database is asked.

A session that was revoked, or a grant that was taken away, counts a second later at most. Only
reads of the index go this way.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.access.authority import authority
from api.access.cookies import session_token
from api.access.errors import NotLoggedInError
from api.access.policy import access_of, find_actor
from api.live_index import Live, LiveIndex
from api.live_index_runner import AlertRunner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from api.access.actor import Access, Actor

GOOD_FOR_S: Final = 1.0
MOST: Final = 10_000


class LiveDesk:
    """The index, the clock of alerts and the sessions of one application.

    Parameters
    ----------
    index : LiveIndex
    runner : AlertRunner
    """

    def __init__(self, index: LiveIndex, runner: AlertRunner) -> None:
        self.index, self.runner = index, runner
        self.sessions: dict[tuple[str, str], tuple[float, Access]] = {}

    def start(self) -> None:
        """Read the city, then follow it and take its alerts on."""
        self.index.live()
        self.index.start()
        self.runner.start()

    def close(self) -> None:
        """Stop."""
        self.runner.close()
        self.index.close()

    async def live(self) -> Live:
        """Return what is known, up to date where no thread keeps it so."""
        if not self.index.is_running:
            await run_in_threadpool(self.index.follow)
        known = self.index.known
        return known if known is not None else await run_in_threadpool(self.index.live)


async def get_desk(request: Request) -> LiveDesk:
    """Return the desk of this application."""
    desk: LiveDesk = request.app.state.live
    return desk


def allowed_live(action: str) -> Callable[[Request], Awaitable[Access]]:
    """Return the dependency of `api.access.policy.allowed`, for reads of the index alone.

    Raises
    ------
    AuthorityError
        At once, for an action that ``authority.csv`` does not list.
    """
    authority().require(action)

    async def check(request: Request) -> Access:
        state = request.app.state
        desk: LiveDesk = state.live
        token = session_token(request, state.settings.public_url)
        if not token:
            raise NotLoggedInError
        key, moment = (action, token), time.monotonic()
        known = desk.sessions.get(key)
        if known is not None and known[0] > moment and desk.index.is_running:
            request.state.actor = known[1].actor  # for the log
            return known[1]
        now = state.service.clock()
        actor: Actor | None = await run_in_threadpool(
            find_actor, request, state.service.store, state.settings, now
        )
        if actor is None:
            desk.sessions.pop(key, None)
            raise NotLoggedInError
        today = now.astimezone(ZoneInfo(state.settings.timezone)).date()
        access = access_of(actor, action).dated(today)
        if len(desk.sessions) >= MOST:
            desk.sessions.clear()
        desk.sessions[key] = (moment + GOOD_FOR_S, access)
        return access

    check.action = action  # type: ignore[attr-defined]
    return check
