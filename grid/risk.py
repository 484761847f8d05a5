"""A synthetic population and risk surface: where a city lives, and where and when things happen.

Made for demonstrations and tests where a city has no open data of its own. Both surfaces are
labelled synthetic wherever they are shown. What is random comes from the generator passed in.

**Population.** A district's townspeople gather about the offices of its townships, an office with
more communities (社区) drawing more; its country people live in villages, thinner with distance:

    town(c)    = Σ_j  n_j / λ_j² · exp(−d(c, j) / λ_j)      over the offices j of the district
    village(c) = exp(−d(c, nearest office) / 15 km) · exp(2 · N(0, 1))

(n_j: communities, λ_j: reach of the office, d: great circle; the negative exponential is Clark's
law of urban density, 1951.) Each is scaled to the district's count in the census, and persons are
rounded by largest remainders, so that every district's cells add up to its census exactly.

**Risk.** Expected incidents an hour in cell c at hour h of the week are a sum of products,

    risk(c, h) = Σ_k  share_k · where_k(c) · when_k(h),      Σ_c where_k = Σ_h when_k = 1,

times the incidents a week, with six kinds k: homes, nightlife, schools, stations, markets and open
ground. `where` of homes is the population; of ground, one for every inhabited cell; of the others a
sum of kernels exp(−d / reach) about spots drawn where people live. As a sum of products the whole
week of a city takes six arrays, not 168.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from grid.errors import GeometryError
from grid.travel import EARTH_RADIUS_M, great_circle_m, unit_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

HOURS_A_WEEK = 168
VILLAGE_REACH_M = 15_000.0
_KERNEL_REACHES = 6
"""A kernel is cut off at six reaches, where 0.2 % of its height is left."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """The offices about which a district's people live.

    Attributes
    ----------
    lat, lng : (m,) degrees
    reach_m : (m,) metres
        λ of each office.
    pull : (m,) float
        Relative number of people, for example its communities.
    urban, rural : int
        People to place about the offices and in villages.
    """

    lat: Floats
    lng: Floats
    reach_m: Floats
    pull: Floats
    urban: int
    rural: int

    def __post_init__(self) -> None:
        if len(self.lat) == 0 or self.urban < 0 or self.rural < 0:
            raise GeometryError(
                f"Expected offices and people >= 0, got {len(self.lat)} offices, "
                f"{self.urban} urban and {self.rural} rural people."
            )


def settle(lat: Floats, lng: Floats, settlement: Settlement, rng: np.random.Generator) -> Integers:
    """Place a district's people in its cells.

    Parameters
    ----------
    lat, lng : (n,) degrees
        Centres of the district's cells, n ≥ 1.
    settlement : Settlement
        Its offices and its people.
    rng : Generator
        Draws the villages.

    Returns
    -------
    (n,) int64
        People a cell; they add up to ``urban + rural`` exactly.
    """
    if len(lat) == 0:
        raise GeometryError("Expected cells to settle, got none.")
    town = np.zeros(len(lat))
    nearest = np.full(len(lat), np.inf)
    offices = zip(settlement.lat, settlement.lng, settlement.reach_m, settlement.pull, strict=True)
    for office_lat, office_lng, reach, pull in offices:
        away = great_circle_m(lat, lng, office_lat, office_lng)
        town += pull / reach**2 * np.exp(-away / reach)
        np.minimum(nearest, away, out=nearest)
    village = np.exp(-nearest / VILLAGE_REACH_M + 2 * rng.standard_normal(len(lat)))
    people = apportion(settlement.urban, town)
    people += apportion(settlement.rural, village)
    return np.asarray(people, np.int64)


def apportion(total: int, shares: Floats) -> Integers:
    """Split a whole number by shares, by largest remainders (Hamilton); ties go to the first.

    Returns
    -------
    (n,) int64
        Adds up to `total`. Equal parts where no share is positive.
    """
    if len(shares) == 0:
        raise GeometryError("Expected shares to split by, got none.")
    weight = shares if shares.sum() > 0 else np.ones(len(shares))
    exact = total * (weight / weight.sum())
    parts: Integers = np.floor(exact).astype(np.int64)
    short = total - int(parts.sum())
    # At most one each: the rounding errors of n floors sum to less than n.
    parts[np.argsort(parts - exact, kind="stable")[:short]] += 1
    return parts


@dataclass(frozen=True, slots=True)
class RiskKind:
    """One kind of risk.

    Attributes
    ----------
    name : str
    share : float
        Part of all incidents.
    reach_m : float
        Of the kernel about each spot; 0 where the kind has no spots.
    people_a_spot : int
        One spot for so many people; 0 where the kind has no spots.
    crowding : float
        A spot falls in a cell with chance ∝ population ** crowding.
    when : (168,) float
        Relative risk by hour of the week, Monday 00:00 first.
    """

    name: str
    share: float
    reach_m: float
    people_a_spot: int
    crowding: float
    when: Floats


@dataclass(frozen=True, slots=True)
class RiskSurface:
    """Expected incidents by cell and hour of the week, as a sum of products.

    Attributes
    ----------
    kinds : tuple of str
    where : (n, k) float64
        Incidents a week of each kind in each cell.
    when : (168, k) float64
        Part of the week's incidents in each hour; columns add up to 1.
    spots : dict of str to (s,) int64
        Kind → cells that hold a spot of it.
    """

    kinds: tuple[str, ...]
    where: Floats
    when: Floats
    spots: dict[str, Integers]

    def a_week(self) -> Floats:
        """Give expected incidents a week by cell, (n,)."""
        return np.asarray(self.where.sum(axis=1), np.float64)

    def at(self, hours: Integers) -> Floats:
        """Give expected incidents an hour by cell and hour of the week, (n, len(hours))."""
        return np.asarray(self.where @ self.when[hours].T, np.float64)

    def by_area(self, area: Integers, num_areas: int, windows: Floats) -> Floats:
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
        inside = area >= 0
        sums = np.stack(
            [
                np.bincount(area[inside], column[inside], minlength=num_areas)
                for column in self.where.T
            ],
            axis=1,
        )
        return np.asarray(sums @ (windows @ self.when).T, np.float64)


def risk_surface(
    lat: Floats,
    lng: Floats,
    population: Integers,
    kinds: Sequence[RiskKind],
    *,
    incidents_a_week: float,
    rng: np.random.Generator,
) -> RiskSurface:
    """Make the risk surface of a city by the formula in the module's text.

    Parameters
    ----------
    lat, lng : (n,) degrees
        Cell centres.
    population : (n,) int
        People a cell; the sum must be positive.
    kinds : sequence of RiskKind
        `risk_kinds` gives the six of the text.
    incidents_a_week : float
        What the surface adds up to.
    rng : Generator
        Draws the spots.
    """
    if population.sum() <= 0:
        raise GeometryError("Expected people to draw risk from, got none.")
    points = unit_vectors(lat, lng)
    total = sum(kind.share for kind in kinds)
    where, spots = [], {}
    for kind in kinds:
        if kind.people_a_spot:
            spots[kind.name] = _draw_spots(population, kind, rng)
            column = _kernel_sum(points, spots[kind.name], kind.reach_m)
        else:
            column = population.astype(np.float64) ** kind.crowding * (population > 0)
        where.append(incidents_a_week * kind.share / total * column / column.sum())
    when = np.stack([kind.when / kind.when.sum() for kind in kinds], axis=1)
    return RiskSurface(tuple(k.name for k in kinds), np.stack(where, axis=1), when, spots)


def risk_kinds() -> tuple[RiskKind, ...]:
    """Give the six kinds of risk with the weekly rhythm that we assume for each."""
    hour = np.arange(HOURS_A_WEEK) % 24
    day = np.arange(HOURS_A_WEEK) // 24
    workday, weekend = day < 5, day >= 5
    eve_of_rest = (day == 4) | (day == 5)

    def bump(centre: float, width: float) -> Floats:
        away = np.abs((hour + 0.5 - centre + 12) % 24 - 12)
        return np.asarray(np.exp(-0.5 * (away / width) ** 2), np.float64)

    homes = 0.3 + bump(20, 2.5) + 0.4 * bump(8, 1.5) + 0.3 * bump(1, 2)
    nightlife = 0.02 + bump(23.5, 2) * np.where(eve_of_rest, 2.2, 1.0)
    schools = np.where(workday, bump(7.5, 0.5) + 1.1 * bump(17, 0.8), 0.05) + 0.01
    stations = 0.2 + bump(8, 1.5) + bump(18, 2) + 0.2 * weekend
    markets = 0.05 + bump(10, 1.5) + 1.2 * bump(17.5, 2) * np.where(weekend, 1.4, 1.0)
    ground = np.full(HOURS_A_WEEK, 1.0) + 0.5 * bump(2, 3)
    return (
        RiskKind("homes", 0.42, 0, 0, 1.0, homes),
        RiskKind("nightlife", 0.18, 300, 30_000, 1.3, nightlife),
        RiskKind("schools", 0.10, 250, 8_000, 1.0, schools),
        RiskKind("stations", 0.08, 400, 150_000, 1.0, stations),
        RiskKind("markets", 0.17, 300, 15_000, 1.1, markets),
        RiskKind("ground", 0.05, 0, 0, 0.0, ground),
    )


def _draw_spots(population: Integers, kind: RiskKind, rng: np.random.Generator) -> Integers:
    chance = population.astype(np.float64) ** kind.crowding * (population > 0)
    count = min(max(1, round(population.sum() / kind.people_a_spot)), np.count_nonzero(chance))
    spots = rng.choice(len(population), count, replace=False, p=chance / chance.sum())
    return np.sort(spots).astype(np.int64)


def _kernel_sum(points: Floats, spots: Integers, reach_m: float) -> Floats:
    near = cKDTree(points).query_ball_point(
        points[spots], _KERNEL_REACHES * reach_m / EARTH_RADIUS_M
    )
    lists = [np.asarray(cells, np.int64) for cells in near]
    cell = np.concatenate(lists)
    spot = np.repeat(spots, [cells.size for cells in lists])
    away = np.linalg.norm(points[cell] - points[spot], axis=1) * EARTH_RADIUS_M
    total = np.bincount(cell, np.exp(-away / reach_m), minlength=len(points))
    return np.asarray(total, np.float64)
