"""How many cases a test tries: an eighth in `make test`, all of them in `make test-long`."""

from __future__ import annotations

import os

IS_LONG = bool(os.environ.get("JINGGE_LONG"))


def portion(count: int) -> int:
    """Return how many of a test's cases to try.

    Each case is tried by the long run; an eighth, and at least three, by the one of every change.
    """
    return count if IS_LONG else max(min(count, 3), count // 8)
