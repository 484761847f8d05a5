"""Plan a province: how time and memory grow from a tenth of a city to ten cities.

    python benchmarks/province.py DIR [--sizes 1/10,1/3,1,2,5,10] [--rounds 1] [--workers 2]
    python benchmarks/province.py DIR --time-limit 60          # as an office plans: so long a city

Makes the bundles that are missing under ``DIR`` (not timed), then plans each size by itself, files
to files. A province is independent cities: each is planned by a process of its own, as many at a
time as there are workers, and within a city its pieces; one city alone has all workers for its
pieces. All cities' pieces go to one cluster with ``--scheduler``. Measured: wall and processor
seconds, the largest process, the memory of all processes together, objective, bound and gap.
Prints the tables of docs/scaling.md; ``--write FILE`` puts them between its marks.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
from city_family import FAMILY, build

from api.jobs import plan_bundle
from api.language import texts_of
from api.scheduler import cluster_pool
from api.settings import read_settings
from data.bundle import write_bundle
from data.demo import SEED, VOLUNTEERS, build_demo
from dispatch.effort import Effort
from dispatch.executors import PiecePool, local_processes
from dispatch.planner import plan

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNTRY_VOLUNTEERS = 10_000_000
_BEGIN, _END = "<!-- begin: benchmarks/province.py -->", "<!-- end: benchmarks/province.py -->"


@dataclass(frozen=True, slots=True)
class Task:
    """One city to plan."""

    bundle: str
    out: str
    effort: Effort
    workers: int
    seed: int
    scheduler: str | None


@dataclass(frozen=True, slots=True)
class CityRun:
    """What planning one city took.

    Attributes
    ----------
    wall_s, cpu_s : float
        `cpu_s` of the city's process and of its own piece processes.
    peak_mib : float
        Largest process.
    """

    city: str
    objective: int
    bound: int
    assigned: int
    wall_s: float
    cpu_s: float
    peak_mib: float
    stages: dict[str, float]


@dataclass(frozen=True, slots=True)
class SizeRun:
    """What planning one size took, all cities together."""

    size: str
    people: int
    lines: int
    wall_s: float
    cpu_s: float
    peak_process_mib: float
    peak_total_mib: float
    objective: int
    bound: int
    worst_gap: float
    cities: list[CityRun]

    @property
    def gap(self) -> float:
        """Of the sum of objectives to the sum of bounds."""
        return (self.objective - self.bound) / self.objective if self.objective else 0.0


def make_bundle(task: tuple[str, str, int]) -> None:
    """Write a bundle: a number is a seed of the demo, a word one of the family."""
    path, city, volunteers = task
    if city.isdigit():
        scenario = build_demo(volunteers, int(city)).scenario
    else:
        scenario = build(city, volunteers)
    write_bundle(scenario, Path(path))


def warm_up(_: int) -> None:
    """Load the planner and its compiled loops, so that no size pays for the start."""
    plan(build_demo(300, SEED).scenario, effort=Effort(rounds=1), clock=time.perf_counter)
    time.sleep(1.0)  # so that every worker takes one


def plan_city(task: Task) -> CityRun:
    """Plan one bundle in this process, with pieces here, in own processes or on a cluster."""
    begun, used = time.perf_counter(), _cpu_seconds()
    with ExitStack() as stack:
        pool = None
        if task.scheduler:
            pool = stack.enter_context(
                cluster_pool(
                    task.scheduler,
                    workers=task.workers,
                    settings=read_settings(os.environ),
                    texts=texts_of("en"),
                )
            )
        result = plan_bundle(
            Path(task.bundle),
            Path(task.out),
            effort=task.effort,
            workers=task.workers,
            seed=task.seed,
            pool=pool,
        )
    report = result.report
    largest = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return CityRun(
        city=Path(task.bundle).name,
        objective=report.objective,
        bound=report.bound,
        assigned=report.assigned,
        wall_s=time.perf_counter() - begun,
        cpu_s=_cpu_seconds() - used,
        peak_mib=largest / 1024,
        stages=dict(report.seconds),
    )


def _cpu_seconds() -> float:
    """Processor seconds of this process and of children that have ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


@contextmanager
def total_memory(peaks: list[float]) -> Iterator[None]:
    """Sample the memory of this process and all below it; append the largest sum in MiB."""
    done = threading.Event()

    def sample() -> None:
        largest, me = 0.0, psutil.Process()
        while not done.wait(0.25):
            total = 0
            for process in (me, *me.children(recursive=True)):
                try:
                    memory = process.memory_full_info()
                except psutil.Error:
                    continue
                total += getattr(memory, "pss", memory.rss)  # shared pages counted once
            largest = max(largest, total / 2**20)
        peaks.append(largest)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def effort_of(options: argparse.Namespace) -> Effort:
    """Return what is spent on each city."""
    if options.time_limit is not None:
        return Effort(time_limit_s=options.time_limit)
    return Effort(rounds=options.rounds)


def run_size(bundles: list[Path], size: str, options: argparse.Namespace) -> SizeRun:
    """Plan the bundles, as many at a time as there are workers."""
    at_once = min(options.workers, len(bundles))
    tasks = [
        Task(
            bundle=str(bundle),
            out=str(options.directory / "plans" / f"{size.replace('/', '-')}" / bundle.name),
            effort=effort_of(options),
            workers=max(1, options.workers // at_once),
            seed=options.seed,
            scheduler=options.scheduler,
        )
        for bundle in bundles
    ]
    peaks: list[float] = []
    with PiecePool(local_processes(at_once), workers=at_once) as pool:
        list(pool.map_pieces(warm_up, range(at_once)))
        begun = time.perf_counter()
        with total_memory(peaks):
            runs = [run for _, run in pool.map_pieces(plan_city, tasks)]
        wall = time.perf_counter() - begun
    return SizeRun(
        size=size,
        people=sum(_rows(bundle / "people.csv") for bundle in bundles),
        lines=sum(_rows(bundle / "demand.csv") for bundle in bundles),
        wall_s=wall,
        cpu_s=sum(run.cpu_s for run in runs),
        peak_process_mib=max(run.peak_mib for run in runs),
        peak_total_mib=peaks[0],
        objective=sum(run.objective for run in runs),
        bound=sum(run.bound for run in runs),
        worst_gap=max((run.objective - run.bound) / max(run.objective, 1) for run in runs),
        cities=runs,
    )


def _rows(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for _ in lines) - 1


def exponent(runs: list[SizeRun], value: str) -> str:
    """Fit log(value) = a + b·log(people) by least squares; return b with its standard error."""
    if len(runs) < 2:
        return "–"
    x = np.log([run.people for run in runs])
    y = np.log([getattr(run, value) for run in runs])
    slope, intercept = np.polyfit(x, y, 1)
    if len(runs) == 2:
        return f"{slope:.2f}"
    rest = y - (slope * x + intercept)
    error = np.sqrt((rest @ rest) / (len(runs) - 2) / ((x - x.mean()) @ (x - x.mean())))
    return f"{slope:.2f} ± {error:.2f}"


def report(runs: list[SizeRun], options: argparse.Namespace) -> str:
    """Return the tables as markdown."""
    lines = [
        "| cities | people | lines | wall s | processor s | largest process MiB "
        "| all processes MiB | objective | gap | worst city's gap |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {run.size} | {run.people:,} | {run.lines:,} | {run.wall_s:.1f} | {run.cpu_s:.1f} "
            f"| {run.peak_process_mib:,.0f} | {run.peak_total_mib:,.0f} | {run.objective:,} "
            f"| {run.gap:.2%} | {run.worst_gap:.2%} |"
            for run in runs
        ),
    ]
    parts = [run for run in runs if Fraction(run.size) <= 1]
    wholes = [run for run in runs if Fraction(run.size) >= 1]
    fits = []
    values = ("wall_s", "cpu_s", "peak_process_mib", "peak_total_mib")
    for name, some in (
        (f"{runs[0].size} to {runs[-1].size} cities", runs),
        ("within a city", parts),
        ("from city to cities", wholes),
    ):
        if len(some) > 1:
            fits.append(f"| {name} | " + " | ".join(exponent(some, v) for v in values) + " |")
    if fits:
        lines += [
            "",
            "Exponents b of `value ~ people^b`, least squares in logarithms, ± standard error:",
            "",
            "| | wall time | processor time | largest process | all processes |",
            "| --- | --- | --- | --- | --- |",
            *fits,
        ]
    if wholes and not options.scheduler:  # a cluster's processors are not counted
        lines += ["", *country(wholes[-1], options.volunteers)]
    lines += [
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} by `{command(options)}` on {machine()}; "
        + ", ".join(f"{name} {version(name)}" for name in ("jingge", "ortools", "numba", "numpy"))
        + f", Python {platform.python_version()}."
        + (f" {options.note}" if options.note else ""),
    ]
    return "\n".join(lines)


def country(largest: SizeRun, volunteers: int) -> list[str]:
    """Multiply the largest run up to a country: cities are independent, so this is honest."""
    cities = COUNTRY_VOLUNTEERS / volunteers
    cpu = largest.cpu_s / len(largest.cities)
    memory = largest.peak_process_mib / 1024
    rows = [
        f"A country of {COUNTRY_VOLUNTEERS:,} volunteers is {cities:,.0f} such cities, "
        f"{cities * cpu / 3600:,.1f} processor hours:",
        "",
        "| processors | cities at a time | hours | memory GiB |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for processors in (2, 16, 64, 268):
        turns = -(-cities // processors)
        rows.append(
            f"| {processors} | {processors} | {turns * cpu / 3600:.2f} "
            f"| {processors * memory:,.0f} |"
        )
    return rows


def command(options: argparse.Namespace) -> str:
    """Return the command that gives these figures again."""
    return (
        f"python benchmarks/province.py DIR --sizes {options.sizes} "
        + (
            f"--rounds {options.rounds} "
            if options.time_limit is None
            else f"--time-limit {options.time_limit:g} "
        )
        + f"--workers {options.workers} --seed {options.seed}"
        + (f" --volunteers {options.volunteers}" if options.volunteers != VOLUNTEERS else "")
        + (f" --cities {options.cities}" if options.cities != _TEN else "")
        + (" --scheduler ADDRESS" if options.scheduler else "")
    )


def machine() -> str:
    """Return processor and memory in words."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        model = next(
            line.split(":")[1].strip() for line in text.splitlines() if "model name" in line
        )
    except (OSError, StopIteration):
        model = platform.machine()
    memory = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} processors ({model}), {memory:.0f} GiB"


_TEN = ",".join(str(SEED + number) for number in range(10))


def main() -> None:
    """Make what is missing, plan each size, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--sizes", default="1/10,1/3,1,2,5,10")
    parser.add_argument(
        "--cities", default=_TEN, help=f"seeds of the demo, or names of {', '.join(FAMILY)}"
    )
    parser.add_argument("--volunteers", type=int, default=VOLUNTEERS, help="of one whole city")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--time-limit", type=float, metavar="S", help="a city, instead of rounds")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--make", action="store_true", help="make the missing bundles and end")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler for all pieces")
    parser.add_argument("--json", type=Path, help="write every figure there")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables into this page")
    parser.add_argument("--note", default="", help="a sentence to stand below the tables")
    options = parser.parse_args()

    names = options.cities.split(",")
    plans: list[tuple[str, list[Path]]] = []
    missing: dict[Path, tuple[str, str, int]] = {}
    for size in options.sizes.split(","):
        share = Fraction(size)
        if share > 1 and (share.denominator != 1 or share > len(names)):
            parser.error(f"Expected sizes up to 1 or whole numbers up to {len(names)}, got {size}.")
        part, count = (share, 1) if share < 1 else (Fraction(1), int(share))
        volunteers = round(options.volunteers * part)  # part of a city: one with fewer people
        bundles = [options.directory / f"{name}-{volunteers}" for name in names[:count]]
        for name, bundle in zip(names, bundles, strict=False):
            if not (bundle / "scenario.json").exists():
                missing[bundle] = (str(bundle), name, volunteers)
        plans.append((size, bundles))
    options.directory.mkdir(parents=True, exist_ok=True)
    with PiecePool(local_processes(options.workers), workers=options.workers) as pool:
        for number, _ in pool.map_pieces(make_bundle, missing.values()):
            print(f"made {list(missing)[number]}", flush=True)
    if options.make:
        return

    runs = []
    for size, bundles in plans:
        runs.append(run_size(bundles, size, options))
        print(f"{size}: {runs[-1].wall_s:.1f} s, gap {runs[-1].gap:.2%}", flush=True)
    text = report(runs, options)
    print(text)
    if options.json:
        document = [asdict(run) for run in runs]
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        before, after = page.split(_BEGIN)[0], page.split(_END)[1]
        options.write.write_text(f"{before}{_BEGIN}\n\n{text}\n\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
