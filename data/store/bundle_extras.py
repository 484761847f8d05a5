"""What a bundle holds beyond the contract: unknown columns, and tables of its own, as texts.

They mean nothing to the planner, but a city may need them back: names of people, its teams.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq

from data.bundle.layout import SUFFIXES, TABLES, BundleError, find_table
from data.sheets import Problems, read_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Extras = dict[str, pd.DataFrame]


def read_extras(directory: Path) -> Extras:
    """Read a bundle's unknown columns, under the table's name, and tables of its own.

    Returns
    -------
    dict of str to DataFrame
        What `data.bundle.write_bundle` takes as `extras`; all values are texts. A column whose
        name stands twice is left out, as are files that are no tables.

    Raises
    ------
    BundleError
        Where a table of its own cannot be read.
    """
    problems = Problems()
    found: Extras = {}
    for layout in TABLES:
        for path in find_table(directory, layout.name):
            unknown = [name for name in header_of(path) if name not in layout.columns]
            table = _read(path, unknown, problems)
            if table is not None:
                found[layout.name] = table
    known = {layout.name for layout in TABLES}
    for path in sorted(directory.iterdir()):
        if path.suffix in SUFFIXES and path.stem not in known and path.is_file():
            table = _read(path, header_of(path), problems)
            if table is not None:
                found[path.stem] = table
    problems.raise_if_any(BundleError)
    return found


def header_of(path: Path) -> list[str]:
    """Give the names of a table file's columns."""
    if path.suffix == ".parquet":
        return list(pq.read_schema(path).names)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file), [])


def _read(path: Path, names: Sequence[str], problems: Problems) -> pd.DataFrame | None:
    once = [name for name in names if names.count(name) == 1]
    if not once:
        return None
    sheet = read_sheet(path, once, (), problems)
    if sheet is None:
        return None
    return pd.DataFrame({name: pd.Series(sheet[name].to_pandas(), dtype="str") for name in once})
