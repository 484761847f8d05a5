"""What stays in memory for weeks: the collector of cycles need not go through it again and again.

A whole city is half a million objects. A full collection looks at each of them for 0.3 s, in which
nobody is answered; it begins whenever enough was made since the last one.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK: Final = Lock()
_PAUSES: Final[list[bool]] = []
"""Whether the collector ran, at the begin of each pause that is not over."""


def exempt() -> None:
    """Exempt all that there is now from collection; what nobody refers to still goes at once.

    To be called after something large was read that stays. Only what refers to itself in a circle
    and is given up later is not freed: nothing of ours does.
    """
    gc.collect(1)
    gc.freeze()


@contextmanager
def without_collection() -> Iterator[None]:
    """Pause the collector of cycles, for some seconds, while much is read that stays.

    Half of the time in which a city is read went into looking for cycles among its rows. Pauses of
    several threads may overlap: the collector goes on after the last.
    """
    with _LOCK:
        _PAUSES.append(_PAUSES[0] if _PAUSES else gc.isenabled())
        gc.disable()
    try:
        yield
    finally:
        with _LOCK:
            did_run = _PAUSES.pop()
            if did_run and not _PAUSES:
                gc.enable()
