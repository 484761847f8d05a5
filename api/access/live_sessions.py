"""Whose session a token is: read once, then known for two minutes, so that no request reads it.

What this process does to a session, an account, a role or a factor counts at once
(`data.store.access_changes`); what another process does, as soon as the live index has followed
the feed of changes, twice a second. Where no index follows it, or it has fallen behind by two
seconds, nothing is believed from memory. A session that ends by its time ends to the moment.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from api.access.actor import Actor
from data.accounts.sessions import (
    LiveSession,
    csrf_token,
    find_session,
    token_hash,
    touch_session,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from api.access.errors import Step
    from api.live_index import LiveIndex
    from api.settings import Settings
    from data.store.engine import Store

GOOD_FOR: Final = timedelta(minutes=2)
"""How long what was read is believed: a session's last use is known to two minutes more. Not less:
in a rush, when nobody is answered twice within a minute, each would be read anew."""
MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Mark:
    """What had changed when a session was read."""

    version: object
    forgotten: int


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor
    until: datetime
    version: object


class LiveSessions:
    """Sessions that were read lately.

    Parameters
    ----------
    store : Store
    index : LiveIndex
        Follows the changes of other processes.
    """

    def __init__(self, store: Store, index: LiveIndex) -> None:
        self._store, self._index = store, index
        self._lock = threading.Lock()
        self._known: dict[bytes, _Known] = {}
        self._of_account: dict[int, set[bytes]] = defaultdict(set)
        self._forgotten = 0
        index.on_accounts(self.forget)

    async def actor(self, settings: Settings, token: str, now: datetime) -> Actor | None:
        """Return whose session a token is, from memory or from the store."""
        if not token:
            return None
        found = self.find(token, now)
        if found is None:
            mark = self.mark()
            read = await run_in_threadpool(read_actor, self._store, settings, token, now)
            if read is not None:
                found = read[0]
                self.keep(token, found, min(read[1], now + GOOD_FOR), mark)
        return found

    def find(self, token: str, now: datetime) -> Actor | None:
        """Return whose session a token is, where that is known for certain."""
        known = self._known.get(token_hash(token))
        if known is None or known.version is not self._store.access_version:
            return None
        return known.actor if now < known.until and self._index.is_current else None

    def mark(self) -> Mark:
        """Return what has changed until now; to be taken before a session is read."""
        return Mark(self._store.access_version, self._forgotten)

    def keep(self, token: str, actor: Actor, until: datetime, mark: Mark) -> None:
        """Keep what was read after a mark, unless something has changed since."""
        key = token_hash(token)
        with self._lock:
            if mark.forgotten != self._forgotten:
                return
            if len(self._known) >= MOST:
                self._known.clear()
                self._of_account.clear()
            self._known[key] = _Known(actor, until, mark.version)
            self._of_account[actor.account_id].add(key)

    def forget(self, accounts: Iterable[int] | None) -> None:
        """Read the sessions of some accounts again; None: everybody's."""
        with self._lock:
            self._forgotten += 1
            if accounts is None:
                self._known.clear()
                self._of_account.clear()
                return
            for account in accounts:
                for key in self._of_account.pop(account, ()):
                    self._known.pop(key, None)


def actor_of(store: Store, settings: Settings, token: str, now: datetime) -> Actor | None:
    """Return whose session a token is, as the store says; None where it is not valid."""
    found = read_actor(store, settings, token, now)
    return None if found is None else found[0]


def read_actor(
    store: Store, settings: Settings, token: str, now: datetime
) -> tuple[Actor, datetime] | None:
    """Read whose session a token is, and until when it lasts; note that it was used."""
    if not token:
        return None
    needed = settings.second_factor == "staff"
    with store.read() as session:
        live = find_session(session, token, now=now, require_second_factor=needed)
    if live is None:
        return None
    if live.is_stale:
        store.submit(lambda work: touch_session(work, token, now=now))
    actor = Actor(
        account_id=live.account_id,
        person_id=live.person_id,
        login=live.login,
        display_name=live.display_name,
        grants=live.grants,
        session=live.handle,
        csrf=csrf_token(token),
        step=_step(live),
    )
    return actor, live.ends_at


def _step(live: LiveSession) -> Step | None:
    if live.needs_code:
        return "code"
    if live.must_change_password:
        return "password"
    return "second_factor" if live.needs_second_factor else None
