"""Stations (派出所): one for each township, its office, its name and the cells it answers for.

A cell goes to the nearest office of its own sub-bureau (分局) by great circle. In a sub-bureau of
non-convex shape this leaves *islands*: cells that lie nearest to an office on the other side of
somebody else's ground. A beat is contiguous and keeps to one station, so each island would become
a tiny beat of its own. `assign_stations` hands an island to the station of the same sub-bureau with
which it shares the longest border instead. What still lies apart afterwards is an exclave of the
sub-bureau itself and stays with the nearest office.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from grid.errors import BeatError
from grid.travel import EARTH_RADIUS_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

STATION_COLUMNS: Final = (
    "station_id",
    "name",
    "district_code",
    "lat",
    "lng",
    "office_is_synthetic",
)
URBAN_KERNEL_M: Final = 1_500.0
"""Standard deviation of the kernel around known offices that says how urban a cell is."""

_PLACING_ROUNDS = 30
_PLACED_WITHIN_M = 50.0
_STREET, _TOWN = "街道", "镇"
_NAME_ENDINGS = (_STREET, "办事处")
_NAME_BEGINNINGS = ("内蒙古包头钢铁冶金开发区管委会", "包头市")


def station_name(township_name: str) -> str:
    """Name the station of a township: 乌素图街道 → 乌素图派出所, 青福镇 → 青福镇派出所."""
    short = township_name
    for beginning in _NAME_BEGINNINGS:
        short = short.removeprefix(beginning)
    for ending in _NAME_ENDINGS:
        short = short.removesuffix(ending)
    return f"{short}派出所"


def build_stations(
    townships: pd.DataFrame,
    cell_lat: NDArray[np.float64],
    cell_lng: NDArray[np.float64],
    cell_district: NDArray[np.str_],
) -> pd.DataFrame:
    """Make a station of every township and place the offices whose point is not known.

    Synthetic offices are labelled so. A *street* without a point (a name in 街道) is placed on
    urban ground: its district's cells weighted by a Gaussian kernel around the city's known street
    offices, cut off at three times `URBAN_KERNEL_M`; where there are none of those, around the
    district's known towns, then around any known office of it, and else all of its cells alike.
    Every other township is placed on the whole district, all cells alike. Points are taken where
    weight times squared distance from the offices already there is largest, then moved by Lloyd's
    weighted iteration with the known ones held, so that offices lie amid the ground they would
    serve; at the end each moves onto the nearest cell centre. No chance is involved.

    Parameters
    ----------
    townships : DataFrame
        ``code, name, district_code`` (str), ``lng, lat`` (float64, NaN where not known).
    cell_lat, cell_lng : (n,) degrees
        Centres of the city's cells.
    cell_district : (n,) str
        District that answers for each cell.

    Returns
    -------
    DataFrame
        Columns `STATION_COLUMNS`, a row a township, in the order given.
    """
    stations = pd.DataFrame(
        {
            "station_id": townships["code"],
            "name": townships["name"].map(station_name),
            "district_code": townships["district_code"],
            "lat": townships["lat"],
            "lng": townships["lng"],
            "office_is_synthetic": townships["lat"].isna() | townships["lng"].isna(),
        }
    ).reset_index(drop=True)
    is_street = townships["name"].str.endswith(_STREET).to_numpy(bool)
    is_town = townships["name"].str.endswith(_TOWN).to_numpy(bool)
    known = ~stations["office_is_synthetic"].to_numpy(bool)
    points = _unit_vectors(stations["lat"].to_numpy(float), stations["lng"].to_numpy(float))
    cells = _unit_vectors(cell_lat, cell_lng)
    district = stations["district_code"].to_numpy(str)
    for code in np.unique(district):
        own = district == code
        ground = np.flatnonzero(cell_district == code)
        seeds = (points[known & is_street], points[own & known & is_town], points[own & known])
        for kind, weight in (
            (is_street, _urban(cells[ground], seeds)),
            (~is_street, np.ones(ground.size)),
        ):
            wanted = np.flatnonzero(own & ~known & kind)
            there = points[own & ~np.isnan(points[:, 0])]
            where = ground[weight > 0]
            chosen = where[_spread(cells[where], weight[weight > 0], there, wanted.size)]
            points[wanted] = cells[chosen]
            stations.loc[wanted, "lat"] = cell_lat[chosen]
            stations.loc[wanted, "lng"] = cell_lng[chosen]
    return stations[list(STATION_COLUMNS)]


@dataclass(frozen=True, slots=True)
class StationAssignment:
    """Which station answers for each cell.

    Attributes
    ----------
    station : (n,) int32
        Row of the stations' table for each cell.
    num_islands, num_island_cells : int
        Islands handed to another station of the same sub-bureau, and their cells.
    num_exclaves, num_exclave_cells : int
        Pieces still apart from their station's largest one, and their cells.
    """

    station: NDArray[np.int32]
    num_islands: int
    num_island_cells: int
    num_exclaves: int
    num_exclave_cells: int


def assign_stations(
    stations: pd.DataFrame,
    cell_lat: NDArray[np.float64],
    cell_lng: NDArray[np.float64],
    cell_district: NDArray[np.str_],
    neighbours: NDArray[np.int32],
) -> StationAssignment:
    """Give every cell to the nearest office of its district, then hand islands over.

    Parameters
    ----------
    stations : DataFrame
        Columns `STATION_COLUMNS`; at least one row for each district.
    cell_lat, cell_lng : (n,) degrees
    cell_district : (n,) str
    neighbours : (n, 6) int32
        Neighbouring cells, -1 where there is none.

    Raises
    ------
    BeatError
        If a district has cells and no station.
    """
    district = stations["district_code"].to_numpy(str)
    offices = _unit_vectors(stations["lat"].to_numpy(float), stations["lng"].to_numpy(float))
    cells = _unit_vectors(cell_lat, cell_lng)
    station = np.full(len(cells), -1, np.int32)
    for code in np.unique(cell_district):
        rows = np.flatnonzero(district == code)
        if not rows.size:
            raise BeatError(f"Expected a station in every district, got none in {code}.")
        ground = cell_district == code
        # The chord between unit vectors grows with the great circle: same nearest office.
        station[ground] = rows[cKDTree(offices[rows]).query(cells[ground])[1]]
    nearest = station.copy()
    district_number = np.unique(cell_district, return_inverse=True)[1]
    num_islands = 0
    while moved := _hand_islands_over(station, district_number, neighbours):
        num_islands += moved
    piece = label_pieces(station, neighbours)
    exclave = ~_is_main_piece(piece, station)
    return StationAssignment(
        station=station,
        num_islands=num_islands,
        num_island_cells=int((station != nearest).sum()),
        num_exclaves=np.unique(piece[exclave]).size,
        num_exclave_cells=int(exclave.sum()),
    )


def label_pieces(label: NDArray[np.int32], neighbours: NDArray[np.int32]) -> NDArray[np.int32]:
    """Tell the connected pieces of equal label apart.

    Parameters
    ----------
    label : (n,) int
    neighbours : (n, 6) int32, -1 where there is none

    Returns
    -------
    (n,) int32
        Pieces are numbered from 0 in the order of their first cells.
    """
    near, far = _same_label_edges(label, neighbours)
    graph = coo_array((np.ones(near.size, np.int8), (near, far)), shape=(label.size, label.size))
    pieces: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    _, first, inverse = np.unique(pieces, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int32)


def _hand_islands_over(
    station: NDArray[np.int32],
    district: NDArray[np.intp],
    neighbours: NDArray[np.int32],
) -> int:
    """Move every island to the station it borders most, in place; return how many moved."""
    piece = label_pieces(station, neighbours)
    island_cell = ~_is_main_piece(piece, station)
    near, column = np.nonzero((neighbours >= 0) & island_cell[:, None])
    far = neighbours[near, column]
    # Only borders on ground of another station that is no island itself: no two islands swap.
    usable = (district[near] == district[far]) & (station[near] != station[far]) & ~island_cell[far]
    if not usable.any():
        return 0
    borders = pd.DataFrame({"piece": piece[near[usable]], "station": station[far[usable]]})
    length = borders.groupby(["piece", "station"]).size().reset_index(name="edges")
    best = length.sort_values(["edges", "station"], ascending=[False, True], kind="stable")
    best = best.drop_duplicates("piece")
    target = np.full(int(piece.max()) + 1, -1, np.int32)
    target[best["piece"].to_numpy()] = best["station"].to_numpy()
    moves = target[piece] >= 0
    station[moves] = target[piece[moves]]
    return len(best)


def _is_main_piece(piece: NDArray[np.int32], station: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell for each cell whether its piece is the largest of its station."""
    size = np.bincount(piece)
    owner = np.zeros(size.size, np.int32)
    owner[piece] = station
    order = np.lexsort((np.arange(size.size), -size, owner))
    is_main = np.zeros(size.size, bool)
    is_main[order[np.unique(owner[order], return_index=True)[1]]] = True
    return is_main[piece]


def _same_label_edges(
    label: NDArray[np.int32], neighbours: NDArray[np.int32]
) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    near, column = np.nonzero(neighbours >= 0)
    far = neighbours[near, column]
    same = label[near] == label[far]
    return near[same], far[same]


def _unit_vectors(lat: NDArray[np.float64], lng: NDArray[np.float64]) -> NDArray[np.float64]:
    phi, theta = np.radians(lat), np.radians(lng)
    return np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])


def _urban(
    cells: NDArray[np.float64], seeds: tuple[NDArray[np.float64], ...]
) -> NDArray[np.float64]:
    """Kernel density of the first group of seeds that is near any cell; ones where none is."""
    sigma = URBAN_KERNEL_M / EARTH_RADIUS_M
    for points in seeds:
        near = cKDTree(cells).sparse_distance_matrix(
            cKDTree(points), 3 * sigma, output_type="ndarray"
        )
        if near.size:
            kernel = np.exp(-0.5 * (near["v"] / sigma) ** 2)
            return np.asarray(np.bincount(near["i"], kernel, len(cells)), np.float64)
    return np.ones(len(cells))


def _spread(
    cells: NDArray[np.float64],
    weight: NDArray[np.float64],
    held: NDArray[np.float64],
    count: int,
) -> NDArray[np.intp]:
    """Choose `count` cells amid the weight that the held points serve least (Lloyd, 1982)."""
    tree = cKDTree(cells)
    points = held
    for _ in range(count):
        if len(points):
            start = int((weight * cKDTree(points).query(cells)[0] ** 2).argmax())
        else:
            start = int(tree.query(np.average(cells, axis=0, weights=weight))[1])
        points = np.vstack([points, cells[start]])
    for _ in range(_PLACING_ROUNDS if count else 0):
        before = points.copy()
        owner = cKDTree(points).query(cells)[1]
        for k in range(len(held), len(points)):
            if (owner == k).any():
                points[k] = np.average(cells[owner == k], axis=0, weights=weight[owner == k])
        if np.abs(points - before).max() * EARTH_RADIUS_M < _PLACED_WITHIN_M:
            break
    placed: NDArray[np.intp] = np.asarray(tree.query(points[len(held) :])[1], np.intp)
    return placed
