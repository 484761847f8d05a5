"""The demo city's ground: cells, people living there, risk, stations and beats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data import baotou
from grid.beats import build_beats
from grid.districting import Districting, draw_beats, plane_xy_m
from grid.lattice import Lattice, build_lattice
from grid.risk import RiskSurface, Settlement, risk_kinds, risk_surface, settle
from grid.stations import assign_stations, build_stations
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

CITY_CENTRE = (40.6213, 109.9532)
"""The city government, latitude and longitude: a smaller demo keeps the stations nearest to it."""
NUM_STATIONS = 91
NUM_BEATS = 1_444
_INCIDENTS_A_WEEK = 0.003
_URBAN_DISTRICTS = ("150202", "150203", "150204", "150207", "150271")
_URBAN_STATIONS = 40
"""So many stations nearest to the city's centre lie in the urban districts."""
_AREA_PART = 0.15
_LEAST_CELLS = 4
_CAP_ROUNDS = 5
_OFFICE_REACH_M = {"街道": 1_600.0, "镇": 1_500.0}
_OTHER_REACH_M = 1_000.0


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the demo takes place; cells in lattice order.

    Attributes
    ----------
    cells : (n,) uint64
    lat, lng : (n,) degrees
        Centres.
    district : (n,) str
        Code of the district that answers for the cell.
    population : (n,) int64
    risk : RiskSurface
        Of these cells, in their order.
    station, beat : (n,) int64
        Rows of `stations` and `beats`.
    stations, beats : DataFrame
        ``station_id, name, district_code, lat, lng``; `beats` as a scenario has them.
    """

    cells: NDArray[np.uint64]
    lat: Floats
    lng: Floats
    district: NDArray[np.str_]
    population: Integers
    risk: RiskSurface
    station: Integers
    beat: Integers
    stations: pd.DataFrame
    beats: pd.DataFrame

    def beat_station(self) -> Integers:
        """Give the row of the station of each beat."""
        rows = pd.Index(self.stations["station_id"]).get_indexer(self.beats["station_id"])
        return np.asarray(rows, np.int64)


def build_ground(part: float, seed: int) -> Ground:
    """Lay out the city, or the part of it about its centre with so much of its stations.

    Parameters
    ----------
    part : float
        In (0, 1]; at least two stations are kept. Few stations are all found in the urban
        districts, so only those are laid out for them, which takes a tenth of the time.
    seed : int
        Of villages, hot spots and the drawing of beats.
    """
    num_stations = max(2, round(NUM_STATIONS * part))
    table, lattice, townships = _city(urban_only=num_stations <= _URBAN_STATIONS)
    lat, lng = table["lat"].to_numpy(), table["lng"].to_numpy()
    district = table["district_code"].to_numpy(str)
    neighbours = lattice.neighbours()
    stations = build_stations(townships, lat, lng, district)
    station = assign_stations(stations, lat, lng, district, neighbours).station.astype(np.int64)
    population = _population(table, stations, townships, seed)
    risk = risk_surface(
        lat,
        lng,
        population,
        risk_kinds(),
        incidents_a_week=population.sum() * _INCIDENTS_A_WEEK,
        rng=np.random.default_rng([seed, 2]),
    )
    kept = _kept_stations(stations, num_stations)
    keep = np.isin(station, kept)
    stations = stations.iloc[kept].reset_index(drop=True)
    risk = _cut(risk, keep)
    station = np.searchsorted(kept, station[keep]).astype(np.int64)
    lat, lng, cells = lat[keep], lng[keep], lattice.cells[keep]
    neighbours = _cut_neighbours(neighbours, keep)
    num_beats = max(num_stations, round(NUM_BEATS * part))
    workload = _workload(risk.a_week(), num_beats)
    xy = plane_xy_m(lat, lng)
    drawn = draw_beats(neighbours, station.astype(np.int32), workload, xy, num_beats, seed=seed)
    beats = _beat_table(stations, drawn, cells, neighbours, points=(lat, lng), workload=workload)
    return Ground(
        cells=cells,
        lat=lat,
        lng=lng,
        district=district[keep],
        population=population[keep],
        risk=risk,
        station=station,
        beat=drawn.beat.astype(np.int64),
        stations=stations,
        beats=beats,
    )


def _city(*, urban_only: bool) -> tuple[pd.DataFrame, Lattice, pd.DataFrame]:
    """Give the cells in lattice order with centre and district, the lattice, the townships."""
    table, townships = baotou.load_sub_bureau_cells(), baotou.load_townships()
    if urban_only:
        table = table[table["district_code"].isin(_URBAN_DISTRICTS)]
        townships = townships[townships["district_code"].isin(_URBAN_DISTRICTS)]
    lattice = build_lattice(table["cell"].to_numpy())
    order = np.argsort(lattice.positions(table["cell"].to_numpy()))
    return table.iloc[order], lattice, townships.reset_index(drop=True)


def _population(
    table: pd.DataFrame, stations: pd.DataFrame, townships: pd.DataFrame, seed: int
) -> Integers:
    """Settle the people of the census about their districts' offices."""
    communities = baotou.load_communities()["township_code"].value_counts()
    people = np.zeros(len(table), np.int64)
    totals = baotou.load_districts()
    for code, urban, rural in zip(
        totals["district_code"], totals["urban"], totals["rural"], strict=True
    ):
        here = (table["district_code"] == code).to_numpy(bool)
        if not here.any():
            continue
        own = (stations["district_code"] == code).to_numpy(bool)
        settlement = Settlement(
            lat=stations["lat"].to_numpy(np.float64)[own],
            lng=stations["lng"].to_numpy(np.float64)[own],
            reach_m=np.array([_office_reach(name) for name in townships["name"][own]]),
            pull=np.array([communities.get(id_, 1) for id_ in townships["code"][own]], np.float64),
            urban=int(urban),
            rural=int(rural),
        )
        rng = np.random.default_rng([seed, 1, int(code)])
        lat, lng = table["lat"].to_numpy()[here], table["lng"].to_numpy()[here]
        people[here] = settle(lat, lng, settlement, rng)
    return people


def _office_reach(township: str) -> float:
    for ending, reach in _OFFICE_REACH_M.items():
        if township.endswith(ending):
            return reach
    return _OTHER_REACH_M


def _kept_stations(stations: pd.DataFrame, count: int) -> NDArray[np.intp]:
    away = great_circle_m(*CITY_CENTRE, stations["lat"].to_numpy(), stations["lng"].to_numpy())
    return np.sort(np.argsort(away, kind="stable")[:count])


def _cut(risk: RiskSurface, keep: NDArray[np.bool_]) -> RiskSurface:
    place = np.cumsum(keep) - 1
    spots = {kind: place[cells[keep[cells]]] for kind, cells in risk.spots.items()}
    return RiskSurface(risk.kinds, risk.where[keep], risk.when, spots)


def _cut_neighbours(neighbours: NDArray[np.int32], keep: NDArray[np.bool_]) -> NDArray[np.int32]:
    place = np.where(keep, np.cumsum(keep) - 1, -1)
    place = np.append(place, -1).astype(np.int32)  # the last entry answers for -1
    return place[neighbours[keep]]


def _workload(risk: Floats, num_beats: int) -> Floats:
    """Mix risk with ground, which also has to be walked.

    No cell counts more than a quarter of a beat: a beat of one crowded cell would be no beat.
    """
    load: Floats = (1 - _AREA_PART) * risk / risk.mean() + _AREA_PART
    for _ in range(_CAP_ROUNDS):
        load = np.minimum(load, load.sum() / num_beats / _LEAST_CELLS)
    return load


def _beat_table(
    stations: pd.DataFrame,
    drawn: Districting,
    cells: NDArray[np.uint64],
    neighbours: NDArray[np.int32],
    *,
    points: tuple[Floats, Floats],
    workload: Floats,
) -> pd.DataFrame:
    """Describe the beats as a scenario has them; people report where the work is."""
    lat, lng = points
    table = build_beats(
        drawn.beat,
        drawn.station_of_beat,
        stations,
        cells,
        neighbours,
        lat=lat,
        lng=lng,
        workload=workload,
        communities=baotou.load_communities(),
    )
    names = baotou.load_districts().set_index("district_code")["name"]
    table["sub_bureau_name"] = [f"{names[code]}分局" for code in table["sub_bureau_id"]]
    columns = ["beat_id", "station_id", "sub_bureau_id", "name", "lng", "lat", "station_name"]
    table = table[[*columns, "sub_bureau_name"]]
    texts = [column for column in table.columns if column not in {"lng", "lat"}]
    return table.astype(dict.fromkeys(texts, "str")).round({"lng": 6, "lat": 6})
