"""A risk surface from a city's own past incidents: kernel density by cell and hour of the week.

Each incident is spread over the cells around its own and over the hours of the week about its own:

    risk(c, h) = 1/W · Σ_e  K(c, c_e) · k(h, h_e),      Σ_c K(·, c_e) = Σ_h k(·, h_e) = 1,

    K(c, c_e) ∝ exp(−d(c, c_e)² / 2b²)  for d ≤ 4b,     k(h, h_e) ∝ exp(−|h − h_e|² / 2s²),

W weeks of records, b the bandwidth in metres, s the hour kernel's standard deviation, d the
great-circle distance between cell centres, |h − h_e| around the week. K is normalised over the
city's own cells, so that nothing leaks over its edge: the surface adds up to the number of
incidents a week, whatever the bandwidths (Silverman, *Density Estimation*, 1986, section 2.10, on
bounded domains).

**Only reported incidents count.** What patrols find is found where patrols go; a surface with it
sends them where they have been (Lum and Isaac, "To predict and serve?", *Significance* 13, 2016).

Events of one cell share its kernel, so the week of a city is a sparse matrix (cells × cells with
events) times a small dense one (cells with events × 168).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import KDTree

from grid.errors import GeometryError
from grid.risk import HOURS_A_WEEK
from grid.travel import EARTH_RADIUS_M, chord, unit_vectors

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from grid.lattice import CellIndex

    Floats = NDArray[np.float64]

REPORTED: Final = "reported"
"""The value of ``source`` that counts."""
CUT_AT: Final = 4.0
"""Bandwidths beyond which the kernel of place is cut; 0.03 % of its mass lies there."""


@dataclass(frozen=True, slots=True)
class KernelParameters:
    """How far an incident is spread.

    Attributes
    ----------
    bandwidth_m : float
        Standard deviation of the kernel of place, metres, > 0.
    hours : float
        Standard deviation of the kernel of time, hours, ≥ 0; 0 leaves each incident in its hour.
    """

    bandwidth_m: float = 400.0
    hours: float = 1.5

    def __post_init__(self) -> None:
        if not 0 < self.bandwidth_m < 1e6:
            raise GeometryError(f"Expected a bandwidth of 0..1e6 m, got {self.bandwidth_m}.")
        if not 0 <= self.hours <= HOURS_A_WEEK:
            raise GeometryError(f"Expected an hour kernel of 0..168 h, got {self.hours}.")


@dataclass(frozen=True, slots=True, eq=False)
class IncidentRisk:
    """Expected reported incidents by cell and hour of the week, and what they were made of.

    Attributes
    ----------
    parameters : KernelParameters
    weeks : float
        Of records.
    num_events : int
        Incidents that the surface is made of.
    num_patrol : int
        Left out because patrols found them, or because their source is unknown.
    num_unplaced, num_undated, num_outside : int
        Reported ones left out: without coordinates, without a time, outside the city's cells.
    where : (n, m) sparse array
        Part of an incident in each of the m cells with events that each of the n cells gets;
        columns add up to 1.
    when : (m, 168) float64
        Incidents a week by cell with events and hour of the week, Monday 00:00 first.
    """

    parameters: KernelParameters
    weeks: float
    num_events: int
    num_patrol: int
    num_unplaced: int
    num_undated: int
    num_outside: int
    where: sparse.csr_array
    when: Floats

    def a_week(self) -> Floats:
        """Give expected incidents a week by cell, (n,)."""
        return np.asarray(self.where @ self.when.sum(axis=1), np.float64)

    def at(self, hours: ArrayLike) -> Floats:
        """Give expected incidents an hour by cell and hour of the week, (n, len(hours))."""
        return np.asarray(self.where @ self.when[:, np.asarray(hours)], np.float64)

    def by_area(self, area: NDArray[np.integer[Any]], num_areas: int, windows: Floats) -> Floats:
        """Sum expected incidents by area and window.

        Parameters
        ----------
        area : (n,) int
            Area of each cell, for example its beat; -1 for none.
        num_areas : int
        windows : (w, 168) float
            Part of each hour of the week that a window covers.

        Returns
        -------
        (num_areas, w) float64
        """
        inside = np.flatnonzero(area >= 0)
        owner = sparse.csr_array(
            (np.ones(inside.size), (area[inside], inside)), shape=(num_areas, len(area))
        )
        return np.asarray((owner @ self.where) @ (self.when @ windows.T), np.float64)


def incident_risk(
    index: CellIndex,
    incidents: pd.DataFrame,
    *,
    weeks: float,
    timezone: str,
    parameters: KernelParameters | None = None,
) -> IncidentRisk:
    """Estimate the risk surface by the formula in the module's text.

    Parameters
    ----------
    index : CellIndex
        The city's cells.
    incidents : DataFrame
        ``lat, lng`` (float64, WGS-84; NaN: unknown), ``occurred_at`` (datetime64, UTC; NaT:
        unknown), ``source`` (str): only ``reported`` counts.
    weeks : float
        Weeks that the records cover, > 0. It is not guessed from the first and last incident.
    timezone : str
        IANA name; the week is a wall clock's.
    parameters : KernelParameters, optional

    Raises
    ------
    GeometryError
        For `weeks` that are not positive.
    """
    parameters = parameters or KernelParameters()
    if not 0 < weeks < np.inf:
        raise GeometryError(f"Expected weeks of records > 0, got {weeks}.")
    reported = (incidents["source"] == REPORTED).to_numpy(np.bool_)
    lat, lng = (incidents[name].to_numpy(np.float64) for name in ("lat", "lng"))
    placed = np.isfinite(lat) & np.isfinite(lng)
    dated = incidents["occurred_at"].notna().to_numpy(np.bool_)
    usable = np.flatnonzero(reported & placed & dated)
    cell = index.index_at(lat[usable], lng[usable])
    counted = usable[cell >= 0]
    hour = hours_of_week(incidents["occurred_at"].iloc[counted], timezone)
    sites, site = np.unique(cell[cell >= 0], return_inverse=True)
    counts = np.zeros((len(sites), HOURS_A_WEEK))
    np.add.at(counts, (site, hour), 1.0)
    return IncidentRisk(
        parameters=parameters,
        weeks=float(weeks),
        num_events=len(counted),
        num_patrol=int((~reported).sum()),
        num_unplaced=int((reported & ~placed).sum()),
        num_undated=int((reported & placed & ~dated).sum()),
        num_outside=len(usable) - len(counted),
        where=place_kernel(index, sites, parameters.bandwidth_m),
        when=counts @ hour_kernel(parameters.hours) / weeks,
    )


def hours_of_week(moments: pd.Series, timezone: str) -> NDArray[np.int64]:
    """Give the hour of the week of each moment by a zone's wall clock: Monday 00:00 is 0."""
    local = pd.DatetimeIndex(pd.to_datetime(moments, utc=True)).tz_convert(timezone)
    hours: NDArray[np.int64] = (local.day_of_week * 24 + local.hour).to_numpy(np.int64)
    return hours


def hour_kernel(hours: float) -> Floats:
    """Give the (168, 168) kernel around the week; rows add up to 1."""
    if hours < 0.02:  # an hour away is 50 deviations: nothing that a float could hold
        return np.eye(HOURS_A_WEEK)
    hour = np.arange(HOURS_A_WEEK)
    away = np.minimum(hour, HOURS_A_WEEK - hour)
    kernel = np.exp(-0.5 * (away / hours) ** 2)
    kernel /= kernel.sum()
    return np.asarray(kernel[(hour[None, :] - hour[:, None]) % HOURS_A_WEEK], np.float64)


def place_kernel(
    index: CellIndex, sites: NDArray[np.integer[Any]], bandwidth_m: float
) -> sparse.csr_array:
    """Give the (n, m) kernel from the cells `sites` to all cells; columns add up to 1."""
    points = unit_vectors(*index.centres())
    shape = (len(points), len(sites))
    if not len(sites):
        return sparse.csr_array(shape)
    reach = chord(CUT_AT * bandwidth_m)
    near = KDTree(points).query_ball_point(points[sites], reach)
    column = np.repeat(np.arange(len(sites)), [len(cells) for cells in near])
    cell = np.concatenate([np.asarray(cells, np.int64) for cells in near])
    straight = np.linalg.norm(points[cell] - points[sites][column], axis=1)
    away = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(straight / 2, 1.0))
    weight = np.exp(-0.5 * (away / bandwidth_m) ** 2)
    weight /= np.bincount(column, weight)[column]
    return sparse.csr_array((weight, (cell, column)), shape=shape)
