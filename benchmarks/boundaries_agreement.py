"""How far a boundary file agrees with the cells of Baotou that the product ships.

    python benchmarks/boundaries_agreement.py FILE [--crs gcj02] [--id-field adcode]

FILE is a map service's outlines of Baotou's districts, with their six-digit codes. Two outlines of
one border that were generalised differently part cells near it; 99.7 % should agree.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from data.baotou import load_district_cells
from data.importers.boundaries import import_boundaries
from grid.coordinates import CoordinateSystem


def main() -> None:
    """Print agreement and time; end with 1 where fewer than 99.7 % of the cells agree."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--crs", choices=list(CoordinateSystem), default=CoordinateSystem.GCJ02)
    parser.add_argument("--id-field", default=None)
    given = parser.parse_args()
    start = time.perf_counter()
    table, report = import_boundaries(given.file, given.crs, id_field=given.id_field)
    seconds = time.perf_counter() - start
    shipped = load_district_cells()
    both = shipped.merge(table, on="cell", how="outer")
    agree = int((both["district_code"] == both["district_id"]).sum())
    share = agree / len(shipped)
    print(report)
    print(f"shipped {len(shipped):,} cells, imported {len(table):,} in {seconds:.1f} s")
    print(f"only shipped {both['district_id'].isna().sum():,}, ", end="")
    print(f"only imported {both['district_code'].isna().sum():,}")
    print(f"agree {agree:,} = {share:.4%}")
    raise SystemExit(share < 0.997)


if __name__ == "__main__":
    main()
