"""How many writes share a commit: counted, for whoever watches the service."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

BOUNDS: Final = (1, 2, 4, 8, 16, 32, 64, 128)


@dataclass(frozen=True, slots=True)
class WriterFigures:
    """The state of a writer.

    Attributes
    ----------
    waiting : int
        Writes that wait now.
    works : int
        Writes committed since the start.
    commits : tuple of int
        Commits by how many writes they held: at most each of `BOUNDS`, and more than the last.
    """

    waiting: int
    works: int
    commits: tuple[int, ...]


class CommitSizes:
    """Counts commits by size, from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works = 0
        self._commits = [0] * (len(BOUNDS) + 1)

    def note(self, works: int) -> None:
        """Count a commit of some writes; one of none is none."""
        if works == 0:
            return
        place = next((i for i, bound in enumerate(BOUNDS) if works <= bound), len(BOUNDS))
        with self._lock:
            self._works += works
            self._commits[place] += 1

    def figures(self, waiting: int) -> WriterFigures:
        """Return what was counted."""
        with self._lock:
            return WriterFigures(waiting, self._works, tuple(self._commits))
