"""Curves of independent parts and their sum: k people disturbed → the best that can be had.

A curve is a list of points (people, value), people rising, value falling. Parts share nobody and
no post, so the best value of all with k people is the best split of k over the parts: the min-plus
convolution of their curves, found one part after the other and exact (curves need not be convex).
The same sum over lower bounds of the parts is a lower bound of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NONE = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of several curves.

    Attributes
    ----------
    value : (K + 1,) int64
        Least value with at most k people; a huge number where k is too few.
    choice : (parts, K + 1) int64
        How many people each part gets on the best way to k; see `split`.
    """

    value: NDArray[np.int64]
    choice: NDArray[np.int64]

    @property
    def fewest(self) -> int:
        """Fewest people with which there is a plan at all."""
        return int(np.argmax(self.value < _NONE))

    def fewest_with(self, value: int) -> int | None:
        """Fewest people with which the value is at most so much; None where none has it."""
        good = self.value <= value
        return int(np.argmax(good)) if good.any() else None

    def split(self, people: int) -> list[int]:
        """How many people each part may disturb when all together may so many."""
        shares = []
        for row in self.choice[::-1]:
            share = int(row[people])
            shares.append(share)
            people -= share
        return shares[::-1]


def add_curves(curves: Sequence[dict[int, int]]) -> Sum:
    """Add the curves of independent parts.

    Parameters
    ----------
    curves : sequence of dict
        People → value of each part; a value holds for every larger number of people, too.
    """
    total = np.zeros(1, np.int64)
    choices = []
    for curve in curves:
        most = max(curve)
        size = total.size + most
        best = np.full(size, _NONE, np.int64)
        choice = np.zeros(size, np.int64)
        for people, value in _every_number(curve):
            shifted = np.where(total < _NONE, total + value, _NONE)
            part = slice(people, people + total.size)
            better = shifted < best[part]
            best[part] = np.where(better, shifted, best[part])
            choice[part] = np.where(better, people, choice[part])
        total = best
        choices.append(choice)
    width = total.size
    table = np.zeros((len(choices), width), np.int64)
    for row, choice in zip(table, choices, strict=True):
        row[: choice.size] = choice
    return Sum(total, table)


def _every_number(curve: dict[int, int]) -> list[tuple[int, int]]:
    """Fill a curve in: with more people nothing gets worse."""
    best, points = _NONE, []
    for people in range(min(curve), max(curve) + 1):
        best = min(best, curve.get(people, _NONE))
        points.append((people, best))
    return points
