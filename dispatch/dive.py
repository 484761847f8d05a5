"""From the relaxation towards a roster: places of supervisors are drawn to all or nothing.

At the best prices many postings of supervisors tie, and the relaxation fills some places in part.
A *dive* (as in mixed-integer programming) repeats: see which part of each supervisor's place the
relaxation fills, make places that are mostly filled worth more and the others worth less, and let
prices and tolls settle for some steps. What is drawn together this way fits together, because the
prices answer to every change; in the demo city it lowers the objective of the roster that follows
by a percent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dispatch.problem import STAFF

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dispatch.bound import Ascent
    from dispatch.problem import Problem

_PHASES, _STEPS = 6, 20
_PULL = 0.4
"""By how much a phase changes the worth of a place that is clear, as a part of a mean place."""
_FIRST_STEP, _LAST_STEP = 0.05, 0.005
_UNCLEAR = 0.05
"""Below so much of a place it is empty; with so much missing it is full."""


def dive(
    ascent: Ascent, stop: Callable[[], bool] | None = None
) -> tuple[Problem, NDArray[np.float64]]:
    """Draw the supervisors' places of an ascent's relaxation to all or nothing.

    Parameters
    ----------
    ascent : Ascent
        Its prices move on from where they are; its best bound stays.
    stop : callable, optional
        Asked before each phase whether to end.

    Returns
    -------
    drawn : Problem
        The problem with the values of places as the dive left them.
    filled : (L,) float64
        Places of each line that the relaxation fills at the end.
    """
    problem = ascent.relaxation.problem
    filled = ascent.filled
    pull = np.zeros(problem.place_value.size)
    drawn = problem
    for _ in range(_PHASES):
        part = filled_parts(problem, filled)
        clear = (part < _UNCLEAR) | (part > 1 - _UNCLEAR)
        staff = np.repeat(problem.line_kind == STAFF, np.diff(problem.place_start))
        if (clear | ~staff).all() or (stop is not None and stop()):
            break
        pull[staff] += _PULL * ascent.unit * (2 * part[staff] - 1)
        drawn = problem._replace(place_value=problem.place_value + np.rint(pull).astype(np.int64))
        filled = _settle(ascent, drawn)
    return drawn, filled


def _settle(ascent: Ascent, drawn: Problem) -> NDArray[np.float64]:
    """Let the prices settle; return what the relaxation fills on average of the later steps."""
    total, counted = np.zeros(drawn.num_lines), 0
    for step in range(_STEPS):
        length = _FIRST_STEP * (_LAST_STEP / _FIRST_STEP) ** (step / _STEPS)
        met = ascent.step(drawn, length * ascent.unit)
        if step >= _STEPS // 3:
            total += met.demand
            counted += 1
    return total / counted


def filled_parts(problem: Problem, filled: NDArray[np.float64]) -> NDArray[np.float64]:
    """(places,) which part of each place is filled, the first places of a line first."""
    places = np.diff(problem.place_start)
    nth = np.arange(problem.place_value.size) - np.repeat(problem.place_start[:-1], places)
    return np.clip(np.repeat(filled, places) - nth, 0, 1)
