"""Scenarios into bundle directories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.bundle.layout import SETTINGS_FILE, SUFFIXES, TABLES, Layout
from data.bundle.settings import Settings, settings_json
from data.files import whole_directory
from data.tables import write_table
from grid.cells import format_cells

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Literal

    from dispatch.scenario import Scenario

    Format = Literal["csv", "parquet"]

_OWN_FILES = (SETTINGS_FILE, *(f"{table.name}{suffix}" for table in TABLES for suffix in SUFFIXES))


def write_bundle(
    scenario: Scenario,
    directory: Path,
    *,
    extras: Mapping[str, pd.DataFrame] | None = None,
    file_format: Format = "csv",
) -> None:
    """Write a scenario as a bundle; the directory appears whole or stays as it was.

    Parameters
    ----------
    scenario : Scenario
        What `read_bundle` will read back, equal in every value.
    directory : Path
        Where to; a bundle that stands there is replaced, other files in it stay.
    extras : mapping of str to DataFrame, optional
        Under the name of one of the bundle's tables: columns to add to it, row by row. Under any
        other name: a table of its own. Values are texts, numbers, booleans or dates.
    file_format : {"csv", "parquet"}
        How tables are stored.
    """
    more = dict(extras or {})
    tables = _tables(scenario)
    stale = _OWN_FILES + tuple(f"{name}{suffix}" for name in more for suffix in SUFFIXES)
    with whole_directory(directory, stale=stale) as fresh:
        settings = Settings(
            scenario.name,
            scenario.timezone,
            scenario.cell_resolution,
            scenario.rules,
            scenario.costs,
        )
        (fresh / SETTINGS_FILE).write_text(settings_json(settings), "utf-8", newline="\n")
        for layout in TABLES:
            table = tables[layout.name]
            if layout.name in more:
                table = pd.concat([table, more.pop(layout.name)], axis=1, verify_integrity=True)
            if layout.needed or len(table):
                write_table(table, fresh / f"{layout.name}.{file_format}")
        for name, table in more.items():
            write_table(table, fresh / f"{name}.{file_format}")


def _tables(scenario: Scenario) -> dict[str, pd.DataFrame]:
    """Give the tables as they stand in files: lists joined, times local, cells in hex."""

    def columns(layout: Layout, table: pd.DataFrame) -> pd.DataFrame:
        return table.loc[:, list(layout.columns)]

    tables = {
        layout.name: columns(layout, getattr(scenario, layout.name)).copy() for layout in TABLES
    }
    tables["cells"]["cell"] = format_cells(scenario.cells["cell"].to_numpy())
    for column in ("starts_at", "ends_at"):
        local = scenario.shifts[column].dt.tz_convert(scenario.timezone)
        tables["shifts"][column] = [moment.isoformat() for moment in local]
    for table, column in (
        ("roles", "professions"),
        ("roles", "qualifications"),
        ("people", "qualifications"),
    ):
        tables[table][column] = _joined(tables[table][column])
    tables["people"]["insured_until"] = _day_texts(scenario.people["insured_until"])
    tables["demand"]["weight"] = _weight_texts(scenario.demand["weight"])
    return tables


def _joined(lists: pd.Series) -> pd.Series:
    return pd.Series([";".join(entries) for entries in lists], index=lists.index, dtype="str")


def _weight_texts(weights: pd.Series) -> pd.Series:
    texts = [
        str(w[0]) if w and w[0] == w[-1] else ";".join(map(str, w)) if w else "1" for w in weights
    ]
    return pd.Series(texts, index=weights.index, dtype="str")


def _day_texts(days: pd.Series) -> pd.Series:
    values = np.datetime_as_string(days.to_numpy().astype("datetime64[D]"))
    return pd.Series(np.where(values == "NaT", "", values), index=days.index, dtype="str")
