"""How hard to plan, how far a running plan is, and the clock that it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING

from grid.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try: a limit in seconds or in rounds of work, exactly one of them.

    Attributes
    ----------
    time_limit_s : float, optional
        Wall-clock seconds for the whole of `plan`.
    rounds : int, optional
        Rounds over all pieces; then the result does not depend on the machine's speed.
    """

    time_limit_s: float | None = None
    rounds: int | None = None

    def __post_init__(self) -> None:
        if (self.time_limit_s is None) == (self.rounds is None):
            raise ScenarioError("Expected either a time limit or a number of rounds.")
        if self.time_limit_s is not None and not 0 < self.time_limit_s < float("inf"):
            raise ScenarioError(f"Expected a time limit > 0 s, got {self.time_limit_s}.")
        if self.rounds is not None and self.rounds < 0:
            raise ScenarioError(f"Expected rounds >= 0, got {self.rounds}.")


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a running plan is.

    Attributes
    ----------
    stage : str
        ``encode``, ``bound``, ``construct``, ``improve``, ``check`` or ``explain``.
    objective, bound : int, optional
        Best so far.
    seconds : float
        Since the start.
    roster : callable, optional
        Returns the best whole roster so far as a table, checked; None before there is one.
    """

    stage: str
    objective: int | None
    bound: int | None
    seconds: float
    roster: Callable[[], pd.DataFrame] | None = None


class Run:
    """The clock, the stages and the best figures of one run."""

    def __init__(
        self,
        effort: Effort,
        clock: Callable[[], float],
        progress: Callable[[Progress], None] | None,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self._clock = clock
        self._progress = progress
        self._stop = stop
        self._stopped = False
        self._telling = RLock()
        self._started = clock()
        self._limit = effort.time_limit_s
        self.reserve = 0.0
        self.seconds: dict[str, float] = {}
        self.stage = ""
        self.objective: int | None = None
        self.bound: int | None = None
        self._roster: Callable[[], pd.DataFrame] | None = None

    def elapsed(self) -> float:
        """Return seconds since the start."""
        return self._clock() - self._started

    def stopped(self) -> bool:
        """Whether somebody has asked to end; once said, it stays so."""
        if not self._stopped and self._stop is not None:
            self._stopped = self._stop()
        return self._stopped

    def left(self) -> float:
        """Return seconds until the improvement must end; 0 when it was asked to end."""
        if self.stopped():
            return 0.0
        limit = float("inf") if self._limit is None else self._limit
        return limit - self.reserve - self.elapsed()

    def keep_for_the_end(self, seconds: float) -> None:
        """Reserve time for what follows the improvement, half of the limit at most."""
        if self._limit is not None:
            self.reserve = min(seconds, 0.5 * self._limit)

    def enter(self, stage: str) -> None:
        """Begin a stage and close the one before."""
        now = self.elapsed()
        if self.stage:
            self.seconds[self.stage] = round(now - sum(self.seconds.values()), 3)
        self.stage = stage
        self.tell()

    def tell(self) -> None:
        """Report progress, one thread at a time."""
        if self._progress is not None and self.stage:
            with self._telling:
                self._progress(
                    Progress(self.stage, self.objective, self.bound, self.elapsed(), self._roster)
                )

    def have(self, objective: int, roster: Callable[[], pd.DataFrame]) -> None:
        """Note a roster, if it is the best so far."""
        if self._roster is None or self.objective is None or objective <= self.objective:
            self.objective, self._roster = objective, roster
            self.tell()

    def raise_bound(self, bound: int) -> None:
        """Note a better bound."""
        self.bound = bound if self.bound is None else max(self.bound, bound)
        self.tell()
