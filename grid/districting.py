"""Districting: cut every station's ground into beats (警格).

The problem. Given cells with a workload, a station for each and a number of beats B, give each cell
one beat so that a beat keeps to one station, is contiguous, is compact, and beats of one station
carry about the same workload. Balanced contiguous partition is NP-hard (Dyer & Frieze, 1985,
10.1016/0166-218X(85)90008-3), so this is a heuristic; what it reaches is reported, and
`grid.districting_report` verifies it by other means.

The method, a station's connected *piece* at a time (`docs/districting.md` gives reasons, figures):

1. **How many.** B beats go to pieces in proportion to workload by largest remainders, at least one
   and at most as many as there are cells.
2. **Where.** A centroidal power diagram: its lifts are the dual prices of the capacitated
   assignment of workload to centres, so straight borders come with near-equal shares.
3. **Contiguous.** The heaviest connected part of each beat stays, the rest is grown over.
4. **Balanced and compact.** Border cells are exchanged by simulated annealing; a beat that a cell
   leaves must stay contiguous. The cost of a beat with load l (mean m), p outer sides and s cells
   is ``balance (l/m - 1)² + hard max(|l/m - 1| - tolerance, 0)² + p² / 48 s``; the last term, the
   inverse isoperimetric quotient, is 1 for a large hexagon.

The best of a few starts is kept for each piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grid.districting_kernels import draw_piece
from grid.errors import BeatError
from grid.stations import label_pieces

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_METRES_A_DEGREE = 111_195.08
"""On the sphere of radius 6,371,008.8 m."""


@dataclass(frozen=True, slots=True)
class DistrictingRules:
    """How beats are drawn; the defaults are what `docs/districting.md` measures.

    Attributes
    ----------
    starts : int
        Independent starts for each piece; the one of least cost is kept. Up to four times as many
        are made while a beat deviates by more than twice the tolerance.
    rounds : int
        Rounds of the power diagram.
    sweeps : int
        Proposals of the annealing for each border cell.
    balance : float
        Cost of a squared relative deviation from the piece's mean workload.
    tolerance, hard : float
        Deviation that is free of the extra cost, and that cost for the squared excess.
    hot, cold : float
        Temperature at the start and the end, in units of a beat's compactness.
    """

    starts: int = 3
    rounds: int = 40
    sweeps: int = 150
    balance: float = 2.0
    tolerance: float = 0.1
    hard: float = 100.0
    hot: float = 0.2
    cold: float = 0.01


@dataclass(frozen=True, slots=True)
class Districting:
    """Beats as arrays. Beats are numbered by station, then from north to south.

    Attributes
    ----------
    beat : (n,) int32
        Beat of each cell.
    station_of_beat : (num_beats,) int32
        Station of each beat, as numbered in the input.
    piece_of_beat : (num_beats,) int32
        Connected piece of the stations' ground that holds the beat.
    """

    beat: NDArray[np.int32]
    station_of_beat: NDArray[np.int32]
    piece_of_beat: NDArray[np.int32]

    @property
    def num_beats(self) -> int:
        """Number of beats."""
        return self.station_of_beat.size


def plane_xy_m(lat: ArrayLike, lng: ArrayLike) -> NDArray[np.float64]:
    """Lay degrees on a plane in metres, true to scale along the middle parallel.

    Returns
    -------
    (n, 2) float64
        Eastings and northings from the middle of the given points (equirectangular projection;
        off by 2 % in east-west at the ends of Baotou's 2.5 degrees of latitude).
    """
    lat, lng = np.asarray(lat, np.float64), np.asarray(lng, np.float64)
    middle_lat = (lat.min() + lat.max()) / 2
    middle_lng = (lng.min() + lng.max()) / 2
    east = (lng - middle_lng) * np.cos(np.radians(middle_lat))
    return np.column_stack([east, lat - middle_lat]) * _METRES_A_DEGREE


def apportion(
    workload: NDArray[np.float64], most: NDArray[np.int64], num_beats: int
) -> NDArray[np.int64]:
    """Share beats out by workload: largest remainders, each at least 1 and at most `most`.

    Parameters
    ----------
    workload : (p,) float64 >= 0
    most : (p,) int >= 1
    num_beats : int
        From p to ``most.sum()``.

    Returns
    -------
    (p,) int64
        Sums to `num_beats`. Ties go to the lower number.

    Raises
    ------
    BeatError
        If `num_beats` is out of range.
    """
    if not workload.size <= num_beats <= most.sum():
        raise BeatError(
            f"Expected num_beats from pieces to cells, {workload.size}..{most.sum()}, "
            f"got {num_beats}."
        )
    weight = workload if workload.sum() > 0 else most.astype(np.float64)
    seats = np.zeros(workload.size, np.int64)
    free = np.ones(workload.size, bool)
    # Pieces below one or above their cells are fixed there, the others share what is left.
    while True:
        left = num_beats - seats[~free].sum()
        share = weight[free].sum()
        quota = left * weight[free] / share if share > 0 else np.full(free.sum(), left / free.sum())
        rows = np.flatnonzero(free)
        low, high = rows[quota < 1], rows[quota > most[free]]
        # Fixing the low ones takes from the others and the high ones gives: one kind a round.
        if np.maximum(1 - quota, 0).sum() >= np.maximum(quota - most[free], 0).sum() and low.size:
            seats[low] = 1
            free[low] = False
        elif high.size:
            seats[high] = most[high]
            free[high] = False
        else:
            break
        if not free.any():
            return seats
    seats[rows] = np.floor(quota).astype(np.int64)
    missing = num_beats - int(seats.sum())
    order = np.argsort(np.floor(quota) - quota, kind="stable")
    seats[rows[order[:missing]]] += 1
    return seats


def draw_beats(
    neighbours: NDArray[np.int32],
    station: NDArray[np.int32],
    workload: NDArray[np.float64],
    xy: NDArray[np.float64],
    num_beats: int = 1_444,
    *,
    seed: int = 0,
    rules: DistrictingRules | None = None,
) -> Districting:
    """Cut every station's ground into contiguous, compact beats of about equal workload.

    Parameters
    ----------
    neighbours : (n, 6) int32
        Neighbouring cells, -1 where there is none; symmetric.
    station : (n,) int >= 0
    workload : (n,) float64 >= 0, finite
    xy : (n, 2) float64
        Centres in metres on a plane (`plane_xy_m`).
    num_beats : int
        At least one for each connected piece of a station's ground.
    seed : int
        The same input and seed give the same beats.
    rules : DistrictingRules, optional

    Raises
    ------
    BeatError
        If the arrays do not fit each other, a number is negative or not finite, or `num_beats`
        is less than the pieces or more than the cells.
    """
    rules = rules or DistrictingRules()
    workload = np.ascontiguousarray(workload, np.float64)
    _check(neighbours, station, workload, xy)
    piece = label_pieces(np.asarray(station, np.int32), neighbours)
    order = np.argsort(piece, kind="stable")
    ends = np.cumsum(np.bincount(piece))
    pieces = np.split(order, ends[:-1])
    load = np.asarray(np.bincount(piece, workload), np.float64)
    counts = apportion(load, np.bincount(piece).astype(np.int64), num_beats)
    weights = np.array([rules.balance, rules.tolerance, rules.hard, rules.hot, rules.cold])
    raw = np.empty(station.size, np.int64)
    local = np.full(station.size + 1, -1, np.int32)  # the last entry answers for -1
    first = 0
    for cells, count in zip(pieces, counts, strict=True):
        local[cells] = np.arange(cells.size, dtype=np.int32)
        raw[cells] = first + draw_piece(
            local[neighbours[cells]],
            np.ascontiguousarray(xy[cells], np.float64),
            workload[cells],
            int(count),
            rules.starts,
            rules.rounds,
            rules.sweeps,
            weights,
            _piece_seed(seed, cells),
        )
        local[cells] = -1
        first += count
    return _numbered(raw, station, piece, xy)


def _piece_seed(seed: int, cells: NDArray[np.intp]) -> int:
    """Seed of a piece: from the caller's and the piece's size, not from its neighbours."""
    return (seed * 0x9E3779B97F4A7C15 + cells.size) & 0x7FFFFFFFFFFFFFFF


def _numbered(
    raw: NDArray[np.int64],
    station: NDArray[np.int32],
    piece: NDArray[np.int32],
    xy: NDArray[np.float64],
) -> Districting:
    """Sort the beats by station, then from north to south by the mean of their cells."""
    size = np.bincount(raw)
    north = np.bincount(raw, xy[:, 1]) / size
    station_of, piece_of = np.zeros(size.size, np.int32), np.zeros(size.size, np.int32)
    station_of[raw] = station
    piece_of[raw] = piece
    order = np.lexsort((-north, station_of))
    number = np.empty(size.size, np.int32)
    number[order] = np.arange(size.size, dtype=np.int32)
    return Districting(number[raw], station_of[order], piece_of[order])


def _check(
    neighbours: NDArray[np.int32],
    station: NDArray[np.int32],
    workload: NDArray[np.float64],
    xy: NDArray[np.float64],
) -> None:
    n = station.size
    for name, array, shape in (
        ("neighbours", neighbours, (n, 6)),
        ("workload", workload, (n,)),
        ("xy", xy, (n, 2)),
    ):
        if array.shape != shape:
            raise BeatError(f"Expected {name} of shape {shape}, got {array.shape}.")
    if not n:
        raise BeatError("Expected at least one cell, got none.")
    if neighbours.min() < -1 or neighbours.max() >= n:
        raise BeatError(f"Expected neighbours in -1..{n - 1}, got one outside.")
    if station.min() < 0:
        raise BeatError(f"Expected stations >= 0, got {station.min()}.")
    if not np.isfinite(workload).all() or workload.min() < 0:
        raise BeatError("Expected finite workloads >= 0, got another.")
    if not np.isfinite(xy).all():
        raise BeatError("Expected finite xy, got another.")
