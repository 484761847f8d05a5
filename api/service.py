"""What a running service holds: its store, keys, clock, and the city that is published."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api.access.passwords import Passwords
from api.access.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.city_holder import CityHolder
    from data.store.engine import Store
    from data.store.keys import Keys


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Service:
    """All that requests share.

    Attributes
    ----------
    store : Store
    keys : Keys
    cities : CityHolder
        The city with its published roster, as look-ups in memory.
    clock : callable
        Gives the time; a test gives another.
    passwords : Passwords
        The pool that hashes them.
    throttle : Throttle
        Who has to wait after wrong tries.
    """

    store: Store
    keys: Keys
    cities: CityHolder
    clock: Callable[[], datetime] = utc_now
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)

    def close(self) -> None:
        """Finish what waits and close the store."""
        self.cities.close()
        self.passwords.close()
        self.store.close()
