"""Which files a scenario bundle has, in which order, and with which columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.sheets import InputError

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS_FILE = "scenario.json"
SUFFIXES = (".csv", ".parquet")


class BundleError(InputError):
    """A scenario bundle that cannot be used, with every problem in it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One table of a bundle: the columns it must have and those it may have."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    needed: bool = True

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order in which they are written."""
        return (*self.required, *self.optional)


_POST = ("beat_id", "shift_id", "role")

TABLES = (
    Layout(
        "beats",
        ("beat_id", "station_id", "sub_bureau_id", "name", "lng", "lat"),
        ("station_name", "sub_bureau_name"),
    ),
    Layout("cells", ("cell", "beat_id", "weight")),
    Layout("shifts", ("shift_id", "starts_at", "ends_at")),
    Layout(
        "roles", ("role", "tier", "hazardous", "professions", "qualifications"), ("supervised",)
    ),
    Layout(
        "people",
        (
            *("person_id", "tier", "station_id", "profession", "qualifications", "lng", "lat"),
            *("max_shifts", "travel_limit_m", "insured_until", "show_up"),
        ),
    ),
    Layout("availability", ("person_id", "shift_id"), ("dislike",)),
    Layout("demand", (*_POST, "required", "weight")),
    Layout("pins", ("person_id", *_POST, "kind"), needed=False),
)


def find_table(directory: Path, name: str) -> list[Path]:
    """Give the files of a table that are there: none, one, or both kinds."""
    paths = (directory / f"{name}{suffix}" for suffix in SUFFIXES)
    return [path for path in paths if path.is_file()]


def bundle_files(directory: Path) -> list[Path]:
    """Give the bundle's own files that are there, in their fixed order."""
    settings = [directory / SETTINGS_FILE]
    tables = [path for layout in TABLES for path in find_table(directory, layout.name)]
    return [path for path in settings if path.is_file()] + tables
