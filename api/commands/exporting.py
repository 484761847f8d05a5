"""``jingge template`` and ``export``: files for people who have no account."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.commands.planning import BundleArgument, RosterArgument
from api.commands.shared import ARGUMENTS, OPTIONS, PLANNING, SHOWING, TEXTS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from dispatch.scenario import Scenario

KindName = Literal["people", "teams", "demand", "shifts", "incidents", "insurance"]
ScopeName = Literal["station", "beat", "team"]
LanguageName = Literal["zh", "en"]

commands = typer.Typer()
exports = typer.Typer(help=TEXTS("cli.export.help"), no_args_is_help=True)
commands.add_typer(exports, name="export", rich_help_panel=SHOWING)

LanguageOption = Annotated[
    LanguageName | None,
    typer.Option("--language", help=TEXTS("cli.export.language"), rich_help_panel=OPTIONS),
]
OutOption = Annotated[
    Path, typer.Option(metavar="OUT", help=TEXTS("cli.export.out"), rich_help_panel=OPTIONS)
]


@commands.command("template", help=TEXTS("cli.template.help"), rich_help_panel=PLANNING)
def template(
    kind: Annotated[
        KindName,
        typer.Argument(metavar="KIND", help=TEXTS("cli.kind"), rich_help_panel=ARGUMENTS),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT.xlsx", help=TEXTS("cli.template.out"), rich_help_panel=ARGUMENTS
        ),
    ],
    language: LanguageOption = None,
) -> None:
    """Write the template of a kind of table."""
    from api.files import write_atomically
    from data.importers.templates import template as make_template

    write_atomically(out, make_template(kind, language or TEXTS.language))
    typer.echo(TEXTS("cli.written", path=out), err=True)


@exports.command("roster", help=TEXTS("cli.export.roster.help"))
def roster_(
    directory: BundleArgument,
    roster: RosterArgument,
    out: OutOption,
    by: Annotated[
        ScopeName, typer.Option(help=TEXTS("cli.export.by"), rich_help_panel=OPTIONS)
    ] = "station",
    only: Annotated[
        str | None,
        typer.Option(metavar="ID", help=TEXTS("cli.export.only"), rich_help_panel=OPTIONS),
    ] = None,
    language: LanguageOption = None,
) -> None:
    """Write one workbook a station, beat or team, or everything as one CSV file."""
    from api.files import write_atomically
    from data.exporters.csv_tables import csv_table
    from data.exporters.directory import file_name
    from data.exporters.roster_rows import by_scope
    from data.exporters.roster_sheets import roster_workbook
    from data.files import whole_directory

    tongue = language or TEXTS.language
    scenario, rows = _rows(directory, roster, tongue)
    if out.suffix == ".csv":
        parts = rows if only is None else next(group for _, _, group in by_scope(rows, by, only))
        write_atomically(out, csv_table(parts, timezone=scenario.timezone))
    else:
        taken: set[str] = set()
        with whole_directory(out) as fresh:
            for key, name, group in by_scope(rows, by, only):
                file = fresh / file_name(f"{key} {name}", ".xlsx", taken)
                file.write_bytes(roster_workbook(group, name, language=tongue))
    typer.echo(TEXTS("cli.written", path=out), err=True)


@exports.command("calendars", help=TEXTS("cli.export.calendars.help"))
def calendars(
    directory: BundleArgument,
    roster: RosterArgument,
    out: OutOption,
    previous: Annotated[
        Path | None,
        typer.Option(metavar="OLD.csv", help=TEXTS("cli.export.previous"), rich_help_panel=OPTIONS),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(metavar="ID", help=TEXTS("cli.export.only"), rich_help_panel=OPTIONS),
    ] = None,
    language: LanguageOption = None,
) -> None:
    """Write one iCalendar file a person."""
    from data.exporters.calendars import next_entries, person_calendar
    from data.exporters.directory import file_name
    from data.exporters.roster_rows import ExportError
    from data.files import whole_directory

    tongue = language or TEXTS.language
    scenario, rows = _rows(directory, roster, tongue)
    before = None if previous is None else next_entries(_rows(directory, previous, tongue)[1])
    entries = next_entries(rows, before)
    if only is not None:
        entries = entries[entries["person_id"] == only]
        if not len(entries):
            raise ExportError(f"Expected a person with duties, got {only!r}.")
    now = datetime.now(UTC)
    taken: set[str] = set()
    with whole_directory(out) as fresh:
        for person, group in entries.groupby("person_id"):
            content = person_calendar(group, now=now, timezone=scenario.timezone, language=tongue)
            (fresh / file_name(str(person), ".ics", taken)).write_bytes(content)
    typer.echo(TEXTS("cli.written", path=out), err=True)


@exports.command("beats", help=TEXTS("cli.export.beats.help"))
def beats(directory: BundleArgument, roster: RosterArgument, out: OutOption) -> None:
    """Write the beats with their mean coverage as GeoPackage or GeoJSON."""
    from api.city import build_city
    from api.files import write_atomically
    from api.map_file import unreported
    from data.bundle import read_bundle
    from data.exporters.map_layers import DRIVERS, beat_layer, layer_bytes
    from data.exporters.roster_rows import ExportError
    from data.results import read_roster

    if out.suffix not in DRIVERS:
        raise ExportError(f"Expected a file ending in {' or '.join(DRIVERS)}, got {out.name!r}.")
    scenario = read_bundle(directory)
    city = build_city(scenario, unreported(read_roster(roster, scenario)), "0" * 64)
    layer = beat_layer(scenario, coverage_columns(city.coverage.by_beat))
    write_atomically(out, layer_bytes({"beats": layer}, out.suffix))
    typer.echo(TEXTS("cli.written", path=out), err=True)


def coverage_columns(by_beat: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
    """Return mean coverage over the shifts, a column a ring and tier."""
    from api.coverage import TIERS_AND_ALL
    from grid.coverage import RINGS_MIN

    return {
        f"coverage_{minutes}min_{tier}": by_beat[ring, number].mean(axis=0).astype(float)
        for ring, minutes in enumerate(RINGS_MIN)
        for number, tier in enumerate(TIERS_AND_ALL)
    }


def _rows(directory: Path, roster: Path, language: LanguageName) -> tuple[Scenario, pd.DataFrame]:
    from data.bundle import read_bundle
    from data.exporters.directory import read_directory
    from data.exporters.roster_rows import roster_rows
    from data.results import read_roster

    scenario = read_bundle(directory)
    rows = roster_rows(
        scenario, read_roster(roster, scenario), read_directory(directory), language=language
    )
    return scenario, rows
