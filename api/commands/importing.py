"""``jingge import``: bring a city's own files in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.previewing import System, add_kinds
from api.commands.shared import ARGUMENTS, OPTIONS, PLANNING, TEXTS

DEFAULT_RESOLUTION = 9

commands = typer.Typer()
imports = typer.Typer(help=TEXTS("cli.import.help"), no_args_is_help=True)
commands.add_typer(imports, name="import", rich_help_panel=PLANNING)
add_kinds(imports)


@imports.command("boundaries", help=TEXTS("cli.boundaries.help"))
def boundaries(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help=TEXTS("cli.boundaries.file"), rich_help_panel=ARGUMENTS
        ),
    ],
    crs: Annotated[
        System,
        typer.Option(help=TEXTS("cli.boundaries.crs"), rich_help_panel=OPTIONS),
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help=TEXTS("cli.boundaries.out"), rich_help_panel=OPTIONS),
    ],
    id_field: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help=TEXTS("cli.boundaries.id_field"), rich_help_panel=OPTIONS
        ),
    ] = None,
    name_field: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help=TEXTS("cli.boundaries.name_field"), rich_help_panel=OPTIONS
        ),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(metavar="LAYER", help=TEXTS("cli.boundaries.layer"), rich_help_panel=OPTIONS),
    ] = None,
    resolution: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            max=15,
            help=TEXTS("cli.boundaries.resolution"),
            rich_help_panel=OPTIONS,
        ),
    ] = DEFAULT_RESOLUTION,
    *,
    fill_gaps: Annotated[
        bool,
        typer.Option(
            "--fill-gaps", help=TEXTS("cli.boundaries.fill_gaps"), rich_help_panel=OPTIONS
        ),
    ] = False,
) -> None:
    """Turn outlines into cells per district, with a report."""
    from data.importers.boundaries import run_import
    from grid.coordinates import CoordinateSystem

    report = run_import(
        file,
        CoordinateSystem(crs),
        out,
        id_field=id_field,
        name_field=name_field,
        layer=layer,
        resolution=resolution,
        fill_gaps=fill_gaps,
    )
    typer.echo(report)
