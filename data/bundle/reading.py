"""Scenario bundles into scenarios, with every problem named by file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.bundle.checks import check_magnitude, check_pins
from data.bundle.layout import SETTINGS_FILE, SUFFIXES, TABLES, BundleError, Layout, find_table
from data.bundle.parsing import (
    parse_availability,
    parse_beats,
    parse_cells,
    parse_demand,
    parse_people,
    parse_pins,
    parse_roles,
    parse_shifts,
)
from data.bundle.settings import Settings, read_settings
from data.sheets import Problems, Sheet, read_sheet
from dispatch.scenario import Scenario

if TYPE_CHECKING:
    from pathlib import Path


_PIN_COLUMNS = next(layout.columns for layout in TABLES if layout.name == "pins")


def read_bundle(directory: Path) -> Scenario:
    """Read a scenario bundle, a directory of ``.csv`` or ``.parquet`` tables.

    Parameters
    ----------
    directory : Path
        Holds ``scenario.json`` and the tables of `data.bundle.layout.TABLES`; other files and
        unknown columns are not read.

    Returns
    -------
    Scenario
        Validated: ids known and unique, numbers in range, pins that can be kept.

    Raises
    ------
    BundleError
        With every problem, such as ``people.csv:17: max_shifts: expected an integer ≥ 0,
        got 'x'``. Files that are missing or of the wrong shape are told first, alone; then all
        wrong values; then, where the values are right, pins that nobody could keep.
    """
    problems = Problems()
    if not directory.is_dir():
        raise BundleError([f"{directory}: expected a directory, got none"])
    settings = read_settings(directory / SETTINGS_FILE, problems)
    sheets = {layout.name: _read_table(directory, layout, problems) for layout in TABLES}
    problems.raise_if_any(BundleError)
    if settings is None:  # pragma: no cover - always told in problems
        raise BundleError([f"{SETTINGS_FILE}: expected settings, got none"])
    scenario = _parse(settings, {name: sheet for name, sheet in sheets.items() if sheet}, problems)
    problems.raise_if_any(BundleError)
    check_magnitude(scenario, problems)
    check_pins(scenario, sheets["pins"], problems)
    problems.raise_if_any(BundleError)
    return scenario


def _read_table(directory: Path, layout: Layout, problems: Problems) -> Sheet | None:
    paths = find_table(directory, layout.name)
    if len(paths) > 1:
        problems.add(layout.name, f"expected one file, got {' and '.join(p.name for p in paths)}")
        return None
    if paths:
        return read_sheet(paths[0], layout.required, layout.optional, problems)
    if layout.needed:
        names = " or ".join(f"{layout.name}{suffix}" for suffix in SUFFIXES)
        problems.add(f"{layout.name}.csv", f"expected the file {names}, got none")
    return None


def _parse(settings: Settings, sheets: dict[str, Sheet], problems: Problems) -> Scenario:
    beats = parse_beats(sheets["beats"])
    shifts = parse_shifts(sheets["shifts"])
    roles = parse_roles(sheets["roles"])
    people = parse_people(sheets["people"])
    people_ids, shift_ids = people["person_id"], shifts["shift_id"]
    beat_ids, role_ids = beats["beat_id"], roles["role"]
    pins = sheets.get("pins") or Sheet.empty("pins.csv", _PIN_COLUMNS, problems)
    return Scenario(
        name=settings.name,
        timezone=settings.timezone,
        cell_resolution=settings.cell_resolution,
        rules=settings.rules,
        costs=settings.costs,
        beats=beats,
        cells=parse_cells(sheets["cells"], beat_ids, settings.cell_resolution),
        shifts=shifts,
        roles=roles,
        people=people,
        availability=parse_availability(sheets["availability"], people_ids, shift_ids),
        demand=parse_demand(sheets["demand"], beat_ids, shift_ids, role_ids),
        pins=parse_pins(pins, people_ids, beat_ids, shift_ids, role_ids),
    )
