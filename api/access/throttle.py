"""Wrong passwords and codes: who errs often has to wait, and nobody else.

What counts is the pair of log-in name and address, so that a stranger cannot lock an account; an
address that errs with many names has to wait as well. Kept in memory: a restart forgives.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from api.access.errors import TooManyTriesError

if TYPE_CHECKING:
    from datetime import datetime

FREE: Final = 5
"""Wrong tries of one pair that cost no wait."""
FREE_OF_ADDRESS: Final = 50
FIRST_WAIT_S: Final = 5.0
LONGEST_WAIT_S: Final = 900.0
FORGET_S: Final = 3600.0
MOST: Final = 50_000


@dataclass(slots=True)
class _Tries:
    wrong: int
    last: datetime
    until: datetime | None


class Throttle:
    """Counts wrong tries."""

    def __init__(self) -> None:
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()
        self._lock = threading.Lock()

    def require_patience(self, login: str, address: str, now: datetime) -> None:
        """Refuse a try for which it is too early.

        Raises
        ------
        TooManyTriesError
            With the seconds to wait.
        """
        with self._lock:
            for key in ((login, address), ("", address)):
                found = self._tries.get(key)
                if found is not None and found.until is not None and now < found.until:
                    raise TooManyTriesError(int((found.until - now).total_seconds()) + 1)

    def note_wrong(self, login: str, address: str, now: datetime) -> None:
        """Count a wrong try; the wait doubles with each."""
        with self._lock:
            self._count((login, address), FREE, now)
            self._count(("", address), FREE_OF_ADDRESS, now)

    def note_right(self, login: str, address: str) -> None:
        """Forget the wrong tries of a pair."""
        with self._lock:
            self._tries.pop((login, address), None)

    def _count(self, key: tuple[str, str], free: int, now: datetime) -> None:
        found = self._tries.pop(key, None)
        if found is None or (now - found.last).total_seconds() > FORGET_S:
            found = _Tries(0, now, None)
        found.wrong += 1
        found.last = now
        if found.wrong >= free:
            wait = min(FIRST_WAIT_S * 2.0 ** min(found.wrong - free, 20), LONGEST_WAIT_S)
            found.until = now + timedelta(seconds=wait)
        self._tries[key] = found
        while len(self._tries) > MOST:
            self._tries.popitem(last=False)
