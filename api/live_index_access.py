"""Who asks the index, and the index itself, without a change of thread and without the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.access.authority import authority
from api.access.errors import NotLoggedInError
from api.access.live_sessions import LiveSessions
from api.access.policy import access_of, find_actor
from api.dependencies import today_of
from api.gathering import Gathering
from api.kept_days import KeptDays
from api.live_index import Live, LiveIndex
from api.live_index_runner import AlertRunner
from data.field.positions import Report, report_positions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from api.access.actor import Access
    from data.store.engine import Store


class LiveDesk:
    """The index, the clock of alerts, sessions, days and positions of one application.

    Parameters
    ----------
    store : Store
    index : LiveIndex
    runner : AlertRunner
    """

    def __init__(self, store: Store, index: LiveIndex, runner: AlertRunner) -> None:
        self.index, self.runner = index, runner
        self.sessions = LiveSessions(store, index)
        self.days = KeptDays(index)
        self.positions: Gathering[Report, int] = Gathering(store, report_positions)

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
        actor = await find_actor(request)
        if actor is None:
            raise NotLoggedInError
        return access_of(actor, action).dated(today_of(request))

    check.action = action  # type: ignore[attr-defined]
    return check
