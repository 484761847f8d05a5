"""Names for printed rosters, from the columns that a bundle's planner does not need."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

from data.bundle.layout import find_table
from data.columns import texts
from data.exporters.roster_rows import Directory
from data.sheets import Problems, read_sheet

if TYPE_CHECKING:
    from pathlib import Path

_UNSAFE = re.compile(r"[^\w.\-()（）]+")
_MAX_NAME = 80


def read_directory(bundle: Path) -> Directory:
    """Read what people and teams are called from a bundle: ids where it does not say.

    Raises
    ------
    InputError
        For tables that cannot be read.
    """
    people = _read(bundle, "people", ("person_id",), ("name", "team_id"))
    teams = _read(bundle, "teams", ("team_id",), ("name",))
    return Directory(people, teams)


def _read(
    bundle: Path, table: str, required: tuple[str, ...], optional: tuple[str, ...]
) -> pd.DataFrame:
    names = (*required, *optional)
    problems = Problems()
    paths = find_table(bundle, table)
    sheet = read_sheet(paths[0], required, optional, problems) if paths else None
    problems.raise_if_any()
    if sheet is None:
        return pd.DataFrame({name: pd.Series([], dtype="str") for name in names})
    found = pd.DataFrame({name: texts(sheet, name) for name in names})
    return found.drop_duplicates(list(required), ignore_index=True)


def file_name(wanted: str, suffix: str, taken: set[str]) -> str:
    """Return a file's name that is like the one wanted, leads nowhere and is not taken; take it."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", wanted)).strip("._-")
    base = plain.encode()[:_MAX_NAME].decode(errors="ignore") or "_"
    name, number = f"{base}{suffix}", 1
    while name.lower() in taken:
        number += 1
        name = f"{base}_{number}{suffix}"
    taken.add(name.lower())
    return name
