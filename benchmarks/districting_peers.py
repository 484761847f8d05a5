"""Compare our districting with spopt's region methods on one sub-bureau, and measure the city.

    python benchmarks/districting_peers.py [--district 150206] [--resolution 8] [--limit 40]

Every method gets the same ground, the same workload and the same number of beats, no stations, and
a process of its own with a time limit. spopt's methods group *similar* areas, so their attributes
are the centres' coordinates (compact groups); max-p also has a floor of three quarters of a fair
share, and finds the number of beats itself. None of the others takes balance as an aim: the table
says what a user gets from the tools at hand, not that those are bad at what they are made for.
Needs the extra `test`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data import baotou
from data.demo.ground import NUM_BEATS, build_ground
from grid.beats import beat_outlines
from grid.cells import cell_centres, neighbour_cells, parents
from grid.districting import DistrictingRules, apportion, draw_beats, plane_xy_m
from grid.districting_report import DistrictingReport, districting_report
from grid.lattice import build_lattice

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from numpy.typing import NDArray

CELLS_A_BEAT = 4
AREA_PART = 0.15
ROUNDS = 9
"""Constructions of max-p, a tenth of its default, so that it finishes."""
METHODS = (
    "ours",
    "ours once",
    "WardSpatial",
    "RegionKMeansHeuristic",
    "AZP",
    "Skater",
    "MaxPHeuristic",
)


@dataclass(frozen=True, slots=True)
class Ground:
    """Cells to be cut into `num_beats`; see `grid.districting.draw_beats` for the arrays."""

    cells: NDArray[np.uint64]
    neighbours: NDArray[np.int32]
    station: NDArray[np.int32]
    workload: NDArray[np.float64]
    lat: NDArray[np.float64]
    lng: NDArray[np.float64]
    num_beats: int

    @property
    def xy(self) -> NDArray[np.float64]:
        """Centres in metres."""
        return plane_xy_m(self.lat, self.lng)


@dataclass(frozen=True, slots=True)
class Result:
    """What one method did; the beats are None where it did not finish."""

    beat: NDArray[np.int32] | None
    seconds: float
    mib: float
    note: str = ""


def city() -> Ground:
    """Build the demo city with its stations."""
    ground = build_ground(1.0, 0)
    risk = ground.risk.a_week()
    workload = (1 - AREA_PART) * risk / risk.mean() + AREA_PART
    for _ in range(5):
        workload = np.minimum(workload, workload.sum() / NUM_BEATS / CELLS_A_BEAT)
    return Ground(
        ground.cells,
        build_lattice(ground.cells).neighbours(),
        ground.station.astype(np.int32),
        workload,
        ground.lat,
        ground.lng,
        NUM_BEATS,
    )


def sub_bureau(whole: Ground, code: str) -> Ground:
    """Cut out one sub-bureau as one ground, with its share of the beats."""
    table = baotou.load_sub_bureau_cells().set_index("cell")["district_code"]
    district = table.loc[whole.cells].to_numpy(str)
    codes, number = np.unique(district, return_inverse=True)
    share = apportion(np.bincount(number, whole.workload), np.bincount(number), whole.num_beats)
    keep = district == code
    place = np.append(np.where(keep, np.cumsum(keep) - 1, -1), -1).astype(np.int32)
    return Ground(
        whole.cells[keep],
        place[whole.neighbours[keep]],
        np.zeros(int(keep.sum()), np.int32),
        whole.workload[keep],
        whole.lat[keep],
        whole.lng[keep],
        int(share[codes.tolist().index(code)]),
    )


def coarser(ground: Ground, resolution: int) -> Ground:
    """Merge the cells of a ground into their parents, so that slow methods finish."""
    cells, owner = np.unique(parents(ground.cells, resolution), return_inverse=True)
    around = neighbour_cells(cells)
    place = np.minimum(np.searchsorted(cells, around), cells.size - 1)
    lat, lng = cell_centres(cells)
    return Ground(
        cells,
        np.where(cells[place] == around, place, -1).astype(np.int32),
        np.zeros(cells.size, np.int32),
        np.bincount(owner, ground.workload),
        lat,
        lng,
        ground.num_beats,
    )


def ours(ground: Ground) -> NDArray[np.int32]:
    """Draw as the product does."""
    return draw_beats(
        ground.neighbours, ground.station, ground.workload, ground.xy, ground.num_beats
    ).beat


def ours_one_start(ground: Ground) -> NDArray[np.int32]:
    """Draw once only."""
    return draw_beats(
        ground.neighbours,
        ground.station,
        ground.workload,
        ground.xy,
        ground.num_beats,
        rules=DistrictingRules(starts=1),
    ).beat


def spopt_method(name: str) -> Callable[[Ground], NDArray[np.int32]]:
    """Wrap a method of spopt."""

    def run(ground: Ground) -> NDArray[np.int32]:
        import geopandas as gpd  # noqa: PLC0415  only the peers need these
        import libpysal  # noqa: PLC0415
        from spopt import region  # noqa: PLC0415

        np.random.seed(0)  # noqa: NPY002  max-p draws from numpy's global state
        xy = ground.xy / ground.xy.std()
        frame = gpd.GeoDataFrame(
            {"x": xy[:, 0], "y": xy[:, 1], "workload": ground.workload},
            geometry=gpd.points_from_xy(*ground.xy.T),
        )
        near = {i: [j for j in row if j >= 0] for i, row in enumerate(ground.neighbours.tolist())}
        w = libpysal.weights.W(near, silence_warnings=True)
        k, attributes = ground.num_beats, ["x", "y"]
        if name == "MaxPHeuristic":
            floor = 0.75 * ground.workload.sum() / k
            model = region.MaxPHeuristic(frame, w, attributes, "workload", floor, 2, ROUNDS)
        elif name == "RegionKMeansHeuristic":
            model = region.RegionKMeansHeuristic(xy, k, w)
        elif name == "Skater":
            model = region.Skater(frame, w, attributes, n_clusters=k)
        elif name == "AZP":
            model = region.AZP(frame, w, attributes, n_clusters=k, random_state=0)
        else:
            model = region.WardSpatial(frame, w, attributes, n_clusters=k)
        model.solve()
        return np.unique(np.asarray(model.labels_), return_inverse=True)[1].astype(np.int32)

    run.__name__ = name
    return run


def _child(method: str, ground: Ground, pipe: Connection) -> None:
    warnings.simplefilter("ignore")
    run = {"ours": ours, "ours once": ours_one_start}.get(method) or spopt_method(method)
    if method.startswith("ours"):
        tiny = np.full((2, 6), -1, np.int32)
        tiny[0, 0], tiny[1, 3] = 1, 0
        draw_beats(tiny, np.zeros(2, np.int32), np.ones(2), np.eye(2), 2)  # load the kernels
    start = time.perf_counter()
    try:
        beat, note = run(ground), ""
    except Exception as error:  # noqa: BLE001  a peer's failure is a result
        beat, note = None, f"{type(error).__name__}: {error}"[:60]
    seconds = time.perf_counter() - start
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pipe.send(Result(beat, seconds, mib, note))


def measure(method: str, ground: Ground, limit_s: float) -> Result:
    """Run a method in a process of its own and stop it at the limit."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(method, ground, sender))
    child.start()
    if receiver.poll(limit_s + 20):
        result: Result = receiver.recv()
    else:
        child.kill()
        result = Result(None, limit_s, float("nan"), f"not finished in {limit_s:.0f} s")
    child.join()
    return result


def judge(ground: Ground, beat: NDArray[np.int32]) -> DistrictingReport:
    """Measure beats by the product's own report."""
    num_beats = int(beat.max()) + 1
    area, perimeter = beat_outlines(
        beat, num_beats, ground.cells, ground.neighbours, lat=ground.lat, lng=ground.lng
    )
    compactness = 4 * np.pi * area / perimeter**2
    return districting_report(beat, ground.station, ground.workload, ground.neighbours, compactness)


def row(name: str, result: Result, report: DistrictingReport | None) -> str:
    """Format a line of the table."""
    if report is None:
        return f"| {name} | – | – | – | – | – | – | {result.seconds:.1f} | – | {result.note} |"
    low, high = report.deviation[0], report.deviation[-1]
    return (
        f"| {name} | {report.num_beats} | {report.contiguous_share:.1%} "
        f"| {report.cv_within_stations:.3f} | {report.within_25:.1%} | {low:+.0%} … {high:+.0%} "
        f"| {report.polsby_popper[3]:.3f} / {report.polsby_popper[2]:.3f} "
        f"| {result.seconds:.2f} | {result.mib:.0f} | {report.cut_share:.1%} |"
    )


def main() -> None:
    """Print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--district", default="150206")
    parser.add_argument("--limit", type=float, default=40.0, help="seconds a method")
    parser.add_argument("--resolution", type=int, default=8, help="of the compared ground")
    parser.add_argument("--methods", default=",".join(METHODS), help="joined by commas")
    parser.add_argument("--city", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    unknown = set(options.methods.split(",")) - set(METHODS)
    if unknown:
        parser.error(f"Expected methods among {', '.join(METHODS)}, got {', '.join(unknown)}.")
    whole = city()
    part = sub_bureau(whole, options.district)
    if options.resolution < baotou.CELL_RESOLUTION:
        part = coarser(part, options.resolution)
    print(
        f"{options.district}: {part.cells.size} cells of resolution {options.resolution}, "
        f"{part.num_beats} beats, no stations"
    )
    print(
        "| method | beats | contiguous | CV of workload | within ±25 % | deviation "
        "| Polsby–Popper median / 5 % | s | peak MiB | pairs cut |"
    )
    print("|" + " --- |" * 10)
    for name in options.methods.split(","):
        result = measure(name, part, options.limit)
        print(
            row(name, result, None if result.beat is None else judge(part, result.beat)), flush=True
        )
    if not options.city:
        return
    result = measure("ours", whole, 120)
    assert result.beat is not None
    report = judge(whole, result.beat)
    print(f"\nwhole city, {report.num_stations} stations, {report.num_cells} cells")
    print(row("ours", result, report))
    print(report)


if __name__ == "__main__":
    main()
