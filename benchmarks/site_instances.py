"""Site posts on every instance of a directory and compare with published values, if it has any.

    python benchmarks/site_instances.py DIR --radius NewYork=400,SanFrancisco=600
    python benchmarks/site_instances.py DIR --radius 800 --posts 50,100 --plain

`DIR` holds ``NAME.csv`` files with ``lat,lng,demand``. Where it, or the directory above it, has a
``README.md`` with a table whose header names the posts (``P=50 | 60 | …``) and whose rows begin
``NAME, radius m``, radii and best published values are read from there. ``--plain`` also gives the
same time to one plain mixed-integer program over all points (HiGHS by MathOpt).
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.demand_points import read_points
from dispatch.effort import Effort
from dispatch.siting import site
from dispatch.siting_cover import Cover, covered_pairs
from dispatch.siting_model import solve_cover

if TYPE_CHECKING:
    from data.demand_points import Points


@dataclass(frozen=True, slots=True)
class Published:
    """Radius of an instance and the best published value by number of posts."""

    radius_m: float
    best: dict[int, int] = field(default_factory=dict)


def published(directory: Path) -> dict[str, Published]:
    """Read the table of a README, if there is one; a star after a value is not read."""
    for file in (directory / "README.md", directory.parent / "README.md"):
        if file.is_file():
            return parse(file.read_text("utf-8"))
    return {}


def parse(text: str) -> dict[str, Published]:
    """Read radii and values by instance from the text of a README."""
    found: dict[str, Published] = {}
    posts: list[int | None] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if any(cell.startswith("P=") for cell in cells):
            first = next(at for at, cell in enumerate(cells) if cell.startswith("P="))
            numbers = [cell.removeprefix("P=") for cell in cells]
            posts = [
                int(cell) if at >= first and cell.isdigit() else None
                for at, cell in enumerate(numbers)
            ]
            continue
        name = re.match(r"(\w+), (\d+) m$", cells[0])
        if name and len(cells) == len(posts):
            values = {
                number: int(cell.rstrip("*"))
                for number, cell in zip(posts, cells, strict=True)
                if number is not None and cell.rstrip("*").isdigit()
            }
            found[name[1]] = Published(float(name[2]), values)
    return found


def radii(text: str, names: list[str]) -> dict[str, float]:
    """Read ``NAME=metres,…`` or one number for all."""
    if "=" not in text:
        return dict.fromkeys(names, float(text))
    return {name: float(value) for name, value in (pair.split("=") for pair in text.split(","))}


def plain(points: Points, posts: int, radius_m: float, seconds: float) -> tuple[int, int]:
    """Solve one mixed-integer program over all points; return covered demand and bound."""
    pairs = covered_pairs(points.lat, points.lng, radius_m)
    cover = Cover(pairs, pairs, points.demand, np.arange(len(points.lat)))
    found = solve_cover(cover, posts, seconds=seconds)
    if found.sites is None:
        return 0, found.bound
    return int(points.demand[np.unique(pairs[found.sites].indices)].sum()), found.bound


def main() -> None:
    """Print a table with a row for every instance and number of posts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--radius", help="metres, or NAME=metres joined by commas")
    parser.add_argument("--posts", help="joined by commas; those with a published value otherwise")
    parser.add_argument("--only", help="one instance")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=20_261_130)
    parser.add_argument("--plain", action="store_true", help="also the plain program")
    options = parser.parse_args()
    files = sorted(options.directory.glob("*.csv"))
    names = [file.stem for file in files if options.only in {None, file.stem}]
    known = published(options.directory)
    radius = {name: one.radius_m for name, one in known.items()}
    radius |= radii(options.radius, names) if options.radius else {}
    if missing := set(names) - set(radius):
        parser.error(f"Expected --radius for {', '.join(sorted(missing))}, got none.")
    more = "| plain: covered | plain: gap " if options.plain else ""
    print(
        "| instance | P | published | covered | ± published | bound | gap | exact gap | rounds | s "
        + more
        + "|"
    )
    print("|" + " --- |" * (12 if options.plain else 10))
    for name in names:
        points = read_points(options.directory / f"{name}.csv")
        best = known[name].best if name in known else {}
        wanted = [int(text) for text in options.posts.split(",")] if options.posts else list(best)
        for posts in wanted:
            begun = time.perf_counter()
            found = site(
                points.lat,
                points.lng,
                points.demand,
                posts=posts,
                radius_m=radius[name],
                effort=Effort(time_limit_s=options.seconds),
                clock=time.perf_counter,
                workers=options.workers,
                seed=options.seed,
            )
            seconds = time.perf_counter() - begun
            value = best.get(posts)
            cells = [
                *(name, posts, value or "–", found.covered),
                f"{found.covered - value:+d}" if value else "–",
                found.bound,
                f"{found.gap:.3%}",
                f"{1 - found.covered / found.exact_bound:.3%}",
                found.rounds,
                f"{seconds:.0f}",
            ]
            if options.plain:
                covered, bound = plain(points, posts, radius[name], options.seconds)
                cells += [covered, f"{1 - covered / bound:.2%}"]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    print(
        f"\n{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load {os.getloadavg()[2]:.1f}, "
        f"{options.seconds:g} s each, {options.workers} workers, seed {options.seed}; "
        f"ortools {version('ortools')}, numba {version('numba')}, "
        f"Python {platform.python_version()}."
    )


if __name__ == "__main__":
    main()
