"""How good beats are, measured without regard to how they were made.

Beats that were drawn (`grid.districting`) and beats that were imported are judged alike: by cells,
stations and neighbours alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from grid.errors import BeatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILES: Final = (0.0, 0.01, 0.05, 0.5, 0.95, 0.99, 1.0)
_HEXAGON = 48.0
"""Sides² / cells of a large hexagon of hexagons."""


@dataclass(frozen=True, slots=True)
class DistrictingCheck:
    """Which rules of beats are broken, and where. All four are empty for a valid districting.

    Attributes
    ----------
    cells_without_beat : (p,) int
        Positions of cells whose beat is not in ``0..num_beats - 1``.
    empty_beats, crossing_beats, broken_beats : (q,) int
        Beats without a cell; with cells of more than one station; not contiguous.
    """

    cells_without_beat: NDArray[np.intp]
    empty_beats: NDArray[np.intp]
    crossing_beats: NDArray[np.intp]
    broken_beats: NDArray[np.intp]

    @property
    def is_valid(self) -> bool:
        """Whether every cell has one contiguous beat inside one station."""
        return not (
            self.cells_without_beat.size
            or self.empty_beats.size
            or self.crossing_beats.size
            or self.broken_beats.size
        )


@dataclass(frozen=True, slots=True)
class DistrictingReport:
    """Balance and shape of beats. Deviations are of a beat's workload from its station's mean.

    Attributes
    ----------
    num_cells, num_beats, num_stations : int
    contiguous_share : float
        Part of the beats that are contiguous.
    num_crossing : int
        Beats with cells of more than one station.
    cells_a_beat, deviation, polsby_popper, hexagon_quotient : tuple of float
        At `QUANTILES`. ``polsby_popper`` is of the real outline; ``hexagon_quotient`` =
        48 cells / sides² counts sides alone: 1 for a large hexagon, 4/3 for one cell.
    within_10, within_25 : float
        Part of the beats whose deviation is at most 0.10, 0.25.
    cv_within_stations : float
        Root mean square deviation: the coefficient of variation inside stations.
    cv_between_stations : float
        Coefficient of variation of the stations' means: what whole numbers of beats cost.
    num_indivisible : int
        Beats with one cell that is alone above 1.25 of the station's mean.
    least_max_deviation : float
        No districting with these numbers of beats has a smaller largest deviation: the heaviest
        cell has to lie in some beat.
    cut_share : float
        Part of the neighbouring pairs of one station's cells that beats separate.
    """

    num_cells: int
    num_beats: int
    num_stations: int
    contiguous_share: float
    num_crossing: int
    cells_a_beat: tuple[float, ...]
    deviation: tuple[float, ...]
    within_10: float
    within_25: float
    cv_within_stations: float
    cv_between_stations: float
    num_indivisible: int
    least_max_deviation: float
    polsby_popper: tuple[float, ...]
    hexagon_quotient: tuple[float, ...]
    cut_share: float


def verify_districting(
    beat: NDArray[np.int32],
    station: NDArray[np.int32],
    neighbours: NDArray[np.int32],
    num_beats: int,
) -> DistrictingCheck:
    """Check that every cell has one beat, and every beat is contiguous inside one station.

    Parameters
    ----------
    beat, station : (n,) int
    neighbours : (n, 6) int32, -1 where there is none
    num_beats : int
    """
    owned = (beat >= 0) & (beat < num_beats)
    lowest = np.full(num_beats, np.iinfo(np.int64).max)
    highest = np.full(num_beats, -1)
    np.minimum.at(lowest, beat[owned], station[owned])
    np.maximum.at(highest, beat[owned], station[owned])
    near, column = np.nonzero((neighbours >= 0) & owned[:, None])
    far = neighbours[near, column]
    same = beat[near] == beat[far]
    graph = coo_array(
        (np.ones(int(same.sum()), np.int8), (near[same], far[same])), shape=(beat.size, beat.size)
    )
    part = connected_components(graph, directed=False)[1]
    parts = np.unique(np.column_stack([beat[owned], part[owned]]), axis=0)
    num_parts = np.bincount(parts[:, 0], minlength=num_beats)
    return DistrictingCheck(
        cells_without_beat=np.flatnonzero(~owned),
        empty_beats=np.flatnonzero(num_parts == 0),
        crossing_beats=np.flatnonzero((num_parts > 0) & (lowest < highest)),
        broken_beats=np.flatnonzero(num_parts > 1),
    )


def districting_report(
    beat: NDArray[np.int32],
    station: NDArray[np.int32],
    workload: NDArray[np.float64],
    neighbours: NDArray[np.int32],
    polsby_popper: NDArray[np.float64],
) -> DistrictingReport:
    """Measure balance, compactness and contiguity.

    Parameters
    ----------
    beat, station : (n,) int
    workload : (n,) float64 >= 0
    neighbours : (n, 6) int32, -1 where there is none
    polsby_popper : (num_beats,) float64
        Of each beat's outline, as `grid.beats.build_beats` gives it.

    Raises
    ------
    BeatError
        If a cell has no beat, or a beat no cell.
    """
    num_beats = polsby_popper.size
    check = verify_districting(beat, station, neighbours, num_beats)
    if check.cells_without_beat.size or check.empty_beats.size:
        raise BeatError(
            f"Expected every cell in a beat and every beat with cells, got "
            f"{check.cells_without_beat.size} cells and {check.empty_beats.size} beats without."
        )
    station_of = np.zeros(num_beats, np.int64)
    station_of[beat] = station
    rows = np.unique(station_of, return_inverse=True)[1]
    load = _sums(beat, workload, num_beats)
    mean = np.maximum(_sums(rows, load) / np.bincount(rows), np.finfo(float).tiny)
    deviation = load / mean[rows] - 1
    size = np.bincount(beat, minlength=num_beats)
    same = (neighbours >= 0) & (beat[neighbours] == beat[:, None])
    inside = (neighbours >= 0) & (station[neighbours] == station[:, None])
    sides = _sums(beat, 6.0 - same.sum(axis=1), num_beats)
    heaviest = np.zeros(num_beats)
    np.maximum.at(heaviest, beat, workload / mean[rows[beat]])
    return DistrictingReport(
        num_cells=beat.size,
        num_beats=num_beats,
        num_stations=mean.size,
        contiguous_share=1 - check.broken_beats.size / num_beats,
        num_crossing=check.crossing_beats.size,
        cells_a_beat=_quantiles(size.astype(np.float64)),
        deviation=_quantiles(deviation),
        within_10=float((np.abs(deviation) <= 0.10).mean()),
        within_25=float((np.abs(deviation) <= 0.25).mean()),
        cv_within_stations=float(np.sqrt((deviation**2).mean())),
        cv_between_stations=float(mean.std() / mean.mean()),
        num_indivisible=int((heaviest > 1.25).sum()),
        least_max_deviation=max(float(heaviest.max()) - 1, 0.0),
        polsby_popper=_quantiles(polsby_popper),
        hexagon_quotient=_quantiles(_HEXAGON * size / sides**2),
        cut_share=float(1 - (same & inside).sum() / max(int(inside.sum()), 1)),
    )


def _quantiles(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in np.quantile(values, QUANTILES))


def _sums(
    group: NDArray[np.int32] | NDArray[np.intp], values: NDArray[np.float64], length: int = 0
) -> NDArray[np.float64]:
    return np.asarray(np.bincount(group, values, length), np.float64)
