"""Points with demand, for siting posts: a file with ``lat, lng, demand``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data.columns import numbers
from data.sheets import InputError, Problems, read_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_DECIMALS = 6
_MOST = 2**40


class PointsError(InputError):
    """A file of points that cannot be used, with every problem in it."""


@dataclass(frozen=True, slots=True)
class Points:
    """Points in file order.

    Attributes
    ----------
    lat, lng : (n,) float64
        Degrees, WGS-84.
    demand : (n,) int64
        In units of 1/`unit`.
    unit : int
        1 where every demand is whole, else the power of ten that makes all of them whole.
    """

    lat: NDArray[np.float64]
    lng: NDArray[np.float64]
    demand: NDArray[np.int64]
    unit: int


def read_points(path: Path) -> Points:
    """Read points with demand, ``.csv`` or ``.parquet``.

    Raises
    ------
    PointsError
        With every problem, by file and line.
    """
    problems = Problems()
    sheet = read_sheet(path, ("lat", "lng", "demand"), (), problems)
    problems.raise_if_any(PointsError)
    if sheet is None:  # pragma: no cover - then there are problems
        raise PointsError([f"{path.name}: expected points, got none"])
    lat = numbers(sheet, "lat", -90, 90)
    lng = numbers(sheet, "lng", -180, 180)
    demand = numbers(sheet, "demand", 0, _MOST)
    places = _decimals(demand)
    sheet.refuse(
        np.flatnonzero(places > _DECIMALS), "demand", f"a number with at most {_DECIMALS} decimals"
    )
    if not sheet.num_rows:
        problems.add(path.name, "expected at least one point, got none")
    problems.raise_if_any(PointsError)
    unit = 10 ** int(places.max(initial=0))
    return Points(lat, lng, np.rint(demand * unit).astype(np.int64), unit)


def _decimals(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count the decimals of each value; one more than allowed where there are too many."""
    count = np.full(len(values), _DECIMALS + 1, np.int64)
    for places in range(_DECIMALS, -1, -1):
        count[np.round(values, places) == values] = places
    return count
