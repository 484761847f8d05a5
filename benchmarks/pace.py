"""How fast the machine is just now: a borrowed one is not always as fast."""

from __future__ import annotations

import time


def pace() -> float:
    """Return the milliseconds of a million additions."""
    start, total = time.perf_counter(), 0
    for number in range(1_000_000):
        total += number
    return 1e3 * (time.perf_counter() - start)
